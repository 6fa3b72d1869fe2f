// Possession, DLEQ and TDH2 against an independent verifier, and with every field of statement and proof altered.
import { expect } from "chai";
import { codeOf, contextOf, invalidPoints, keyPair, LABEL, name32, network, sealed, seededRandom } from "../test/fixtures.ts";
import { add, addr, base, compressed, difference, hkdf, keccakModN, type Naive, negate, P, tag } from "../test/naiveCurve.ts";
import { nobleBackend } from "./backend.ts";
import { type DleqProof, type DleqStatement, dleqHints, proveDleq, verifyDleq } from "./dleq.ts";
import { inverseOfDifference } from "./hints.ts";
import { G, INFINITY, type Point, SECOND_BASE } from "./point.ts";
import { CURVE_ORDER } from "./scalar.ts";
import { provePossession, type SchnorrProof, verifyPossession } from "./schnorr.ts";
import { SecretScalar } from "./secret.ts";
import { deriveContentSecret, encapsulate, type Tdh2Ciphertext, type Tdh2Statement, tdh2Hints, verifyCiphertext } from "./tdh2.ts";

const naive = (point: Point): Naive => point.toAffine();
const alice = keyPair("alice");
const mallory = keyPair("mallory");
const other = nobleBackend.mulG(77n);
const WRONG_SCALARS = [0n, 1n, CURVE_ORDER, CURVE_ORDER + 1n, 2n ** 256n - 1n];
const WRONG_TYPES = [Number.NaN, "3", 2.5, -0, -1n, null, undefined, 2n ** 256n] as unknown as bigint[];
const WRONG_POINTS = [other, ...Object.values(invalidPoints())];
const NO_POINTS = [null, undefined, "02", 3n, { x: G.x, y: G.y }] as unknown as Point[];

/** Every copy of `record` with one field replaced by one of the values. */
const altered = <T extends object>(record: T, values: Partial<{ [K in keyof T]: readonly T[K][] }>): T[] =>
  Object.entries(values).flatMap(([field, list]) => (list as unknown[]).map((value) => ({ ...record, [field]: value })));

/** Shifts by n: equal modulo n, so a verifier that forgets the range would take it. */
const unreduced = (value: bigint): bigint[] => (value + CURVE_ORDER < 2n ** 256n ? [value + CURVE_ORDER] : []);

describe("possession", () => {
  const message = name32("message");
  const proof = provePossession(alice.secret, message, seededRandom("possession"));
  const { publicKey } = alice;

  it("holds, also by the formula of PROTOCOL 2.1", () => {
    expect(verifyPossession(publicKey, message, proof)).to.equal(true);
    const R = difference(proof.z, base, proof.c, naive(publicKey));
    expect(keccakModN(tag("possession"), message, naive(publicKey), addr(R))).to.equal(proof.c);
  });

  it("attack 28: every altered field is refused", () => {
    const proofs = altered(proof, {
      c: [...WRONG_SCALARS, proof.c + 1n, CURVE_ORDER - proof.c, ...unreduced(proof.c)],
      z: [...WRONG_SCALARS, proof.z + 1n, CURVE_ORDER - proof.z, ...unreduced(proof.z)],
    });
    for (const wrong of proofs) expect(verifyPossession(publicKey, message, wrong)).to.equal(false);
    for (const point of WRONG_POINTS) expect(verifyPossession(point, message, proof)).to.equal(false);
    expect(verifyPossession(nobleBackend.neg(publicKey), message, proof)).to.equal(false);
    expect(verifyPossession(publicKey, name32("another message"), proof)).to.equal(false);
  });

  it("attack 19: no proof of alice's becomes one for alice's key plus dG", () => {
    const d = 5n;
    const related = publicKey.add(nobleBackend.mulG(d));
    expect(verifyPossession(related, message, proof)).to.equal(false);
    // Without P in the challenge, z + c d would prove PK + dG.
    expect(verifyPossession(related, message, { c: proof.c, z: (proof.z + proof.c * d) % CURVE_ORDER })).to.equal(false);
  });

  it("a chosen c and z without the secret are refused: c must come from R", () => {
    const [c, z] = [123n, 456n];
    expect(verifyPossession(mallory.publicKey, message, { c, z })).to.equal(false);
    // R = infinity: c P = z G needs the secret; and where mallory has it, infinity is refused.
    const s = mallory.secret.reveal();
    expect(verifyPossession(mallory.publicKey, message, { c, z: (c * s) % CURVE_ORDER })).to.equal(false);
  });

  it("wrong types throw a code, wrong proofs never throw", () => {
    for (const value of WRONG_TYPES)
      for (const field of ["c", "z"])
        expect(codeOf(() => verifyPossession(publicKey, message, { ...proof, [field]: value }))).to.equal("INVALID_SCALAR");
    for (const point of NO_POINTS) expect(codeOf(() => verifyPossession(point, message, proof))).to.equal("INVALID_POINT");
    for (const bytes of [new Uint8Array(31), "x", null])
      expect(codeOf(() => verifyPossession(publicKey, bytes as Uint8Array, proof))).to.equal("INVALID_BYTES");
    expect(codeOf(() => verifyPossession(publicKey, message, null as unknown as SchnorrProof))).to.equal("INVALID_INPUT");
    expect(codeOf(() => provePossession(SecretScalar.from(0n), message))).to.equal("INVALID_SCALAR");
    expect(codeOf(() => provePossession(5n as unknown as SecretScalar, message))).to.equal("INVALID_SCALAR");
  });
});

