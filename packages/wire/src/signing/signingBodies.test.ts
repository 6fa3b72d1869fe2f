import { encodePoint, G } from "@keyquorum/threshold";
import { expect } from "chai";
import { TypedDataEncoder } from "ethers";
import { codeOf, contractNamed, fixedRandom, hashNamed, mutantsOf, overJson } from "../actors.test.ts";
import { hexToBytes } from "../hex.ts";
import { type KeyId, ZERO_HASH } from "../ids.ts";
import { type BootId, bootCountOf, bootIdOf, isCurrentBoot } from "./bootId.ts";
import {
  encodeNonce,
  encodeNonceAsk,
  encodeShare,
  encodeShareAsk,
  parseNonce,
  parseNonceAsk,
  parseShare,
  parseShareAsk,
} from "./frostBodies.ts";
import {
  encodeHttpSigningRequest,
  encodeSignatureBody,
  MAX_HTTP_PAYLOAD_BYTES,
  parseHttpSigningRequest,
  parseSignatureBody,
  signingRequestDigest,
  signingRequestTypedData,
} from "./httpSigningRequest.ts";
import { type SigningMessage, signingMessageDigest } from "./signingDigest.ts";
import { FROST_MESSAGES, MAX_SIGNING_BODY_BYTES } from "./signingMessages.ts";
import { encodeTypedData } from "./typedDataStatement.ts";

const bytes = (name: string, length: number): Uint8Array => fixedRandom(name)(length);
const domain = { chainId: 31337n, signingRequests: contractNamed("SigningRequests") };
const boot = (count: number, name = "boot"): BootId => bootIdOf({ count, id: bytes(name, 16) });
const requestId = hashNamed("request");
const coordinator = { slot: 3, boot: boot(4) };
const about = { requestId, epoch: 2, signature: bytes("signature", 65) };
const point = (factor: bigint): Uint8Array => encodePoint(G.multiply(factor));
const payload = encodeTypedData({ domainSeparator: hashNamed("domain"), encodedStruct: bytes("struct", 64) });
const request = {
  statement: { keyId: hashNamed("key") as KeyId, derivation: ZERO_HASH, kind: "TypedData" as const, payload },
  requester: contractNamed("requester"),
  nonce: hashNamed("nonce"),
  deadline: 1_800_000_000n,
};
const asked = { request, signature: bytes("asked", 65) };
const nonce = (slot: number) => ({ ...about, signer: { slot, boot: boot(1) }, coordinator, d: point(3n), e: point(5n) });
const shareAsk = { ...about, attempt: hashNamed("attempt"), coordinator, nonces: [nonce(1), nonce(2), nonce(255)] };
const share = {
  ...{ ...about, attempt: hashNamed("attempt"), signer: { slot: 1, boot: boot(1) } },
  ...{ nonceId: hashNamed("nonce"), z: bytes("z", 32), next: nonce(1) },
};

