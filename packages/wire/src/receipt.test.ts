import { G } from "@keyquorum/threshold";
import { expect } from "chai";
import { TypedDataEncoder } from "ethers";
import { alice, codeOf, contractNamed, domain, encryptFor, hashNamed, keeper, keyId, mallory, recover, requestOf } from "./actors.test.ts";
import { hexToBytes } from "./hex.ts";
import type { DocumentId, KeyId, RequestId } from "./ids.ts";
import { answerHashOf } from "./names.ts";
import { type ExpectedReceipt, type Receipt, receiptDigest, receiptTypedData, verifyReceipt } from "./receipt.ts";
import { shareRequestDigest } from "./shareRequest.ts";
import { isCanonicalSignature } from "./signature.ts";

const { header } = encryptFor(alice.address);
const request = requestOf(header);
const receipt: Receipt = {
  requestId: shareRequestDigest(domain, request),
  document: request.document,
  headerHash: request.headerHash,
  requester: request.requester,
  keyId,
  epoch: 1,
  slot: 3,
  finalizedBlock: hashNamed("final"),
  headBlock: hashNamed("head"),
  answerHash: answerHashOf({ k: G, v: G.double(), c: 1n, zs: 2n, zk: 3n }),
};
const sign = async (value: Receipt, signer = keeper, where = domain): Promise<Uint8Array> => {
  const { domain: typedDomain, types, message } = receiptTypedData(where, value);
  return hexToBytes(await signer.wallet.signTypedData(typedDomain, types, message));
};
const judge = (signature: Uint8Array, value: Receipt = receipt, expected: ExpectedReceipt = receipt) =>
  verifyReceipt({ domain, signed: { receipt: value, signature }, identity: keeper.address, expected, recover });

const changes: Readonly<Record<keyof Receipt, Partial<Receipt>>> = {
  requestId: { requestId: hashNamed("x") as RequestId },
  document: { document: hashNamed("x") as DocumentId },
  headerHash: { headerHash: hashNamed("x") },
  requester: { requester: mallory.address },
  keyId: { keyId: hashNamed("x") as KeyId },
  epoch: { epoch: 2 },
  slot: { slot: 4 },
  finalizedBlock: { finalizedBlock: hashNamed("x") },
  headBlock: { headBlock: hashNamed("x") },
  answerHash: { answerHash: hashNamed("x") },
};

describe("A receipt", () => {
  it("when it is hashed, the digest should be ethers' (EIP-712)", () => {
    const { domain: typedDomain, types, message } = receiptTypedData(domain, receipt);
    expect(receiptDigest(domain, receipt)).to.equal(TypedDataEncoder.hash(typedDomain, types, message));
  });

  it("when the keeper signed it, it should be valid", async () => {
    expect(judge(await sign(receipt))).to.deep.equal({ kind: "valid" });
  });

  for (const [field, change] of Object.entries(changes)) {
    it(`when ${field} changes after signing, it should be refused (attack 28)`, async () => {
      const changed = { ...receipt, ...change };
      expect(receiptDigest(domain, changed)).to.not.equal(receiptDigest(domain, receipt));
      expect(judge(await sign(receipt), changed, changed).kind).to.equal("invalid");
    });

    if (field !== "finalizedBlock" && field !== "headBlock") {
      it(`when it says another ${field} than was asked for, it should name the field`, async () => {
        const changed = { ...receipt, ...change };
        expect(judge(await sign(changed), changed)).to.deep.equal({ kind: "invalid", reason: "WRONG_FIELD", field });
      });
    }
  }

  it("when somebody else signed it, or for another chain, it should be refused (attack 29)", async () => {
    expect(judge(await sign(receipt, mallory))).to.deep.equal({ kind: "invalid", reason: "WRONG_SIGNER" });
    expect(judge(await sign(receipt, keeper, { ...domain, chainId: 1n })).kind).to.equal("invalid");
    expect(judge(await sign(receipt, keeper, { ...domain, shareRequests: contractNamed("fork") })).kind).to.equal("invalid");
  });

  it("when the signature is malleated or malformed, it should be refused before recovery", async () => {
    const signature = await sign(receipt);
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const s = BigInt(`0x${Buffer.from(signature.subarray(32, 64)).toString("hex")}`);
    const high = Uint8Array.from(signature);
    high.set(hexToBytes(`0x${(order - s).toString(16).padStart(64, "0")}`), 32);
    high[64] = signature[64] === 27 ? 28 : 27;
    expect(isCanonicalSignature(signature)).to.equal(true);
    expect(isCanonicalSignature(high)).to.equal(false);
    for (const bad of [
      high,
      signature.slice(0, 64),
      Uint8Array.from([...signature, 0]),
      signature.with(64, 0),
      signature.with(64, 29),
      new Uint8Array(65),
    ]) {
      expect(judge(bad)).to.deep.equal({ kind: "invalid", reason: "BAD_SIGNATURE" });
    }
    // An r that is no x-coordinate of the curve: recovery throws, the receipt is refused.
    const noPoint = Uint8Array.from(signature);
    noPoint.set(new Uint8Array(32).fill(0, 0, 31), 0);
    noPoint[31] = 5;
    expect(judge(noPoint).kind).to.equal("invalid");
    expect(await codeOf(() => judge(noPoint))).to.equal("no error");
  });
});
