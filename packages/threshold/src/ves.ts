import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { backend } from "./backend.ts";
import { assertBytes, assertRecord } from "./bytes.ts";
import { type Calculation, type SecretFactor, type Term, WIDE_BYTES } from "./calculation.ts";
import { DOMAINS } from "./domains.ts";
import { ThresholdError } from "./errors.ts";
import { inverseOfDifference } from "./hints.ts";
import { parsePoint } from "./parsePoint.ts";
import { assertPoint, encodePoint, G, isValidPoint, type Point } from "./point.ts";
import { drawBytes, type RandomSource, secureRandom, untilUsable } from "./random.ts";
import { assertNonZeroScalar, encodeScalar, isProofScalar, negateScalar, parseScalar } from "./scalar.ts";
import { type SecretScalar, withSecret } from "./secret.ts";
import { hashToScalar } from "./words.ts";

/** A share s_i U, encrypted to X and proved: K = kG, V = s_i U + kX. Public. c, zs, zk in 1..n-1. PROTOCOL section 5.2. */
export type VesAnswer = { readonly k: Point; readonly v: Point; readonly c: bigint; readonly zs: bigint; readonly zk: bigint };

/** What the answer is about: S_i, the header's U, the reader's X and the 32-byte context. All public. */
export type VesStatement = { readonly verifyingShare: Point; readonly u: Point; readonly readerKey: Point; readonly context: Uint8Array };

/** What the chain needs: zs U, zk X, c V, (zkX.x - zsU.x)^-1 and (cV.x - T.x)^-1 with T = zsU + zkX. All public. */
export type VesHints = {
  readonly zsU: Point;
  readonly zkX: Point;
  readonly cV: Point;
  readonly inverse1: bigint;
  readonly inverse2: bigint;
};

/** What `encryptShare` needs. `share` and `nonceKey` (32 bytes, this keeper's own) are secret. `verifyingShare`: what S_i must be, where it is known. */
export type ShareToEncrypt = {
  readonly share: SecretScalar;
  readonly verifyingShare?: Point;
  readonly u: Point;
  readonly readerKey: Point;
  readonly context: Uint8Array;
  readonly nonceKey: Uint8Array;
};

const NONCE_TAG = utf8ToBytes("ves");

/** c of a statement, K, V and the addresses of A1, A2, A3. Public. PROTOCOL section 5.2. */
export function vesChallenge(
  { verifyingShare, u, readerKey, context }: VesStatement,
  k: Point,
  v: Point,
  commitments: readonly Uint8Array[],
): bigint {
  return hashToScalar(DOMAINS.ves, context, verifyingShare, u, readerKey, k, v, ...commitments);
}

/** k, a, b from the nonce key, the statement and fresh randomness: a broken random source alone does not repeat them. Secret. PROTOCOL section 5.2. */
function deriveNonces(
  { u, readerKey, context, nonceKey }: ShareToEncrypt,
  random: RandomSource,
  calculation: Pick<Calculation, "reduced">,
): { k: SecretFactor; a: SecretFactor; b: SecretFactor } {
  const info = concatBytes(NONCE_TAG, context, encodePoint(u), encodePoint(readerKey), drawBytes(random, 32));
  const bytes = hkdf(sha256, nonceKey, undefined, info, 3 * WIDE_BYTES);
  const [k, a, b] = [0, 1, 2].map((i) => calculation.reduced(bytes.subarray(i * WIDE_BYTES, (i + 1) * WIDE_BYTES)));
  bytes.fill(0);
  return { k, a, b } as { k: SecretFactor; a: SecretFactor; b: SecretFactor }; // three were made
}

/**
 * Encrypts the share s_i U to X and proves it. The caller has verified the header of U and authenticated X before.
 * PROTOCOL section 5.2. Throws INVALID_POINT, INVALID_BYTES, INVALID_SCALAR (a zero share has no valid S_i), INVALID_RANDOM, ERASED_SECRET,
 * SHARE_MISMATCH for a share that is not that of `verifyingShare`: its answer would only accuse its keeper.
 */
