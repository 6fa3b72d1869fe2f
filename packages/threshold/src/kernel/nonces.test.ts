import { createHmac } from "node:crypto";
import { hexToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import { nonceCandidates } from "./nonces.ts";

/** RFC 6979 section 3.2, steps b to h, with Node's HMAC: the first `count` values of T. */
const byTheBook = (secret: Uint8Array, digest: Uint8Array, count: number): readonly Uint8Array[] => {
  const hmac = (key: Uint8Array, ...data: readonly Uint8Array[]): Uint8Array =>
    Uint8Array.from(data.reduce((mac, part) => mac.update(part), createHmac("sha256", key)).digest());
  let [v, k]: [Uint8Array, Uint8Array] = [new Uint8Array(32).fill(1), new Uint8Array(32)]; // b, c
  for (const tag of [0, 1]) {
    k = hmac(k, v, Uint8Array.of(tag), secret, digest); // d, f
    v = hmac(k, v); // e, g
  }
  return Array.from({ length: count }, () => {
    v = hmac(k, v); // h.2
    const candidate = v;
    k = hmac(k, v, Uint8Array.of(0)); // h.3, where the candidate was not taken
    v = hmac(k, v);
    return candidate;
  });
};

describe("nonces of ECDSA (RFC 6979)", () => {
  it("are the first candidate, and another candidate where that one gave no signature", () => {
    const dice = rollDice("kernel nonces");
    for (let i = 0; i < 20; i++) {
      const [secret, digest] = [dice.bytes(32), dice.bytes(32)];
      const candidates = nonceCandidates(secret, digest);
      const got = Array.from({ length: 3 }, () => candidates.next().value);
      expect(got).to.deep.equal(byTheBook(secret, digest, 3));
    }
  });

  it("are those that others publish: key 1, sha256('Satoshi Nakamoto')", () => {
    const digest = hexToBytes("a0dc65ffca799873cbea0ac274015b9526505daaaed385155425f7337704883e");
    const [nonce] = nonceCandidates(Uint8Array.from([...new Uint8Array(31), 1]), digest);
    expect(nonce).to.deep.equal(hexToBytes("8f8a276c19f4149656b280621e358cce24f5f52542772691ee69063b74f15d15"));
  });
});
