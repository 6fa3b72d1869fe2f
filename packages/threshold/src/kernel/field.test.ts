import { expect } from "chai";
import { kernelUnderTest } from "../../../../scripts/kernel/kernelUnderTest.ts";
import { casesFor } from "../../../../test/random/cases.ts";
import { rollDice } from "../../../../test/random/dice.ts";
import { integerOf, rollFieldElement } from "../../test/kernelCases.ts";
import { inverse, mod, P, power } from "../../test/naiveCurve.ts";
import { instantiateKernel, type KernelExports } from "./instantiate.ts";

const wasm = instantiateKernel(kernelUnderTest) as KernelExports; // Node has WebAssembly
const memory = new Uint32Array(wasm.memory.buffer);
const [word, r, a, b] = [wasm.WORDS.value, ...[0, 1, 2].map((i) => wasm.POINTS.value + 128 * i)] as [number, number, number, number];
const LIMB = 0x3ffffff;

/** Ten limbs as they are: an element of any magnitude. */
const putLimbs = (address: number, limbs: readonly number[]): void => {
  limbs.forEach((limb, i) => {
    memory[address / 4 + i] = limb;
  });
};
const limbsAt = (address: number): readonly number[] => [...memory.subarray(address / 4, address / 4 + 10)];
const numberOf = (limbs: readonly number[]): bigint => limbs.reduceRight((sum, limb) => (sum << 26n) + BigInt(limb), 0n);
const limbsOf = (value: bigint): readonly number[] =>
  Array.from({ length: 10 }, (_, i) => Number((value >> BigInt(26 * i)) & BigInt(LIMB)));

const sameResidue = (got: bigint, wanted: bigint, what: string): void => {
  if (mod(got, P) !== mod(wanted, P)) expect.fail(`${what}: ${got.toString(16)} is not ${wanted.toString(16)}`);
};

const dice = rollDice("kernel field");
/** Limbs of an element of this magnitude: full, empty, of a canonical element, or any. */
const rollLimbs = (magnitude: number): readonly number[] => {
  const most = (i: number): number => 2 * magnitude * (i === 9 ? 0x3fffff : LIMB);
  if (dice.chance(0.3)) return limbsOf(rollFieldElement(dice));
  const kind = dice.below(3);
  return Array.from({ length: 10 }, (_, i) => {
    if (kind === 0) return most(i);
    if (kind === 1) return dice.chance(0.5) ? most(i) : dice.chance(0.5) ? 0 : LIMB;
    return dice.below(most(i) + 1);
  });
};

describe("the kernel's field", () => {
  it("multiplies elements of magnitudes whose product is 80, full limbs too", () => {
    const full = (magnitude: number): readonly number[] =>
      Array.from({ length: 10 }, (_, i) => 2 * magnitude * (i === 9 ? 0x3fffff : LIMB));
    const one = (x: readonly number[], y: readonly number[]): void => {
      putLimbs(a, x);
      putLimbs(b, y);
      wasm.fieldMultiply(r, a, b);
      sameResidue(numberOf(limbsAt(r)), numberOf(x) * numberOf(y), "product");
      limbsAt(r).forEach((limb, i) => {
        if (limb > 2 * (i === 9 ? 0x3fffff : LIMB)) expect.fail(`limb ${i} of magnitude 1 is ${limb}`);
      });
    };
    for (const [m, n] of [
      [8, 10],
      [10, 8],
      [1, 1],
      [4, 20],
    ] as const)
      one(full(m), full(n));
    for (let i = 0; i < casesFor(500); i++) one(rollLimbs(8), rollLimbs(10));
  });

  it("squares elements of magnitude 8", () => {
    for (let i = 0; i < casesFor(500); i++) {
      const x = rollLimbs(8);
      putLimbs(a, x);
      wasm.fieldSquare(r, a);
      sameResidue(numberOf(limbsAt(r)), numberOf(x) ** 2n, "square");
    }
  });

  it("multiplies elements of magnitude 8 by 21", () => {
    for (let i = 0; i < casesFor(500); i++) {
      const x = rollLimbs(8);
      putLimbs(a, x);
      wasm.fieldMultiplyBy21(r, a);
      sameResidue(numberOf(limbsAt(r)), numberOf(x) * 21n, "21 times");
    }
  });

  it("normalises every representation to the one below p: p itself, p - 1, p + 1, 2^256 - 1, multiples of p", () => {
    const one = (limbs: readonly number[]): void => {
      putLimbs(r, limbs);
      wasm.fieldNormalize(r);
      const got = limbsAt(r);
      expect(got).to.deep.equal(limbsOf(mod(numberOf(limbs), P)));
    };
    const wide = (value: bigint): readonly number[] => [...limbsOf(value).slice(0, 9), Number(value >> 234n)]; // the last limb takes the rest
    for (const k of [1n, 2n, 3n, 15n]) for (const d of [-2n, -1n, 0n, 1n, 976n, 977n, 978n]) one(wide(k * P + d));
    for (const d of [-1n, 0n, 1n, 977n]) one(wide((1n << 256n) + d));
    for (let i = 0; i < casesFor(500); i++) one(rollLimbs(16));
  });

  it("inverts, and takes 0 to 0", () => {
    for (let i = 0; i < casesFor(60); i++) {
      const x = i === 0 ? 0n : rollFieldElement(dice);
      putLimbs(a, limbsOf(x));
      wasm.fieldInvert(r, a);
      sameResidue(numberOf(limbsAt(r)), x === 0n ? 0n : inverse(x, P), "inverse");
    }
  });

  it("takes the square root that is a power", () => {
    for (let i = 0; i < casesFor(60); i++) {
      const x = rollFieldElement(dice);
      putLimbs(a, limbsOf(x));
      wasm.fieldSquareRoot(r, a);
      sameResidue(numberOf(limbsAt(r)), power(x, (P + 1n) / 4n, P), "root");
    }
  });

  it("reads and writes words", () => {
    const bytes = new DataView(wasm.memory.buffer);
    const one = (value: bigint): void => {
      for (let i = 0; i < 4; i++) bytes.setBigUint64(word + 8 * i, BigInt.asUintN(64, value >> BigInt(64 * i)), true);
      wasm.fieldFromWord(a, word);
      expect(limbsAt(a)).to.deep.equal(limbsOf(value));
      wasm.fieldToWord(word + 32, a);
      const back = [0, 1, 2, 3].reduce((sum, i) => sum | (bytes.getBigUint64(word + 32 + 8 * i, true) << BigInt(64 * i)), 0n);
      if (back !== value) expect.fail(`${back} is not ${value}`);
    };
    for (const value of [0n, 1n, P - 1n, P, P + 1n, (1n << 256n) - 1n]) one(value);
    for (let i = 0; i < casesFor(500); i++) one(i % 2 === 0 ? rollFieldElement(dice) : integerOf(dice.bytes(32)));
  });
});