export function encryptShare(input: ShareToEncrypt, random: RandomSource = secureRandom): VesAnswer {
  assertRecord(input, "input");
  const { u, readerKey, context } = input;
  assertPoint(u, "U");
  assertPoint(readerKey, "reader key");
  assertBytes(context, 32, "context");
  assertBytes(input.nonceKey, 32, "nonce key");
  return withSecret(input.share, "share", (share) =>
    untilUsable(() => backend.calculate((calculation) => attempt(input, share, random, calculation))),
  );
}

/** One answer by fresh nonces; undefined where they make none that can be used. `share`: 32 bytes, secret. */
function attempt(input: ShareToEncrypt, share: Uint8Array, random: RandomSource, calculation: Calculation): VesAnswer | undefined {
  const { u, readerKey, context } = input;
  const { timesSecret, sumSecret, points, addresses, response } = calculation;
  const s = calculation.secret(share);
  const { k, a, b } = deriveNonces(input, random, calculation);
  const [blindedShare, A3] = [sumSecret(u, s, readerKey, k), sumSecret(u, a, readerKey, b)]; // over the same points, one after the other: by the same tables
  const [verifyingShare, K, V] = points([timesSecret(G, s), timesSecret(G, k), blindedShare]) as [Point, Point, Point]; // three in, three out
  const commitments = addresses([timesSecret(G, a), timesSecret(G, b), A3]);
  if (input.verifyingShare !== undefined && !verifyingShare.equals(input.verifyingShare))
    throw new ThresholdError("SHARE_MISMATCH", "The share is not that of the verifying share; restore the newest backup of the vault.");
  if (!isValidPoint(K) || !isValidPoint(V) || commitments === undefined) return undefined;
  const c = vesChallenge({ verifyingShare, u, readerKey, context }, K, V, commitments);
  const answer = { k: K, v: V, c, zs: response(a, c, s), zk: response(b, c, k) };
  return hasUsableScalars(answer) && canBeAddedOnChain(input, answer, A3, calculation) ? answer : undefined;
}

const hasUsableScalars = ({ c, zs, zk }: VesAnswer): boolean =>
  [isProofScalar(c, "c"), isProofScalar(zs, "zs"), isProofScalar(zk, "zk")].every(Boolean);

/** The check of `addends` by who knows A3 already: -cV = A3 - T. Public values. PROTOCOL section 2.3. */
function canBeAddedOnChain({ u, readerKey }: Addends, { zs, zk }: VesAnswer, A3: Term, calculation: Calculation): boolean {
  const { times, plus, minus } = calculation;
  const [zsU, zkX] = [times(u, zs), times(readerKey, zk)];
  const sum = plus(zsU, zkX);
  return canBeAdded([zsU, zkX, sum, minus(A3, sum)], calculation);
}

type Addends = Pick<VesStatement, "u" | "readerKey">;

/** zs U, zk X, T = zsU + zkX, -c V and A3 = T - cV: what the chain adds. PROTOCOL section 5.2. */
function addends({ u, readerKey }: Addends, { v, c, zs, zk }: VesAnswer, { times, plus }: Calculation): Term[] {
  const [zsU, zkX, minusCV] = [times(u, zs), times(readerKey, zk), times(v, negateScalar(c))];
  const sum = plus(zsU, zkX);
  return [zsU, zkX, sum, minusCV, plus(sum, minusCV)];
}

/** Whether the chain can add them: no two that it adds have equal x. PROTOCOL section 2.3. */
function canBeAdded([zsU, zkX, sum, minusCV]: readonly Term[], { haveEqualX }: Calculation): boolean {
  if (haveEqualX(zsU as Term, zkX as Term)) return false;
  return !haveEqualX(sum as Term, minusCV as Term);
}

/**
 * Checks an answer against S_i, U, X and the context. False for any wrong answer;
 * throws INVALID_POINT, INVALID_BYTES, INVALID_SCALAR for wrong types. PROTOCOL section 5.2.
 */
