import { backend, haveEqualX, subtract } from "./backend.ts";
import { assertBytes, assertRecord } from "./bytes.ts";
import { ThresholdError } from "./errors.ts";
import { inverseOfDifference } from "./hints.ts";
import { addressOfPoint, assertPoint, G, type Point, pointFromXY } from "./point.ts";
import { assertWord, isProofScalar } from "./scalar.ts";
import { type VesStatement, vesChallenge } from "./ves.ts";

/** Coordinates as the chain holds them: two 256-bit words, a valid point or not. (0, 0) is infinity. */
export type PointXY = { readonly x: bigint; readonly y: bigint };

/** An answer as a keeper gave it: five fields of 256-bit words, whatever they are. A `VesAnswer` is one. Public. */
export type ClaimedAnswer = { readonly k: PointXY; readonly v: PointXY; readonly c: bigint; readonly zs: bigint; readonly zk: bigint };

/**
 * Why an answer is wrong, in the order in which the judge looks: a scalar is 0 or >= n; K or V is not a valid point; A1 or A2 is infinite; zsU and zkX,
 * or zsU + zkX and cV, have equal x; the challenge is not c. PROTOCOL section 5.5.
 */
export type VesFraudReason = "INVALID_SCALAR" | "INVALID_POINT" | "INFINITE_COMMITMENT" | "EQUAL_WITNESSES" | "WRONG_CHALLENGE";

/** What convicts on chain: zsU, zkX, cV, (zkX.x - zsU.x)^-1 and (cV.x - (zsU + zkX).x)^-1; zero where the judge does not look. Public. */
export type VesFraudWitnesses = {
  readonly zsU: PointXY;
  readonly zkX: PointXY;
  readonly cV: PointXY;
  readonly inverse1: bigint;
  readonly inverse2: bigint;
};

/** That an answer is wrong, and what shows it to the judge. Public. */
export type VesFraudEvidence = { readonly reason: VesFraudReason; readonly witnesses: VesFraudWitnesses };

const NO_POINT: PointXY = { x: 0n, y: 0n };
const NO_WITNESSES: VesFraudWitnesses = { zsU: NO_POINT, zkX: NO_POINT, cV: NO_POINT, inverse1: 0n, inverse2: 0n };

/** The point at these words; undefined where they are none. Throws INVALID_SCALAR for what is not a word at all. */
function claimedPoint(claimed: PointXY, name: string): Point | undefined {
  assertRecord(claimed, name);
  assertWord(claimed.x, `${name}.x`);
  assertWord(claimed.y, `${name}.y`);
  try {
    return pointFromXY(claimed.x, claimed.y);
  } catch (error) {
    if (error instanceof ThresholdError && error.code === "INVALID_POINT") return undefined;
    throw error;
  }
}

/**
 * Why an answer to a statement of valid points is wrong, with witnesses that show it on chain; undefined when it is right, and then no
 * witnesses convict it. Needs public values only. Throws INVALID_POINT for a statement that is none, INVALID_BYTES, INVALID_SCALAR and
 * INVALID_INPUT for wrong types. PROTOCOL section 5.5.
 */
export function vesFraudEvidence(statement: VesStatement, answer: ClaimedAnswer): VesFraudEvidence | undefined {
  assertRecord(statement, "statement");
  assertRecord(answer, "answer");
  const { verifyingShare, u, readerKey } = statement;
  assertBytes(statement.context, 32, "context");
  assertPoint(verifyingShare, "verifying share");
  assertPoint(u, "U");
  assertPoint(readerKey, "reader key");
  const { c, zs, zk } = answer;
  const scalarsFit = [isProofScalar(c, "c"), isProofScalar(zs, "zs"), isProofScalar(zk, "zk")].every(Boolean);
  const [k, v] = [claimedPoint(answer.k, "K"), claimedPoint(answer.v, "V")];
  if (!scalarsFit) return { reason: "INVALID_SCALAR", witnesses: NO_WITNESSES };
  if (k === undefined || v === undefined) return { reason: "INVALID_POINT", witnesses: NO_WITNESSES };

  const { mulVar, add, normalize } = backend;
  const A1 = subtract(mulVar(G, zs), mulVar(verifyingShare, c));
  const A2 = subtract(mulVar(G, zk), mulVar(k, c));
  if (A1.is0() || A2.is0()) return { reason: "INFINITE_COMMITMENT", witnesses: NO_WITNESSES };

  const [zsU, zkX, cV] = normalize([mulVar(u, zs), mulVar(readerKey, zk), mulVar(v, c)]) as [Point, Point, Point]; // three in, three out
  const products = { ...NO_WITNESSES, zsU: zsU.toAffine(), zkX: zkX.toAffine(), cV: cV.toAffine() };
  if (haveEqualX(zsU, zkX)) return { reason: "EQUAL_WITNESSES", witnesses: products };
  const sum = add(zsU, zkX);
  const summed = { ...products, inverse1: inverseOfDifference(zkX, zsU) };
  if (haveEqualX(sum, cV)) return { reason: "EQUAL_WITNESSES", witnesses: summed };
  if (vesChallenge(statement, k, v, normalize([A1, A2, subtract(sum, cV)]).map(addressOfPoint)) === c) return undefined;
  return { reason: "WRONG_CHALLENGE", witnesses: { ...summed, inverse2: inverseOfDifference(cV, sum) } };
}
