import { expect } from "chai";
import { SenderError } from "./errors.ts";
import { finalRecord, newRecord, requireSameIntent } from "./ledger.ts";
import type { SenderIntent, SenderReceipt } from "./types.ts";

const HASH = `0x${"ab".repeat(32)}`;
const intent: SenderIntent = { id: `answer:${HASH}`, to: `0x${"aa".repeat(20)}`, data: `0x${"5e".repeat(1_600)}` };
const receipt = (status: SenderReceipt["status"]): SenderReceipt => ({
  status,
  transactionHash: HASH,
  nonce: 7,
  blockNumber: 9,
  blockHash: HASH,
  gasUsed: "150000",
  effectiveGasPrice: "1000000000",
  logs: [
    {
      address: intent.to,
      topics: [HASH, HASH],
      data: `0x${"00".repeat(400)}`,
      blockNumber: 9,
      blockHash: HASH,
      transactionHash: HASH,
      logIndex: 0,
    },
  ],
});
const isSame = (record: Parameters<typeof requireSameIntent>[0], other: SenderIntent): boolean => {
  try {
    requireSameIntent(record, other);
    return true;
  } catch (error) {
    if (error instanceof SenderError && error.code === "INTENT_CONFLICT") return false;
    throw error;
  }
};

describe("finalRecord", () => {
  it("keeps little: a keeper never forgets what it sent, and reads all of it when it starts", () => {
    expect(JSON.stringify(finalRecord(newRecord(intent), receipt("success"))).length).to.be.at.most(1_000);
  });
  it("still tells the same transaction from another one", () => {
    const record = finalRecord(newRecord(intent), receipt("success"));
    expect(isSame(record, intent)).to.equal(true);
    expect(isSame(record, { ...intent, data: record.data })).to.equal(true); // as a caller reads it from the store
    expect(isSame(record, { ...intent, data: `${intent.data}00` })).to.equal(false);
    expect(isSame(record, { ...intent, to: `0x${"bb".repeat(20)}` })).to.equal(false);
  });
  it("keeps the data of one that reverted: it may be sent again", () => {
    expect(finalRecord(newRecord(intent), receipt("reverted")).data).to.equal(intent.data);
  });
});
