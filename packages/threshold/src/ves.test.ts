import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { altered } from "../test/altered.ts";
import { answersOf, codeOf, contextOf, invalidPoints, keyPair, name32, network, sealed, seededRandom } from "../test/fixtures.ts";
import { add, addr, base, difference, hkdf, keccakModN, mod, mul, N, type Naive, negate, P, tag } from "../test/naiveCurve.ts";
import { nobleBackend } from "./nobleBackend.ts";
import { addressOfPoint, G, INFINITY, type Point } from "./point.ts";
import { CURVE_ORDER } from "./scalar.ts";
import { SecretScalar } from "./secret.ts";
import {
  encodeVesAnswer,
  encryptShare,
  parseVesAnswer,
  type VesAnswer,
  type VesStatement,
  verifyShareAnswer,
  vesChallenge,
  vesHints,
} from "./ves.ts";

const naive = (point: Point): Naive => point.toAffine();
const net = network();
const bob = keyPair("bob");
const { u } = sealed(net.jointKey).ciphertext;
const [first] = answersOf(net, [1], u, bob.publicKey);
const { answer, context, verifyingShare } = first as NonNullable<typeof first>;
const statement: VesStatement = { verifyingShare, u, readerKey: bob.publicKey, context };
const share = (net.shares[0] as (typeof net.shares)[number]).share;
const input = { share, u, readerKey: bob.publicKey, context, nonceKey: name32("nonce key 1") };
const other = nobleBackend.mulG(77n);
const NO_POINTS = [null, undefined, "02", 3n] as unknown as Point[];

/** An answer with chosen nonces: what mallory, as a keeper, can make. */
function forge(s: bigint, k: bigint, a: bigint, b: bigint, about: VesStatement): VesAnswer {
  const { mulG, mulVar, add: plus } = nobleBackend;
  const K = mulG(k);
  const V = plus(mulVar(about.u, s), mulVar(about.readerKey, k));
  const A3 = plus(mulVar(about.u, a), mulVar(about.readerKey, b));
  const [S, U, X] = [about.verifyingShare, about.u, about.readerKey].map(naive) as [Naive, Naive, Naive];
  const c = keccakModN(tag("ves"), about.context, S, U, X, naive(K), naive(V), ...[mulG(a), mulG(b), A3].map((A) => addr(naive(A))));
  return { k: K, v: V, c, zs: mod(a + c * s, N), zk: mod(b + c * k, N) };
}

