import { bytesToHex, type Hash32, isCanonicalSignature, parseHash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { getBytes, id, type Signature } from "ethers";
import { rollWallet } from "../../../../test/random/wallet.ts";
import { canonicalSignature, signatureBytes } from "./canonicalSignature.ts";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const word = (value: bigint): string => value.toString(16).padStart(64, "0");

/** Wallets and digests of both parities. */
const cases = Array.from({ length: 8 }, (_, i) => ({ wallet: rollWallet(`spelling ${i}`), digest: parseHash32(id(`digest ${i}`)) }));

/** One signature in every spelling that was seen. */
const spellingsOf = (signature: Signature): Readonly<Record<string, string>> => {
  const { r, s, yParity, serialized, compactSerialized } = signature;
  const rs = `${r}${s.slice(2)}`;
  const highS = `${r}${word(ORDER - BigInt(s))}`;
  const hex = (v: bigint): string => v.toString(16);
  const even = (v: bigint): string => (hex(v).length % 2 === 0 ? hex(v) : `0${hex(v)}`);
  return {
    "as it should be": serialized,
    "in capitals": `0x${serialized.slice(2).toUpperCase()}`,
    "without 0x": serialized.slice(2),
    "with 0X": `0X${serialized.slice(2)}`,
    "with blanks": ` ${serialized}\n`,
    "v of 0 or 1": `${rs}0${yParity}`,
    "v of one digit": `${rs}${yParity}`,
    "EIP-2098": compactSerialized,
    "EIP-2098 without 0x": compactSerialized.slice(2),
    "r and s alone": rs,
    "high s": `${highS}${yParity === 0 ? "1c" : "1b"}`,
    "high s, v of 0 or 1": `${highS}0${1 - yParity}`,
    "v of chain 1": `${rs}${even(1n * 2n + 35n + BigInt(yParity))}`,
    "v of chain 100": `${rs}${even(100n * 2n + 35n + BigInt(yParity))}`,
    "v of chain 31337": `${rs}${even(31_337n * 2n + 35n + BigInt(yParity))}`,
    "v of chain 11155111, an odd number of digits": `${rs}${hex(11_155_111n * 2n + 35n + BigInt(yParity)).replace(/^0/, "")}`,
    "v in 32 bits": `${rs}000000${even(27n + BigInt(yParity))}`,
  };
};

describe("A wallet's spelling of its signature", () => {
  const [first] = cases;
  if (first === undefined) throw new Error("no cases");
  for (const name of Object.keys(spellingsOf(first.wallet.signingKey.sign(first.digest))))
    it(`${name}: becomes the one that the protocol takes`, () => {
      for (const { wallet, digest } of cases) {
        const signature = wallet.signingKey.sign(digest);
        const bytes = signatureBytes(spellingsOf(signature)[name]);
        if (bytes === undefined) throw new Error("not read");
        const canonical = canonicalSignature(bytes, digest, wallet.address);
        expect(bytesToHex(canonical)).to.equal(signature.serialized);
        expect(isCanonicalSignature(canonical)).to.equal(true);
      }
    });

  it("of another account's signature, digest or bytes, nothing is changed", () => {
    for (const { wallet, digest } of cases) {
      const other = parseHash32(id("another digest"));
      for (const text of Object.values(spellingsOf(wallet.signingKey.sign(digest)))) {
        const bytes = signatureBytes(text) ?? new Uint8Array(0);
        expect(canonicalSignature(bytes, other, wallet.address)).to.equal(bytes);
        expect(canonicalSignature(bytes, digest, `0x${"12".repeat(20)}`)).to.equal(bytes);
      }
    }
  });

  it("out of range, not on the curve or of another length, nothing is changed", () => {
    const { wallet, digest } = first;
    const good = getBytes(wallet.signingKey.sign(digest).serialized);
    const changed = (at: number, bytes: Uint8Array): Uint8Array => {
      const copy = Uint8Array.from(good);
      copy.set(bytes, at);
      return copy;
    };
    for (const bytes of [
      ...[new Uint8Array(0), new Uint8Array(63), new Uint8Array(65), new Uint8Array(73), good.subarray(1), new Uint8Array(65).fill(0xff)],
      ...[changed(0, new Uint8Array(32)), changed(32, new Uint8Array(32)), changed(0, new Uint8Array(32).fill(0xff))],
    ])
      expect(canonicalSignature(bytes, digest, wallet.address)).to.equal(bytes);
  });

  it("is not hex: it is not read", () => {
    for (const text of [undefined, null, 5, {}, "signed!", "0xzz", "0x123", "12 34", "0x0x12", `0x${"1".repeat(147)}`])
      expect(signatureBytes(text)).to.equal(undefined);
    expect(signatureBytes("0x")).to.have.length(0);
    expect(signatureBytes("")).to.have.length(0);
  });

  it("gives the same id of a request, whatever it was: the id is made of what was signed, not of the signature", () => {
    const { wallet, digest } = first;
    const spellings = Object.values(spellingsOf(wallet.signingKey.sign(digest)));
    const canonical = new Set(
      spellings.map((text) => bytesToHex(canonicalSignature(signatureBytes(text) ?? new Uint8Array(0), digest as Hash32, wallet.address))),
    );
    expect(canonical.size).to.equal(1);
  });
});
