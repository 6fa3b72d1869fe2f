import { secp256k1 } from "@noble/curves/secp256k1.js";
import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../../test/random/cases.ts";
import { DIGEST, ecdsaKey, ecdsaSession, factorsFor, sharesOf } from "../../test/ecdsaSession.ts";
import { codeOf, name32, seededRandom } from "../../test/fixtures.ts";
import { inverse, mod, N } from "../../test/naiveCurve.ts";
import { lagrangeAtZero } from "../lagrange.ts";
import { nobleBackend } from "../nobleBackend.ts";
import { encodePoint, G, INFINITY, type Point } from "../point.ts";
import { evaluatePolynomial } from "../polynomial.ts";
import { randomScalar } from "../random.ts";
import { SecretScalar } from "../secret.ts";
import { createEcdsaDeal, openEcdsaPart } from "./deal.ts";
import { isOfDegree } from "./degree.ts";
import { judgeEcdsaOpenings, openEcdsaDeal } from "./openings.ts";
import { PairKeys } from "./pairKeys.ts";
import { EcdsaPolynomials } from "./polynomials.ts";
import { checkEcdsaProducts, checkEcdsaSums, combineEcdsaNonce, type EcdsaCheckPoints, verifyEcdsaShare } from "./rounds.ts";
import { ECDSA_WORDS, type EcdsaShares, sumEcdsaShares } from "./shares.ts";
import { combineEcdsaShares, ecdsaFactors } from "./signature.ts";
import { assertEcdsaSigners } from "./signers.ts";

const KEY = ecdsaKey(2);
const SESSION = ecdsaSession(KEY);
const FACTORS = factorsFor(KEY.publicKey, SESSION.nonce);
const replaced = <T>(list: readonly T[], at: number, change: (one: T) => T): T[] => list.map((one, i) => (i === at ? change(one) : one));
const at = <T>(list: readonly T[], index: number): T => list[index] as T; // inside of the list

