import { backend, CURVE_ORDER, evaluateCommitments, evaluatePolynomial, type Point } from "@keyquorum/threshold";
import { expect } from "chai";
import { network } from "hardhat";
import { CASES, type Dice, expectAgreement, inBatches, plainPoint, pointOrZero, rollDice } from "./fuzz.ts";

const { ethers } = await network.create();
const harness = await ethers.deployContract("LibraryHarness");

type PolynomialCase = { coefficients: bigint[]; commitments: Point[]; slot: number; share: bigint };

/** One in four has coefficients that make sums equal, opposite or infinite on the way. */
const polynomialCase = (dice: Dice): PolynomialCase => {
  const degree = dice.below(6);
  const small = [1n, 2n, 3n, CURVE_ORDER - 1n, CURVE_ORDER - 2n, CURVE_ORDER - 6n];
  const isSmall = dice.below(4) === 0;
  const coefficients = Array.from({ length: degree + 1 }, () => (isSmall ? dice.pick(small) : dice.scalar()));
  const slot = isSmall ? 1 + dice.below(4) : 1 + dice.below(255);
  const right = evaluatePolynomial(coefficients, BigInt(slot));
  const share = dice.pick([right, right, (right + 1n) % CURVE_ORDER, (CURVE_ORDER - right) % CURVE_ORDER, 0n, dice.scalar()]);
  return { coefficients, commitments: coefficients.map((a) => backend.mulG(a)), slot, share };
};

const inputOf = ({ commitments, slot, share }: PolynomialCase) => ({ commitments: commitments.map(pointOrZero), slot, share });

/** f with f(slot) = 0. */
const vanishing = (slot: bigint): PolynomialCase => {
  const coefficients = [CURVE_ORDER - 5n * slot, 5n];
  return { coefficients, commitments: coefficients.map((a) => backend.mulG(a)), slot: Number(slot), share: 0n };
};

describe("Polynomial", () => {
  it("evaluates as the package does, special polynomials included", async () => {
    const dice = rollDice("evaluate");
    const cases = Array.from({ length: CASES }, () => polynomialCase(dice));
    const results = await inBatches(cases.map(inputOf), (batch) => harness.evaluate(batch), 50);
    const expected = cases.map(({ commitments, slot }) => pointOrZero(evaluateCommitments(commitments, slot)));
    expectAgreement(cases.map(inputOf), results.map(plainPoint), expected);
  });

  it("judges shares as the scalars do", async () => {
    const dice = rollDice("isShare");
    const cases = Array.from({ length: CASES }, () => polynomialCase(dice));
    const results = await inBatches(cases.map(inputOf), (batch) => harness.isShare(batch), 50);
    const expected = cases.map(({ coefficients, slot, share }) => evaluatePolynomial(coefficients, BigInt(slot)) === share);
    expectAgreement(cases.map(inputOf), results, expected);
  });

  it("evaluates at every slot, 1 to 255", async () => {
    const dice = rollDice("slots");
    const coefficients = [dice.scalar(), dice.scalar(), dice.scalar()];
    const commitments = coefficients.map((a) => backend.mulG(a));
    const cases = Array.from({ length: 255 }, (_, i) => ({ coefficients, commitments, slot: i + 1, share: 0n }));
    const results = await inBatches(cases.map(inputOf), (batch) => harness.evaluate(batch), 50);
    const expected = cases.map(({ slot }) => pointOrZero(backend.mulG(evaluatePolynomial(coefficients, BigInt(slot)))));
    expectAgreement(
      cases.map(({ slot }) => slot),
      results.map(plainPoint),
      expected,
    );
  });

  it("takes the share 0 where the sum is infinite, and only there (attack 25)", async () => {
    const zero = vanishing(7n);
    expect(await harness.isShare([inputOf(zero)])).to.deep.equal([true]);
    expect(await harness.isShare([inputOf({ ...zero, slot: 8 })])).to.deep.equal([false]);
    expect(await harness.isShare([inputOf({ ...zero, share: 1n })])).to.deep.equal([false]);
  });

  it("is a sum that turns infinite on the way and finite again", async () => {
    // Horner at 3: 5 * 3 - 15 = 0, then 0 * 3 + 9.
    const coefficients = [9n, CURVE_ORDER - 15n, 5n];
    const commitments = coefficients.map((a) => backend.mulG(a));
    const [result] = await harness.evaluate([inputOf({ coefficients, commitments, slot: 3, share: 9n })]);
    expect(plainPoint(result as never)).to.deep.equal(pointOrZero(backend.mulG(9n)));
  });
});