describe("Bodies of a Schnorr signature between keepers", () => {
  const bodies = [
    [
      "askNonce",
      encodeNonceAsk({ ...about, coordinator, to: 5, askId: hashNamed("ask"), asked }),
      (value: unknown) => encodeNonceAsk(parseNonceAsk(value)),
      "INVALID_REQUEST",
    ],
    ["nonce", encodeNonce(nonce(2)), (value: unknown) => encodeNonce(parseNonce(value)), "BAD_ANSWER"],
    ["askShare", encodeShareAsk(shareAsk), (value: unknown) => encodeShareAsk(parseShareAsk(value)), "INVALID_REQUEST"],
    ["share", encodeShare(share), (value: unknown) => encodeShare(parseShare(value)), "BAD_ANSWER"],
    [
      "a request by HTTP",
      encodeHttpSigningRequest(asked),
      (value: unknown) => encodeHttpSigningRequest(parseHttpSigningRequest(value)),
      "INVALID_REQUEST",
    ],
    [
      "its answer",
      encodeSignatureBody({ requestId, digest: hashNamed("digest"), signature: bytes("c z", 64) }),
      (value: unknown) => encodeSignatureBody(parseSignatureBody(value)),
      "BAD_ANSWER",
    ],
  ] as const;

  for (const [name, body, reencode, code] of bodies) {
    it(`${name}: written, sent as JSON, read and written again, it should be the same (attack 27)`, () => {
      expect(reencode(overJson(body))).to.deep.equal(body);
    });
    it(`${name}: a field that is missing, added, or of another form should be refused`, async () => {
      // Other bytes, another slot, epoch or kind are for the receiver to judge; so is an optional part that is left out.
      const free =
        /(signature|requestId|askId|attempt|boot|nonceId|z|keyId|derivation|requester|nonce|digest|d|e|payload) = "0x|(slot|to|epoch|kind) = \d+$|deadline = "\d|(asked|next) missing$/;
      let refused = 0;
      for (const mutant of mutantsOf(overJson(body))) {
        if (free.test(mutant.path)) continue;
        expect(await codeOf(() => reencode(mutant.value)), mutant.path).to.equal(code);
        refused += 1;
      }
      expect(refused).to.be.above(5);
    });
  }

  it("commitments out of order or of one signer twice should be refused", async () => {
    const body = encodeShareAsk(shareAsk);
    for (const nonces of [body.nonces.toReversed(), [...body.nonces, body.nonces[2]], []])
      expect(await codeOf(() => parseShareAsk({ ...body, nonces }))).to.equal("INVALID_REQUEST");
  });

  it("the largest of them should fit into 64 KiB", () => {
    const most = Array.from({ length: 32 }, (_, slot) => nonce(slot + 1));
    const large = encodeTypedData({ domainSeparator: hashNamed("domain"), encodedStruct: new Uint8Array(MAX_HTTP_PAYLOAD_BYTES - 96) });
    const signed = { request: { ...request, statement: { ...request.statement, payload: large } }, signature: new Uint8Array(5_120) };
    expect(large.length).to.equal(MAX_HTTP_PAYLOAD_BYTES);
    for (const body of [
      encodeShareAsk({ ...shareAsk, nonces: most }),
      encodeNonceAsk({ ...about, coordinator, to: 5, askId: hashNamed("ask"), asked: signed }),
    ])
      expect(JSON.stringify(body).length).to.be.below(MAX_SIGNING_BODY_BYTES);
    expect(
      parseNonceAsk(encodeNonceAsk({ ...about, coordinator, to: 5, askId: hashNamed("ask"), asked: signed })).asked?.signature,
    ).to.have.length(5_120);
    for (const { maxAskBytes, maxAnswerBytes } of Object.values(FROST_MESSAGES))
      expect([maxAskBytes, maxAnswerBytes]).to.deep.equal([65_536, 65_536]);
  });

  it("a payload that is none of its kind should be refused, with the field", async () => {
    const body = encodeHttpSigningRequest(asked);
    for (const kind of [1, 3, 4])
      expect(await codeOf(() => parseHttpSigningRequest({ ...body, request: { ...body.request, kind } })), String(kind)).to.equal(
        "INVALID_REQUEST",
      );
    expect(
      await codeOf(() => parseHttpSigningRequest({ ...body, request: { ...body.request, deadline: (1n << 64n).toString() } })),
    ).to.equal("INVALID_REQUEST");
  });
});

describe("The digest of a signing message", () => {
  it("should change with every field (attack 27)", () => {
    const message: SigningMessage = { kind: 1, requestId, epoch: 2, slot: 3, boot: boot(4), content: hexToBytes(ZERO_HASH, 32) };
    const changes: Partial<SigningMessage>[] = [
      {},
      { kind: 2 },
      { requestId: hashNamed("other") },
      { attempt: hashNamed("attempt") },
      { epoch: 3 },
      { slot: 4 },
      { boot: boot(5) },
      { boot: boot(4, "clone") },
      { content: hexToBytes(hashNamed("content"), 32) },
    ];
    const digests = changes.map((change) => signingMessageDigest(domain, { ...message, ...change }));
    digests.push(signingMessageDigest({ ...domain, chainId: 1n }, message));
    digests.push(signingMessageDigest({ ...domain, signingRequests: contractNamed("other") }, message));
    expect(new Set(digests).size).to.equal(digests.length);
  });
});

describe("A signing request by HTTP", () => {
  it("should be signed as ethers hashes it", () => {
    const { domain: typedDomain, types, message } = signingRequestTypedData(domain, request);
    expect(signingRequestDigest(domain, request)).to.equal(TypedDataEncoder.hash(typedDomain, types, message));
  });
});

describe("The id of a keeper's life", () => {
  it("a later life should be believed, an earlier one and a copy should not (A15)", () => {
    const [first, second, clone] = [boot(1), boot(2), boot(2, "clone")];
    expect(isCurrentBoot(first, undefined)).to.equal(true);
    expect(isCurrentBoot(second, first)).to.equal(true);
    expect(isCurrentBoot(second, second)).to.equal(true);
    expect(isCurrentBoot(first, second)).to.equal(false);
    expect(isCurrentBoot(clone, second)).to.equal(false);
    expect(bootCountOf(boot(2 ** 40))).to.equal(BigInt(2 ** 40));
  });
  it("should be refused where the count or the bytes are none", async () => {
    for (const made of [
      { count: -1, id: bytes("id", 16) },
      { count: 1.5, id: bytes("id", 16) },
      { count: 1, id: bytes("id", 15) },
    ])
      expect(await codeOf(() => bootIdOf(made))).to.equal("INVALID_VALUE");
  });
});
