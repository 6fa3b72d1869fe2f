import { backend, CURVE_ORDER, type DleqProof, G, INFINITY, keccakWords, type Point, proveDleq, SecretScalar } from "@keyquorum/threshold";
import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../../test/random/cases.ts";
import { createDice, nonceSourceOf } from "../testing/random.ts";
import { combineContributions } from "./combine.ts";
import { createMaskedContribution, type MaskedContribution, maskedContributionFault, type RetrievalAsk } from "./contribution.ts";
import { coefficientOf } from "./holders.ts";
import { readDocumentKey } from "./read.ts";

const dice = createDice(13);
const nonces = nonceSourceOf(dice.bytes);
const modulo = (value: bigint): bigint => ((value % CURVE_ORDER) + CURVE_ORDER) % CURVE_ORDER;
const scalar = fc.bigInt({ min: 1n, max: CURVE_ORDER - 1n });

const subsets = (items: readonly number[], size: number): number[][] =>
  size === 0 ? [[]] : items.flatMap((item, i) => subsets(items.slice(i + 1), size - 1).map((rest) => [item, ...rest]));

/** A server key of n keepers, and one document key under it. */
const keyOf = (n: number, coefficients: readonly bigint[], { k = 7n, m = 99n } = {}) => {
  const slots = Array.from({ length: n }, (_, i) => i + 1);
  const shares = new Map(slots.map((slot) => [slot, modulo(coefficients.reduceRight((sum, f) => sum * BigInt(slot) + f, 0n))]));
  const documentKey = backend.mulG(m);
  return {
    ...{ slots, shares, documentKey, threshold: coefficients.length - 1 },
    verifyingShares: new Map(slots.map((slot) => [slot, backend.mulG(shares.get(slot) as bigint)])),
    commonPoint: backend.mulG(k),
    encryptedPoint: backend.add(documentKey, backend.mulVar(backend.mulG(coefficients[0] as bigint), k)),
  };
};
type Key = ReturnType<typeof keyOf>;

let asks = 0;
/** One ask of these holders, all of them honest. */
const askedOf = (key: Key, holders: readonly number[]) => {
  asks += 1;
  const session = keccakWords(asks);
  const contextOf = (slot: number) => keccakWords(session, slot);
  const ask: RetrievalAsk = { threshold: key.threshold, holders, commonPoint: key.commonPoint };
  const made = holders.map((slot) => {
    const share = SecretScalar.from(key.shares.get(slot) as bigint);
    const random = nonces({ purpose: "extension:parity", session, secret: share });
    return createMaskedContribution(ask, { slot, share, context: contextOf(slot) }, random);
  });
  const contributions = new Map(made.map(({ contribution }) => [contribution.slot, contribution]));
  const { encryptedPoint, verifyingShares } = key;
  return { ask, contextOf, made, toCombine: { ...ask, encryptedPoint, verifyingShares, contextOf, contributions } };
};
type Asked = ReturnType<typeof askedOf>;

/** As the formats write C and the masks for readers: turned where t is odd, or not, as long as it is both or none. */
const told = (asked: Asked, isTurned = asked.ask.threshold % 2 === 1) => ({
  decryptedSecret: combined(asked),
  commonPoint: isTurned ? backend.neg(asked.ask.commonPoint) : asked.ask.commonPoint,
  shadows: asked.made.map(({ contribution: { slot, commitment }, mask }) => ({
    slot,
    shadow: isTurned ? SecretScalar.from(modulo(-mask.reveal())) : mask,
    commitment: isTurned ? backend.neg(commitment) : commitment,
  })),
});

/** As an old client reads: it checks nothing. */
const readUnchecked = ({ decryptedSecret, commonPoint, shadows }: ReturnType<typeof told>): Point =>
  backend.add(decryptedSecret, backend.mulSecret(commonPoint, modulo(shadows.reduce((sum, { shadow }) => sum + shadow.reveal(), 0n))));

const combined = (asked: Asked): Point => {
  const outcome = combineContributions(asked.toCombine);
  if (outcome.kind !== "combined") throw new Error(JSON.stringify(outcome));
  return outcome.decryptedSecret;
};

const faultsWith = ({ toCombine }: Asked, changed: readonly (readonly [number, MaskedContribution])[]) => {
  const outcome = combineContributions({ ...toCombine, contributions: new Map([...toCombine.contributions, ...changed]) });
  return outcome.kind === "faults" ? outcome.faults : [];
};

