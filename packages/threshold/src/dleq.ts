import { backend } from "./backend.ts";
import { assertBytes, assertRecord } from "./bytes.ts";
import { DOMAINS } from "./domains.ts";
import { inverseOfDifference } from "./hints.ts";
import { assertPoint, G, isValidPoint, type Point } from "./point.ts";
import { drawnFactor, type RandomSource, secureRandom, untilUsable } from "./random.ts";
import { assertNonZeroScalar, isProofScalar, negateScalar, reduceScalar } from "./scalar.ts";
import { type SecretScalar, withSecret } from "./secret.ts";
import { hashToScalar } from "./words.ts";

/** The same s in S = sG and D = sU. Public. Both in 1..n-1. PROTOCOL section 2.2. */
export type DleqProof = { readonly c: bigint; readonly z: bigint };

/** S = sG (publicKey), U (base), D = sU (image), and the 32 bytes that bind the proof to its use. All public. */
export type DleqStatement = { readonly publicKey: Point; readonly base: Point; readonly image: Point; readonly context: Uint8Array };

/** What the chain needs to check the proof by `ecrecover`: zU, cD and (cD.x - zU.x)^-1 mod p. All public. */
export type DleqHints = { readonly zU: Point; readonly cD: Point; readonly inverse: bigint };

/** c of a statement and the addresses of both commitments. */
function challenge({ publicKey, base, image, context }: DleqStatement, commitments: readonly Uint8Array[]): bigint {
  return hashToScalar(DOMAINS.dleq, context, publicKey, base, image, ...commitments);
}

/**
 * Proves that S = sG and D = sU have the same s. PROTOCOL section 2.2.
 * Throws INVALID_SCALAR (0), INVALID_POINT, INVALID_BYTES, INVALID_RANDOM, ERASED_SECRET.
 */
export function proveDleq(
  { secret, base, context }: { readonly secret: SecretScalar; readonly base: Point; readonly context: Uint8Array },
  random: RandomSource = secureRandom,
): DleqProof {
  assertBytes(context, 32, "context");
  assertPoint(base, "base");
  return withSecret(secret, "secret", (bytes) =>
    untilUsable(() =>
      backend.calculate((calculation) => {
        const { timesSecret, points, addresses, response, isZeroResponse } = calculation;
        const [s, a] = [calculation.secret(bytes), drawnFactor(calculation, random)];
        const [publicKey, image] = points([timesSecret(G, s), timesSecret(base, s)]) as [Point, Point]; // two in, two out
        const commitments = addresses([timesSecret(G, a), timesSecret(base, a)]);
        if (commitments === undefined) return undefined;
        const c = challenge({ publicKey, base, image, context }, commitments);
        const z = response(a, c, s);
        // zU = -cD, where a + 2cs = 0, would give the chain two witnesses with equal x; zU = cD cannot be, because a is not 0.
        const isDegenerate = c === 0n || z === 0n || isZeroResponse(a, reduceScalar(2n * c), s);
        return isDegenerate ? undefined : { c, z };
      }),
    ),
  );
}

/** Checks a DLEQ proof. False for any wrong proof; throws INVALID_POINT, INVALID_BYTES, INVALID_SCALAR for wrong types. PROTOCOL section 2.2. */
export function verifyDleq(statement: DleqStatement, proof: DleqProof): boolean {
  assertRecord(statement, "statement");
  assertRecord(proof, "proof");
  const { publicKey, base, image, context } = statement;
  assertBytes(context, 32, "context");
  const scalarsFit = [isProofScalar(proof.c, "c"), isProofScalar(proof.z, "z")].every(Boolean);
  const pointsFit = [isValidPoint(publicKey, "public key"), isValidPoint(base, "base"), isValidPoint(image, "image")].every(Boolean);
  if (!scalarsFit || !pointsFit) return false;
  const { c, z } = proof;
  const minusC = negateScalar(c);
  const commitments = backend.calculate(({ times, plus, haveEqualX, addresses }) => {
    const [zU, minusCD] = [times(base, z), times(image, minusC)];
    if (haveEqualX(zU, minusCD)) return undefined;
    return addresses([plus(times(G, z), times(publicKey, minusC)), plus(zU, minusCD)]);
  });
  return commitments !== undefined && challenge(statement, commitments) === c;
}

/** The hints of a valid proof. Throws DEGENERATE_PROOF when the chain could not add them; an honest proof never does. PROTOCOL sections 1.4 and 2.2. */
export function dleqHints(
  { base, image }: { readonly publicKey?: Point; readonly base: Point; readonly image: Point },
  { c, z }: DleqProof,
): DleqHints {
  assertPoint(base, "base");
  assertPoint(image, "image");
  assertNonZeroScalar(c, "c");
  assertNonZeroScalar(z, "z");
  const [zU, cD] = backend.calculate(({ times, points }) => points([times(base, z), times(image, c)])) as [Point, Point]; // two in, two out
  return { zU, cD, inverse: inverseOfDifference(cD, zU) };
}
