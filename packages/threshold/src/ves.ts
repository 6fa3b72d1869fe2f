import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { backend, haveEqualX, subtract } from "./backend.ts";
import { assertBytes, assertRecord, bytesToInteger } from "./bytes.ts";
import { DOMAINS } from "./domains.ts";
import { ThresholdError } from "./errors.ts";
import { inverseOfDifference } from "./hints.ts";
import { addressOfPoint, assertPoint, encodePoint, G, isValidPoint, type Point, parsePoint } from "./point.ts";
import { drawBytes, type RandomSource, secureRandom, untilUsable } from "./random.ts";
import { assertNonZeroScalar, encodeScalar, isProofScalar, parseScalar, reduceScalar } from "./scalar.ts";
import { revealNonZero, type SecretScalar } from "./secret.ts";
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

/** What `encryptShare` needs. `share` and `nonceKey` (32 bytes, this keeper's own) are secret. */
export type ShareToEncrypt = {
  readonly share: SecretScalar;
  readonly u: Point;
  readonly readerKey: Point;
  readonly context: Uint8Array;
  readonly nonceKey: Uint8Array;
};

const NONCE_TAG = utf8ToBytes("ves");
const NONCE_BYTES = 48; // 16 more than a scalar: modulo n the bias is 2^-128

/** c of a statement, K, V and A1, A2, A3 in affine form. Public. PROTOCOL section 5.2. */
export function vesChallenge(
  { verifyingShare, u, readerKey, context }: VesStatement,
  k: Point,
  v: Point,
  commitments: readonly Point[],
): bigint {
  return hashToScalar(DOMAINS.ves, context, verifyingShare, u, readerKey, k, v, ...commitments.map(addressOfPoint));
}

/** k, a, b from the nonce key, the statement and fresh randomness: a broken random source alone does not repeat them. Secret. PROTOCOL section 5.2. */
function deriveNonces({ u, readerKey, context, nonceKey }: ShareToEncrypt, random: RandomSource): { k: bigint; a: bigint; b: bigint } {
  const info = concatBytes(NONCE_TAG, context, encodePoint(u), encodePoint(readerKey), drawBytes(random, 32));
  const bytes = hkdf(sha256, nonceKey, undefined, info, 3 * NONCE_BYTES);
  const [k, a, b] = [0, 1, 2].map((i) => reduceScalar(bytesToInteger(bytes.subarray(i * NONCE_BYTES, (i + 1) * NONCE_BYTES))));
  bytes.fill(0);
  return { k, a, b } as { k: bigint; a: bigint; b: bigint }; // three were made
}

/**
 * Encrypts the share s_i U to X and proves it. The caller has verified the header of U and authenticated X before.
 * PROTOCOL section 5.2. Throws INVALID_POINT, INVALID_BYTES, INVALID_SCALAR (a zero share has no valid S_i), INVALID_RANDOM, ERASED_SECRET.
 */
export function encryptShare(input: ShareToEncrypt, random: RandomSource = secureRandom): VesAnswer {
  assertRecord(input, "input");
  const { u, readerKey, context } = input;
  assertPoint(u, "U");
  assertPoint(readerKey, "reader key");
  assertBytes(context, 32, "context");
  assertBytes(input.nonceKey, 32, "nonce key");
  const s = revealNonZero(input.share, "share");
  const statement = { verifyingShare: backend.mulG(s), u, readerKey, context };
  return untilUsable(() => {
    const { k, a, b } = deriveNonces(input, random);
    const [K, V, A3] = backend.normalize([
      backend.mulG(k),
      backend.mulAddSecret(u, s, readerKey, k),
      backend.mulAddSecret(u, a, readerKey, b),
    ]) as [Point, Point, Point]; // three in, three out
    const [A1, A2] = [backend.mulG(a), backend.mulG(b)];
    if (!isValidPoint(K) || !isValidPoint(V) || [A1, A2, A3].some((point) => point.is0())) return undefined;
    const c = vesChallenge(statement, K, V, [A1, A2, A3]);
    const answer = { k: K, v: V, c, zs: reduceScalar(a + c * s), zk: reduceScalar(b + c * k) };
    return hasUsableScalars(answer) && canBeAddedOnChain(statement, answer, A3) ? answer : undefined;
  });
}

const hasUsableScalars = ({ c, zs, zk }: VesAnswer): boolean =>
  [isProofScalar(c, "c"), isProofScalar(zs, "zs"), isProofScalar(zk, "zk")].every(Boolean);

/** The check of `addends` by who knows A3 = T - cV already: T.x = cV.x iff A3 is infinity or 2T. Public values. PROTOCOL section 2.3. */
function canBeAddedOnChain({ u, readerKey }: VesStatement, { zs, zk }: VesAnswer, A3: Point): boolean {
  const zsU = backend.mulVar(u, zs);
  const zkX = backend.mulVar(readerKey, zk);
  return !haveEqualX(zsU, zkX) && !A3.equals(backend.double(backend.add(zsU, zkX)));
}

/** zs U, zk X, c V and A3 = zsU + zkX - cV; undefined where the chain could not add them (PROTOCOL section 2.3). */
function addends(
  { u, readerKey }: Pick<VesStatement, "u" | "readerKey">,
  { v, c, zs, zk }: VesAnswer,
): { zsU: Point; zkX: Point; cV: Point; sum: Point; A3: Point } | undefined {
  const zsU = backend.mulVar(u, zs);
  const zkX = backend.mulVar(readerKey, zk);
  if (haveEqualX(zsU, zkX)) return undefined;
  const sum = backend.add(zsU, zkX);
  const cV = backend.mulVar(v, c);
  if (haveEqualX(sum, cV)) return undefined;
  return { zsU, zkX, cV, sum, A3: subtract(sum, cV) };
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
  const third = addends(statement, answer)?.A3;
  if (third === undefined) return false;
  const first = subtract(backend.mulVar(G, answer.zs), backend.mulVar(verifyingShare, answer.c));
  const second = subtract(backend.mulVar(G, answer.zk), backend.mulVar(answer.k, answer.c));
  if (first.is0() || second.is0()) return false;
  return vesChallenge(statement, answer.k, answer.v, backend.normalize([first, second, third])) === answer.c;
}

/** The hints of a valid answer. Throws DEGENERATE_PROOF when the chain could not add them; an honest answer never does. PROTOCOL sections 1.4 and 5.2. */
export function vesHints(statement: { readonly u: Point; readonly readerKey: Point }, answer: VesAnswer): VesHints {
  assertRecord(answer, "answer");
  assertPoint(statement.u, "U");
  assertPoint(statement.readerKey, "reader key");
  assertPoint(answer.v, "V");
  const parts = hasUsableScalars(answer) ? addends(statement, answer) : undefined;
  if (parts === undefined) throw new ThresholdError("DEGENERATE_PROOF", "This answer cannot be checked on chain; make another.");
  const [zsU, zkX, cV, sum] = backend.normalize([parts.zsU, parts.zkX, parts.cV, parts.sum]) as [Point, Point, Point, Point]; // four in, four out
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
