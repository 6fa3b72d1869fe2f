import {
  addressOfPoint,
  backend,
  CURVE_ORDER,
  DOMAINS,
  encryptShare,
  G,
  hashToScalar,
  type Point,
  SecretScalar,
  type VesAnswer,
  verifyShareAnswer,
  vesHints,
} from "@keyquorum/threshold";
import { expect } from "chai";
import { hexlify } from "ethers";
import { network } from "hardhat";
import type { LibraryHarness } from "../../../typechain-types/index.ts";
import { type SolidityPoint, solidityPoint } from "../../fixtures/points.ts";
import { type Dice, inverseOfDifference, multiple, offCurve, pointOrZero, rollDice } from "./fuzz.ts";
import { agreesWithPackage, nearby, nearbyPoint, type ProofSuite, refusesEveryWrongField } from "./proofCases.ts";

const { ethers } = await network.create();
const harness = await ethers.deployContract("LibraryHarness");

type Input = LibraryHarness.VesCaseStruct;
type Statement = { verifyingShare: Point; u: Point; readerKey: Point; context: Uint8Array };

const answer = (dice: Dice): { statement: Statement; given: VesAnswer } => {
  const share = SecretScalar.from(dice.scalar());
  const request = { u: dice.point(), readerKey: dice.point(), context: dice.bytes32() };
  const given = encryptShare({ share, ...request, nonceKey: dice.bytes32() }, dice.random);
  return { statement: { verifyingShare: backend.mulG(share.reveal()), ...request }, given };
};

const hintsOf = (statement: Statement, given: VesAnswer) => {
  const { zsU, zkX, cV, inverse1, inverse2 } = vesHints(statement, given);
  return { zsU: solidityPoint(zsU), zkX: solidityPoint(zkX), cV: solidityPoint(cV), inverse1, inverse2 };
};

const inputOf = (statement: Statement, given: VesAnswer, hints = hintsOf(statement, given)): Input => ({
  s: solidityPoint(statement.verifyingShare),
  u: solidityPoint(statement.u),
  x: solidityPoint(statement.readerKey),
  context: hexlify(statement.context),
  answer: { k: solidityPoint(given.k), v: solidityPoint(given.v), c: given.c, zs: given.zs, zk: given.zk },
  hints,
});

const suite: ProofSuite<Input> = {
  name: "Ves",
  verify: (batch) => harness.ves(batch),
  valid: () => {
    const { statement, given } = answer(rollDice("Ves.valid"));
    return inputOf(statement, given);
  },
  points: ["s", "u", "x", "answer.k", "answer.v"],
  scalars: ["answer.c", "answer.zs", "answer.zk"],
  words: ["context"],
  hintPoints: ["hints.zsU", "hints.zkX", "hints.cV"],
  inverses: ["hints.inverse1", "hints.inverse2"],
};

