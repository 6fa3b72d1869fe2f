import { backend, CURVE_ORDER, FIELD_PRIME, G, type Point, pointFromXY } from "@keyquorum/threshold";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { network } from "hardhat";
import { BAD_POINTS, type SolidityPoint, solidityPoint } from "../../fixtures/points.ts";
import { addressOrZero, CASES, expectAgreement, inBatches, multiple, plainPoint, pointOrZero, rollDice } from "./fuzz.ts";

const { ethers } = await network.create();
const harness = await ethers.deployContract("LibraryHarness");
const g = solidityPoint(G);

/** a^-1 mod p. */
const inverse = (a: bigint): bigint => secp256k1.Point.Fp.inv(((a % FIELD_PRIME) + FIELD_PRIME) % FIELD_PRIME);

const isValidForPackage = ({ x, y }: SolidityPoint): boolean => {
  try {
    pointFromXY(x, y);
    return true;
  } catch {
    return false;
  }
};

/** A point whose y + p fits into a word. p = 7 mod 9, so a^((p+2)/9) is a cube root of a, if there is one. */
const pointOfSmallY = (): SolidityPoint => {
  const { Fp } = secp256k1.Point;
  for (let y = 1n; y < 1000n; y++) {
    const cube = Fp.create(y * y - 7n);
    const x = Fp.pow(cube, (FIELD_PRIME + 2n) / 9n);
    if (Fp.pow(x, 3n) === cube) return { x, y };
  }
  throw new Error("No such point.");
};

