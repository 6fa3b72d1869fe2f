import {
  addressOfPoint,
  backend,
  type ClaimedAnswer,
  CURVE_ORDER,
  DOMAINS,
  encryptShare,
  FIELD_PRIME,
  G,
  hashToScalar,
  isValidPoint,
  type Point,
  SecretScalar,
  type VesFraudReason,
  type VesFraudWitnesses,
  type VesStatement,
  verifyShareAnswer,
  vesFraudEvidence,
  vesHints,
} from "@keyquorum/threshold";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { expect } from "chai";
import { hexlify } from "ethers";
import { network } from "hardhat";
import type { LibraryHarness } from "../../../typechain-types/index.ts";
import { BAD_POINTS, type SolidityPoint, solidityPoint } from "../../fixtures/points.ts";
import { CASES, type Dice, expectAgreement, inBatches, inverseOfDifference, multiple, offCurve, pointOrZero, rollDice } from "./fuzz.ts";
import { nearby, nearbyPoint } from "./proofCases.ts";

const { ethers } = await network.create();
const harness = await ethers.deployContract("LibraryHarness");

const UNDECIDED = 0n;
const RIGHT = 1n;
const WRONG = 2n;
const ZERO: SolidityPoint = { x: 0n, y: 0n };
const { Fn } = secp256k1.Point;

type Input = LibraryHarness.VesCaseStruct;
type Words = { readonly [Name in keyof VesStatement]: Name extends "context" ? Uint8Array : SolidityPoint };

const wordsOf = ({ verifyingShare, u, readerKey, context }: VesStatement): Words => ({
  verifyingShare: solidityPoint(verifyingShare),
  u: solidityPoint(u),
  readerKey: solidityPoint(readerKey),
  context,
});
const inputOf = (about: Words, { k, v, c, zs, zk }: ClaimedAnswer, hints: VesFraudWitnesses): Input => ({
  s: about.verifyingShare,
  u: about.u,
  x: about.readerKey,
  context: hexlify(about.context),
  answer: { k: { x: k.x, y: k.y }, v: { x: v.x, y: v.y }, c, zs, zk },
  hints,
});
const judge = async (...input: Parameters<typeof inputOf>): Promise<bigint> => (await harness.vesFraud([inputOf(...input)]))[0] as bigint;

/** The witnesses of a right answer. */
const hintsOf = (about: VesStatement, given: Parameters<typeof vesHints>[1]): VesFraudWitnesses => {
  const { zsU, zkX, cV, inverse1, inverse2 } = vesHints(about, given);
  return { zsU: solidityPoint(zsU), zkX: solidityPoint(zkX), cV: solidityPoint(cV), inverse1, inverse2 };
};

/** A right answer by a keeper whose share is the dice's. */
const honest = (dice: Dice) => {
  const share = dice.scalar();
  const about: VesStatement = { verifyingShare: backend.mulG(share), u: dice.point(), readerKey: dice.point(), context: dice.bytes32() };
  const given = encryptShare({ share: SecretScalar.from(share), ...about, nonceKey: dice.bytes32() }, dice.random);
  return { about, given, right: hintsOf(about, given) };
};

/** All secrets known, X = xU, and any challenge: what a keeper and a reader can make together. V = vU unless it is theirs by the book. */
const byHand = (parts: { s: bigint; x: bigint; k: bigint; a: bigint; b: bigint; v?: bigint; c?: bigint; u?: Point }) => {
  const { s, x, k, a, b, u = backend.mulG(3n), v = Fn.create(s + k * x) } = parts;
  const about: VesStatement = { verifyingShare: multiple(G, s), u, readerKey: multiple(u, x), context: new Uint8Array(32) };
  const [K, V] = [multiple(G, k), multiple(u, v)];
  const A = [multiple(G, a), multiple(G, b), multiple(u, Fn.create(a + b * x))].map((point) => (point.is0() ? 0n : addressOfPoint(point)));
  const c = parts.c ?? hashToScalar(DOMAINS.ves, about.context, about.verifyingShare, u, about.readerKey, K, V, ...A);
  return { about, given: { k: K, v: V, c, zs: Fn.create(a + c * s), zk: Fn.create(b + c * k) } };
};