describe("an ECDSA signature by 2t+1 signers", () => {
  for (const t of [1, 2, 3])
    it(`of t = ${t}, with and without a derived key, should be the one that noble verifies, with low s`, () => {
      const key = ecdsaKey(t, "derived");
      for (const offset of [0n, 12345n]) {
        const session = ecdsaSession(key, `derived ${offset}`);
        const publicKey = nobleBackend.add(key.publicKey, nobleBackend.mulG(offset));
        const factors = factorsFor(publicKey, session.nonce, { offset });
        const combined = combineEcdsaShares({ publicKey, digest: DIGEST }, factors, sharesOf(key, session, factors));
        if (combined.kind !== "valid") return expect.fail(combined.kind);
        const isValid = secp256k1.verify(combined.signature.subarray(0, 64), DIGEST, encodePoint(publicKey), {
          prehash: false,
          lowS: true,
        });
        expect(isValid).to.equal(true);
        expect(nobleBackend.recover(DIGEST, combined.signature)?.equals(publicKey), "v").to.equal(true);
      }
    });

  it("should have k(0)G for R before it is rerandomised, and a(0)k(0) for w", () => {
    const { sums, nonce } = SESSION;
    const zero = (word: "k" | "a"): bigint =>
      sums
        .slice(0, 3)
        .reduce((sum, one, i) => mod(sum + lagrangeAtZero(KEY.slots.slice(0, 3), at(KEY.slots, i)) * one[word].reveal(), N), 0n);
    expect(nonce.point.equals(nobleBackend.mulG(zero("k")))).to.equal(true);
    expect(nonce.w).to.equal(mod(zero("k") * zero("a"), N));
  });

  it("a share that is not its signer's should be named by that signer's own points, and no other", () => {
    const shares = sharesOf(KEY, SESSION, FACTORS);
    for (const liar of KEY.slots.keys()) {
      const sent = replaced(shares, liar, (s) => mod(s + 1n, N));
      expect(combineEcdsaShares({ publicKey: KEY.publicKey, digest: DIGEST }, FACTORS, sent).kind).to.equal("invalid");
      expect(wrongOnes(sent, SESSION.checks)).to.deep.equal([at(KEY.slots, liar)]);
    }
    expect(wrongOnes(shares, SESSION.checks)).to.deep.equal([]);
  });

  it("two that shift A, B and E so that the sums stay should make a valid signature, and nobody is named", () => {
    const [one, other] = [at(KEY.slots, 0), at(KEY.slots, 1)];
    const [l1, l2] = [lagrangeAtZero(KEY.slots, one), lagrangeAtZero(KEY.slots, other)];
    const R = SESSION.nonce.point;
    const moved = (points: EcdsaCheckPoints, by: bigint): EcdsaCheckPoints => ({
      a: nobleBackend.add(points.a, nobleBackend.mulVar(R, mod(by * 3n, N))),
      b: nobleBackend.add(points.b, nobleBackend.mulVar(R, mod(by * 5n, N))),
      e: nobleBackend.add(points.e, nobleBackend.mulVar(R, mod(by * 7n, N))),
    });
    const checks = replaced(
      replaced(SESSION.checks, 0, (points) => moved(points, l2)),
      1,
      (points) => moved(points, -l1),
    );
    expect(checkEcdsaSums(KEY.slots, KEY.publicKey, checks), "the sums stay").to.equal(undefined);
    const { h, r, inverseDelta } = FACTORS;
    const shift = (by: bigint, lambda: bigint): bigint => mod(lambda * by * ((3n * h + 5n * r) * inverseDelta + 7n), N);
    const shares = sharesOf(KEY, SESSION, FACTORS);
    const answering = [mod(at(shares, 0) + shift(l2, l1), N), mod(at(shares, 1) + shift(-l1, l2), N), ...shares.slice(2)];
    expect(combineEcdsaShares({ publicKey: KEY.publicKey, digest: DIGEST }, FACTORS, answering).kind).to.equal("valid");
    expect(wrongOnes(answering, checks)).to.deep.equal([]);
    expect(wrongOnes(shares, checks), "shares that do not answer to the shift are theirs").to.deep.equal([one, other]);
  });

  it("attack 32 (S2): with one signer more, two halves that see two digests would give the key away", () => {
    // 2t+2 parties under one nonce: what the protocol never lets happen. The arithmetic of one more share, to show why.
    const t = 1;
    const p = N;
    const random = seededRandom("S2");
    const draw = (count: number, constant?: bigint): bigint[] =>
      Array.from({ length: count }, (_, i) => (i === 0 && constant !== undefined ? constant : randomScalar(random)));
    const slots = [1, 2, 3, 4];
    const [k, a, x, d, e, f] = [draw(t + 1), draw(t + 1), draw(t + 1), draw(2 * t + 1, 0n), draw(2 * t + 1, 0n), draw(2 * t + 1, 0n)];
    const value = (poly: readonly bigint[], slot: number): bigint => evaluatePolynomial(poly, BigInt(slot));
    const w = mod((a[0] as bigint) * (k[0] as bigint), p);
    const r = 77n;
    const shareOf = (set: readonly number[], slot: number, h: bigint): bigint => {
      const c = mod(value(a, slot) * inverse(w, p), p);
      const [alpha, beta] = [mod(c + value(d, slot), p), mod(c * value(x, slot) + value(f, slot), p)];
      return mod(lagrangeAtZero(set, slot) * (alpha * h + beta * r + value(e, slot)), p);
    };
    const signatureOf = (set: readonly number[], h: bigint): bigint =>
      mod(
        set.reduce((sum, slot) => sum + shareOf(set, slot, h), 0n),
        p,
      );
    const [h1, h2] = [1001n, 2002n];
    const [s1, s2] = [signatureOf([1, 2, 3], h1), signatureOf([1, 2, 4], h2)];
    // Two signatures under one nonce: k = (h1 - h2)/(s1 - s2), and then x.
    const nonce = mod((h1 - h2) * inverse(mod(s1 - s2, p), p), p);
    expect(nonce, "the nonce").to.equal(k[0]);
    expect(mod((s1 * nonce - h1) * inverse(r, p), p), "the key").to.equal(x[0]);
    expect(
      codeOf(() => assertEcdsaSigners({ slots, threshold: t })),
      "so no other number is a set of signers",
    ).to.equal("INVALID_MEMBERS");
  });
});

