import { backend } from "./backend.ts";
import { assertBytes, assertRecord } from "./bytes.ts";
import { DOMAINS } from "./domains.ts";
import { G, isValidPoint, type Point } from "./point.ts";
import { drawnFactor, type RandomSource, secureRandom, untilUsable } from "./random.ts";
import { isProofScalar, negateScalar } from "./scalar.ts";
import { type SecretScalar, withSecret } from "./secret.ts";
import { hashToScalar } from "./words.ts";

/** Knowledge of p with P = pG. Public. Both in 1..n-1. PROTOCOL section 2.1. */
export type SchnorrProof = { readonly c: bigint; readonly z: bigint };

const challenge = (publicKey: Point, message: Uint8Array, commitment: Uint8Array): bigint =>
  hashToScalar(DOMAINS.possession, message, publicKey, commitment);

/**
 * Proves knowledge of `secret` for P = secret G, bound to a 32-byte message. PROTOCOL section 2.1.
 * Throws INVALID_SCALAR (0 has no public key), INVALID_BYTES, INVALID_RANDOM, ERASED_SECRET.
 */
export function provePossession(secret: SecretScalar, message: Uint8Array, random: RandomSource = secureRandom): SchnorrProof {
  assertBytes(message, 32, "message");
  return withSecret(secret, "secret", (bytes) =>
    untilUsable(() =>
      backend.calculate((calculation) => {
        const [p, r] = [calculation.secret(bytes), drawnFactor(calculation, random)];
        const [publicKey] = calculation.points([calculation.timesSecret(G, p)]) as [Point]; // one in, one out
        const [commitment] = calculation.addresses([calculation.timesSecret(G, r)]) ?? [];
        if (commitment === undefined) return undefined;
        const c = challenge(publicKey, message, commitment);
        const z = calculation.response(r, c, p);
        return c === 0n || z === 0n ? undefined : { c, z };
      }),
    ),
  );
}

/** Checks a proof of possession. False for any wrong proof; throws INVALID_POINT, INVALID_BYTES, INVALID_SCALAR for wrong types. PROTOCOL section 2.1. */
export function verifyPossession(publicKey: Point, message: Uint8Array, proof: SchnorrProof): boolean {
  assertBytes(message, 32, "message");
  assertRecord(proof, "proof");
  const scalarsFit = [isProofScalar(proof.c, "c"), isProofScalar(proof.z, "z")].every(Boolean);
  if (!isValidPoint(publicKey, "public key") || !scalarsFit) return false;
  const commitments = backend.calculate(({ times, plus, addresses }) =>
    addresses([plus(times(G, proof.z), times(publicKey, negateScalar(proof.c)))]),
  );
  const [commitment] = commitments ?? [];
  return commitment !== undefined && challenge(publicKey, message, commitment) === proof.c;
}
