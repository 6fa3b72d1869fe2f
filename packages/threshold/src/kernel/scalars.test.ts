import { expect } from "chai";
import { kernelUnderTest } from "../../../../scripts/kernel/kernelUnderTest.ts";
import { casesFor } from "../../../../test/random/cases.ts";
import { rollDice } from "../../../../test/random/dice.ts";
import { A1, A2, B1, BETA, CORNER_SCALARS, integerOf, LAMBDA, rollScalar } from "../../test/kernelCases.ts";
import { inverse, mod, N, P, power } from "../../test/naiveCurve.ts";
import { Arena } from "./arena.ts";

const arena = Arena.create(kernelUnderTest) as Arena; // Node has WebAssembly
const { wasm } = arena;
const [r, a, b, wide] = [0, 1, 2, 4].map((i) => arena.word(i)) as [number, number, number, number];
const dice = rollDice("kernel scalars");

const put = (...values: readonly bigint[]): void => {
  values.forEach((value, i) => {
    arena.putInteger(arena.word(1 + i), value);
  });
};
const expectResult = (wanted: bigint, what: string): void => {
  const got = arena.integer(r);
  if (got !== wanted) expect.fail(`${what}: ${got.toString(16)} is not ${wanted.toString(16)}`);
};

/** Every pair of a few corners, then any. */
const pairs = function* (count: number): Generator<readonly [bigint, bigint]> {
  const corners = [0n, 1n, 2n, N / 2n, N - 2n, N - 1n, 1n << 128n, 1n << 255n, (1n << 256n) - 1n - N];
  for (const x of corners) for (const y of corners) yield [x, y];
  for (let i = 0; i < count; i++) yield [rollScalar(dice), rollScalar(dice)];
};

describe("the kernel's scalars", () => {
  it("multiplies and adds modulo n", () => {
    for (const [x, y] of pairs(casesFor(500))) {
      put(x, y);
      wasm.multiplyScalars(r, a, b);
      expectResult((x * y) % N, `${x} * ${y}`);
      wasm.addScalars(r, a, b);
      expectResult((x + y) % N, `${x} + ${y}`);
    }
  });

  it("negates, and takes 0 to 0", () => {
    for (const [x] of pairs(casesFor(500))) {
      put(x);
      wasm.negateScalar(r, a);
      expectResult(mod(-x, N), `-${x}`);
    }
  });

  it("inverts, and takes 0 to 0", () => {
    const one = (x: bigint): void => {
      put(x);
      wasm.invertScalar(r, a);
      expectResult(x === 0n ? 0n : inverse(x, N), `1/${x}`);
    };
    for (const x of [0n, 1n, 2n, N - 1n]) one(x);
    for (let i = 0; i < casesFor(60); i++) one(rollScalar(dice));
  });

  it("reduces 64 bytes, whatever they are", () => {
    const one = (value: bigint): void => {
      arena.putInteger(wide, BigInt.asUintN(256, value));
      arena.putInteger(wide + 32, value >> 256n);
      wasm.reduceWide(r, wide);
      expectResult(value % N, `${value} modulo n`);
    };
    const top = 1n << 512n;
    for (const value of [
      0n,
      1n,
      N - 1n,
      N,
      N + 1n,
      2n * N,
      (1n << 256n) - 1n,
      1n << 256n,
      top - 1n,
      (top / N) * N,
      (top / N) * N - 1n,
      (N - 1n) ** 2n,
    ])
      one(value);
    for (let i = 0; i < casesFor(500); i++) one(integerOf(dice.bytes(64)));
    // a sum that passes 2^256 only in the last fold
    for (let i = 1n; i < 200n; i++) one((1n << 256n) - i + ((1n << 256n) << (i % 256n)));
  });

  it("knows which words are in 1..n-1", () => {
    const one = (value: bigint): void => {
      put(value);
      expect(wasm.isNonZeroScalar(a), String(value)).to.equal(value > 0n && value < N ? 1 : 0);
    };
    for (const value of [0n, 1n, N - 1n, N, N + 1n, 1n << 255n, (1n << 256n) - 1n, 1n << 32n, 1n << 224n]) one(value);
    for (let i = 0; i < casesFor(500); i++) one(dice.chance(0.3) ? N + BigInt(dice.below(1000)) - 500n : integerOf(dice.bytes(32)));
  });

  it("splits into halves below 2^128 whose sum it is", () => {
    const halves = arena.word(8);
    const one = (k: bigint): void => {
      put(k);
      wasm.split(halves, a);
      const [k1, k2] = [0, 40].map((at) => {
        const size = arena.integer(halves + at);
        if (size >= 1n << 128n) expect.fail(`a half of ${k} is ${size}`);
        return (arena.integer(halves + at + 32) & 0xffffffffn) === 0n ? size : -size;
      }) as [bigint, bigint];
      if (mod(k1 + k2 * LAMBDA - k, N) !== 0n) expect.fail(`${k1} + ${k2} lambda is not ${k}`);
      // the nearest point of the lattice: no half is longer than the parallelogram is wide
      if (2n * (k1 < 0n ? -k1 : k1) > A1 + A2 + 2n || 2n * (k2 < 0n ? -k2 : k2) > A1 - B1 + 2n)
        expect.fail(`${k1}, ${k2} are not the shortest of ${k}`);
    };
    for (const k of CORNER_SCALARS) one(k);
    for (let i = 0; i < casesFor(500); i++) one(rollScalar(dice));
  });

  it("splits by constants that are what they are said to be", () => {
    expect([power(LAMBDA, 3n, N), power(BETA, 3n, P)]).to.deep.equal([1n, 1n]);
    expect([mod(A1 + B1 * LAMBDA, N), mod(A2 + A1 * LAMBDA, N)]).to.deep.equal([0n, 0n]);
    // the rows of the extended Euclidean algorithm around sqrt(n) (Guide to Elliptic Curve Cryptography, algorithm 3.74)
    let [r0, r1, t0, t1] = [N, LAMBDA, 0n, 1n];
    while (r1 * r1 >= N) [r0, r1, t0, t1] = [r1, r0 - (r0 / r1) * r1, t1, t0 - (r0 / r1) * t1];
    expect([r1, -t1]).to.deep.equal([A1, B1]);
    expect([r0, -t0]).to.deep.equal([A2, A1]);
  });
});
