import { encodePoint, G } from "@keyquorum/threshold";
import { expect } from "chai";
import { codeOf, contractNamed, fixedRandom, hashNamed, mutantsOf, overJson } from "../actors.test.ts";
import { type KeyId, ZERO_HASH } from "../ids.ts";
import { type Codec, parseBody } from "./bodyCodec.ts";
import { bootIdOf } from "./bootId.ts";
import { ECDSA_BODIES, type EcdsaDeal, MAX_ECDSA_SIGNERS } from "./ecdsaBodies.ts";
import { ECDSA_MESSAGES, MAX_ECDSA_BODY_BYTES } from "./ecdsaMessages.ts";
import { encodeTypedData } from "./typedDataStatement.ts";

const bytes = (name: string, length: number): Uint8Array => fixedRandom(name)(length);
const word = (name: string): Uint8Array => bytes(name, 32);
const boot = bootIdOf({ count: 3, id: bytes("boot", 16) });
const about = { session: hashNamed("session"), requestId: hashNamed("request"), epoch: 2, signature: bytes("signature", 65) };
const asked = { ...about, coordinator: { slot: 4, boot } };
const said = (slot: number) => ({ ...about, signer: { slot, boot } });
const point = (factor: bigint): Uint8Array => encodePoint(G.multiply(factor));
const deal = (slot: number, parts = 2): EcdsaDeal => ({
  ...said(slot),
  fresh: word("fresh"),
  parts: Array.from({ length: parts }, (_, i) => ({ slot: 100 + i, words: bytes("words", 192), commit: word("commit") })),
});
const agreed = { digest: word("digest"), offset: word("offset"), delta: word("delta"), hash: word("hash") };
const nonce = (slot: number) => ({ ...said(slot), point: point(3n), w: word("w"), hash: word("hash") });
const product = (slot: number) => ({ ...said(slot), point: point(5n), hash: word("hash") });
const check = (slot: number) => ({ ...said(slot), a: point(3n), b: point(5n), e: point(7n), hash: word("hash") });
const three = <T>(one: (slot: number) => T): T[] => [1, 2, 3].map((slot) => one(slot));
const payload = encodeTypedData({ domainSeparator: hashNamed("domain"), encodedStruct: bytes("struct", 64) });
const statement = { keyId: hashNamed("key") as KeyId, derivation: ZERO_HASH, kind: "TypedData" as const, payload };
const request = { statement, requester: contractNamed("requester"), nonce: hashNamed("nonce"), deadline: 1_800_000_000n };
const byHttp = { request, signature: bytes("asked", 65) };

const BODIES = [
  ["dealAsk", ECDSA_BODIES.dealAsk, { ...asked, keyId: hashNamed("key"), slots: [1, 2, 3], salt: word("salt"), asked: byHttp }],
  ["deal", ECDSA_BODIES.deal, deal(1)],
  ["nonceAsk", ECDSA_BODIES.nonceAsk, { ...asked, deals: three(deal) }],
  ["nonce", ECDSA_BODIES.nonce, nonce(1)],
  ["complaint", ECDSA_BODIES.nonce, { ...said(1), against: 2 }],
  ["productAsk", ECDSA_BODIES.productAsk, { ...asked, nonces: three(nonce) }],
  ["product", ECDSA_BODIES.product, product(1)],
  ["checkAsk", ECDSA_BODIES.checkAsk, { ...asked, products: three(product) }],
  ["check", ECDSA_BODIES.check, check(1)],
  ["agreementAsk", ECDSA_BODIES.agreementAsk, { ...asked, checks: three(check) }],
  ["agreement", ECDSA_BODIES.agreement, { ...said(1), ...agreed }],
  ["shareAsk", ECDSA_BODIES.shareAsk, { ...asked, agreements: three((slot) => ({ ...said(slot), ...agreed })) }],
  ["share", ECDSA_BODIES.share, { ...said(1), ...agreed, s: word("s") }],
  ["openingAsk", ECDSA_BODIES.openingAsk, asked],
  ["opening", ECDSA_BODIES.opening, { ...said(1), polynomials: bytes("p", 32 * 12), padKeys: bytes("k", 64) }],
  ["agreement shown in place of an opening", ECDSA_BODIES.opening, { ...said(1), ...agreed }],
] as const;

describe("Bodies of an ECDSA signature between keepers", () => {
  for (const [name, of, message] of BODIES) {
    const codec = of as Codec<unknown>; // of its message
    const body = codec.encode(message);
    it(`${name}: written, sent as JSON, read and written again, it should be the same (attack 27)`, () => {
      expect(parseBody(codec, overJson(body), "BAD_ANSWER")).to.deep.equal(message);
      expect(codec.encode(parseBody(codec, overJson(body), "BAD_ANSWER"))).to.deep.equal(body);
    });
    it(`${name}: a field that is missing, added, or of another form should be refused`, async () => {
      // Other bytes, another slot, epoch or kind are for the receiver to judge; so is an optional part that is left out, and any whole number of bytes opened.
      const free = /(\w+) = "0x|(slot|epoch|kind|against|slots\.\d|\d) = \d+$|deadline = "\d|asked missing$|(polynomials|padKeys)/;
      let refused = 0;
      for (const mutant of mutantsOf(overJson(body))) {
        if (free.test(mutant.path)) continue;
        expect(await codeOf(() => parseBody(codec, mutant.value, "BAD_ANSWER")), mutant.path).to.be.oneOf([
          "BAD_ANSWER",
          "INVALID_REQUEST",
        ]);
        refused += 1;
      }
      expect(refused).to.be.above(5);
    });
  }

  it("a round out of order, or with one signer twice, should be refused", async () => {
    const deals = three(deal);
    for (const list of [deals.toReversed(), [...deals, deal(3)], []])
      expect(await codeOf(() => ECDSA_MESSAGES.nonce.parseAsk(overJson(ECDSA_BODIES.nonceAsk.encode({ ...asked, deals: list }))))).to.equal(
        "INVALID_REQUEST",
      );
  });

  it("the largest round, of 21 signers, should fit into its limit, and one signer more be refused", async () => {
    const deals = (count: number) => Array.from({ length: count }, (_, i) => deal(i + 1, MAX_ECDSA_SIGNERS - 1));
    const body = ECDSA_MESSAGES.nonce.encodeAsk({ ...asked, deals: deals(MAX_ECDSA_SIGNERS) });
    expect(JSON.stringify(body).length).to.be.below(MAX_ECDSA_BODY_BYTES);
    const more = ECDSA_MESSAGES.nonce.encodeAsk({ ...asked, deals: deals(MAX_ECDSA_SIGNERS + 1) });
    expect(await codeOf(() => ECDSA_MESSAGES.nonce.parseAsk(overJson(more)))).to.equal("INVALID_REQUEST");
  });
});