describe("DLEQ", () => {
  const context = name32("context");
  const U = nobleBackend.mulG(31n);
  const statement: DleqStatement = {
    publicKey: alice.publicKey,
    base: U,
    image: nobleBackend.mulSecret(U, alice.secret.reveal()),
    context,
  };
  const proof = proveDleq({ secret: alice.secret, base: U, context }, seededRandom("dleq"));

  it("holds, also by the formula of PROTOCOL 2.2", () => {
    expect(verifyDleq(statement, proof)).to.equal(true);
    const [S, u, D] = [statement.publicKey, statement.base, statement.image].map(naive) as [Naive, Naive, Naive];
    const A1 = difference(proof.z, base, proof.c, S);
    const A2 = difference(proof.z, u, proof.c, D);
    expect(keccakModN(tag("dleq"), context, S, u, D, addr(A1), addr(A2))).to.equal(proof.c);
  });

  it("attack 28: every altered field is refused", () => {
    const proofs = altered(proof, {
      c: [...WRONG_SCALARS, CURVE_ORDER - proof.c, ...unreduced(proof.c)],
      z: [...WRONG_SCALARS, CURVE_ORDER - proof.z, ...unreduced(proof.z)],
    });
    for (const wrong of proofs) expect(verifyDleq(statement, wrong)).to.equal(false);
    const { publicKey, image } = statement;
    const statements = altered(statement, {
      publicKey: [...WRONG_POINTS, publicKey.negate(), image],
      base: [...WRONG_POINTS, U.negate(), G],
      image: [...WRONG_POINTS, image.negate(), publicKey],
      context: [name32("another context"), new Uint8Array(32)],
    });
    for (const wrong of statements) expect(verifyDleq(wrong, proof)).to.equal(false);
  });

  it("attack 25: a statement with s = 0 or U = infinity is refused, and not proved", () => {
    expect(verifyDleq({ ...statement, publicKey: INFINITY, image: INFINITY }, proof)).to.equal(false);
    expect(codeOf(() => proveDleq({ secret: SecretScalar.from(0n), base: U, context }))).to.equal("INVALID_SCALAR");
    expect(codeOf(() => proveDleq({ secret: alice.secret, base: INFINITY, context }))).to.equal("INVALID_POINT");
  });

  it("attack 26: a secret never meets an invalid point", () => {
    for (const point of Object.values(invalidPoints()))
      expect(codeOf(() => proveDleq({ secret: alice.secret, base: point, context }))).to.equal("INVALID_POINT");
  });

  it("attack 40: hints are zU, cD and an inverse that checks; equal x is refused", () => {
    const { zU, cD, inverse } = dleqHints(statement, proof);
    expect(zU.equals(nobleBackend.mulVar(U, proof.z)) && cD.equals(nobleBackend.mulVar(statement.image, proof.c))).to.equal(true);
    expect((((cD.x - zU.x + P) % P) * inverse) % P).to.equal(1n);
    for (const [a, b] of [
      [G, G],
      [G, G.negate()],
      [INFINITY, G],
      [G, INFINITY],
    ] as const)
      expect(codeOf(() => inverseOfDifference(a, b))).to.equal("DEGENERATE_PROOF");
    // z = c s: zU = cD, A2 is infinity
    const degenerate = { c: 5n, z: (5n * alice.secret.reveal()) % CURVE_ORDER };
    expect(codeOf(() => dleqHints(statement, degenerate))).to.equal("DEGENERATE_PROOF");
    expect(verifyDleq(statement, degenerate)).to.equal(false);
  });

  it("section 2.3: a proof whose witnesses have equal x is refused even when its equations hold", () => {
    // Whoever knows s and picks a = -2 c s has z = -c s, so zU = -cD. c depends on a: search is infeasible, so the point check is what is tested.
    const opposite = { c: 5n, z: CURVE_ORDER - ((5n * alice.secret.reveal()) % CURVE_ORDER) };
    expect(codeOf(() => dleqHints(statement, opposite))).to.equal("DEGENERATE_PROOF");
    expect(verifyDleq(statement, opposite)).to.equal(false);
  });

  it("wrong types throw a code", () => {
    for (const value of WRONG_TYPES)
      for (const field of ["c", "z"]) expect(codeOf(() => verifyDleq(statement, { ...proof, [field]: value }))).to.equal("INVALID_SCALAR");
    for (const point of NO_POINTS)
      for (const field of ["publicKey", "base", "image"])
        expect(codeOf(() => verifyDleq({ ...statement, [field]: point }, proof))).to.equal("INVALID_POINT");
    expect(codeOf(() => verifyDleq({ ...statement, context: new Uint8Array(20) }, proof))).to.equal("INVALID_BYTES");
    expect(codeOf(() => verifyDleq(statement, null as unknown as DleqProof))).to.equal("INVALID_INPUT");
    expect(codeOf(() => verifyDleq(null as unknown as DleqStatement, proof))).to.equal("INVALID_INPUT");
    for (const value of [0n, CURVE_ORDER, -1n, null])
      expect(codeOf(() => dleqHints(statement, { ...proof, c: value as bigint }))).to.equal("INVALID_SCALAR");
  });

  it("attack 29: another protocol's proof is no proof here", () => {
    const possession = provePossession(alice.secret, context, seededRandom("cross"));
    expect(verifyDleq(statement, possession)).to.equal(false);
    expect(verifyDleq({ ...statement, base: G, image: alice.publicKey }, possession)).to.equal(false);
    expect(verifyPossession(alice.publicKey, context, proof)).to.equal(false);
    expect(verifyDleq(statement, { c: sealed(alice.publicKey).ciphertext.e, z: sealed(alice.publicKey).ciphertext.f })).to.equal(false);
  });
});