export function verifyShareAnswer(statement: VesStatement, answer: VesAnswer): boolean {
  assertRecord(statement, "statement");
  assertRecord(answer, "answer");
  const { verifyingShare, u, readerKey, context } = statement;
  assertBytes(context, 32, "context");
  const scalarsFit = hasUsableScalars(answer);
  const named = { verifyingShare, U: u, "reader key": readerKey, K: answer.k, V: answer.v };
  const pointsFit = Object.entries(named).map(([name, point]) => isValidPoint(point, name));
  if (!scalarsFit || !pointsFit.every(Boolean)) return false;
  const commitments = backend.calculate((calculation) => {
    const { times, plus, addresses } = calculation;
    const minusC = negateScalar(answer.c);
    const first = plus(times(G, answer.zs), times(verifyingShare, minusC));
    const second = plus(times(G, answer.zk), times(answer.k, minusC));
    const added = addends(statement, answer, calculation);
    return canBeAdded(added, calculation) ? addresses([first, second, added.at(-1) as Term]) : undefined;
  });
  return commitments !== undefined && vesChallenge(statement, answer.k, answer.v, commitments) === answer.c;
}

/** The hints of a valid answer. Throws DEGENERATE_PROOF when the chain could not add them; an honest answer never does. PROTOCOL sections 1.4 and 5.2. */
export function vesHints(statement: { readonly u: Point; readonly readerKey: Point }, answer: VesAnswer): VesHints {
  assertRecord(answer, "answer");
  assertPoint(statement.u, "U");
  assertPoint(statement.readerKey, "reader key");
  assertPoint(answer.v, "V");
  const added = hasUsableScalars(answer)
    ? backend.calculate((calculation) => {
        const terms = addends(statement, answer, calculation);
        return canBeAdded(terms, calculation) ? calculation.points(terms) : undefined;
      })
    : undefined;
  if (added === undefined) throw new ThresholdError("DEGENERATE_PROOF", "This answer cannot be checked on chain; make another.");
  const [zsU, zkX, sum, minusCV] = added as [Point, Point, Point, Point]; // the first four
  const cV = backend.neg(minusCV);
  return { zsU, zkX, cV, inverse1: inverseOfDifference(zkX, zsU), inverse2: inverseOfDifference(cV, sum) };
}

/** Bytes of an encoded answer: K 33, V 33, c 32, zs 32, zk 32. */
export const VES_ANSWER_BYTES = 162;

/** 162 bytes of an answer. Throws INVALID_POINT, INVALID_SCALAR. PROTOCOL section 5.2. */
export function encodeVesAnswer(answer: VesAnswer): Uint8Array {
  assertRecord(answer, "answer");
  const { k, v, c, zs, zk } = answer;
  return concatBytes(encodePoint(k), encodePoint(v), ...[c, zs, zk].map(encodeProofScalar));
}

function encodeProofScalar(scalar: bigint): Uint8Array {
  assertNonZeroScalar(scalar, "proof scalar");
  return encodeScalar(scalar);
}

/** Reads exactly 162 bytes. Throws INVALID_BYTES, INVALID_POINT, INVALID_SCALAR (0 or >= n). PROTOCOL section 5.2. */
export function parseVesAnswer(bytes: Uint8Array): VesAnswer {
  assertBytes(bytes, VES_ANSWER_BYTES, "answer");
  const [c, zs, zk] = [66, 98, 130].map((at) => parseProofScalar(bytes.subarray(at, at + 32))) as [bigint, bigint, bigint]; // three in, three out
  return { k: parsePoint(bytes.subarray(0, 33)), v: parsePoint(bytes.subarray(33, 66)), c, zs, zk };
}

function parseProofScalar(bytes: Uint8Array): bigint {
  const scalar = parseScalar(bytes);
  assertNonZeroScalar(scalar, "proof scalar");
  return scalar;
}