describe("a masked retrieval", () => {
  for (let n = 3; n <= 7; n += 1)
    for (let t = 0; t <= 3 && t < n; t += 1)
      it(`gives the document key to its reader by every set of ${t + 1} of ${n} holders`, () => {
        const key = keyOf(
          n,
          Array.from({ length: t + 1 }, () => BigInt(dice.below(2 ** 40)) + 1n),
        );
        for (const holders of subsets(key.slots, t + 1)) {
          const asked = askedOf(key, holders);
          for (const isTurned of [false, true]) {
            const answer = told(asked, isTurned);
            const read = readDocumentKey(answer);
            expect(read.kind === "read" && read.documentKey.equals(key.documentKey), `${holders}`).to.equal(true);
            expect(readUnchecked(answer).equals(key.documentKey), "the old clients' formula").to.equal(true);
          }
          expect(combined(asked).equals(key.documentKey)).to.equal(false);
        }
      });

  it("does so for any polynomial, k and document key", () => {
    fc.assert(
      fc.property(fc.array(scalar, { minLength: 1, maxLength: 4 }), scalar, scalar, (coefficients, k, m) => {
        const key = keyOf(5, coefficients, { k, m });
        const asked = askedOf(key, key.slots.slice(-coefficients.length));
        const read = readDocumentKey(told(asked));
        return read.kind === "read" && read.documentKey.equals(key.documentKey);
      }),
      { numRuns: casesFor(20) },
    );
  });

  it("takes a share that is 0, whose verifying share is infinity", () => {
    const key = keyOf(3, [CURVE_ORDER - 1n, 1n]); // f(1) = 0
    expect(key.verifyingShares.get(1)?.equals(INFINITY)).to.equal(true);
    const asked = askedOf(key, [1, 3]);
    const read = readDocumentKey(told(asked));
    expect(read.kind === "read" && read.documentKey.equals(key.documentKey)).to.equal(true);
  });

  it("says that a sum which is no point cannot be told", () => {
    const key = keyOf(3, [5n, 3n]);
    const asked = askedOf(key, [1, 2]);
    const sum = asked.made.reduce((point, { contribution }) => backend.add(point, contribution.point), INFINITY);
    expect(combineContributions({ ...asked.toCombine, encryptedPoint: sum }).kind).to.equal("degenerate");
  });

  describe("refuses holders", () => {
    const key = keyOf(4, [5n, 3n]);
    for (const [what, holders] of [
      ["that are too few", [1]],
      ["that are too many", [1, 2, 3]],
      ["in another order", [2, 1]],
      ["that are named twice", [2, 2]],
      ["of no such slot", [0, 1]],
    ] as const)
      it(what, () => {
        expect(() => askedOf(key, holders)).to.throw();
      });
    it("without the one that is asked", () => {
      const share = SecretScalar.from(1n);
      const random = nonces({ purpose: "extension:parity", session: keccakWords(1) });
      const ask = { threshold: 1, holders: [1, 2], commonPoint: key.commonPoint };
      expect(() => createMaskedContribution(ask, { slot: 3, share, context: keccakWords(1) }, random)).to.throw("not among");
    });
  });
});