const wrongOnes = (shares: readonly bigint[], checks: readonly EcdsaCheckPoints[]): number[] =>
  KEY.slots.filter((slot, i) => {
    const statement = {
      slots: KEY.slots,
      slot,
      nonce: SESSION.nonce,
      factors: FACTORS,
      product: at(SESSION.products, i),
      check: at(checks, i),
    };
    return !verifyEcdsaShare(statement, at(shares, i));
  });

describe("who signs ECDSA together", () => {
  it("should be exactly 2t+1 ascending slots with t of 1 or more", () => {
    expect(codeOf(() => assertEcdsaSigners({ slots: [1, 2, 9], threshold: 1 }))).to.equal("nothing");
    for (const slots of [[], [1], [1, 2], [1, 2, 3, 4], [2, 1, 3]])
      expect(
        codeOf(() => assertEcdsaSigners({ slots, threshold: 1 })),
        String(slots),
      ).to.equal("INVALID_MEMBERS");
    expect(codeOf(() => assertEcdsaSigners({ slots: [1, 1, 2], threshold: 1 }))).to.equal("DUPLICATE_SLOT");
    expect(codeOf(() => assertEcdsaSigners({ slots: [0, 1, 2], threshold: 1 }))).to.equal("INVALID_SLOT");
    for (const threshold of [0, -1, 1.5, Number.NaN])
      expect(codeOf(() => assertEcdsaSigners({ slots: [1], threshold }))).to.equal("INVALID_THRESHOLD");
  });
});

