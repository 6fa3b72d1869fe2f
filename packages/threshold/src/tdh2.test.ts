import { expect } from "chai";
import { altered, NO_POINTS, naive, other, unreduced, WRONG_POINTS, WRONG_SCALARS, WRONG_TYPES } from "../test/altered.ts";
import { codeOf, contextOf, invalidPoints, LABEL, name32, network, sealed, seededRandom } from "../test/fixtures.ts";
import { add, addr, base, compressed, difference, hkdf, keccakModN, type Naive, negate, P, tag } from "../test/naiveCurve.ts";
import { DOMAINS } from "./domains.ts";
import { nobleBackend } from "./nobleBackend.ts";
import { type Point, SECOND_BASE } from "./point.ts";
import { CURVE_ORDER } from "./scalar.ts";
import { deriveContentSecret, encapsulate, type Tdh2Ciphertext, type Tdh2Statement, tdh2Hints, verifyCiphertext } from "./tdh2.ts";
import { hashToScalar } from "./words.ts";

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
    // both commitments are infinity, hashed as if it had the address 0
    const [u, uBar, none] = [nobleBackend.mulG(1234n), nobleBackend.mulVar(SECOND_BASE, 1234n), new Uint8Array(20)];
    const hashed = hashToScalar(DOMAINS.tdh2, statement.publicKey, statement.label, u, uBar, none, none);
    expect(verifyCiphertext(statement, { u, uBar, e: hashed, f: (hashed * 1234n) % CURVE_ORDER })).to.equal(false);
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