describe("a holder's contribution that is wrong is found, and its holder named", () => {
  const LIAR = 3;
  const key = keyOf(5, [11n, 12n, 13n]);
  const asked = askedOf(key, [1, LIAR, 5]);
  const honest = asked.toCombine.contributions.get(LIAR) as MaskedContribution;
  const other = asked.toCombine.contributions.get(5) as MaskedContribution;
  const elsewhere = askedOf(key, [1, LIAR, 4]);
  const again = askedOf(key, [1, LIAR, 5]);
  const plus = (proof: DleqProof, change: Partial<DleqProof>): DleqProof => ({ ...proof, ...change });
  const forged = (share: bigint, over: Partial<RetrievalAsk> = {}, context = asked.contextOf(LIAR)): MaskedContribution =>
    createMaskedContribution(
      { ...asked.ask, ...over },
      { slot: LIAR, share: SecretScalar.from(share), context },
      nonces({ purpose: "extension:parity", session: context }),
    ).contribution;
  /** With N = m C in place of m G, so that the mask could be taken off: proved as well as it can be. */
  const unmasked = (): MaskedContribution => {
    const [x, m] = [77n, modulo(77n - coefficientOf(asked.ask.holders, LIAR) * (key.shares.get(LIAR) as bigint))];
    const proof = proveDleq({ secret: SecretScalar.from(x), base: key.commonPoint, context: asked.contextOf(LIAR) }, dice.bytes);
    return { slot: LIAR, point: backend.mulSecret(key.commonPoint, x), commitment: backend.mulSecret(key.commonPoint, m), proof };
  };
  const { point, commitment, proof } = honest;

  const cases: readonly (readonly [string, MaskedContribution, string])[] = [
    ["another holder's slot", { ...honest, slot: 5 }, "WRONG_SLOT"],
    ["another holder's contribution", other, "WRONG_SLOT"],
    ["another holder's contribution under its own slot", { ...other, slot: LIAR }, "BAD_PROOF"],
    ["another point", { ...honest, point: backend.add(point, G) }, "BAD_PROOF"],
    ["the point turned", { ...honest, point: backend.neg(point) }, "BAD_PROOF"],
    ["infinity for a point", { ...honest, point: INFINITY }, "BAD_POINT"],
    ["another commitment", { ...honest, commitment: backend.add(commitment, G) }, "BAD_PROOF"],
    ["another holder's commitment", { ...honest, commitment: other.commitment }, "BAD_PROOF"],
    ["the commitment turned", { ...honest, commitment: backend.neg(commitment) }, "BAD_PROOF"],
    ["infinity for a commitment", { ...honest, commitment: INFINITY }, "BAD_POINT"],
    ["a commitment over C", unmasked(), "BAD_PROOF"],
    ["a point and a commitment that both moved", { ...honest, point: backend.double(point), commitment: G }, "BAD_PROOF"],
    ["another challenge", { ...honest, proof: plus(proof, { c: modulo(proof.c + 1n) }) }, "BAD_PROOF"],
    ["another response", { ...honest, proof: plus(proof, { z: modulo(proof.z + 1n) }) }, "BAD_PROOF"],
    ["a challenge of 0", { ...honest, proof: plus(proof, { c: 0n }) }, "BAD_PROOF"],
    ["a response above the order", { ...honest, proof: plus(proof, { z: CURVE_ORDER }) }, "BAD_PROOF"],
    ["what it gave to another set", elsewhere.toCombine.contributions.get(LIAR) as MaskedContribution, "BAD_PROOF"],
    ["what it gave to an earlier ask of the same set", again.toCombine.contributions.get(LIAR) as MaskedContribution, "BAD_PROOF"],
    ["another share", forged((key.shares.get(LIAR) as bigint) + 1n), "BAD_PROOF"],
    ["another holder's share", forged(key.shares.get(5) as bigint), "BAD_PROOF"],
    ["no share at all", forged(0n), "BAD_PROOF"],
    ["a share of another set's coefficient", forged(key.shares.get(LIAR) as bigint, { holders: [2, LIAR, 5] }), "BAD_PROOF"],
    ["another common point", forged(key.shares.get(LIAR) as bigint, { commonPoint: G }), "BAD_PROOF"],
    ["a proof for another holder", forged(key.shares.get(LIAR) as bigint, {}, asked.contextOf(5)), "BAD_PROOF"],
  ];
  for (const [what, given, reason] of cases)
    it(what, () => {
      expect(faultsWith(asked, [[LIAR, given]])).to.deep.equal([{ slot: LIAR, reason }]);
    });

  it("none: what holders may add of t+1 lies cancels in no sum", () => {
    const shifted: [number, MaskedContribution][] = [
      [LIAR, { ...honest, point: backend.add(point, G) }],
      [5, { ...other, point: backend.add(other.point, backend.neg(G)) }],
    ];
    expect(faultsWith(asked, shifted).map(({ slot }) => slot)).to.deep.equal([LIAR, 5]);
  });

  it("one that is missing, and one whose verifying share nobody knows", () => {
    const contributions = new Map([...asked.toCombine.contributions].filter(([slot]) => slot !== LIAR));
    const missing = [{ slot: LIAR, reason: "MISSING" }];
    expect(combineContributions({ ...asked.toCombine, contributions })).to.deep.equal({ kind: "faults", faults: missing });
    const verifyingShares = new Map([...key.verifyingShares].filter(([slot]) => slot !== LIAR));
    expect(combineContributions({ ...asked.toCombine, verifyingShares })).to.deep.equal({ kind: "faults", faults: missing });
  });

  it("and an honest one is not", () => {
    expect(faultsWith(asked, [])).to.deep.equal([]);
    const verifyingShare = key.verifyingShares.get(LIAR) as Point;
    expect(maskedContributionFault(asked.ask, { slot: LIAR, verifyingShare, context: asked.contextOf(LIAR) }, honest)).to.equal(undefined);
  });
});

describe("a holder that encrypts another shadow than it committed to", () => {
  for (const t of [0, 1, 2])
    it(`is named by the reader, where an old client reads garbage: t = ${t}`, () => {
      const key = keyOf(
        5,
        Array.from({ length: t + 1 }, (_, i) => BigInt(i + 3)),
      );
      const asked = askedOf(key, key.slots.slice(0, t + 1));
      const answer = told(asked);
      for (const liar of asked.ask.holders) {
        const shadows = answer.shadows.map((one) => (one.slot === liar ? { ...one, shadow: SecretScalar.from(5n) } : one));
        expect(readDocumentKey({ ...answer, shadows })).to.deep.equal({ kind: "faults", slots: [liar] });
        expect(readUnchecked({ ...answer, shadows }).equals(key.documentKey)).to.equal(false);
        const unopened = answer.shadows.map((one) => (one.slot === liar ? { ...one, shadow: undefined } : one));
        expect(readDocumentKey({ ...answer, shadows: unopened })).to.deep.equal({ kind: "faults", slots: [liar] });
      }
    });

  it("nothing is read from no shadow at all, nor is infinity a document key", () => {
    expect(readDocumentKey({ decryptedSecret: G, commonPoint: G, shadows: [] }).kind).to.equal("invalid");
    const shadows = [{ slot: 1, shadow: SecretScalar.from(1n), commitment: G }];
    expect(readDocumentKey({ decryptedSecret: backend.neg(G), commonPoint: G, shadows }).kind).to.equal("invalid");
  });
});
