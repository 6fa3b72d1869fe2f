import { backend } from "../backend.ts";
import { assertRecord } from "../bytes.ts";
import { ThresholdError } from "../errors.ts";
import { lagrangeAtZero } from "../lagrange.ts";
import { assertPoint, G, type Point } from "../point.ts";
import { assertScalar, isProofScalar, reduceScalar } from "../scalar.ts";
import { assertSecret, type SecretScalar } from "../secret.ts";
import { SigningNonces } from "./nonces.ts";
import type { FrostAttempt } from "./package.ts";
import type { NonceCommitment } from "./suite.ts";

/** What one signer signs with. `share` is s_i, secret; `offset` is that of S' (`derivationOffset`), 0 for S itself. */
export type SignatureShareInput = {
  readonly attempt: FrostAttempt;
  readonly slot: number;
  readonly share: SecretScalar;
  readonly offset: bigint;
  readonly nonces: SigningNonces;
};

/**
 * z_i = d_i + rho_i e_i + lambda_i (s_i + offset) c. The nonces are gone whatever happens: they are taken before anything is looked at. Undefined where
 * z_i = 0: the attempt is void. Throws INVALID_INPUT where the attempt does not show these nonces' commitment under this slot; INVALID_SCALAR,
 * INVALID_SLOT, ERASED_SECRET. PROTOCOL section 10.1.
 */
export function createSignatureShare({ attempt, slot, share, offset, nonces }: SignatureShareInput): bigint | undefined {
  if (!(nonces instanceof SigningNonces)) throw new ThresholdError("INVALID_INPUT", "nonces must be SigningNonces.");
  const { hiding, binding } = nonces.take();
  assertSecret(share, "share");
  assertScalar(offset, "offset");
  const shown = commitmentAt(attempt, slot);
  if (!shown.hiding.equals(nonces.commitment.hiding) || !shown.binding.equals(nonces.commitment.binding))
    throw new ThresholdError("INVALID_INPUT", "The package does not show the commitment of these nonces.", { details: { slot } });
  const z = reduceScalar(hiding + rhoAt(attempt, slot) * binding + weightAt(attempt, slot) * reduceScalar(share.reveal() + offset));
  return z === 0n ? undefined : z;
}

/** What a share is checked against. `verifyingShare` is S_i and must be authentic: its Merkle path leads to the key's verifyingRoot. */
export type SignatureShareStatement = {
  readonly attempt: FrostAttempt;
  readonly slot: number;
  readonly offset: bigint;
  readonly verifyingShare: Point;
};

/**
 * Checks z_i G = D_i + rho_i E_i + lambda_i c (S_i + offset G). False for any wrong share. Throws INVALID_SLOT for a slot that is not in the attempt,
 * INVALID_POINT, INVALID_SCALAR for wrong types. PROTOCOL section 10.1.
 */
export function verifySignatureShare({ attempt, slot, offset, verifyingShare }: SignatureShareStatement, z: bigint): boolean {
  const { hiding, binding } = commitmentAt(attempt, slot);
  assertScalar(offset, "offset");
  assertPoint(verifyingShare, "verifying share");
  if (!isProofScalar(z, "z")) return false;
  const weight = weightAt(attempt, slot);
  // (z - weight offset) G - weight S_i - rho E_i, all public, must be D_i.
  const sum = backend.msmVar(
    [G, verifyingShare, binding],
    [reduceScalar(z - weight * offset), reduceScalar(-weight), reduceScalar(-rhoAt(attempt, slot))],
  );
  return sum.equals(hiding);
}

/** lambda_i c modulo n: what a signer's share of the key is multiplied by. */
const weightAt = ({ slots, challenge }: FrostAttempt, slot: number): bigint => reduceScalar(lagrangeAtZero(slots, slot) * challenge);

const rhoAt = ({ bindingFactors }: FrostAttempt, slot: number): bigint => bindingFactors.get(slot) as bigint; // `commitmentAt` came first

function commitmentAt(attempt: FrostAttempt, slot: number): NonceCommitment {
  assertRecord(attempt, "attempt");
  const found = attempt.commitments.find((one) => one.slot === slot);
  if (found === undefined) throw new ThresholdError("INVALID_SLOT", `Slot ${slot} is not in this attempt.`, { details: { slot } });
  return found;
}
