import { backend } from "../backend.ts";
import { assertBytes } from "../bytes.ts";
import { DOMAINS } from "../domains.ts";
import { ThresholdError } from "../errors.ts";
import { assertPoint, G, isValidPoint, type Point } from "../point.ts";
import { assertScalar, reduceScalar } from "../scalar.ts";
import { assertSecret } from "../secret.ts";
import { hashToScalar } from "../words.ts";
import { assertSid } from "./dealing.ts";
import { type KeyPublic, type KeyShare, keyPublicOf, keyShareOf } from "./keyPublic.ts";
import { assertMembers, type DkgMember, memberAt } from "./member.ts";
import { type OpenedDealing, type QualifiedDealing, widthOf } from "./qualified.ts";

/** rho, the shift that dealers cannot grind. Public. `blockHash` is the 32-byte hash of b*. Throws INVALID_BYTES, INVALID_POINT. PROTOCOL section 3.5. */
export function keyShiftOf({
  sid,
  unshifted,
  blockHash,
}: {
  readonly sid: Uint8Array;
  readonly unshifted: Point;
  readonly blockHash: Uint8Array;
}): bigint {
  assertSid(sid);
  assertPoint(unshifted, "unshifted key");
  assertBytes(blockHash, 32, "block hash");
  return hashToScalar(DOMAINS.shift, sid, unshifted, blockHash);
}

/** What everybody can compute of a finished session. `shift` is rho. All public. */
export type KeyPublicInput = {
  readonly keyId: Uint8Array;
  readonly epoch: number | bigint;
  readonly qual: readonly QualifiedDealing[];
  readonly shift: bigint;
  readonly members: readonly DkgMember[];
};

/** The same as its own keeper computes it: with the share that each dealer of QUAL gave to `slot`. */
export type KeyShareInput = Omit<KeyPublicInput, "qual"> & { readonly slot: number; readonly qual: readonly OpenedDealing[] };

/**
 * Adds up the dealings of QUAL and applies the shift. PROTOCOL sections 3.5 and 3.6.
 * Throws INVALID_JOINT_KEY (the session fails), INVALID_MEMBERS, INVALID_SLOT, DUPLICATE_SLOT, INVALID_SCALAR, INVALID_BYTES.
 */
export function assembleKeyPublic({ keyId, epoch, qual, shift, members }: KeyPublicInput): KeyPublic {
  assertBytes(keyId, 32, "key id");
  assertScalar(shift, "shift");
  assertMembers(members);
  assertQual(qual, members);
  const commitments = shiftedSums(qual, shift);
  if (!isValidPoint(commitments[0] as Point))
    throw new ThresholdError("INVALID_JOINT_KEY", "The joint key is unusable; this session fails. Ask for the key again.");
  return keyPublicOf({ keyId, epoch, commitments, members });
}

/** C_k = sum over QUAL of C_ik, with rho G added to the constant. */
function shiftedSums(qual: readonly QualifiedDealing[], shift: bigint): Point[] {
  const [first, ...others] = qual.map(({ dealing }) => dealing.commitments) as [Point[], ...Point[][]]; // assertQual: not empty
  const sums = first.map((point, k) => backend.evaluate([point, ...others.map((commitments) => commitments[k] as Point)], 1)); // their sum
  const constant = backend.add(sums[0] as Point, backend.mulVar(G, shift)); // public: rho is on chain
  return backend.normalize([constant, ...sums.slice(1)]);
}

/**
 * This keeper's share of the key, checked against the commitments, with everything public beside it. PROTOCOL section 3.6.
 * Throws SHARE_MISMATCH when s_j G is not S_j, and what `assembleKeyPublic` throws.
 */
export function assembleKeyShare(input: KeyShareInput): KeyShare {
  const { slot, qual, shift, members } = input;
  const key = assembleKeyPublic(input);
  const share = qual.reduce((total, { share: given }) => {
    assertSecret(given, "share");
    return reduceScalar(total + given.reveal());
  }, shift);
  return keyShareOf({ key, members, slot, share });
}

/** Throws unless QUAL names distinct members, t+1 of them at least, whose dealings have t+1 commitments each. PROTOCOL section 3.5. */
function assertQual(qual: readonly QualifiedDealing[], members: readonly DkgMember[]): void {
  const width = widthOf(qual);
  for (const { dealer } of qual) memberAt(members, dealer);
  if (qual.length < width)
    throw new ThresholdError("INVALID_THRESHOLD", "QUAL needs t+1 dealings of t+1 commitments each.", {
      details: { dealers: qual.length, width },
    });
}
