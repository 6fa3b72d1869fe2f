/**
 * A session may give its members shares of a key that is there already, in an earlier epoch: then others deal, and the public key must come out as it was.
 * Everything else (contributions, verdicts, confirmations, how it ends) is the machine of generation. PROTOCOL sections 8.1 and 8.6.
 */
import { encodeScalar, keccakWords } from "@keyquorum/threshold";
import { type Hash32, hexToBytes } from "@keyquorum/wire";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { asHash } from "../session/confirm.ts";
import type { MovedKey, ServerKeyProposal } from "./messages.ts";

/** Kinds of what is signed about a move: those of generation above this one, 64 to 95. Never changed. */
export const FIRST_MOVED_KIND = 64;

export const firstKindOf = ({ moved }: Pick<ServerKeyProposal, "moved">): number => (moved === undefined ? 0 : FIRST_MOVED_KIND);

/** 32 bytes that name the key that is moved, who deals, and what is shown of it. */
export const movedHashOf = ({ publicKey, dealers, about }: MovedKey): Uint8Array =>
  keccakWords(
    FIRST_MOVED_KIND,
    publicKey,
    dealers.length,
    ...dealers.flatMap(({ dealer, place, verifyingShare }) => [dealer, encodeScalar(place), verifyingShare ?? 0]),
    keccak_256(about),
  );

/** Never an id: ids are whatever anybody generates a key under, so another key's move cannot be met by one. */
export type MovedRowName = `moved-${string}`;
export type RowName = Hash32 | MovedRowName;

/** What a member has one row of: an id, or where the key is there already, the id in one epoch. */
export const rowNameOf = ({ serverKeyId, epoch, moved }: Pick<ServerKeyProposal, "serverKeyId" | "epoch" | "moved">): RowName =>
  moved === undefined ? serverKeyId : movedRowName(serverKeyId, epoch);

/** Of a key that was moved to an epoch, or is being moved. */
export const movedRowName = (serverKeyId: Hash32, epoch: number): MovedRowName =>
  `moved-${asHash(keccakWords(FIRST_MOVED_KIND, hexToBytes(serverKeyId, 32), epoch))}`;
