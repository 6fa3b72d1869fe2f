import { interfaceOf } from "@keyquorum/bindings";
import { ChainUnavailableError, SenderError, type SenderIntent, type TransactionReceiptInfo } from "@keyquorum/chain";
import { parseAddress } from "@keyquorum/wire";
import { expect } from "chai";
import { createLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { createTransactions, type Intent } from "./transactions.ts";

const to = parseAddress(`0x${"c0".repeat(20)}`);
const intent = (id: string, data: Intent["data"] = "0x01"): Intent => ({ id, kind: "deal", subject: id, to, data });
const receipt = (id: string): TransactionReceiptInfo => ({
  id,
  transactionHash: `0x${id}`,
  nonce: 0,
  blockNumber: 1,
  blockHash: "0x",
  gasUsed: 21_000n,
  effectiveGasPrice: 1n,
  logs: [],
});

describe("createTransactions", () => {
  let now = 0;
  let isRevoked = false;
  let lines: string[] = [];
  beforeEach(() => {
    now = 0;
    isRevoked = false;
    lines = [];
  });
  const create = (
    send: (wanted: SenderIntent) => Promise<TransactionReceiptInfo>,
    recorded: Record<string, { to: string; data: string }> = {},
  ) =>
    createTransactions({
      sender: { send },
      recorded: async (id) => recorded[id],
      isRevoked: () => isRevoked,
      clock: { now: () => now, sleep: async () => undefined },
      log: createLogger("trace", { write: (line) => lines.push(line) }),
      metrics: createMetrics({ version: "0", processMetrics: false }),
    });

  it("sends once while the same is being sent", async () => {
    let sends = 0;
    let mine: () => void = () => undefined;
    const transactions = create(async ({ id }) => {
      sends += 1;
      await new Promise<void>((resolve) => {
        mine = resolve;
      });
      return receipt(id);
    });
    for (let i = 0; i < 3; i += 1) transactions.post(intent("a"));
    await new Promise((resolve) => setImmediate(resolve));
    expect([sends, transactions.isBusy("a")]).to.deep.equal([1, true]);
    mine();
    await transactions.idle();
    expect(transactions.isBusy("a")).to.equal(false);
  });

  it("sends nothing from an account that was revoked as stolen", async () => {
    const sent: string[] = [];
    const transactions = create(async ({ id }) => {
      sent.push(id);
      return receipt(id);
    });
    isRevoked = true;
    for (const id of ["deal", "fail", "epochKey"]) transactions.post(intent(id));
    await transactions.idle();
    expect(sent).to.deep.equal([]);
    isRevoked = false;
    transactions.post(intent("deal"));
    await transactions.idle();
    expect(sent).to.deep.equal(["deal"]);
  });

  it("says once that a transaction was mined, and again when a reorg moved it to another", async () => {
    const hashes = ["1", "1", "2"];
    const transactions = create(async ({ id }) => ({ ...receipt(id), transactionHash: hashes.shift() ?? "" }));
    for (let i = 0; i < 3; i += 1) {
      transactions.post(intent("a"));
      await transactions.idle();
    }
    expect(lines.filter((line) => line.includes("Transaction mined"))).to.have.length(2);
  });

  it("remembers so many outcomes, and no more", async () => {
    const transactions = create(async ({ id }) => receipt(id));
    const minedOnes = (): number => lines.filter((line) => line.includes("Transaction mined")).length;
    for (let id = 0; id <= 5_000; id += 1) transactions.post(intent(String(id)));
    await transactions.idle();
    for (const id of ["5000", "1"]) transactions.post(intent(id));
    await transactions.idle();
    expect(minedOnes(), "remembered").to.equal(5_001);
    transactions.post(intent("0"));
    await transactions.idle();
    expect(minedOnes(), "forgotten").to.equal(5_002);
  });

  it("sends the bytes that were recorded under the id, not others made again (D21)", async () => {
    const sent: string[] = [];
    const transactions = create(
      async ({ id, data }) => {
        sent.push(data);
        return receipt(id);
      },
      { a: { to, data: "0xaa" } },
    );
    transactions.post(intent("a", "0xbb"));
    transactions.post(intent("b", "0xbb"));
    await transactions.idle();
    expect(sent).to.have.members(["0xaa", "0xbb"]);
  });

  it("waits longer after each failure before it sends again", async () => {
    const at: number[] = [];
    const transactions = create(async () => {
      at.push(now);
      throw new SenderError("TX_WOULD_REVERT", "refused");
    });
    for (now = 0; now <= 8_000; now += 100) {
      transactions.post(intent("a"));
      await transactions.idle();
    }
    expect(at).to.deep.equal([0, 1_000, 3_000, 7_000]);
  });

  it("a race that another keeper won is no warning; a chain that cannot be asked is", async () => {
    const refusal = (name: "KeyResharingWrongStatus" | "DealingNotMember", args: readonly unknown[]) =>
      new SenderError("TX_REVERTED", "refused", { data: interfaceOf("keyResharing").encodeErrorResult(name, args) });
    const errors = [
      new SenderError("TX_WOULD_REVERT", "refused"),
      refusal("KeyResharingWrongStatus", [`0x${"5e".repeat(32)}`, 4]),
      new ChainUnavailableError("TIMEOUT", "slow"),
      refusal("DealingNotMember", [`0x${"5e".repeat(32)}`, to]),
    ];
    const transactions = create(async () => {
      throw errors.shift() ?? new Error("sent once too often");
    });
    for (const id of ["a", "b", "c", "d"]) {
      transactions.post(intent(id));
      await transactions.idle();
    }
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).to.deep.equal(["info", "info", "warn", "warn"]);
  });

  it("is silent when the keeper stops", async () => {
    const transactions = create(async () => {
      throw new SenderError("SENDER_CLOSED", "closed");
    });
    transactions.post(intent("a"));
    await transactions.idle();
    expect(lines).to.have.length(0);
  });
});
