import { confirmationOf } from "@keyquorum/protocol";
import {
  commitmentsHashOf,
  evaluateCommitments,
  isValidPoint,
  MAX_MEMBERS,
  MIN_SERVER_KEY_MEMBERS,
  merkleRoot,
  verifyingLeaf,
} from "@keyquorum/threshold";
import { bytesToHex, type Hash32, hexToBytes, type SessionId } from "@keyquorum/wire";
import type { ServerKeyPublic } from "../records/serverKeyRecord.ts";
import type { SlotSignature } from "../records/slotSignature.ts";
import type { SignedByMembers } from "./certificate.ts";

/** A server key with what shows everybody that its members made it: each one's signature over its commitments. Public. PROTOCOL section 8.1. */
export type ServerKeyProof = ServerKeyPublic & {
  /** The session that ended in it. */
  readonly sid: SessionId;
  /** 32 bytes, of a key that was moved to its epoch: what its members were shown (PROTOCOL section 8.6). */
  readonly moved?: Uint8Array;
};

/** Who is in the epoch of a key by the chain: every member, and who takes part in nothing any more. */
export type SeenEpoch = SignedByMembers & { readonly slots: readonly number[]; readonly absent: readonly number[] };

/**
 * What is wrong with a proof; undefined: nothing, and the key is as good as its members are, whoever brought it. Its members must be those of the epoch
 * but for absent ones: a few keepers of an epoch can make a key of their own, and sign it. The author stands in no signature of a member by itself.
 */
export const serverKeyFault = (epoch: SeenEpoch, proof: ServerKeyProof): string | undefined => {
  const { serverKeyId, threshold, members, commitments, confirmations, verifyingRoot, sid, moved } = proof;
  if (members.length < MIN_SERVER_KEY_MEMBERS || members.length > MAX_MEMBERS || threshold + 1 > members.length) return "its threshold";
  if (commitments.length !== threshold + 1) return "its commitments";
  const [publicKey] = commitments;
  if (publicKey === undefined || !isValidPoint(publicKey)) return "its public key";
  if (!areMembersOf(epoch, members)) return "its members";
  if (confirmations.length !== members.length) return "its confirmations";
  const result = { publicKey, commitmentsHash: commitmentsHashOf(commitments), verifyingRoot };
  const session = { serverKeyId: bytesToHex(serverKeyId) as Hash32, sid, ...(moved === undefined ? {} : { moved }) }; // an id has 32 bytes
  const isConfirmed = (slot: number): boolean => {
    const given: SlotSignature | undefined = confirmations.find((one) => one.slot === slot);
    return given !== undefined && epoch.isSignedBy(slot, confirmationOf(session, slot, result), given.signature);
  };
  if (!members.every(isConfirmed)) return "a confirmation";
  return bytesToHex(verifyingRootOf(proof)) === bytesToHex(verifyingRoot) ? undefined : "its verifying shares";
};

/** Whether these are the epoch's members, by ascending slot, but for absent ones: whoever left one out could do with fewer signatures. */
export const areMembersOf = ({ slots, absent }: Pick<SeenEpoch, "slots" | "absent">, members: readonly number[]): boolean =>
  members.every((slot, i) => slots.includes(slot) && slot > (members[i - 1] ?? 0)) &&
  slots.every((slot) => members.includes(slot) || absent.includes(slot));

/** What members signed as their verifying shares: it names session, epoch and slots, so that no proof passes for one of another epoch. */
const verifyingRootOf = ({ sid, epoch, members, commitments }: ServerKeyProof): Uint8Array =>
  merkleRoot(
    members.map((slot) =>
      verifyingLeaf({ keyId: hexToBytes(sid, 32), epoch, slot, verifyingShare: evaluateCommitments(commitments, slot) }),
    ),
  );