describe("TDH2", () => {
  const { jointKey } = network();
  const { ciphertext, contentSecret } = sealed(jointKey);
  const statement: Tdh2Statement = { publicKey: jointKey, label: LABEL };

  it("holds, also by the formula of PROTOCOL 4.2", () => {
    expect(verifyCiphertext(statement, ciphertext)).to.equal(true);
    const { e, f } = ciphertext;
    const [S, U, Ub, Gb] = [jointKey, ciphertext.u, ciphertext.uBar, SECOND_BASE].map(naive) as [Naive, Naive, Naive, Naive];
    const W = difference(f, base, e, U);
    const Wb = difference(f, Gb, e, Ub);
    expect(keccakModN(tag("tdh2"), S, LABEL, U, Ub, addr(W), addr(Wb))).to.equal(e);
  });

  it("derives the content secret by HKDF-SHA256 of RFC 5869", () => {
    const seeded = seededRandom("alice seals");
    const r = BigInt(`0x${Array.from(seeded(32), (byte) => byte.toString(16).padStart(2, "0")).join("")}`);
    const shared = nobleBackend.mulSecret(jointKey, r);
    const [Z, U] = [naive(shared), naive(ciphertext.u)] as [NonNullable<Naive>, NonNullable<Naive>];
    expect(contentSecret).to.deep.equal(hkdf(tag("kem"), compressed(Z), Uint8Array.of(...LABEL, ...compressed(U)), 32));
    expect(deriveContentSecret({ shared, label: LABEL, u: ciphertext.u })).to.deep.equal(contentSecret);
    expect(contentSecret.length).to.equal(32);
    for (const input of [
      { shared: other, label: LABEL, u: ciphertext.u },
      { shared, label: name32("x"), u: ciphertext.u },
      { shared, label: LABEL, u: other },
    ])
      expect(deriveContentSecret(input)).not.to.deep.equal(contentSecret);
  });

  it("is fresh every time", () => {
    const again = [encapsulate(statement), encapsulate(statement)];
    expect(again.every(({ ciphertext: made }) => verifyCiphertext(statement, made))).to.equal(true);
    expect(again[0]?.ciphertext.u.equals(again[1]?.ciphertext.u as Point)).to.equal(false);
    expect(again[0]?.contentSecret).not.to.deep.equal(again[1]?.contentSecret);
  });

  it("attack 28: every altered field is refused", () => {
    const { u, uBar, e, f } = ciphertext;
    const ciphertexts = altered(ciphertext, {
      u: [...WRONG_POINTS, u.negate(), uBar],
      uBar: [...WRONG_POINTS, uBar.negate(), u],
      e: [...WRONG_SCALARS, CURVE_ORDER - e, ...unreduced(e)],
      f: [...WRONG_SCALARS, CURVE_ORDER - f, ...unreduced(f)],
    });
    for (const wrong of ciphertexts) expect(verifyCiphertext(statement, wrong)).to.equal(false);
    for (const wrong of altered(statement, { publicKey: [...WRONG_POINTS, jointKey.negate()], label: [name32("another label")] }))
      expect(verifyCiphertext(wrong, ciphertext)).to.equal(false);
  });

  it("attack 1: a mauled ciphertext U' = U + aG is refused, whatever mallory does with the proof", () => {
    const a = 99n;
    const { u, uBar, e, f } = ciphertext;
    const u2 = u.add(nobleBackend.mulG(a));
    const uBar2 = uBar.add(nobleBackend.mulVar(SECOND_BASE, a));
    const attempts: Tdh2Ciphertext[] = [
      { ...ciphertext, u: u2 },
      { ...ciphertext, u: u2, uBar: uBar2 },
      { u: u2, uBar: uBar2, e, f: (f + e * a) % CURVE_ORDER }, // would hold if U and Ub were not in the challenge
    ];
    for (const attempt of attempts) expect(verifyCiphertext(statement, attempt)).to.equal(false);
    // Under her own label she cannot claim alice's U either.
    for (const attempt of [ciphertext, ...attempts])
      expect(verifyCiphertext({ ...statement, label: name32("mallory's label") }, attempt)).to.equal(false);
  });

  it("attack 1: U and Ub with different r are refused", () => {
    const mixed = encapsulate(statement, seededRandom("mallory")).ciphertext;
    expect(verifyCiphertext(statement, { ...ciphertext, uBar: mixed.uBar })).to.equal(false);
    expect(verifyCiphertext(statement, { ...mixed, u: ciphertext.u })).to.equal(false);
  });

  it("attack 40: hints are f Gb, e Ub and an inverse that checks; equal x is refused", () => {
    const { fGBar, eUBar, inverse } = tdh2Hints(ciphertext);
    expect((((eUBar.x - fGBar.x + P) % P) * inverse) % P).to.equal(1n);
    const sum = add(naive(fGBar), negate(naive(eUBar)));
    const { e, f } = ciphertext;
    expect(sum).to.deep.equal(difference(f, naive(SECOND_BASE), e, naive(ciphertext.uBar)));
    for (const sign of [1n, CURVE_ORDER - 1n]) {
      const r = 1234n;
      const degenerate = { u: nobleBackend.mulG(r), uBar: nobleBackend.mulVar(SECOND_BASE, r), e: 5n, f: (sign * 5n * r) % CURVE_ORDER };
      expect(verifyCiphertext(statement, degenerate)).to.equal(false);
      expect(codeOf(() => tdh2Hints(degenerate))).to.equal("DEGENERATE_PROOF");
    }
  });

  it("wrong types throw a code", () => {
    for (const value of WRONG_TYPES)
      for (const field of ["e", "f"])
        expect(codeOf(() => verifyCiphertext(statement, { ...ciphertext, [field]: value }))).to.equal("INVALID_SCALAR");
    for (const point of NO_POINTS)
      for (const field of ["u", "uBar"])
        expect(codeOf(() => verifyCiphertext(statement, { ...ciphertext, [field]: point }))).to.equal("INVALID_POINT");
    for (const point of [...NO_POINTS, ...Object.values(invalidPoints())]) {
      expect(codeOf(() => encapsulate({ ...statement, publicKey: point }))).to.equal("INVALID_POINT");
      expect(codeOf(() => tdh2Hints({ ...ciphertext, uBar: point }))).to.equal("INVALID_POINT");
      expect(codeOf(() => deriveContentSecret({ shared: point, label: LABEL, u: ciphertext.u }))).to.equal("INVALID_POINT");
    }
    expect(codeOf(() => encapsulate({ ...statement, label: contextOf("x", 1).slice(1) }))).to.equal("INVALID_BYTES");
    expect(codeOf(() => verifyCiphertext(statement, null as unknown as Tdh2Ciphertext))).to.equal("INVALID_INPUT");
    expect(codeOf(() => encapsulate(statement, () => new Uint8Array(32)))).to.equal("INVALID_RANDOM");
  });
});
