// D53 for masked retrieval: what a keeper sees without the shadows could have been made without any share. PROTOCOL section 8.4.
import {
  backend,
  CURVE_ORDER,
  type HedgedRandom,
  INFINITY,
  keccakWords,
  lagrangeAtZero,
  type Point,
  proveDleq,
  SecretScalar,
} from "@keyquorum/threshold";
import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../../test/random/cases.ts";
import { powers, type Row, rank, scaled, subsets, sumOf, unknowns } from "../../../threshold/test/linearAlgebra.ts";
import { createDice, nonceSourceOf } from "../testing/random.ts";
import { contributionFault, createContribution } from "./contribution.ts";

const modulo = (value: bigint, order = CURVE_ORDER): bigint => ((value % order) + order) % order;
const contextOf = (use: number) => keccakWords(use);

describe("what a holder's contribution tells without its shadow", () => {
  for (const p of [5, 7, 11, 13])
    it(`over GF(${p}) it is distributed as what is made without the share, for every share and set`, () => {
      const order = BigInt(p);
      const units = Array.from({ length: p - 1 }, (_, i) => BigInt(i + 1));
      for (const t of [0, 1, 2])
        for (const holders of subsets([1, 2, 3, 4], t + 1))
          for (const slot of holders)
            for (let s = 0n; s < order; s += 1n) {
              const sign = t % 2 === 1 ? -1n : 1n;
              const own = modulo(lagrangeAtZero(holders, slot, order) * s, order);
              // A holder: x = l s + (-1)^t m for every m in 1..p-1, x = 0 drawn again. Its commitment is m G, its point x C.
              const made = units.map((m) => ({ x: modulo(own + sign * m, order), m })).filter(({ x }) => x !== 0n);
              // Nobody: every x in 1..p-1, and the commitment that the public S = sG then asks for; infinity drawn again.
              const simulated = units.map((x) => ({ x, m: modulo(sign * (x - own), order) })).filter(({ m }) => m !== 0n);
              const views = (of: readonly { readonly x: bigint; readonly m: bigint }[]) => of.map(({ x, m }) => `${x},${m}`).sort();
              expect(views(made)).to.deep.equal(views(simulated));
            }
    });

  it("over the curve, whoever knows S alone makes one that passes", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: CURVE_ORDER - 1n }), fc.bigInt({ min: 1n, max: CURVE_ORDER - 1n }), fc.nat(3), (s, x, t) => {
        const holders = Array.from({ length: t + 1 }, (_, i) => i + 2);
        const [slot, verifyingShare, commonPoint, context] = [2, backend.mulG(s), backend.mulG(1234n), contextOf(1)];
        const minusOwn = backend.neg(backend.mulVar(verifyingShare, lagrangeAtZero(holders, slot)));
        const mask = backend.add(backend.mulG(x), minusOwn);
        const commitment = t % 2 === 1 ? backend.neg(mask) : mask;
        const proof = proveDleq({ secret: SecretScalar.from(x), base: commonPoint, context });
        const given = { slot, point: backend.mulSecret(commonPoint, x), commitment, proof };
        return contributionFault({ threshold: t, holders, commonPoint }, { slot, verifyingShare, context }, given) === undefined;
      }),
      { numRuns: casesFor(10) },
    );
  });

  /** Rows over everything drawn: the polynomial of the key, then one mask of each holder. */
  const viewsOf = (slots: readonly number[], t: number) => {
    const { take } = unknowns();
    const polynomial = take(t + 1);
    const masks = slots.map(() => take(1));
    const shareRow = (slot: number) => polynomial(powers(slot, t + 1));
    const maskRow = (at: number) => (masks[at] as (row: Row) => Row)([1n]);
    const xRow = (holders: readonly number[], at: number) => {
      const slot = slots[at] as number;
      return sumOf(scaled(shareRow(slot), lagrangeAtZero(holders, slot)), maskRow(at));
    };
    return { secret: polynomial(powers(0, t + 1)), shareRow, maskRow, xRow };
  };

  for (const t of [1, 2, 3])
    it(`t = ${t}: all contributions and t shares say nothing of the key; with the shadows they say it`, () => {
      const holders = Array.from({ length: t + 1 }, (_, i) => i + 1);
      const { secret, shareRow, maskRow, xRow } = viewsOf(holders, t);
      const contributions = holders.map((_, at) => xRow(holders, at));
      for (const honest of holders) {
        const corrupt = holders.filter((slot) => slot !== honest);
        const known = [...contributions, ...corrupt.map(shareRow), ...corrupt.map((slot) => maskRow(slot - 1))];
        expect(rank([...known, secret])).to.equal(rank(known) + 1);
        const read = [...known, maskRow(honest - 1)];
        expect(rank([...read, secret]), "control: the reader's shadows").to.equal(rank(read));
      }
    });

  it("a mask that is used under two sets gives the share away: each ask draws its own", () => {
    const { secret, shareRow, xRow } = viewsOf([1, 2, 3], 1);
    const known = [xRow([1, 2], 0), xRow([1, 3], 0), shareRow(2)];
    expect(rank([...known, secret]), "one mask for both").to.equal(rank(known));

    const dice = createDice(1);
    const nonces = nonceSourceOf(dice.bytes);
    const share = SecretScalar.from(5n);
    const ask = { threshold: 1, holders: [1, 2], commonPoint: backend.mulG(9n) };
    const made = [1, 2].map(() =>
      createContribution(ask, { slot: 1, share, context: contextOf(1) }, nonces({ purpose: "extension:parity", session: contextOf(1) })),
    );
    expect(made[0]?.shadow.reveal()).not.to.equal(made[1]?.shadow.reveal());
  });
});

describe("a mask that would show something is drawn again", () => {
  const share = SecretScalar.from(5n);
  const ask = { threshold: 0, holders: [1], commonPoint: backend.mulG(9n) };
  /** 32-byte draws in this order; then good ones. */
  const drawing = (...first: readonly bigint[]): HedgedRandom => {
    const draws = first.map((value) => Buffer.from(value.toString(16).padStart(64, "0"), "hex"));
    const dice = createDice(2);
    return ((length: number) => draws.shift() ?? dice.bytes(length)) as unknown as HedgedRandom; // a test's own
  };

  for (const [what, value] of [
    ["the mask of 0", 0n],
    ["the one that makes x = 0", CURVE_ORDER - 5n],
    ["the order itself", CURVE_ORDER],
  ] as const)
    it(what, () => {
      const { contribution, shadow } = createContribution(ask, { slot: 1, share, context: contextOf(1) }, drawing(value));
      expect([0n, value]).not.to.include(shadow.reveal());
      const verifyingShare: Point = backend.mulG(5n);
      expect(contributionFault(ask, { slot: 1, verifyingShare, context: contextOf(1) }, contribution)).to.equal(undefined);
      expect(contribution.point.equals(INFINITY)).to.equal(false);
    });

  it("not for ever", () => {
    const broken = (() => Buffer.from((CURVE_ORDER - 5n).toString(16), "hex")) as unknown as HedgedRandom;
    expect(() => createContribution(ask, { slot: 1, share, context: contextOf(1) }, broken)).to.throw("random source is broken");
  });
});
