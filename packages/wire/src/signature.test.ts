import { CURVE_ORDER, G, ThresholdError } from "@keyquorum/threshold";
import { expect } from "chai";
import { computeAddress, SigningKey } from "ethers";
import { alice, codeOf, hashNamed, recover } from "./actors.test.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { accountOf, accountOfSecret, isCanonicalSignature, recoverSigner, signDigest } from "./signature.ts";

const digest = hashNamed("what is signed");
const secretOf = (value: bigint): Uint8Array => hexToBytes(`0x${value.toString(16).padStart(64, "0")}`, 32);
const secret = hexToBytes(alice.wallet.privateKey, 32);
const signature = signDigest(digest, secret);

/** The same signature with the other s, and the v that goes with it. */
const withHighS = (low: Uint8Array): Uint8Array => {
  const high = CURVE_ORDER - BigInt(bytesToHex(low.subarray(32, 64)));
  return Uint8Array.from([...low.subarray(0, 32), ...secretOf(high), 55 - (low[64] as number)]);
};

describe("Signing a digest and recovering its signer", () => {
  it("gives the bytes that ethers gives, for keys at the ends of their range too", () => {
    for (const key of [1n, 2n, CURVE_ORDER - 1n, BigInt(alice.wallet.privateKey)]) {
      for (let i = 0; i < 4; i += 1) {
        const signed = hashNamed(`digest ${i}`);
        const theirs = new SigningKey(bytesToHex(secretOf(key))).sign(signed).serialized;
        const ours = signDigest(signed, secretOf(key));
        expect(bytesToHex(ours)).to.equal(theirs);
        expect(recoverSigner(signed, ours)).to.equal(computeAddress(bytesToHex(secretOf(key))).toLowerCase());
      }
    }
  });

  it("leaves the caller's secret as it was", () => {
    const copy = Uint8Array.from(secret);
    signDigest(digest, secret);
    accountOfSecret(secret);
    expect(secret).to.deep.equal(copy);
  });

  it("takes one spelling of a signature: what ethers recovers from the other s is nobody's here", () => {
    expect(recoverSigner(digest, signature)).to.equal(alice.address);
    expect(recover(digest, signature)).to.equal(alice.address);
    expect(isCanonicalSignature(withHighS(signature))).to.equal(false);
    for (const bad of [
      signature.slice(1),
      signature.with(64, 0),
      signature.with(64, 1),
      signature.with(64, 29),
      withHighS(signature),
      new Uint8Array(65),
    ])
      expect(recoverSigner(digest, bad)).to.equal(undefined);
  });

  it("gives nobody where r is no point's, and where the key comes out infinite", () => {
    const noPoint = Uint8Array.from([...secretOf(5n), ...signature.subarray(32)]);
    expect(recoverSigner(digest, noPoint)).to.equal(undefined);
    // R = G and s = z: the key is (s R - z G) / r = infinity.
    const [r, z] = [secretOf(G.x), secretOf(7n)];
    const infinite = Uint8Array.from([...r, ...z, 27]);
    expect(recoverSigner(hashNamedBytes(z), infinite)).to.equal(undefined);
  });

  it("knows the account of a key, and refuses what is no key", async () => {
    expect([accountOfSecret(secret), accountOf(G)]).to.deep.equal([alice.address, computeAddress(bytesToHex(secretOf(1n))).toLowerCase()]);
    for (const bad of [secretOf(0n), secretOf(CURVE_ORDER), new Uint8Array(32).fill(255)]) {
      expect(() => accountOfSecret(bad)).to.throw(ThresholdError);
      expect(() => signDigest(digest, bad)).to.throw();
    }
    expect(await codeOf(() => recoverSigner("0x12" as never, signature))).to.equal("INVALID_VALUE");
  });
});

const hashNamedBytes = (bytes: Uint8Array) => bytesToHex(bytes) as typeof digest;