describe("Ves", () => {
  refusesEveryWrongField(suite);

  agreesWithPackage(suite, (dice) => {
    const { statement, given } = answer(dice);
    if (dice.below(2) === 0) return { input: inputOf(statement, given), expected: verifyShareAnswer(statement, given) };
    const changed = {
      verifyingShare: nearbyPoint(dice, statement.verifyingShare),
      u: nearbyPoint(dice, statement.u),
      readerKey: nearbyPoint(dice, statement.readerKey),
      context: dice.pick([statement.context, statement.context, dice.bytes32()]),
    };
    const { k, v, c, zs, zk } = given;
    const changedAnswer = {
      k: nearbyPoint(dice, k),
      v: nearbyPoint(dice, v),
      c: nearby(dice, c),
      zs: nearby(dice, zs),
      zk: nearby(dice, zk),
    };
    return { input: inputOf(changed, changedAnswer), expected: verifyShareAnswer(changed, changedAnswer) };
  });

  it("refuses witnesses of equal x in either addition, whatever the hints (attack 40)", async () => {
    const [u, readerKey, context] = [G.double(), backend.mulG(3n), new Uint8Array(32)];
    const statement = { verifyingShare: backend.mulG(5n), u, readerKey, context };
    const v = backend.mulG(7n);
    for (const [zs, zk, c] of [
      [3n, 2n, 1n], // zsU = zkX
      [3n, CURVE_ORDER - 2n, 1n], // zsU = -zkX
      [2n, 1n, 1n], // zsU + zkX = cV: the commitment is infinite
      [CURVE_ORDER - 2n, CURVE_ORDER - 1n, 1n], // zsU + zkX = -cV
    ] as const) {
      const points = [multiple(u, zs), multiple(readerKey, zk), multiple(v, c)].map(pointOrZero);
      const [zsU, zkX, cV] = points as [SolidityPoint, SolidityPoint, SolidityPoint];
      for (const inverse of [0n, 1n, 2n ** 256n - 1n]) {
        const hints = { zsU, zkX, cV, inverse1: inverse, inverse2: inverse };
        expect(await harness.ves([inputOf(statement, { k: G, v, c, zs, zk }, hints)])).to.deep.equal([false]);
      }
    }
  });

  describe("made by hand", () => {
    type Nonces = { a: bigint; b: bigint };
    const [share, secret, context] = [12345n, 67890n, new Uint8Array(32)];
    const [U, X] = [backend.mulG(3n), backend.mulG(5n)];
    const [K, V] = [backend.mulG(secret), multiple(U, share).add(multiple(X, secret))];
    const right = { s: backend.mulG(share), u: U, x: X, k: K, v: V };

    /** An answer with these nonces, whose challenge is over one point written off the curve. */
    const byHand = ({ a, b }: Nonces, field?: keyof typeof right): Input => {
      const written = Object.fromEntries(Object.entries(right).map(([name, point]) => [name, solidityPoint(point)]));
      if (field !== undefined) written[field] = offCurve(written[field] as SolidityPoint);
      const { s, u, x, k, v } = written as Record<keyof typeof right, SolidityPoint>;
      const A = [multiple(G, a), multiple(G, b), multiple(U, a).add(multiple(X, b))];
      const commitments = A.map((point) => (point.is0() ? 0n : addressOfPoint(point)));
      const points = [s, u, x, k, v].flatMap((point) => [point.x, point.y]);
      const c = hashToScalar(DOMAINS.ves, context, ...points, ...commitments);
      const given = { k: K, v: V, c, zs: (a + c * share) % CURVE_ORDER, zk: (b + c * secret) % CURVE_ORDER };
      const hints = hintsOf({ verifyingShare: right.s, u: U, readerKey: X, context }, given);
      return { s, u, x, context: hexlify(context), answer: { ...given, k, v }, hints };
    };

    it("verifies when all is right", async () => {
      expect(await harness.ves([byHand({ a: 11n, b: 13n })])).to.deep.equal([true]);
    });
    for (const field of ["s", "u", "x", "k", "v"] as const)
      it(`is refused when made for ${field} off the curve, which ecrecover takes (attacks 26, 27)`, async () => {
        expect(await harness.ves([byHand({ a: 11n, b: 13n }, field)])).to.deep.equal([false]);
      });
    for (const [name, nonces] of [
      ["first", { a: 0n, b: 13n }],
      ["second", { a: 11n, b: 0n }],
    ] as const)
      it(`is refused when its ${name} commitment is infinite (attacks 25, 39)`, async () => {
        expect(await harness.ves([byHand(nonces)])).to.deep.equal([false]);
      });
  });

  for (const forged of ["zsU", "zkX", "cV"] as const)
    it(`refuses an answer without the share, proved with a forged witness ${forged} (attack 40)`, async () => {
      const [share, secret, a, b, target, context] = [12345n, 67890n, 11n, 13n, backend.mulG(777n), new Uint8Array(32)];
      const statement = { verifyingShare: backend.mulG(share), u: backend.mulG(3n), readerKey: backend.mulG(5n), context };
      const [k, v] = [backend.mulG(secret), backend.mulG(99n)]; // V is not 12345 U + 67890 X
      const commitments = [multiple(G, a), multiple(G, b), target].map(addressOfPoint);
      const c = hashToScalar(DOMAINS.ves, context, statement.verifyingShare, statement.u, statement.readerKey, k, v, ...commitments);
      const [zs, zk] = [(a + c * share) % CURVE_ORDER, (b + c * secret) % CURVE_ORDER];
      const right = { zsU: multiple(statement.u, zs), zkX: multiple(statement.readerKey, zk), cV: multiple(v, c) };
      const { zsU, zkX, cV } = {
        zsU: { ...right, zsU: target.add(right.cV).subtract(right.zkX) },
        zkX: { ...right, zkX: target.add(right.cV).subtract(right.zsU) },
        cV: { ...right, cV: right.zsU.add(right.zkX).subtract(target) },
      }[forged];
      const hints = {
        zsU: solidityPoint(zsU),
        zkX: solidityPoint(zkX),
        cV: solidityPoint(cV),
        inverse1: inverseOfDifference(zkX, zsU),
        inverse2: inverseOfDifference(cV, zsU.add(zkX)),
      };
      expect(await harness.ves([inputOf(statement, { k, v, c, zs, zk }, hints)])).to.deep.equal([false]);
    });

  for (const wrong of ["inverse1", "inverse2"] as const)
    it(`refuses an answer without the share, proved over the address zero, which a wrong ${wrong} gives (attacks 39, 40)`, async () => {
      const [share, secret, a, b, context] = [12345n, 67890n, 11n, 13n, new Uint8Array(32)];
      const statement = { verifyingShare: backend.mulG(share), u: backend.mulG(3n), readerKey: backend.mulG(5n), context };
      const [k, v] = [backend.mulG(secret), backend.mulG(99n)];
      const commitments = [...[multiple(G, a), multiple(G, b)].map(addressOfPoint), 0n];
      const c = hashToScalar(DOMAINS.ves, context, statement.verifyingShare, statement.u, statement.readerKey, k, v, ...commitments);
      const given = { k, v, c, zs: (a + c * share) % CURVE_ORDER, zk: (b + c * secret) % CURVE_ORDER };
      const hints = { ...hintsOf(statement, given), [wrong]: 1n };
      expect(await harness.ves([inputOf(statement, given, hints)])).to.deep.equal([false]);
    });
});
