import { bytesToHex } from "@noble/hashes/utils.js";
import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../test/random/cases.ts";
import { codeOf, invalidPoints, name32 } from "../test/fixtures.ts";
import { base, keccak, keccakModN, tag } from "../test/naiveCurve.ts";
import { DOMAINS } from "./domains.ts";
import { G, INFINITY } from "./point.ts";
import { encodeWords, hashToScalar, keccakWords, type WordPart } from "./words.ts";

const address = new Uint8Array(20).fill(0xab);
const wordPart = fc.oneof(
  fc.uint8Array({ minLength: 32, maxLength: 32 }),
  fc.uint8Array({ minLength: 20, maxLength: 20 }),
  fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
  fc.nat(),
);

describe("words", () => {
  it("left-pads addresses and integers and lays points out as x, y", () => {
    expect(bytesToHex(encodeWords(address, 258, 1n))).to.equal(
      `${"00".repeat(12)}${"ab".repeat(20)}${"00".repeat(30)}0102${"00".repeat(31)}01`,
    );
    expect(encodeWords(G).length).to.equal(64);
    expect(encodeWords(INFINITY)).to.deep.equal(new Uint8Array(64));
    expect(encodeWords()).to.deep.equal(new Uint8Array(0));
  });

  it("hashes as an independent encoder does", () => {
    expect(keccakWords(name32("a"), address, 7, 8n, G)).to.deep.equal(keccak(name32("a"), address, 7n, 8n, base));
    expect(hashToScalar(DOMAINS.ves, 5n)).to.equal(keccakModN(DOMAINS.ves, 5n));
  });

  it("attack 27: equal preimages come from equal words only, and every other shape is refused", () => {
    fc.assert(
      fc.property(fc.array(wordPart, { maxLength: 4 }), fc.array(wordPart, { maxLength: 4 }), (a: WordPart[], b: WordPart[]) => {
        const asIntegers = (parts: WordPart[]): bigint[] =>
          parts.map((part) => BigInt(part instanceof Uint8Array ? `0x${bytesToHex(part)}` : (part as bigint)));
        const sameWords = asIntegers(a).join() === asIntegers(b).join();
        return sameWords === (bytesToHex(encodeWords(...a)) === bytesToHex(encodeWords(...b)));
      }),
      { numRuns: casesFor(300) },
    );
    for (const length of [0, 1, 19, 21, 31, 33, 64]) expect(codeOf(() => encodeWords(new Uint8Array(length)))).to.equal("INVALID_BYTES");
  });

  it("refuses what is no unsigned integer, no bytes and no point", () => {
    for (const value of [Number.NaN, 2.5, -0, -1, 2 ** 53]) expect(codeOf(() => encodeWords(value))).to.equal("INVALID_INTEGER");
    for (const value of [-1n, 2n ** 256n]) expect(codeOf(() => encodeWords(value))).to.equal("INVALID_SCALAR");
    for (const value of ["3", null, undefined, {}, true])
      expect(codeOf(() => encodeWords(value as unknown as bigint))).to.equal("INVALID_POINT");
  });

  it("hashes commitments of any x, because a commitment is never sent", () => {
    expect(codeOf(() => keccakWords(invalidPoints()["x >= n"] as typeof G))).to.equal("nothing");
  });
});

describe("domains", () => {
  const names = {
    epochKey: "epoch-key", committee: "committee", member: "member", key: "key", dkg: "dkg", dealing: "dealing", pad: "pad",
    possession: "possession", dleq: "dleq", complaint: "complaint", shift: "shift", ready: "ready", verifyingShare: "verifying-share",
    node: "node", reshare: "reshare", reshareDealing: "reshare-dealing", reshareReady: "reshare-ready", repair: "repair", repairSession: "repair-session", repairMessage: "repair-message", label: "label", header: "header", tdh2: "tdh2", kem: "kem", request: "request", share: "share", ves: "ves", agreement: "agreement", serverKeySession: "server-key-session", module: "module", secret: "secret",
    signingRequest: "signing-request",
    pair: "pair", deal: "deal", round: "round", ecdsaSession: "ecdsa-session", ecdsaPad: "ecdsa-pad", ecdsaDegree: "ecdsa-degree", knDelta: "kn-delta",
    derivation: "derivation", schnorrSignature: "schnorr-signature", frostCommitments: "frost-commitments", frostBinding: "frost-binding", frostNonceId: "frost-nonce-id", attempt: "attempt",
    signing: "signing",
  } as const; // biome-ignore format: one list

  it("are keccak of their names, all of them and no other", () => {
    expect(Object.keys(DOMAINS)).to.deep.equal(Object.keys(names));
    for (const [key, name] of Object.entries(names)) expect(DOMAINS[key as keyof typeof names]).to.deep.equal(tag(name));
  });

  it("differ", () => {
    expect(new Set(Object.values(DOMAINS).map(bytesToHex)).size).to.equal(Object.keys(names).length);
  });
});
