import { backend } from "../backend.ts";
import { assertArray, assertRecord } from "../bytes.ts";
import { ThresholdError } from "../errors.ts";
import { assertPoint, INFINITY, invalidPoint, type Point } from "../point.ts";
import { assertDistinctSlots, MAX_MEMBERS } from "../slot.ts";
import { EVM_SUITE, type FrostSuite, type NonceCommitment } from "./suite.ts";

/** Who signs what: the commitments of exactly t+1 signers by ascending slot, S', and the message. `quorum` is t+1. All public. */
export type FrostPackage = {
  readonly publicKey: Point;
  readonly message: Uint8Array;
  readonly quorum: number;
  readonly commitments: readonly NonceCommitment[];
};

/** What follows from a package alone, for everybody alike. Public. */
export type FrostAttempt = {
  readonly publicKey: Point;
  readonly message: Uint8Array;
  readonly commitments: readonly NonceCommitment[];
  readonly slots: readonly number[];
  /** B, 32 bytes. */
  readonly commitmentsHash: Uint8Array;
  /** rho_i by slot, in 1..n-1. */
  readonly bindingFactors: ReadonlyMap<number, bigint>;
  /** R, finite. */
  readonly commitment: Point;
  /** c, in 1..n-1. */
  readonly challenge: bigint;
};

/**
 * Opens a package: B, rho_i, R = sum (D_i + rho_i E_i) and c. Undefined where the attempt is void (R infinite, c = 0, some rho_i = 0): that accuses
 * nobody, and fresh commitments are needed. Throws INVALID_POINT for a commitment that no decoder passes or one that shows one point twice;
 * INVALID_MEMBERS unless there are exactly t+1 by ascending slot; INVALID_SLOT, DUPLICATE_SLOT, INVALID_THRESHOLD. PROTOCOL section 10.1.
 */
export function openPackage(input: FrostPackage, suite: FrostSuite = EVM_SUITE): FrostAttempt | undefined {
  assertRecord(input, "package");
  const { publicKey, message, quorum } = input;
  assertPoint(publicKey, "public key");
  const commitments = copyOf(input.commitments);
  assertAscending(commitments, quorum);
  const commitmentsHash = suite.commitmentsHash(commitments);
  const slots = commitments.map(({ slot }) => slot);
  const factors = slots.map((slot) => suite.bindingFactor({ publicKey, message, commitmentsHash, slot }));
  const hiding = commitments.reduce((sum, one) => backend.add(sum, one.hiding), INFINITY);
  const binding = backend.msmVar(
    commitments.map((one) => one.binding), // public points and factors
    factors,
  );
  const [commitment] = backend.normalize([backend.add(hiding, binding)]) as [Point]; // one in, one out
  if (commitment.is0() || factors.includes(0n)) return undefined;
  const challenge = suite.challenge(publicKey, message, commitment);
  if (challenge === 0n) return undefined;
  const bindingFactors = new Map(slots.map((slot, i) => [slot, factors[i] as bigint])); // one for each
  return { publicKey, message: Uint8Array.from(message), commitments, slots, commitmentsHash, bindingFactors, commitment, challenge };
}

/** B of commitments by ascending slot, 32 bytes: it names what was shown, whatever is signed. Throws as `openPackage`. */
export function commitmentsHashOf(
  commitments: readonly NonceCommitment[],
  quorum: number = commitments.length,
  suite: FrostSuite = EVM_SUITE,
): Uint8Array {
  const copy = copyOf(commitments);
  assertAscending(copy, quorum);
  return suite.commitmentsHash(copy);
}

/** Read once: what was checked is what is kept. */
function copyOf(commitments: readonly NonceCommitment[]): NonceCommitment[] {
  assertArray(commitments, "commitments");
  return commitments.map((one) => {
    assertRecord(one, "commitment");
    const { slot, hiding, binding } = one;
    assertPoint(hiding, "hiding commitment");
    assertPoint(binding, "binding commitment");
    if (hiding.equals(binding)) throw invalidPoint("binding commitment", "it is the hiding one again");
    return Object.freeze({ slot, hiding, binding });
  });
}

function assertAscending(commitments: readonly NonceCommitment[], quorum: unknown): void {
  if (typeof quorum !== "number" || !Number.isSafeInteger(quorum) || quorum < 1 || quorum > MAX_MEMBERS)
    throw new ThresholdError("INVALID_THRESHOLD", `t+1 must be an integer in 1..${MAX_MEMBERS}.`, { details: { quorum: String(quorum) } });
  const slots = commitments.map(({ slot }) => slot);
  assertDistinctSlots(slots);
  const isAscending = slots.every((slot, i) => i === 0 || slot > (slots[i - 1] as number));
  if (isAscending && slots.length === quorum) return;
  throw new ThresholdError("INVALID_MEMBERS", "A package has the commitments of exactly t+1 signers, by ascending slot.", {
    details: { slots, quorum },
  });
}