describe("Secp256k1", () => {
  describe("isValid", () => {
    for (const [name, point] of BAD_POINTS)
      it(`refuses a point ${name} (attacks 25, 26)`, async () => {
        expect(await harness.isValid([point])).to.deep.equal([false]);
      });

    it("refuses a point whose y is written y + p (attack 27)", async () => {
      const { x, y } = pointOfSmallY();
      expect(
        await harness.isValid([
          { x, y },
          { x, y: y + FIELD_PRIME },
        ]),
      ).to.deep.equal([true, false]);
    });

    it("agrees with the package on points and near misses", async () => {
      const dice = rollDice("isValid");
      const cases = Array.from({ length: CASES }, () => {
        const { x, y } = pointOrZero(dice.point());
        return dice.pick([
          { x, y },
          { x, y: FIELD_PRIME - y },
          { x, y: y ^ 1n },
          { x: y, y: x },
          { x: dice.word(), y },
          { x, y: dice.word() },
        ]);
      });
      const expected = cases.map(isValidForPackage);
      expectAgreement(cases, await inBatches(cases, (batch) => harness.isValid(batch)), expected);
      expect(new Set(expected)).to.deep.equal(new Set([true, false]));
    });
  });

  describe("addressOf", () => {
    it("gives infinity, written (0, 0), the address zero (attack 39)", async () => {
      expect(await harness.addressOf([{ x: 0n, y: 0n }])).to.deep.equal([ZeroAddress]);
    });

    it("agrees with the package", async () => {
      const dice = rollDice("addressOf");
      const points = Array.from({ length: CASES }, () => dice.point());
      const results = await inBatches(points.map(solidityPoint), (batch) => harness.addressOf(batch));
      expectAgreement(points.map(solidityPoint), results, points.map(addressOrZero));
    });
  });

  describe("linear", () => {
    it("agrees with noble on aG + bP, edges of the scalars included", async () => {
      const dice = rollDice("linear");
      const cases = Array.from({ length: CASES }, () => ({ a: dice.word(), point: dice.point(), b: dice.word() }));
      const expected = cases.map(({ a, point, b }) =>
        b % CURVE_ORDER === 0n ? ZeroAddress : addressOrZero(multiple(G, a).add(multiple(point, b))),
      );
      const inputs = cases.map(({ a, point, b }) => ({ a, point: solidityPoint(point), b }));
      expectAgreement(inputs, await inBatches(inputs, (batch) => harness.linear(batch)), expected);
    });

    for (const [name, a, b] of [
      ["aG = -bP", CURVE_ORDER - 6n, 3n],
      ["b = 0", 5n, 0n],
      ["b = n", 5n, CURVE_ORDER],
    ] as const)
      it(`answers zero where ${name} (attack 39)`, async () => {
        expect(await harness.linear([{ a, point: solidityPoint(G.double()), b }])).to.deep.equal([ZeroAddress]);
      });

    it("answers zero for infinity, whatever it answered before (attack 39)", async () => {
      const point = solidityPoint(G.double());
      const [finite, infinite] = await harness.linear([
        { a: 1n, point, b: 3n },
        { a: CURVE_ORDER - 6n, point, b: 3n },
      ]);
      expect([finite, infinite]).to.deep.equal([addressOrZero(backend.mulG(7n)), ZeroAddress]);
    });

    it("takes a = 0 (attack 39)", async () => {
      expect(await harness.linear([{ a: 0n, point: g, b: 7n }])).to.deep.equal([addressOrZero(backend.mulG(7n))]);
    });

    it("answers zero for x = 0 and for x >= n, which ecrecover cannot express (attack 39)", async () => {
      const tooLarge = (BAD_POINTS.find(([name]) => name.includes("n <= x < p")) as (typeof BAD_POINTS)[number])[1];
      expect(await harness.linear([{ a: 1n, point: { x: 0n, y: 0n }, b: 1n }])).to.deep.equal([ZeroAddress]);
      expect(await harness.linear([{ a: 1n, point: tooLarge, b: 1n }])).to.deep.equal([ZeroAddress]);
    });
  });

  describe("isMultiple", () => {
    it("agrees with noble on right and wrong witnesses", async () => {
      const dice = rollDice("isMultiple");
      const cases = Array.from({ length: CASES }, () => {
        const [point, k] = [dice.point(), dice.scalar()];
        const right = multiple(point, k);
        return { point, k, witness: dice.pick([right, right, right.negate(), right.add(G), multiple(point, k + 1n)]), right };
      });
      const results = await inBatches(cases, (batch) =>
        harness.isMultiple(
          batch.map(({ point }) => solidityPoint(point)),
          batch.map(({ k }) => k),
          batch.map(({ witness }) => pointOrZero(witness)),
        ),
      );
      const expected = cases.map(({ right, witness }) => right.equals(witness));
      expectAgreement(
        cases.map(({ k }) => k),
        results,
        expected,
      );
    });

    it("does not take (0, 0) for a witness, not even where the multiple is infinite (attack 40)", async () => {
      expect(
        await harness.isMultiple(
          [g, g],
          [0n, 1n],
          [
            { x: 0n, y: 0n },
            { x: 0n, y: 0n },
          ],
        ),
      ).to.deep.equal([false, false]);
    });

    it("does not take a witness written x + p (attacks 27, 40)", async () => {
      const small = (BAD_POINTS.find(([name]) => name.includes("x + p")) as (typeof BAD_POINTS)[number])[1];
      const point = { x: small.x - FIELD_PRIME, y: small.y };
      expect(await harness.isMultiple([point, point], [1n, 1n], [point, small])).to.deep.equal([true, false]);
    });
  });

  describe("addWithHint and addressOfDifference", () => {
    const cases = (name: string): { p: Point; q: Point; hint: bigint; right: boolean }[] => {
      const dice = rollDice(name);
      return Array.from({ length: CASES }, () => {
        const p = dice.point();
        const q = dice.below(6) === 0 ? dice.pick([p, p.negate()]) : dice.point();
        const dx = (q.x - p.x) % FIELD_PRIME;
        const right = dx === 0n ? undefined : inverse(dx);
        const hint = dice.below(3) === 0 || right === undefined ? dice.word() : right;
        return { p, q, hint, right: hint === right };
      });
    };
    const inputOf = ({ p, q, hint }: { p: Point; q: Point; hint: bigint }) => ({ p: solidityPoint(p), q: solidityPoint(q), inverse: hint });

    it("add as noble does, and refuse every other hint and equal x (attack 40)", async () => {
      const all = cases("addWithHint");
      const results = await inBatches(all.map(inputOf), (batch) => harness.addWithHint(batch));
      const expected = all.map(({ p, q, right }) => (right ? pointOrZero(p.add(q)) : { x: 0n, y: 0n }));
      expectAgreement(all.map(inputOf), results.map(plainPoint), expected);
    });

    it("subtract as noble does, and refuse every other hint and equal x (attack 40)", async () => {
      const all = cases("addressOfDifference");
      const results = await inBatches(all.map(inputOf), (batch) => harness.addressOfDifference(batch));
      const expected = all.map(({ p, q, right }) => (right ? addressOrZero(p.subtract(q)) : ZeroAddress));
      expectAgreement(all.map(inputOf), results, expected);
    });

    it("do not revert for coordinates that are none", async () => {
      const most = 2n ** 256n - 1n;
      const wild = { p: { x: most, y: most }, q: { x: 0n, y: most }, inverse: most };
      expect(await harness.addressOfDifference([wild])).to.deep.equal([ZeroAddress]);
    });
  });
});
