import { expect } from "chai";
import { codeOf, invalidPoints, keyPair, name32 } from "../test/fixtures.ts";
import { keccakModN, N } from "../test/naiveCurve.ts";
import { type Derivation, derivationOffset, derivedKey } from "./derivation.ts";
import { DOMAINS } from "./domains.ts";
import { G, type Point } from "./point.ts";

const { publicKey } = keyPair("a derived key");
const signingRequests = new Uint8Array(20).fill(0x51);
const given: Derivation = { chainId: 31337n, signingRequests, keyId: name32("key"), publicKey, derivation: name32("wallet 7") };
const { x, y } = publicKey.toAffine();

describe("a derived key", () => {
  it("is S + eG with e of the formula as it is written", () => {
    const e = keccakModN(DOMAINS.derivation, 31337n, signingRequests, name32("key"), x, y, name32("wallet 7"));
    expect(derivationOffset(given)).to.equal(e);
    expect(derivedKey(publicKey, e).equals(publicKey.add(G.multiply(e)))).to.equal(true);
  });

  it("is S itself where the derivation is zero", () => {
    const offset = derivationOffset({ ...given, derivation: new Uint8Array(32) });
    expect([offset, derivedKey(publicKey, offset) === publicKey]).to.deep.equal([0n, true]);
  });

  it("is another one for every other chain, contract, key and derivation", () => {
    const others: Derivation[] = [
      { ...given, chainId: 1n },
      { ...given, signingRequests: new Uint8Array(20).fill(0x52) },
      { ...given, keyId: name32("another key") },
      { ...given, publicKey: publicKey.add(G) },
      { ...given, derivation: name32("wallet 8") },
    ];
    expect(new Set([given, ...others].map(derivationOffset)).size).to.equal(6);
  });

  it("is refused where it is infinite", () => {
    const secret = 99n;
    expect(codeOf(() => derivedKey(G.multiply(secret), N - secret))).to.equal("INVALID_POINT");
  });

  it("takes values of the right form only", () => {
    expect(codeOf(() => derivationOffset({ ...given, signingRequests: new Uint8Array(32) }))).to.equal("INVALID_BYTES");
    expect(codeOf(() => derivationOffset({ ...given, keyId: new Uint8Array(20) }))).to.equal("INVALID_BYTES");
    expect(codeOf(() => derivationOffset({ ...given, derivation: new Uint8Array(31) }))).to.equal("INVALID_BYTES");
    for (const [what, point] of Object.entries(invalidPoints())) {
      expect(
        codeOf(() => derivationOffset({ ...given, publicKey: point })),
        what,
      ).to.equal("INVALID_POINT");
      expect(
        codeOf(() => derivedKey(point as Point, 1n)),
        what,
      ).to.equal("INVALID_POINT");
    }
    for (const offset of [-1n, N]) expect(codeOf(() => derivedKey(publicKey, offset))).to.equal("INVALID_SCALAR");
  });
});