/** What only somebody with all secrets can make degenerate. */
const DEGENERATE = ["A1 infinite", "A2 infinite", "zsU = zkX", "zsU = -zkX", "T = cV", "T = -cV"] as const;
const degenerate = (dice: Dice, name: (typeof DEGENERATE)[number]): ReturnType<typeof byHand> => {
  const [s, x, k, a, b, v, c, u] = [
    dice.scalar(),
    dice.scalar(),
    dice.scalar(),
    dice.scalar(),
    dice.scalar(),
    dice.scalar(),
    dice.scalar(),
    dice.point(),
  ];
  const sign = name.includes("-") ? CURVE_ORDER - 1n : 1n;
  const times = (...factors: bigint[]): bigint => factors.reduce((product, factor) => Fn.mul(product, factor));
  switch (name) {
    case "A1 infinite":
      return byHand({ s, x, k, a: 0n, b, u });
    case "A2 infinite":
      return byHand({ s, x, k, a, b: 0n, u });
    case "zsU = zkX":
    case "zsU = -zkX":
      return byHand({ s: times(sign, x, k), x, k, a: times(sign, x, b), b, v, u });
    case "T = cV":
    case "T = -cV": // T = (zs + zk x) U
      return byHand({ s, x, k, a, b, c, v: times(sign, Fn.create(a + c * s + times(b + c * k, x)), Fn.inv(c)), u });
  }
};

const WITNESS_POINTS = ["zsU", "zkX", "cV"] as const;
const INVERSES = ["inverse1", "inverse2"] as const;
const negatedPoint = ({ x, y }: SolidityPoint): SolidityPoint => ({ x, y: FIELD_PRIME - y });

/** Every witness wrong in every way, one at a time, and witnesses that fit one another but not the answer. */
const hostileWitnesses = (right: VesFraudWitnesses): VesFraudWitnesses[] => [
  ...WITNESS_POINTS.flatMap((name) =>
    [
      ...BAD_POINTS.map(([, point]) => point),
      negatedPoint(right[name]),
      offCurve(right[name]),
      solidityPoint(G),
      ...WITNESS_POINTS.map((other) => right[other]),
    ]
      .filter((point) => point !== right[name])
      .map((point) => ({ ...right, [name]: point })),
  ),
  ...INVERSES.flatMap((name) =>
    [0n, 1n, right[name] + 1n, FIELD_PRIME - right[name], 2n ** 256n - 1n].map((inverse) => ({ ...right, [name]: inverse })),
  ),
  { ...right, zsU: right.zkX, zkX: right.zsU }, // exchanged: the sum is the same
  { ...right, zkX: right.zsU, inverse1: 0n }, // as if equal
  { ...right, zkX: negatedPoint(right.zsU), inverse1: 0n },
  { zsU: ZERO, zkX: ZERO, cV: ZERO, inverse1: 0n, inverse2: 0n },
];

