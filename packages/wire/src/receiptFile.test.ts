import { addressOfPoint, encryptShare, G, merklePath, merkleRoot, SecretScalar, verifyingLeaf } from "@keyquorum/threshold";
import { expect } from "chai";
import {
  alice,
  codeOf,
  contractNamed,
  domain,
  encryptFor,
  fixedRandom,
  hashNamed,
  keeper,
  keyId,
  mutantsOf,
  overJson,
  publicKey,
  requestOf,
} from "./actors.test.ts";
import { encodeFaultFile } from "./faultFile.ts";
import { parseFaultFile } from "./faultFileBody.ts";
import { headerHashOf } from "./header.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import type { Address, Hash32 } from "./ids.ts";
import { answerContextOf, answerHashOf } from "./names.ts";
import { receiptTypedData } from "./receipt.ts";
import { type ChainReceipts, encodeReceiptFile, type HttpReceipts, parseReceiptFile } from "./receiptFile.ts";
import type { ReceiptFileBody } from "./receiptFileBody.ts";
import type { ShareAnswer } from "./shareAnswerBody.ts";
import { shareRequestDigest } from "./shareRequest.ts";

const { header } = encryptFor(alice.address);
const request = requestOf(header);
const asked = { header, request, signature: fixedRandom("signature")(65) };
const requestId = shareRequestDigest(domain, request);
const slots = [2, 5, 9];
const shares = slots.map((slot) => BigInt(slot) * 1_000_003n);
const leaves = slots.map((slot, index) =>
  verifyingLeaf({ keyId: hexToBytes(keyId), epoch: 1, slot, verifyingShare: G.multiply(shares[index] ?? 1n) }),
);

const answerOf = async (index: number): Promise<ShareAnswer> => {
  const [slot, share] = [slots[index] ?? 0, shares[index] ?? 1n];
  const context = answerContextOf({ headerHash: headerHashOf(header), requestId, keyId, epoch: 1, slot });
  const { u } = header.ciphertext;
  const answer = encryptShare({
    share: SecretScalar.from(share),
    u,
    readerKey: G.multiply(987654321n),
    context,
    nonceKey: fixedRandom("nonce")(32),
  });
  const { document, headerHash, requester } = request;
  const [finalizedBlock, headBlock] = [hashNamed("final"), hashNamed("head")];
  const receipt = {
    requestId,
    document,
    headerHash,
    requester,
    keyId,
    epoch: 1,
    slot,
    finalizedBlock,
    headBlock,
    answerHash: answerHashOf(answer),
  };
  const { domain: typedDomain, types, message } = receiptTypedData(domain, receipt);
  const signature = hexToBytes(await keeper.wallet.signTypedData(typedDomain, types, message));
  const path = merklePath(leaves, index).map((hash) => bytesToHex(hash) as Hash32);
  return { slot, epoch: 1, verifyingShare: G.multiply(share), path, answer, receipt: { receipt, signature } };
};

