import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../test/random/cases.ts";
import { altered, NO_POINTS, other, unreduced, WRONG_SCALARS } from "../test/altered.ts";
import { answersOf, codeOf, contextOf, invalidPoints, keyPair, name32, network, sealed } from "../test/fixtures.ts";
import { add, addr, keccakModN, mod, mul, N, type Naive, P, power, tag } from "../test/naiveCurve.ts";
import { nobleBackend } from "./nobleBackend.ts";
import { G, INFINITY, type Point } from "./point.ts";
import { CURVE_ORDER, invertScalar } from "./scalar.ts";
import { encryptShare, type VesAnswer, type VesStatement, verifyShareAnswer, vesHints } from "./ves.ts";
import { type ClaimedAnswer, vesFraudEvidence } from "./vesFraud.ts";

const { mulG, mulVar } = nobleBackend;
const net = network();
const bob = keyPair("bob");
const { u } = sealed(net.jointKey).ciphertext;
const { answer, context, verifyingShare } = answersOf(net, [1], u, bob.publicKey)[0] as NonNullable<ReturnType<typeof answersOf>[0]>;
const statement: VesStatement = { verifyingShare, u, readerKey: bob.publicKey, context };
const reasonOf = (wrong: ClaimedAnswer, about = statement): string | undefined => vesFraudEvidence(about, wrong)?.reason;
const plain = (point: Point): Naive => (point.is0() ? undefined : point.toAffine()) as Naive;

/** An answer with chosen secrets, nonces and, if given, V: what mallory, as a keeper, can make. X = xU. */
const forge = ({ s, x, k, a, b, v }: { s: bigint; x: bigint; k: bigint; a: bigint; b: bigint; v?: Point }) => {
  const about: VesStatement = { verifyingShare: mulG(s), u, readerKey: mulVar(u, x), context };
  const [K, V] = [mulG(k), v ?? mulVar(u, mod(s + k * x, N))];
  const commitments = [mulG(a), mulG(b), mulVar(u, mod(a + b * x, N))].map((A) => (A.is0() ? 0n : addr(plain(A))));
  const points = [about.verifyingShare, u, about.readerKey, K, V].map(plain);
  const c = keccakModN(tag("ves"), context, ...points, ...commitments);
  return { about, forged: { k: K, v: V, c, zs: mod(a + c * s, N), zk: mod(b + c * k, N) } satisfies VesAnswer };
};

