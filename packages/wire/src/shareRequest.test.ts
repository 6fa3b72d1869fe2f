import { expect } from "chai";
import { TypedDataEncoder } from "ethers";
import fc from "fast-check";
import { casesFor } from "../../../test/random/cases.ts";
import { alice, bob, codeOf, contractNamed, domain, encryptFor, hashNamed, mallory, readerKey, recover, requestOf } from "./actors.test.ts";
import { hexToBytes } from "./hex.ts";
import type { DocumentId } from "./ids.ts";
import { type ShareRequest, shareRequestDigest, shareRequestTypedData } from "./shareRequest.ts";

const { header } = encryptFor(alice.address);
const request = requestOf(header);
const id = shareRequestDigest(domain, request);

const changes: Readonly<Record<keyof ShareRequest, Partial<ShareRequest>>> = {
  document: { document: hashNamed("other document") as DocumentId },
  headerHash: { headerHash: hashNamed("other header") },
  requester: { requester: mallory.address },
  readerKey: { readerKey: Uint8Array.from([readerKey[0] === 2 ? 3 : 2, ...readerKey.subarray(1)]) },
  contextHash: { contextHash: hashNamed("context") },
  nonce: { nonce: hashNamed("other nonce") },
  deadline: { deadline: request.deadline + 1n },
};

describe("A share request", () => {
  it("when it is hashed, the digest should be ethers' (EIP-712)", () => {
    const word = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => hashNamed(bytes.join()));
    fc.assert(
      fc.property(word, word, fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(1n, 2n ** 255n), (document, nonce, deadline, chainId) => {
        const other = { ...request, document: document as DocumentId, nonce, deadline };
        const { domain: typedDomain, types, message } = shareRequestTypedData({ ...domain, chainId }, other);
        expect(shareRequestDigest({ ...domain, chainId }, other)).to.equal(TypedDataEncoder.hash(typedDomain, types, message));
      }),
      { numRuns: casesFor(50) },
    );
  });

  it("when a wallet signs it, the requester should be recovered", async () => {
    const { domain: typedDomain, types, message } = shareRequestTypedData(domain, request);
    const signature = hexToBytes(await bob.wallet.signTypedData(typedDomain, types, message));
    expect(recover(id, signature)).to.equal(bob.address);
  });

  it("when the reader key is replaced on the way, the signature should not be the requester's (attack 7)", async () => {
    const { domain: typedDomain, types, message } = shareRequestTypedData(domain, request);
    const signature = hexToBytes(await bob.wallet.signTypedData(typedDomain, types, message));
    expect(recover(shareRequestDigest(domain, { ...request, ...changes.readerKey }), signature)).to.not.equal(bob.address);
  });

  for (const [field, change] of Object.entries(changes)) {
    it(`when ${field} changes, it should be another request (attacks 27, 28)`, () => {
      expect(shareRequestDigest(domain, { ...request, ...change })).to.not.equal(id);
    });
  }

  it("when it is replayed on another chain or contract, it should be another request (attack 29)", () => {
    expect(shareRequestDigest({ ...domain, chainId: domain.chainId + 1n }, request)).to.not.equal(id);
    expect(shareRequestDigest({ ...domain, shareRequests: contractNamed("fork") }, request)).to.not.equal(id);
  });

  it("when a field is no value of its type, it should not be hashed", async () => {
    expect(await codeOf(() => shareRequestDigest(domain, { ...request, nonce: "0x12" as ShareRequest["nonce"] }))).to.equal(
      "INVALID_VALUE",
    );
    expect(await codeOf(() => shareRequestDigest(domain, { ...request, deadline: -1n }))).to.not.equal("no error");
  });
});
