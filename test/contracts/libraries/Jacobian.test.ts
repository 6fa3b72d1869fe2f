import { G, INFINITY, type Point } from "@keyquorum/threshold";
import { network } from "hardhat";
import { CASES, type Dice, expectAgreement, inBatches, plainPoint, pointOrZero, rollDice } from "./fuzz.ts";

const { ethers } = await network.create();
const harness = await ethers.deployContract("LibraryHarness");

/** P and Q with any z, and what they are: z = 0 is infinity. */
type SumCase = { p: Point; zp: bigint; q: Point; zq: bigint };

const inputOf = ({ p, zp, q, zq }: SumCase) => ({ p: pointOrZero(p), zp, q: pointOrZero(q), zq });
const pointOf = (point: Point, z: bigint): Point => (z === 0n ? INFINITY : point);

/** One case in four is equal or opposite, one in four has an infinite side. */
const sumCase = (dice: Dice): SumCase => {
  const p = dice.point();
  const q = dice.below(4) === 0 ? dice.pick([p, p.negate()]) : dice.point();
  const z = (): bigint => (dice.below(8) === 0 ? 0n : dice.pick([1n, 2n, dice.scalar()]));
  return { p, zp: z(), q, zq: z() };
};

const sumCases = (name: string): SumCase[] => {
  const dice = rollDice(name);
  const fixed: SumCase[] = [
    { p: G, zp: 1n, q: G, zq: 1n },
    { p: G, zp: 5n, q: G, zq: 7n },
    { p: G, zp: 5n, q: G.negate(), zq: 7n },
    { p: G, zp: 0n, q: G, zq: 3n },
    { p: G, zp: 3n, q: G, zq: 0n },
    { p: G, zp: 0n, q: G, zq: 0n },
  ];
  return [...fixed, ...Array.from({ length: CASES }, () => sumCase(dice))];
};

describe("Jacobian", () => {
  it("adds completely: distinct, equal, opposite and infinite points, as noble does", async () => {
    const cases = sumCases("add");
    const results = await inBatches(cases.map(inputOf), (batch) => harness.add(batch));
    const expected = cases.map(({ p, zp, q, zq }) => pointOrZero(pointOf(p, zp).add(pointOf(q, zq))));
    expectAgreement(cases.map(inputOf), results.map(plainPoint), expected);
  });

  it("adds affine points completely, as noble does", async () => {
    const cases = sumCases("addAffine");
    const results = await inBatches(cases.map(inputOf), (batch) => harness.addAffine(batch));
    const expected = cases.map(({ p, zp, q }) => pointOrZero(pointOf(p, zp).add(q)));
    expectAgreement(cases.map(inputOf), results.map(plainPoint), expected);
  });

  it("doubles completely, as noble does", async () => {
    const cases = sumCases("double");
    const results = await inBatches(cases.map(inputOf), (batch) => harness.double(batch));
    const expected = cases.map(({ p, zp }) => pointOrZero(pointOf(p, zp).double()));
    expectAgreement(cases.map(inputOf), results.map(plainPoint), expected);
  });
});
