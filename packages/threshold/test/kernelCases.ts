// Where arithmetic on secp256k1 goes wrong if it does: scalars and points at the corners, and random ones.
import { bytesToInteger } from "../src/bytes.ts";
import { CURVE_ORDER, G, INFINITY, nobleBackend, type Point, SECOND_BASE } from "../src/index.ts";
import { P as FIELD, mod } from "./naiveCurve.ts";

/** What is taken of the dice of test/random. */
export type Dice = {
  readonly bytes: (length: number) => Uint8Array;
  readonly below: (limit: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(values: readonly T[]) => T;
};

/** lambda: lambda (x, y) = (beta x, y). */
export const LAMBDA = 0x5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72n;
export const BETA = 0x7ae96a2b657c07106e64479eac3434e99cf0497512f58995c1396c28719501een;
/** The short vectors of the split: a + b lambda = 0 modulo n. b2 = a1. */
export const [A1, B1, A2] = [
  0x3086d221a7d46bcde86c90e49284eb15n,
  -0xe4437ed6010e88286f547fa90abfe4c3n,
  0x114ca50f7a8e2f3f657c1108d9d44cfd8n,
];

export const integerOf = (bytes: Uint8Array): bigint => bytesToInteger(bytes);
const around = (value: bigint): readonly bigint[] => [value - 1n, value, value + 1n];

/** 0, 1, n-1, 2^k, around lambda, and where the halves of the split are largest or change their sign. */
export const CORNER_SCALARS: readonly bigint[] = [
  0n,
  ...[1n, 2n, 3n, 15n, 16n, 17n, 31n, 32n, 33n, CURVE_ORDER / 2n, LAMBDA, CURVE_ORDER - LAMBDA, A1, -B1, A2, A1 + A2].flatMap(around),
  ...[1n, 2n, 16n, 17n, 32n].map((k) => CURVE_ORDER - k),
  ...Array.from({ length: 256 }, (_, k) => 1n << BigInt(k)),
  ...[64n, 127n, 128n, 129n, 255n].map((k) => (1n << k) - 1n),
  // roundings of b2 k / n and -b1 k / n change here
  ...[0n, 1n, 2n, A1 / 2n, A1 - 1n].flatMap((i) => around(((2n * i + 1n) * CURVE_ORDER) / (2n * A1))),
  ...[0n, 1n, 2n, -B1 / 2n, -B1 - 1n].flatMap((i) => around(((2n * i + 1n) * CURVE_ORDER) / (-2n * B1))),
  // corners of the parallelogram of all (k1, k2)
  ...[1n, -1n].flatMap((i) =>
    [1n, -1n].flatMap((j) => around(((i * A1 + j * A2) / 2n) % CURVE_ORDER).map((k1) => k1 + ((i * B1 + j * A1) / 2n) * LAMBDA)),
  ),
  // every digit of 5 bits 16, and every one -16 but the last
  ...[0b10000n, 0b01111n, 0b11111n, 0b10001n].map((digit) => Array.from({ length: 51 }).reduce<bigint>((sum) => (sum << 5n) | digit, 0n)),
].map((k) => mod(k, CURVE_ORDER));

/** A corner or any scalar; also one whose halves are any. */
export const rollScalar = (dice: Dice): bigint => {
  const any = mod(integerOf(dice.bytes(40)), CURVE_ORDER);
  if (dice.chance(0.2)) return dice.pick(CORNER_SCALARS);
  if (dice.chance(0.1)) return mod(dice.pick(CORNER_SCALARS) + BigInt(dice.below(64)) - 32n, CURVE_ORDER);
  if (dice.chance(0.1)) return mod(integerOf(dice.bytes(16)) - integerOf(dice.bytes(16)) * LAMBDA, CURVE_ORDER);
  return any;
};

/** (beta x, y). */
export const imageOf = (point: Point): Point => nobleBackend.mulVar(point, LAMBDA);

/** Points to take from: few, so that equal, opposite and infinite ones meet. */
const POOL: readonly Point[] = [1n, 2n, 3n, 5n, 0x1234567890abcdefn, CURVE_ORDER / 3n]
  .map((k) => nobleBackend.mulG(k))
  .flatMap((point) => [point, nobleBackend.neg(point), nobleBackend.double(point), imageOf(point)])
  .concat(SECOND_BASE, G, INFINITY);

/** A point of the pool, or now and then another one. */
export const rollPoint = (dice: Dice): Point => (dice.chance(0.1) ? nobleBackend.mulG(rollScalar(dice)) : dice.pick(POOL));

/** 0, 1, p-1, and p itself where `isCanonical` is false; full and empty limbs; any. Below 2^256. */
export const rollFieldElement = (dice: Dice): bigint => {
  const value = dice.chance(0.4)
    ? dice.pick([0n, 1n, 2n, 7n, 977n, FIELD - 1n, FIELD - 2n, FIELD / 2n, (1n << 32n) + 977n, BETA, (1n << 255n) - 1n])
    : dice.chance(0.3)
      ? Array.from({ length: 10 }).reduce<bigint>((sum) => (sum << 26n) | (dice.chance(0.5) ? 0x3ffffffn : 0n), 0n)
      : integerOf(dice.bytes(32));
  return mod(value, FIELD);
};
