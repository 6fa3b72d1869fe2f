import { keccakWords, type Point } from "@keyquorum/threshold";
import { type Address, bytesToHex, type Hash32, hexToBytes } from "@keyquorum/wire";
import type { DocumentKeyPair } from "../records/serverKeyRecord.ts";

/** What an old node's record says of a key, but for its share. `version`: which of its sharings the share is of. All public. */
export type OldKeyClaim = {
  readonly serverKeyId: Hash32;
  readonly author: Address;
  readonly threshold: number;
  readonly publicKey: Point;
  readonly version: Hash32;
  /** Absent: the record has none, which says nothing of others'. The old nodes did not store it all at once. */
  readonly documentKey?: DocumentKeyPair;
};

/** 32 bytes that name what is said of the key itself: author, threshold, public key. */
export const keyHashOf = ({ author, threshold, publicKey }: OldKeyClaim): Uint8Array =>
  keccakWords(hexToBytes(author, 20), threshold, publicKey);

const pairWords = (pair: DocumentKeyPair | undefined) => (pair === undefined ? [0] : [1, pair.commonPoint, pair.encryptedPoint]);

/** 32 bytes that name all of it. */
export const claimHashOf = (claim: OldKeyClaim): Uint8Array =>
  keccakWords(hexToBytes(claim.serverKeyId, 32), keyHashOf(claim), hexToBytes(claim.version, 32), ...pairWords(claim.documentKey));

/** Names a pair among those of a key; undefined: none is said. */
export const pairNameOf = ({ documentKey }: OldKeyClaim): string | undefined =>
  documentKey === undefined ? undefined : bytesToHex(keccakWords(...pairWords(documentKey)));