describe("evidence of a wrong answer", () => {
  it("is none for a right one, in the package's form and in coordinates", () => {
    expect(vesFraudEvidence(statement, answer)).to.equal(undefined);
    expect(vesFraudEvidence(statement, { ...answer, k: answer.k.toAffine(), v: answer.v.toAffine() })).to.equal(undefined);
    const { about, forged } = forge({ s: 7n, x: 5n, k: 11n, a: 22n, b: 33n });
    expect([verifyShareAnswer(about, forged), vesFraudEvidence(about, forged)]).to.deep.equal([true, undefined]);
  });

  it("names every scalar that is 0 or >= n", () => {
    for (const field of ["c", "zs", "zk"] as const)
      for (const scalar of [0n, CURVE_ORDER, CURVE_ORDER + 1n, 2n ** 256n - 1n, ...unreduced(answer[field])])
        expect(reasonOf({ ...answer, [field]: scalar }), `${field} ${scalar}`).to.equal("INVALID_SCALAR");
  });

  it("attacks 25, 26: names every point that is none, by its coordinates", () => {
    const { x, y } = answer.k.toAffine();
    const largest = 2n ** 256n - 1n;
    const unreducedX = { x: 1n + P, y: power(8n, (P + 1n) / 4n, P) }; // the point at x = 1
    const coordinates = Object.values(invalidPoints()).map((point) => ({ x: point.x, y: point.y }));
    for (const point of [...coordinates, unreducedX, { x, y: y ^ 2n }, { x, y: P }, { x: 0n, y: 0n }, { x: largest, y: largest }])
      for (const field of ["k", "v"] as const) expect(reasonOf({ ...answer, [field]: point })).to.equal("INVALID_POINT");
    for (const point of Object.values(invalidPoints())) expect(reasonOf({ ...answer, k: point })).to.equal("INVALID_POINT");
  });

  it("names infinite commitments", () => {
    for (const nonces of [
      { a: 0n, b: 33n },
      { a: 22n, b: 0n },
    ]) {
      const { about, forged } = forge({ s: 7n, x: 5n, k: 11n, ...nonces });
      expect([verifyShareAnswer(about, forged), reasonOf(forged, about)]).to.deep.equal([false, "INFINITE_COMMITMENT"]);
    }
  });

  it("section 2.3: names equal x in either sum, with the witnesses that show it", () => {
    const x = 5n;
    for (const sign of [1n, N - 1n]) {
      // s = xk and a = xb make zsU = zkX; their negatives make zsU = -zkX. V is another point, for V = sU + kX may be infinite.
      const { about, forged } = forge({ s: mod(sign * x * 11n, N), x, k: 11n, a: mod(sign * x * 33n, N), b: 33n, v: other });
      const found = vesFraudEvidence(about, forged);
      expect(found?.reason).to.equal("EQUAL_WITNESSES");
      expect(found?.witnesses.zsU).to.deep.equal(mul(plain(u), forged.zs));
      expect(found?.witnesses.zkX).to.deep.equal(mul(plain(about.readerKey), forged.zk));
      expect(found?.witnesses.zsU.x).to.equal(found?.witnesses.zkX.x);
    }
    const about: VesStatement = { ...statement, readerKey: mulVar(u, x) };
    const [c, zs, zk] = [3n, 40n, 50n];
    for (const sign of [1n, N - 1n]) {
      const v = mulVar(u, mod(sign * (zs + zk * x) * invertScalar(c), N));
      const found = vesFraudEvidence(about, { k: other, v, c, zs, zk });
      expect(found?.reason).to.equal("EQUAL_WITNESSES");
      const T = add(mul(plain(u), zs), mul(plain(about.readerKey), zk)) as NonNullable<Naive>;
      expect(found?.witnesses.cV.x).to.equal(T.x);
      expect(mod(((found?.witnesses.zkX.x ?? 0n) - (found?.witnesses.zsU.x ?? 0n)) * (found?.witnesses.inverse1 ?? 0n), P)).to.equal(1n);
    }
  });

  it("names a wrong challenge, with the same witnesses as a right answer's hints", () => {
    const wrong = encryptShare({ share: keyPair("another share").secret, u, readerKey: bob.publicKey, context, nonceKey: name32("nonce") });
    const { zsU, zkX, cV, inverse1, inverse2 } = vesHints(statement, wrong);
    expect(vesFraudEvidence(statement, wrong)).to.deep.equal({
      reason: "WRONG_CHALLENGE",
      witnesses: { zsU: zsU.toAffine(), zkX: zkX.toAffine(), cV: cV.toAffine(), inverse1, inverse2 },
    });
  });

  it("attack 28: is there for every altered answer, statement and context", () => {
    const wrong = altered<ClaimedAnswer>(answer, {
      k: [other, answer.k.negate(), answer.v],
      v: [other, answer.v.negate(), answer.k],
      c: WRONG_SCALARS,
      zs: [...WRONG_SCALARS, answer.zk],
      zk: [...WRONG_SCALARS, answer.zs],
    });
    for (const one of wrong) expect(reasonOf(one)).to.be.a("string");
    const foreign = altered(statement, {
      verifyingShare: [other, net.jointKey],
      u: [other, G],
      readerKey: [other],
      context: [contextOf("request", 2), contextOf("another request", 1)],
    });
    for (const about of foreign) expect(reasonOf(answer, about)).to.equal("WRONG_CHALLENGE");
  });

  it("is there if and only if the answer does not verify", () => {
    const scalar = fc.oneof(fc.constantFrom(0n, 1n, 2n, CURVE_ORDER - 1n, CURVE_ORDER), fc.bigInt(0n, 2n ** 256n - 1n));
    const point = fc.oneof(
      fc.constantFrom(answer.k, answer.v, other, INFINITY, ...Object.values(invalidPoints())),
      fc.bigInt(1n, N - 1n).map(mulG),
    );
    const part = <T>(value: T, wrong: fc.Arbitrary<T>) =>
      fc.oneof({ weight: 4, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: wrong });
    const answers = fc.record({
      k: part(answer.k, point),
      v: part(answer.v, point),
      c: part(answer.c, scalar),
      zs: part(answer.zs, scalar),
      zk: part(answer.zk, scalar),
    });
    fc.assert(
      fc.property(answers, (one) => {
        expect(vesFraudEvidence(statement, one) === undefined).to.equal(verifyShareAnswer(statement, one));
      }),
      { numRuns: casesFor(150) },
    );
  });

  it("of a statement that is none, and of what is not an answer, there is none: it throws a code", () => {
    for (const field of ["verifyingShare", "u", "readerKey"] as const)
      for (const point of [INFINITY, ...Object.values(invalidPoints()), ...NO_POINTS])
        expect(codeOf(() => vesFraudEvidence({ ...statement, [field]: point }, answer))).to.equal("INVALID_POINT");
    expect(codeOf(() => vesFraudEvidence({ ...statement, context: new Uint8Array(31) }, answer))).to.equal("INVALID_BYTES");
    for (const field of ["c", "zs", "zk"])
      for (const value of [Number.NaN, "3", -1n, null, 2n ** 256n])
        expect(codeOf(() => vesFraudEvidence(statement, { ...answer, [field]: value }))).to.equal("INVALID_SCALAR");
    for (const value of [{ x: 1n }, { x: 2n ** 256n, y: 1n }, { x: 1n, y: "2" }])
      expect(codeOf(() => vesFraudEvidence(statement, { ...answer, k: value } as unknown as ClaimedAnswer))).to.equal("INVALID_SCALAR");
    for (const value of [null, 3, "02"])
      expect(codeOf(() => vesFraudEvidence(statement, { ...answer, v: value } as unknown as ClaimedAnswer))).to.equal("INVALID_INPUT");
    expect(codeOf(() => vesFraudEvidence(statement, null as unknown as ClaimedAnswer))).to.equal("INVALID_INPUT");
  });
});