describe("an ECDSA deal", () => {
  const [slot, to] = [at(KEY.slots, 0), at(KEY.slots, 1)];
  const input = { session: SESSION.session, slots: KEY.slots, threshold: 2, slot, pairKeys: at(KEY.pairKeys, 0) };
  const open = (dealt: (typeof SESSION.deals)[number], about = {}) =>
    openEcdsaPart({ session: SESSION.session, from: slot, to, dealt, pairKeys: at(KEY.pairKeys, 1), ...about }).kind;

  it("should be opened by its recipient alone: in its session, from its dealer", () => {
    const { dealt } = createEcdsaDeal(input, seededRandom("deal"));
    expect(open(dealt)).to.equal("valid");
    expect(open(dealt, { session: name32("another") })).to.equal("invalid");
    expect(open(dealt, { from: at(KEY.slots, 2) })).to.equal("invalid");
    expect(codeOf(() => openEcdsaPart({ session: SESSION.session, from: slot, to, dealt, pairKeys: at(KEY.pairKeys, 2) }))).to.equal(
      "INVALID_SLOT",
    );
  });

  it("should be refused where a word, the commitment, the fresh bytes or the part is another", () => {
    const { dealt } = createEcdsaDeal(input, seededRandom("deal"));
    const change = (name: "words" | "commit", byte: number) => ({
      ...dealt,
      parts: replaced(dealt.parts, 0, (part) => ({ ...part, [name]: part[name].map((value, i) => (i === byte ? value ^ 1 : value)) })),
    });
    for (const wrong of [
      change("words", 31),
      change("words", 191),
      change("commit", 0),
      { ...dealt, fresh: name32("x") },
      { ...dealt, parts: [] },
    ])
      expect(open(wrong)).to.equal("invalid");
    const tooLarge = { ...dealt, parts: replaced(dealt.parts, 0, (part) => ({ ...part, words: new Uint8Array(192).fill(255) })) };
    const tooShort = { ...dealt, parts: replaced(dealt.parts, 0, (part) => ({ ...part, words: part.words.slice(1) })) };
    for (const wrong of [tooLarge, tooShort]) expect(open(wrong)).to.equal("invalid");
  });

  it("attack S16: the same session dealt twice should share no pad", () => {
    const polynomials = (seed: string) => createEcdsaDeal(input, seededRandom(seed));
    const [one, other] = [polynomials("one"), polynomials("other")];
    const padsOf = ({ dealt, polynomials: own }: typeof one): bigint[] => {
      const words = at(dealt.parts, 0).words;
      const shares = own.at(to);
      return ECDSA_WORDS.map((word, u) =>
        mod(BigInt(`0x${Buffer.from(words.subarray(32 * u, 32 * u + 32)).toString("hex")}`) - shares[word].reveal(), N),
      );
    };
    expect(new Set([...padsOf(one), ...padsOf(other)]).size).to.equal(12);
    expect(padsOf(one), "control: the same deal has the same pads").to.deep.equal(padsOf(polynomials("one")));
  });

  it("should have sharings of 0 where it says so, and the degrees that it says", () => {
    const own = EcdsaPolynomials.draw(2, seededRandom("degrees"));
    const slots = [1, 2, 3, 4, 5, 6];
    const valuesOf = (word: keyof EcdsaShares): bigint[] => slots.map((one) => own.at(one)[word].reveal());
    const atZero = (set: readonly number[], values: readonly bigint[]): bigint =>
      set.reduce((sum, one, i) => mod(sum + lagrangeAtZero(set, one) * at(values, i), N), 0n);
    for (const word of ECDSA_WORDS) {
      const values = valuesOf(word);
      const degree = word === "k" || word === "a" ? 2 : 4;
      const of = (set: readonly number[]): bigint =>
        atZero(
          set,
          set.map((one) => at(values, one - 1)),
        );
      const constants = [slots.slice(0, degree + 1), slots.slice(6 - degree - 1)].map(of);
      expect(new Set(constants).size, word).to.equal(1);
      expect(constants[0] === 0n, word).to.equal(degree === 4);
      expect(of(slots.slice(0, degree)) === constants[0], `${word}: no lower degree`).to.equal(false);
    }
  });
});

describe("pair keys", () => {
  const derive = (change: Partial<Parameters<typeof PairKeys.derive>[0]> = {}) =>
    PairKeys.derive({
      chainId: 1n,
      registry: new Uint8Array(20),
      epoch: 1,
      members: KEY.members,
      slot: at(KEY.slots, 0),
      encryptionSecret: at(KEY.secrets, 0),
      ...change,
    });
  const padOf = (keys: PairKeys, from = at(KEY.slots, 0), to = at(KEY.slots, 1)): string =>
    Buffer.from(keys.padKey({ session: name32("s"), fresh: name32("f"), from, to })).toString("hex");

  it("should be the same on both sides, another in each direction, chain, registry and epoch", () => {
    const other = derive({ slot: at(KEY.slots, 1), encryptionSecret: at(KEY.secrets, 1) });
    expect(padOf(derive())).to.equal(padOf(other));
    const pads = [derive(), derive({ chainId: 2n }), derive({ registry: new Uint8Array(20).fill(1) }), derive({ epoch: 2 })].map((keys) =>
      padOf(keys),
    );
    expect(new Set([...pads, padOf(derive(), at(KEY.slots, 1), at(KEY.slots, 0))]).size).to.equal(5);
  });
  it("should be derived by the secret of their own member alone, and be gone when erased", () => {
    expect(codeOf(() => derive({ encryptionSecret: at(KEY.secrets, 1) }))).to.equal("KEY_MISMATCH");
    const keys = derive();
    keys.erase();
    expect(codeOf(() => padOf(keys))).to.equal("ERASED_SECRET");
    expect(codeOf(() => padOf(derive(), at(KEY.slots, 1), at(KEY.slots, 2)))).to.equal("INVALID_SLOT");
  });
});