describe("VesFraud", () => {
  const dice = rollDice("VesFraud.examples");
  const { about, given, right } = honest(dice);

  describe("a right answer", () => {
    it("is found right by its witnesses", async () => {
      expect(await judge(wordsOf(about), given, right)).to.equal(RIGHT);
    });

    it("attack 40: is convicted by no witnesses, whatever they are", async () => {
      const cases = hostileWitnesses(right).map((witnesses) => inputOf(wordsOf(about), given, witnesses));
      expect(cases.length).to.be.greaterThan(40);
      expect(new Set(await harness.vesFraud(cases))).to.deep.equal(new Set([UNDECIDED]));
    });

    it("attack 40: is not convicted by equal x that are not its own: cV = T of other witnesses", async () => {
      const T = multiple(about.u, given.zs).add(multiple(about.readerKey, given.zk));
      for (const cV of [T, T.negate()])
        for (const inverse2 of [0n, 1n, right.inverse2])
          expect(await judge(wordsOf(about), given, { ...right, cV: solidityPoint(cV), inverse2 })).to.equal(UNDECIDED);
    });

    for (const field of ["verifyingShare", "u", "readerKey"] as const)
      it(`attacks 25, 26: is not judged by a statement whose ${field} is not a valid point, also one that ecrecover takes for the right one`, async () => {
        const written = wordsOf(about);
        for (const point of [...BAD_POINTS.map(([, bad]) => bad), offCurve(written[field])])
          expect(await judge({ ...written, [field]: point }, given, right)).to.equal(UNDECIDED);
      });

    it("does not turn wrong for want of gas: the call fails", async () => {
      const input = inputOf(wordsOf(about), given, right);
      const outcomes = new Set<bigint | "failed">();
      for (let gasLimit = 30_000n; gasLimit < 80_000n; gasLimit += 997n)
        outcomes.add(
          await harness.vesFraud([input], { gasLimit }).then(
            ([verdict]) => verdict as bigint,
            () => "failed" as const,
          ),
        );
      expect(outcomes).to.deep.equal(new Set(["failed", RIGHT]));
    });
  });

  describe("a wrong answer", () => {
    const convicts = async (statement: VesStatement, wrong: ClaimedAnswer): Promise<void> => {
      const evidence = vesFraudEvidence(statement, wrong);
      if (evidence === undefined) throw new Error("The package finds this answer right.");
      expect(await judge(wordsOf(statement), wrong, evidence.witnesses)).to.equal(WRONG);
    };
    /** Found wrong whatever the witnesses. */
    const convictsAnyway = async (statement: Words, wrong: ClaimedAnswer): Promise<void> => {
      const cases = hostileWitnesses(right).map((witnesses) => inputOf(statement, wrong, witnesses));
      expect(new Set(await harness.vesFraud(cases))).to.deep.equal(new Set([WRONG]));
    };

    for (const field of ["c", "zs", "zk"] as const)
      for (const [how, scalar] of [
        ["zero", 0n],
        ["n", CURVE_ORDER],
        ["n + 1", CURVE_ORDER + 1n],
        ["the largest word", 2n ** 256n - 1n],
      ] as const)
        it(`attack 39: is convicted when ${field} is ${how}, without witnesses`, () =>
          convictsAnyway(wordsOf(about), { ...given, [field]: scalar }));

    for (const field of ["k", "v"] as const) {
      for (const [how, point] of BAD_POINTS)
        it(`attacks 25, 26: is convicted when ${field} is ${how}, without witnesses`, () =>
          convictsAnyway(wordsOf(about), { ...given, [field]: point }));
      it(`attacks 26, 27: is convicted when ${field} is off the curve, but so that ecrecover takes it`, () =>
        convictsAnyway(wordsOf(about), { ...given, [field]: offCurve(solidityPoint(given[field])) }));
    }

    it("attack 28: is convicted when any field is another", async () => {
      for (const field of ["k", "v"] as const)
        for (const point of [given[field].negate(), G, given.k, given.v].filter((one) => !one.equals(given[field])))
          await convicts(about, { ...given, [field]: point });
      for (const field of ["c", "zs", "zk"] as const)
        for (const scalar of [CURVE_ORDER - given[field], Fn.create(given[field] + 1n), 1n])
          await convicts(about, { ...given, [field]: scalar });
    });

    it("attacks 13, 29: is convicted when it is right for another statement", async () => {
      for (const field of ["verifyingShare", "u", "readerKey"] as const)
        await convicts({ ...about, [field]: about[field].double() }, given);
      await convicts({ ...about, context: about.context.map((byte) => byte ^ 1) }, given);
    });

    it("section 2.3: is convicted when it is degenerate, by witnesses that show it, and by no others", async () => {
      for (const name of DEGENERATE) {
        const { about: statement, given: made } = degenerate(dice, name);
        await convicts(statement, made);
        const { witnesses } = vesFraudEvidence(statement, made) as NonNullable<ReturnType<typeof vesFraudEvidence>>;
        if (name.startsWith("A")) {
          await convictsAnyway(wordsOf(statement), made);
          continue;
        }
        for (const changed of ["zsU", "zkX", ...(name.startsWith("T") ? ["cV"] : [])])
          expect(await judge(wordsOf(statement), made, { ...witnesses, [changed]: solidityPoint(G) }), name).to.equal(UNDECIDED);
        if (name.startsWith("T"))
          for (const inverse1 of [0n, 1n, witnesses.inverse1 + 1n])
            expect(await judge(wordsOf(statement), made, { ...witnesses, inverse1 }), name).to.equal(UNDECIDED);
      }
    });

    for (const forged of WITNESS_POINTS)
      it(`attack 40: is not saved by a forged witness ${forged} that makes its challenge come out`, async () => {
        // V is not sU + kX; the challenge is over a target that a wrong witness reaches.
        const target = backend.mulG(777n);
        const { about: statement, given: made } = byHand({ s: 12345n, x: 5n, k: 67890n, a: 11n, b: 13n, v: 99n });
        const { verifyingShare, u, readerKey, context } = statement;
        const commitments = [backend.mulG(11n), backend.mulG(13n), target].map(addressOfPoint);
        const c = hashToScalar(DOMAINS.ves, context, verifyingShare, u, readerKey, made.k, made.v, ...commitments);
        const wrong = { ...made, c, zs: Fn.create(11n + c * 12345n), zk: Fn.create(13n + c * 67890n) };
        const [zsU, zkX, cV] = [multiple(u, wrong.zs), multiple(readerKey, wrong.zk), multiple(wrong.v, c)] as [Point, Point, Point];
        const points = {
          zsU: { zsU: target.add(cV).subtract(zkX), zkX, cV },
          zkX: { zsU, zkX: target.add(cV).subtract(zsU), cV },
          cV: { zsU, zkX, cV: zsU.add(zkX).subtract(target) },
        }[forged];
        const inverse1 = inverseOfDifference(points.zkX, points.zsU);
        const inverse2 = inverseOfDifference(points.cV, points.zsU.add(points.zkX));
        const fitting = {
          zsU: solidityPoint(points.zsU),
          zkX: solidityPoint(points.zkX),
          cV: solidityPoint(points.cV),
          inverse1,
          inverse2,
        };
        expect(await judge(wordsOf(statement), wrong, fitting)).to.equal(UNDECIDED);
        await convicts(statement, wrong);
      });
  });

  /** An answer: right, changed somewhere, changed in words, or degenerate. */
  const anyAnswer = (roll: Dice): { about: VesStatement; given: ClaimedAnswer } => {
    const kind = roll.below(4);
    if (kind === 0) return degenerate(roll, roll.pick(DEGENERATE));
    const made = honest(roll);
    if (kind === 1) return made;
    const { k, v, c, zs, zk } = made.given;
    if (kind === 2) {
      const changed = { k: nearbyPoint(roll, k), v: nearbyPoint(roll, v), c: nearby(roll, c), zs: nearby(roll, zs), zk: nearby(roll, zk) };
      return { about: made.about, given: changed };
    }
    const field = roll.pick(["k", "v", "c", "zs", "zk"] as const);
    const bad =
      field === "k" || field === "v"
        ? roll.pick([...BAD_POINTS.map(([, point]) => point), offCurve(solidityPoint(made.given[field]))])
        : roll.word();
    return { about: made.about, given: { ...made.given, [field]: bad } };
  };

  /** The right witnesses, or some of them replaced. */
  const anyWitnesses = (roll: Dice, from: VesFraudWitnesses): VesFraudWitnesses => {
    if (roll.below(2) === 0) return from;
    const point = (): SolidityPoint => roll.pick([from.zsU, from.zkX, from.cV, negatedPoint(from.cV), ZERO, pointOrZero(roll.point())]);
    const inverse = (value: bigint): bigint => roll.pick([value, value, 0n, 1n, roll.word()]);
    return {
      zsU: roll.pick([from.zsU, from.zsU, from.zsU, point()]),
      zkX: roll.pick([from.zkX, from.zkX, from.zkX, point()]),
      cV: roll.pick([from.cV, from.cV, point()]),
      inverse1: inverse(from.inverse1),
      inverse2: inverse(from.inverse2),
    };
  };

  /** What the judge looks at, by the package's reason; the verdict where all of that is as it must be. */
  const expectedOf = (reason: VesFraudReason | undefined, witnesses: VesFraudWitnesses, needed: VesFraudWitnesses): bigint => {
    if (reason === "INVALID_SCALAR" || reason === "INVALID_POINT" || reason === "INFINITE_COMMITMENT") return WRONG;
    const same = (name: (typeof WITNESS_POINTS)[number]): boolean =>
      witnesses[name].x === needed[name].x && witnesses[name].y === needed[name].y;
    const congruent = (name: (typeof INVERSES)[number]): boolean => (witnesses[name] - needed[name]) % FIELD_PRIME === 0n;
    if (!same("zsU") || !same("zkX")) return UNDECIDED;
    if (needed.zsU.x === needed.zkX.x) return WRONG;
    if (!same("cV") || !congruent("inverse1")) return UNDECIDED;
    if (reason === "EQUAL_WITNESSES") return WRONG;
    return congruent("inverse2") ? (reason === undefined ? RIGHT : WRONG) : UNDECIDED;
  };

  it("agrees with the package on random answers and witnesses; what verifies is never wrong, and what does not always can be shown", async () => {
    const roll = rollDice("VesFraud");
    const cases = Array.from({ length: CASES }, (_, i) => {
      // In every run there is a right answer with its witnesses, and one with others.
      const { about: statement, given: claimed } = i < 2 ? honest(roll) : anyAnswer(roll);
      const evidence = vesFraudEvidence(statement, claimed);
      const needed = evidence?.witnesses ?? hintsOf(statement, claimed as Parameters<typeof vesHints>[1]);
      const witnesses = i === 0 ? needed : i === 1 ? { ...needed, zsU: needed.cV } : anyWitnesses(roll, needed);
      const words = wordsOf(statement);
      return {
        any: inputOf(words, claimed, witnesses),
        best: inputOf(words, claimed, needed),
        expected: expectedOf(evidence?.reason, witnesses, needed),
        isRight: evidence === undefined,
        verifies: isValidClaim(claimed) && verifyShareAnswer(statement, claimed as Parameters<typeof vesHints>[1]),
      };
    });
    const verdicts = await inBatches(
      cases.map(({ any }) => any),
      (batch) => harness.vesFraud(batch),
    );
    expectAgreement(
      cases,
      verdicts,
      cases.map(({ expected }) => expected),
    );
    expect(new Set(verdicts)).to.deep.equal(new Set([UNDECIDED, RIGHT, WRONG]));
    const best = await inBatches(
      cases.map((one) => one.best),
      (batch) => harness.vesFraud(batch),
    );
    expectAgreement(
      cases,
      best,
      cases.map(({ isRight }) => (isRight ? RIGHT : WRONG)),
    );
    expect(cases.map(({ verifies }) => verifies)).to.deep.equal(cases.map(({ isRight }) => isRight));
    const verified = await inBatches(
      cases.map((one) => one.best),
      (batch) => harness.ves(batch),
    );
    expectAgreement(
      cases,
      verified,
      cases.map(({ isRight }) => isRight),
    );
  }).timeout(600_000);

  const isValidClaim = ({ k, v }: ClaimedAnswer): boolean =>
    [k, v].every((point) => point instanceof secp256k1.Point && isValidPoint(point));
});
