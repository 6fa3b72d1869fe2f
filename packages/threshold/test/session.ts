// The session of `network()`, seen dealer by dealer, and ways to spoil it.
import { createComplaint } from "../src/dkg/complaint.ts";
import type { Dealing } from "../src/dkg/dealing.ts";
import type { DkgMember } from "../src/dkg/member.ts";
import type { Point, SecretScalar } from "../src/index.ts";
import { network, seededRandom } from "./fixtures.ts";
import { mod, N, type Naive } from "./naiveCurve.ts";

export const naive = (point: Point): Naive => point.toAffine();
export const { committee, shares } = network();
export const { sid, members, dealings, bytes, secrets, threshold } = committee;
export const shape = { threshold, members: 5 };
export const secretOf = (slot: number): SecretScalar => secrets[slot - 1] as SecretScalar;
export const memberOf = (slot: number): DkgMember => members[slot - 1] as DkgMember;
export const dealingOf = (slot: number): Dealing => dealings[slot - 1] as Dealing;
export const bytesOf = (slot: number): Uint8Array => bytes[slot - 1] as Uint8Array;
export const toOpen = (dealer: number, recipient: number, dealing = dealingOf(dealer)) => ({
  sid,
  dealer,
  recipient,
  encryptionSecret: secretOf(recipient),
  members,
  dealing,
});
export const complaintOf = (dealer: number, recipient: number, dealing = dealingOf(dealer)) =>
  createComplaint(
    { sid, dealer, recipient, encryptionSecret: secretOf(recipient), encryptionKey: memberOf(recipient).encryptionKey, dealing },
    seededRandom(`complaint ${dealer} ${recipient}`),
  );

/** The dealing with `delta` added to the share of one recipient. Its possession proofs still hold: they do not cover the shares. */
export const withWrongShare = (dealing: Dealing, recipient: number, delta: bigint): Dealing => ({
  ...dealing,
  encryptedShares: dealing.encryptedShares.map((share, i) => (i === recipient - 1 ? mod(share + delta, N) : share)),
});

export const patched = (source: Uint8Array, at: number, patch: Uint8Array): Uint8Array => {
  const copy = source.slice();
  copy.set(patch, at);
  return copy;
};

export function patchedLength(source: Uint8Array, length: number): Uint8Array {
  const copy = new Uint8Array(length);
  copy.set(source.slice(0, length));
  return copy;
}