describe("the checks of an ECDSA session", () => {
  const shifted = (point: Point): Point => nobleBackend.add(point, G);

  it("the degree test should take what is of degree t, and nothing with one point changed, whoever chooses it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.nat(), (t, seed) => {
        const random = seededRandom(`degree ${seed}`);
        const slots = Array.from({ length: 2 * t + 1 }, (_, i) => 3 * i + 2);
        const poly = Array.from({ length: t + 1 }, () => randomScalar(random));
        const points = slots.map((slot) => nobleBackend.mulG(evaluatePolynomial(poly, BigInt(slot))));
        const higher = slots.map((slot, i) => nobleBackend.add(at(points, i), nobleBackend.mulG(mod(BigInt(slot) ** BigInt(t + 1), N))));
        return (
          isOfDegree(t, slots, points) &&
          !isOfDegree(t, slots, replaced(points, seed % slots.length, shifted)) &&
          !isOfDegree(t, slots, higher)
        );
      }),
      { numRuns: casesFor(10) },
    );
  });

  it("should each fail where one message is another", () => {
    for (const i of KEY.slots.keys()) {
      expect(
        combineEcdsaNonce(
          KEY,
          replaced(SESSION.nonces, i, (one) => ({ ...one, point: shifted(one.point) })),
        ),
      ).to.equal("nonceDegree");
      const other = combineEcdsaNonce(
        KEY,
        replaced(SESSION.nonces, i, (one) => ({ ...one, w: mod(one.w + 1n, N) })),
      );
      if (typeof other === "string") return expect.fail(other);
      expect(checkEcdsaProducts(KEY, other, SESSION.products), "another w").to.equal("productValue");
      expect(checkEcdsaProducts(KEY, SESSION.nonce, replaced(SESSION.products, i, shifted))).to.equal("productDegree");
      for (const name of ["a", "b", "e"] as const)
        expect(
          checkEcdsaSums(
            KEY.slots,
            KEY.publicKey,
            replaced(SESSION.checks, i, (one) => ({ ...one, [name]: shifted(one[name]) })),
          ),
        ).to.equal("sums");
    }
    expect(checkEcdsaProducts(KEY, SESSION.nonce, SESSION.products)).to.equal(undefined);
    expect(checkEcdsaSums(KEY.slots, KEY.publicKey, SESSION.checks)).to.equal(undefined);
    expect(checkEcdsaSums(KEY.slots, shifted(KEY.publicKey), SESSION.checks), "another key").to.equal("sums");
  });

  it("should fail for w = 0 and for an infinite R, which nobody can sign under", () => {
    const zero = SESSION.nonces.map(({ point }) => ({ point, w: 0n }));
    expect(combineEcdsaNonce(KEY, zero)).to.equal("productZero");
    expect(
      combineEcdsaNonce(
        KEY,
        zero.map((one) => ({ ...one, point: INFINITY })),
      ),
    ).to.equal("nonceInfinite");
  });
});

describe("delta", () => {
  const statement = {
    publicKey: KEY.publicKey,
    offset: 0n,
    digest: DIGEST,
    nonce: SESSION.nonce.point,
    requestId: name32("request"),
    blockHash: name32("block"),
  };
  it("attack S10: should change with every field, so that one R serves no other digest, offset, key, request or block", () => {
    const changes = [
      {},
      { offset: 1n },
      { digest: name32("other") },
      { publicKey: G },
      { nonce: G },
      { requestId: name32("o") },
      { blockHash: new Uint8Array(32) },
    ];
    expect(new Set(changes.map((change) => ecdsaFactors({ ...statement, ...change })?.delta)).size).to.equal(changes.length);
  });
  it("should be none for a digest that is 0 modulo n: such a signature would be anybody's", () => {
    const order = Buffer.from(N.toString(16), "hex");
    for (const digest of [new Uint8Array(32), Uint8Array.from(order)]) expect(ecdsaFactors({ ...statement, digest })).to.equal(undefined);
  });
});

