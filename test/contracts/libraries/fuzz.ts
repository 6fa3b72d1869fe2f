import { addressOfPoint, backend, CURVE_ORDER, G, type Point, type RandomSource, randomScalar, SECOND_BASE } from "@keyquorum/threshold";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { getAddress, hexlify, toBeHex, ZeroAddress } from "ethers";
import type { SolidityPoint } from "../../fixtures/points.ts";
import { casesFor } from "../../random/cases.ts";
import { rollDice as rollPlainDice } from "../../random/dice.ts";
import { howToRepeat } from "../../random/seed.ts";

/** How many random cases each differential test runs; KEYQUORUM_CASES=10000 runs more. */
export const CASES = casesFor(100);

/** Random choices that the seed and a name repeat. */
export type Dice = {
  readonly random: RandomSource;
  readonly scalar: () => bigint;
  /** A valid point, now and then a special one. */
  readonly point: () => Point;
  /** A word, now and then at an edge of the scalars. */
  readonly word: () => bigint;
  readonly bytes32: () => Uint8Array;
  readonly below: (limit: number) => number;
  readonly pick: <T>(values: readonly T[]) => T;
};

const EDGES = [0n, 1n, 2n, CURVE_ORDER - 1n, CURVE_ORDER, CURVE_ORDER + 1n, 2n ** 255n, 2n ** 256n - 1n];

export const rollDice = (name: string): Dice => {
  const { bytes: random, below, pick } = rollPlainDice(name);
  const scalar = (): bigint => randomScalar(random);
  const special = [G, G.negate(), G.double(), SECOND_BASE];
  return {
    random,
    scalar,
    below,
    pick,
    point: () => (below(8) === 0 ? pick(special) : backend.mulG(scalar())),
    word: () => (below(4) === 0 ? pick(EDGES) : scalar()),
    bytes32: () => random(32),
  };
};

/** Runs `call` over all cases, some per call. */
export const inBatches = async <Case, Result>(
  cases: readonly Case[],
  call: (batch: Case[]) => Promise<readonly Result[]>,
  size = 100,
): Promise<Result[]> => {
  const results: Result[] = [];
  for (let at = 0; at < cases.length; at += size) results.push(...(await call(cases.slice(at, at + size))));
  return results;
};

const text = (value: unknown): string => JSON.stringify(value, (_key, v) => (typeof v === "bigint" ? toBeHex(v) : v)) ?? "nothing";

/** Throws for the first case whose result is not what it should be, and says which seed repeats it. */
export const expectAgreement = (cases: readonly unknown[], results: readonly unknown[], expected: readonly unknown[]): void => {
  if (results.length !== expected.length) throw new Error(`${results.length} results for ${expected.length} cases`);
  const at = expected.findIndex((value, i) => text(value) !== text(results[i]));
  if (at < 0) return;
  throw new Error(`Case ${at}: got ${text(results[at])}, not ${text(expected[at])}, for ${text(cases[at])}. ${howToRepeat()}`);
};

/** kP in variable time, for any k of 256 bits. */
export const multiple = (point: Point, k: bigint): Point => backend.mulVar(point, k % CURVE_ORDER);

/** As contracts write it: infinity is (0, 0). */
export const pointOrZero = (point: Point): SolidityPoint => (point.is0() ? { x: 0n, y: 0n } : point.toAffine());

/** As contracts write it: infinity has the address zero. */
export const addressOrZero = (point: Point): string => (point.is0() ? ZeroAddress : getAddress(hexlify(addressOfPoint(point))));

/** What a contract returned, as a plain value. */
export const plainPoint = ({ x, y }: SolidityPoint): SolidityPoint => ({ x, y });

/** The same x and parity, so that `ecrecover` does not tell the difference, but off the curve. */
export const offCurve = ({ x, y }: SolidityPoint): SolidityPoint => ({ x, y: y + 2n });

/** (a.x - b.x)^-1 mod p: the hint that adds two witnesses. */
export const inverseOfDifference = (a: Point, b: Point): bigint => {
  const { Fp } = secp256k1.Point;
  return Fp.inv(Fp.sub(a.toAffine().x, b.toAffine().x));
};