describe("A file of receipts", () => {
  let http: HttpReceipts;
  let chain: ChainReceipts;
  before(async () => {
    const answers = await Promise.all([0, 1].map(answerOf));
    const shared = {
      ...domain,
      keeperRegistry: contractNamed("KeeperRegistry"),
      documentVersion: 4,
      key: { epoch: 1, quorum: 2, slots, verifyingRoot: bytesToHex(merkleRoot(leaves)) as Hash32, publicKey },
    };
    const committee = slots.map((slot) => {
      const encryptionKey = G.multiply(BigInt(slot));
      return { slot, operator: bytesToHex(addressOfPoint(encryptionKey)) as Address, encryptionKey, identityKey: encryptionKey.double() };
    });
    http = { ...shared, kind: "http", asked, committee, answers };
    const place = { transaction: hashNamed("transaction"), blockNumber: 12, blockHash: hashNamed("block") };
    const { requester, readerKey, contextHash } = request;
    chain = {
      ...shared,
      kind: "chain",
      contract: domain.shareRequests,
      header,
      request: { number: 3n, requester, readerKey, contextHash, ...place },
      answers: answers.map(({ slot, verifyingShare, answer }) => ({ slot, verifyingShare, answer, ...place })),
    };
  });

  for (const kind of ["http", "chain"] as const)
    describe(`of a retrieval by ${kind}`, () => {
      const file = (): HttpReceipts | ChainReceipts => (kind === "http" ? http : chain);

      it("when it is written and read, it should be the same", () => {
        const body = encodeReceiptFile(file());
        expect(encodeReceiptFile(parseReceiptFile(overJson(body)))).to.deep.equal(body);
        const { documentVersion: _, ...unpublished } = file();
        const least = encodeReceiptFile(unpublished as HttpReceipts | ChainReceipts); // true: a field that may be left out
        expect(encodeReceiptFile(parseReceiptFile(overJson(least)))).to.deep.equal(least);
      });

      it("when anything in it is missing, added, of another type or spelt otherwise, it should be refused, or say just that", async () => {
        let refused = 0;
        for (const { path, value } of mutantsOf(overJson(encodeReceiptFile(file())))) {
          const code = await codeOf(() => expect(encodeReceiptFile(parseReceiptFile(value)), path).to.deep.equal(value));
          expect(["no error", "INVALID_RECEIPTS"], path).to.include(code);
          if (code === "INVALID_RECEIPTS") refused++;
        }
        expect(refused).to.be.above(300);
      });
    });

  it("when it is not an object, or of no kind, it should be refused", async () => {
    for (const value of [undefined, null, "", 3, [], { kind: "post" }, { ...encodeReceiptFile(http), kind: "chain" }])
      expect(await codeOf(() => parseReceiptFile(value))).to.equal("INVALID_RECEIPTS");
  });

  const disorder: Readonly<Record<string, (body: ReceiptFileBody) => unknown>> = {
    "slots out of order": (body) => ({ ...body, key: { ...body.key, slots: [...slots].reverse() } }),
    "a slot twice": (body) => ({ ...body, key: { ...body.key, slots: [2, 2, 5] } }),
    "one keeper's answer twice": (body) => ({ ...body, answers: [body.answers[0], body.answers[0]] }),
    "a committee out of order": (body) => ("committee" in body ? { ...body, committee: [...body.committee].reverse() } : body),
  };
  for (const [name, change] of Object.entries(disorder))
    it(`when it has ${name}, it should be refused`, async () => {
      expect(await codeOf(() => parseReceiptFile(change(encodeReceiptFile(http))))).to.equal("INVALID_RECEIPTS");
    });

  describe("that convicts a keeper", () => {
    const fault = () => ({ domain, asked, answer: http.answers[0] as ShareAnswer });

    it("when it is written and read, it should be the same", () => {
      const body = encodeFaultFile(fault());
      expect(encodeFaultFile(parseFaultFile(overJson(body)))).to.deep.equal(body);
    });

    it("when anything in it is missing, added, of another type or spelt otherwise, it should be refused, or say just that", async () => {
      let refused = 0;
      for (const { path, value } of mutantsOf(overJson(encodeFaultFile(fault())))) {
        const code = await codeOf(() => expect(encodeFaultFile(parseFaultFile(value)), path).to.deep.equal(value));
        expect(["no error", "INVALID_RECEIPTS"], path).to.include(code);
        if (code === "INVALID_RECEIPTS") refused++;
      }
      expect(refused).to.be.above(200);
    });

    it("when the receipt is of another request, deployment or chain, it should be refused", async () => {
      const body = encodeFaultFile(fault());
      const other = { ...body, asked: { ...body.asked, request: { ...body.asked.request, nonce: hashNamed("other") } } };
      for (const changed of [other, { ...body, chainId: "1" }, { ...body, shareRequests: contractNamed("fork") }])
        expect(await codeOf(() => parseFaultFile(changed))).to.equal("INVALID_RECEIPTS");
    });
  });
});
