import {
  type DkgMember,
  dealHashOf,
  encodeScalar,
  keccakWords,
  parseServerKeyDealing,
  ThresholdError,
  verifyServerKeyRedealing,
} from "@keyquorum/threshold";
import { type Address, bitmapOf, type Hash32, hexToBytes, type PeerDomain } from "@keyquorum/wire";
import { recoverRequester } from "../formats/rawSignature.ts";
import { type DocumentKeyStatement, digestOf } from "../retrieval/statements.ts";
import { claimHashOf, type OldKeyClaim } from "./claim.ts";

/** Among the kinds of this extension: 128 to 159. Never changed. */
export const IMPORT_KINDS = { share: 128, session: 129, status: 130 } as const;

/** One dealing of an old share has one dealer, and a session of its own. */
export const OLD_DEALER = 1;

/**
 * One old node's share of a key, dealt to the members of an epoch, and what its record says of the key, signed by who imports it. All public.
 * `place`: at which the share lies, the old node's id number. `dealing`: `createServerKeyRedealing` in the session `oldShareSession`.
 */
export type OldShare = {
  readonly claim: OldKeyClaim;
  readonly epoch: number;
  /** Slots, ascending. */
  readonly members: readonly number[];
  readonly place: bigint;
  readonly dealing: Uint8Array;
  /** r, s, v (0 or 1), over `oldShareName`. */
  readonly signature: Uint8Array;
};

type Unsigned = Omit<OldShare, "signature">;

const aboutOf = ({ claim, epoch, place }: Pick<OldShare, "claim" | "epoch" | "place">) => [
  hexToBytes(claim.serverKeyId, 32),
  epoch,
  encodeScalar(place),
];

const shareStatement = (share: Unsigned): DocumentKeyStatement => ({
  ...{ kind: IMPORT_KINDS.share, about: aboutOf(share) },
  content: keccakWords(claimHashOf(share.claim), bitmapOf(share.members), dealHashOf(share.dealing)),
});

/** What its importer signs, and by which a dealing is named. Throws ThresholdError for bytes that are no dealing. */
export const oldShareName = (domain: PeerDomain, share: Unsigned): Hash32 => digestOf(domain, shareStatement(share));

/**
 * The session in which an old share is dealt: no other importer's, key's, epoch's or members', so that no dealing serves anywhere else. 32 bytes.
 * @param members with their encryption keys of the epoch, by ascending slot
 */
export const oldShareSession = (
  domain: PeerDomain,
  share: Pick<OldShare, "claim" | "epoch" | "place">,
  importer: Address,
  members: readonly DkgMember[],
): Uint8Array =>
  hexToBytes(
    digestOf(domain, {
      ...{ kind: IMPORT_KINDS.session, about: aboutOf(share) },
      content: keccakWords(
        ...[claimHashOf(share.claim), hexToBytes(importer, 20), members.length],
        ...members.flatMap(({ slot, encryptionKey }) => [slot, encryptionKey]),
      ),
    }),
    32,
  );

/** What an importer signs to ask how far its keys are. `nonce`: 32 bytes. */
export const statusStatement = ({
  serverKeyIds,
  nonce,
  seconds,
}: {
  readonly serverKeyIds: readonly Hash32[];
  readonly nonce: Uint8Array;
  readonly seconds: number;
}): DocumentKeyStatement => ({
  ...{ kind: IMPORT_KINDS.status, about: [nonce, seconds] },
  content: keccakWords(serverKeyIds.length, ...serverKeyIds.map((id) => hexToBytes(id, 32))),
});

/** Who signed it; undefined: nobody, or its bytes are no dealing. */
export const importerOf = (domain: PeerDomain, share: OldShare): ReturnType<typeof recoverRequester> => {
  try {
    return recoverRequester(hexToBytes(oldShareName(domain, share), 32), share.signature);
  } catch (error) {
    if (error instanceof ThresholdError) return undefined;
    throw error;
  }
};

/** The dealing, where it is one of this session, and its dealer knows the share and what it encrypted. */
export const readOldDealing = (share: OldShare, session: Uint8Array) => {
  try {
    const dealing = parseServerKeyDealing(share.dealing, { threshold: share.claim.threshold, members: share.members.length });
    const isProved = verifyServerKeyRedealing({ sid: session, dealer: OLD_DEALER, dealing, verifyingShare: undefined });
    return isProved ? dealing : undefined;
  } catch (error) {
    if (error instanceof ThresholdError) return undefined;
    throw error;
  }
};