describe("VES", () => {
  it("holds, also by the formula of PROTOCOL 5.2", () => {
    expect(verifyShareAnswer(statement, answer)).to.equal(true);
    const { k, v, c, zs, zk } = answer;
    const [S, U, X, K, V] = [verifyingShare, u, bob.publicKey, k, v].map(naive) as [Naive, Naive, Naive, Naive, Naive];
    const A1 = difference(zs, base, c, S);
    const A2 = difference(zk, base, c, K);
    const A3 = add(add(mul(U, zs), mul(X, zk)), negate(mul(V, c)));
    expect(keccakModN(tag("ves"), context, S, U, X, K, V, addr(A1), addr(A2), addr(A3))).to.equal(c);
    // and it carries s U: V - xK
    expect(add(V, negate(mul(K, bob.secret.reveal())))).to.deep.equal(mul(U, share.reveal()));
  });

  it("an answer by the book with chosen nonces verifies: the test's forger is right", () => {
    expect(verifyShareAnswer(statement, forge(share.reveal(), 11n, 22n, 33n, statement))).to.equal(true);
  });

  it("derives k as HKDF-SHA256 of the nonce key over the statement and fresh bytes", () => {
    const info = concatBytes(utf8ToBytes("ves"), context, u.toBytes(), bob.publicKey.toBytes(), seededRandom("x")(32));
    const made = encryptShare(input, seededRandom("x"));
    const bytes = hkdf(new Uint8Array(32), input.nonceKey, info, 144);
    const [k, a, b] = [0, 48, 96].map((at) => mod(BigInt(`0x${bytesToHex(bytes.slice(at, at + 48))}`), N)) as [bigint, bigint, bigint];
    expect(made).to.deep.equal({ ...forge(share.reveal(), k, a, b, statement), k: made.k, v: made.v });
    expect(made.k.equals(nobleBackend.mulG(k))).to.equal(true);
    expect(encryptShare(input, seededRandom("x"))).to.deep.equal(made);
  });

  it("attack 28: every altered field is refused", () => {
    const scalars = (value: bigint): bigint[] => [
      0n,
      1n,
      CURVE_ORDER,
      CURVE_ORDER - value,
      2n ** 256n - 1n,
      ...(value + N < 2n ** 256n ? [value + N] : []),
    ];
    const points = (value: Point): Point[] => [other, value.negate(), ...Object.values(invalidPoints())];
    const answers = altered(answer, {
      k: [...points(answer.k), answer.v],
      v: [...points(answer.v), answer.k],
      c: scalars(answer.c),
      zs: [...scalars(answer.zs), answer.zk],
      zk: [...scalars(answer.zk), answer.zs],
    });
    for (const wrong of answers) expect(verifyShareAnswer(statement, wrong)).to.equal(false);
    const statements = altered(statement, {
      verifyingShare: [...points(verifyingShare), net.jointKey],
      u: [...points(u), G],
      readerKey: points(bob.publicKey),
      context: [contextOf("request", 2), contextOf("another request", 1)],
    });
    for (const wrong of statements) expect(verifyShareAnswer(wrong, answer)).to.equal(false);
  });

  it("proves no share but that of the verifying share, where the keeper says which that is", () => {
    expect(codeOf(() => encryptShare({ ...input, verifyingShare }))).to.equal("nothing");
    for (const wrong of [net.jointKey, verifyingShare.negate(), INFINITY])
      expect(codeOf(() => encryptShare({ ...input, verifyingShare: wrong }))).to.equal("SHARE_MISMATCH");
  });

  it("a keeper that alters its share after the proof is refused", () => {
    const wrongShare = forge(share.reveal() + 1n, 11n, 22n, 33n, statement);
    expect(verifyShareAnswer(statement, wrongShare)).to.equal(false);
    expect(verifyShareAnswer(statement, { ...answer, v: answer.v.add(G) })).to.equal(false);
    // K and V of different k
    expect(verifyShareAnswer(statement, { ...answer, k: answer.k.add(G) })).to.equal(false);
  });

  it("section 2.3: witnesses with equal x are refused though all equations hold", () => {
    // mallory knows x' with X = x'U, and s = x'k, a = x'b: then zs U = x' zk U = zk X.
    const y = 5n;
    const [k, b] = [11n, 33n];
    for (const sign of [1n, N - 1n]) {
      const s = mod(sign * y * k, N);
      const about = { verifyingShare: nobleBackend.mulG(s), u, readerKey: nobleBackend.mulVar(u, y), context };
      const forged = forge(s, k, mod(sign * y * b, N), b, about);
      expect(verifyShareAnswer(about, forged)).to.equal(false);
      if (!forged.v.is0()) expect(codeOf(() => vesHints(about, forged))).to.equal("DEGENERATE_PROOF");
    }
    // The same parties without the trick are served.
    const about = { verifyingShare: nobleBackend.mulG(7n), u, readerKey: nobleBackend.mulVar(u, y), context };
    expect(verifyShareAnswer(about, forge(7n, k, 22n, b, about))).to.equal(true);
  });

  it("section 2.3: T = cV, where A3 is infinity, is refused", () => {
    const y = 5n;
    const s = 7n;
    const about = { verifyingShare: nobleBackend.mulG(s), u, readerKey: nobleBackend.mulVar(u, y), context };
    const b = 33n;
    const a = mod(-b * y, N); // A3 = aU + bX = infinity
    const K = nobleBackend.mulG(11n);
    const V = nobleBackend.mulVar(u, mod(s + 11n * y, N));
    const commitments = [...[a, b].map((nonce) => addressOfPoint(nobleBackend.mulG(nonce))), new Uint8Array(20)];
    const hashed = vesChallenge(about, K, V, commitments); // as if infinity had the address 0
    for (const c of [hashed, 3n]) {
      const forged = { k: K, v: V, c, zs: mod(a + c * s, N), zk: mod(b + c * 11n, N) };
      expect(verifyShareAnswer(about, forged)).to.equal(false);
      expect(codeOf(() => vesHints(about, forged))).to.equal("DEGENERATE_PROOF");
    }
  });

  it("attack 40: hints are the three products and two inverses that check", () => {
    const { zsU, zkX, cV, inverse1, inverse2 } = vesHints(statement, answer);
    expect([zsU, zkX, cV].map(naive)).to.deep.equal([
      mul(naive(u), answer.zs),
      mul(naive(bob.publicKey), answer.zk),
      mul(naive(answer.v), answer.c),
    ]);
    const T = add(naive(zsU), naive(zkX)) as NonNullable<Naive>;
    expect(mod((zkX.x - zsU.x) * inverse1, P)).to.equal(1n);
    expect(mod((cV.x - T.x) * inverse2, P)).to.equal(1n);
  });

  it("reads what it wrote: 162 bytes", () => {
    const bytes = encodeVesAnswer(answer);
    expect(bytes.length).to.equal(162);
    expect(encodeVesAnswer(parseVesAnswer(bytes))).to.deep.equal(bytes);
    expect(verifyShareAnswer(statement, parseVesAnswer(bytes))).to.equal(true);
  });

  it("attack 26, 27: every altered byte is refused by the decoder or by the proof", () => {
    const bytes = encodeVesAnswer(answer);
    for (let i = 0; i < bytes.length; i += 3) {
      const wrong = bytes.slice();
      wrong[i] = (wrong[i] as number) ^ (1 << (i % 8));
      let parsed: VesAnswer;
      try {
        parsed = parseVesAnswer(wrong);
      } catch {
        continue; // refused by the decoder
      }
      expect(encodeVesAnswer(parsed)).to.deep.equal(wrong);
      expect(verifyShareAnswer(statement, parsed), `byte ${i}`).to.equal(false);
    }
  });

  it("the decoder refuses other lengths, other prefixes, 0 and n", () => {
    const bytes = encodeVesAnswer(answer);
    const patched = (at: number, patch: readonly number[]): Uint8Array =>
      Uint8Array.from([...bytes.slice(0, at), ...patch, ...bytes.slice(at + patch.length)]);
    for (const length of [0, 161, 163]) expect(codeOf(() => parseVesAnswer(new Uint8Array(length)))).to.equal("INVALID_BYTES");
    for (const prefix of [0, 4, 6, 7])
      for (const at of [0, 33]) expect(codeOf(() => parseVesAnswer(patched(at, [prefix])))).to.equal("INVALID_POINT");
    for (const at of [66, 98, 130]) {
      expect(codeOf(() => parseVesAnswer(patched(at, Array(32).fill(0))))).to.equal("INVALID_SCALAR");
      expect(codeOf(() => parseVesAnswer(patched(at, Array(32).fill(255))))).to.equal("INVALID_SCALAR");
    }
    for (const scalar of [0n, CURVE_ORDER, -1n, null, 3])
      expect(codeOf(() => encodeVesAnswer({ ...answer, zk: scalar as bigint }))).to.equal("INVALID_SCALAR");
  });

  it("attack 25, 26: a share never meets an invalid point and a zero share makes no answer", () => {
    for (const point of [...Object.values(invalidPoints()), ...NO_POINTS]) {
      expect(codeOf(() => encryptShare({ ...input, u: point }))).to.equal("INVALID_POINT");
      expect(codeOf(() => encryptShare({ ...input, readerKey: point }))).to.equal("INVALID_POINT");
      expect(codeOf(() => vesHints({ ...statement, u: point }, answer))).to.equal("INVALID_POINT");
    }
    expect(codeOf(() => encryptShare({ ...input, share: SecretScalar.from(0n) }))).to.equal("INVALID_SCALAR");
    expect(verifyShareAnswer({ ...statement, verifyingShare: INFINITY }, answer)).to.equal(false);
  });

  it("wrong types throw a code", () => {
    for (const value of [Number.NaN, "3", 2.5, -0, -1n, null, 2n ** 256n])
      for (const field of ["c", "zs", "zk"]) {
        expect(codeOf(() => verifyShareAnswer(statement, { ...answer, [field]: value }))).to.equal("INVALID_SCALAR");
        expect(codeOf(() => vesHints(statement, { ...answer, [field]: value }))).to.equal("INVALID_SCALAR");
      }
    for (const point of NO_POINTS) {
      for (const field of ["k", "v"])
        expect(codeOf(() => verifyShareAnswer(statement, { ...answer, [field]: point }))).to.equal("INVALID_POINT");
      for (const field of ["verifyingShare", "u", "readerKey"])
        expect(codeOf(() => verifyShareAnswer({ ...statement, [field]: point }, answer))).to.equal("INVALID_POINT");
    }
    expect(codeOf(() => verifyShareAnswer({ ...statement, context: new Uint8Array(31) }, answer))).to.equal("INVALID_BYTES");
    expect(codeOf(() => encryptShare({ ...input, nonceKey: new Uint8Array(31) }))).to.equal("INVALID_BYTES");
    expect(codeOf(() => encryptShare({ ...input, context: null as unknown as Uint8Array }))).to.equal("INVALID_BYTES");
    expect(codeOf(() => encryptShare({ ...input, share: 5n as unknown as SecretScalar }))).to.equal("INVALID_SCALAR");
    expect(codeOf(() => encryptShare(input, () => new Uint8Array(31)))).to.equal("INVALID_RANDOM");
    expect(codeOf(() => verifyShareAnswer(statement, null as unknown as VesAnswer))).to.equal("INVALID_INPUT");
  });

  describe("attack 8: a random source that repeats itself does not repeat nonces", () => {
    const constant = (length: number): Uint8Array => new Uint8Array(length).fill(7);
    const made = encryptShare(input, constant);
    const others = {
      "another context": encryptShare({ ...input, context: contextOf("request", 2) }, constant),
      "another header": encryptShare({ ...input, u: other }, constant),
      "another reader": encryptShare({ ...input, readerKey: other }, constant),
      "another keeper": encryptShare({ ...input, nonceKey: name32("nonce key 2") }, constant),
    };
    for (const [difference, answerToOther] of Object.entries(others))
      it(`${difference}: K differs`, () => {
        expect(answerToOther.k.equals(made.k)).to.equal(false);
        expect(new Set([made.c, answerToOther.c, made.zs, answerToOther.zs, made.zk, answerToOther.zk]).size).to.equal(6);
      });

    it("and fresh randomness gives a fresh K for the same statement", () => {
      expect(encryptShare(input, seededRandom("a")).k.equals(encryptShare(input, seededRandom("b")).k)).to.equal(false);
    });
  });
});