describe("openings of an ECDSA session", () => {
  const openings = KEY.slots.map((slot, i) =>
    openEcdsaDeal({
      session: SESSION.session,
      slots: KEY.slots,
      slot,
      fresh: at(SESSION.deals, i).fresh,
      polynomials: at(SESSION.made, i).polynomials,
      pairKeys: at(KEY.pairKeys, i),
    }),
  );
  const whole = {
    slots: KEY.slots,
    threshold: 2,
    deals: SESSION.deals,
    openings,
    nonces: SESSION.nonces,
    nonce: SESSION.nonce,
    products: SESSION.products,
    checks: SESSION.checks,
    verifyingShares: KEY.verifyingShares,
  };
  const shifted = (point: Point): Point => nobleBackend.add(point, G);

  it("should name nobody where everybody did its part", () => {
    expect(judgeEcdsaOpenings(whole)).to.equal(undefined);
  });
  it("should name exactly who sent another deal, opening, nonce, product or check point", () => {
    for (const [i, slot] of KEY.slots.entries()) {
      const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte, j) => (j === 31 ? byte ^ 1 : byte));
      const deal = (name: "words" | "commit") => ({
        deals: replaced(SESSION.deals, i, (one) => ({
          ...one,
          parts: replaced(one.parts, 1, (part) => ({ ...part, [name]: flip(part[name]) })),
        })),
      });
      const cases = [
        [deal("words"), "deal"],
        [deal("commit"), "deal"],
        [{ openings: replaced(openings, i, (one) => ({ ...one, polynomials: flip(one.polynomials) })) }, "deal"],
        [{ openings: replaced(openings, i, (one) => ({ ...one, padKeys: flip(one.padKeys) })) }, "deal"],
        [{ openings: replaced(openings, i, (one) => ({ ...one, polynomials: one.polynomials.slice(32) })) }, "deal"],
        [{ nonces: replaced(SESSION.nonces, i, (one) => ({ ...one, point: shifted(one.point) })) }, "nonce"],
        [{ nonces: replaced(SESSION.nonces, i, (one) => ({ ...one, w: mod(one.w + 1n, N) })) }, "nonce"],
        [{ products: replaced(SESSION.products, i, shifted) }, "product"],
        ...(["a", "b", "e"] as const).map(
          (name) => [{ checks: replaced(SESSION.checks, i, (one) => ({ ...one, [name]: shifted(one[name]) })) }, "check"] as const,
        ),
      ] as const;
      for (const [change, what] of cases) expect(judgeEcdsaOpenings({ ...whole, ...change })).to.deep.equal({ slot, what });
    }
  });
});

describe("secrets of an ECDSA session", () => {
  it("should print as redacted and be gone when erased", () => {
    const own = EcdsaPolynomials.draw(1, seededRandom("print"));
    for (const secret of [own, at(KEY.pairKeys, 0)]) expect(`${secret} ${JSON.stringify(secret)}`).to.equal('<redacted> "<redacted>"');
    own.erase();
    expect(codeOf(() => own.at(1))).to.equal("ERASED_SECRET");
    expect(codeOf(() => own.toBytes())).to.equal("ERASED_SECRET");
    const shares = EcdsaPolynomials.draw(1, seededRandom("print")).at(1);
    shares.k.erase();
    expect(codeOf(() => sumEcdsaShares([shares]))).to.equal("ERASED_SECRET");
    expect(codeOf(() => verifyEcdsaShareOfErased(shares))).to.equal("ERASED_SECRET");
  });
});
const verifyEcdsaShareOfErased = (shares: EcdsaShares): unknown => SecretScalar.from(shares.k.reveal());
