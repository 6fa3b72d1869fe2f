import { expect } from "chai";
import { Wallet } from "ethers";
import { ChainUnavailableError } from "../errors.ts";
import { ModelChain } from "../testing/modelChain.ts";
import { SenderError } from "./errors.ts";
import { createSender, type Sender, type StillWanted } from "./sender.ts";
import { memorySenderStore } from "./types.ts";

const alice = new Wallet(`0x${"07".repeat(32)}`);
const ANSWER = { id: "answer", to: `0x${"aa".repeat(20)}`, data: "0x0a5e" };
const OTHER = { id: "other", to: `0x${"bb".repeat(20)}`, data: "0x07" };

/** Lets the event loop turn, and a block be mined at each turn, until `isOver`. */
const until = async (chain: ModelChain, isOver: () => boolean | Promise<boolean>): Promise<void> => {
  for (let turns = 0; turns < 200 && !(await isOver()); turns += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    chain.mine();
  }
};

describe("sender, when what was to be sent is wanted no more", () => {
  let chain: ModelChain;
  let wanted: StillWanted;
  let asked: string[];
  let problems: string[];
  let saved: ReturnType<typeof memorySenderStore>;
  let senders: Sender[];

  beforeEach(() => {
    chain = new ModelChain();
    [wanted, asked, problems, senders] = ["yes", [], [], []];
    saved = memorySenderStore();
  });
  afterEach(async () => {
    for (const sender of senders) await sender.close();
  });

  const create = (): Sender => {
    const sender = createSender({
      rpc: chain.rpc(),
      chainId: 31337n,
      account: alice,
      store: saved,
      finality: { kind: "confirmations", blocks: 0 },
      settledAfterBlocks: 2,
      clock: { now: () => 0, sleep: () => new Promise((resolve) => setImmediate(resolve)) },
      onProblem: ({ kind }) => problems.push(kind),
      isStillWanted: async ({ id }) => {
        asked.push(id);
        return id === ANSWER.id ? wanted : "yes";
      },
    });
    senders.push(sender);
    return sender;
  };
  const dataOf = (): readonly string[] => chain.chain.flatMap(({ transactions }) => transactions).map(({ tx }) => tx.data);
  const rawSent = (): readonly string[] =>
    chain.sent.filter(({ method }) => method === "eth_sendRawTransaction").map(({ params }) => String(params[0]));

  /** Saved, and the process died before it was sent. */
  const crashBeforeSending = async (): Promise<void> => {
    chain.onSend = (method) => {
      if (method === "eth_sendRawTransaction") throw new ChainUnavailableError("TRANSPORT", "The process died here.");
    };
    const sender = create();
    sender.send(ANSWER).catch(() => undefined);
    await until(chain, async () => (await saved.load()).some(({ state }) => state === "pending"));
    await sender.close();
    chain.onSend = () => {};
    chain.sent.length = 0;
    asked.length = 0;
  };

  it("control: sends it after a restart while it is wanted", async () => {
    await crashBeforeSending();
    await create().start();
    await until(chain, () => dataOf().length > 0);
    expect(dataOf()).to.deep.equal([ANSWER.data]);
    expect(asked).to.include(ANSWER.id);
  });

  it("does not send it after a restart, and uses its nonce for nothing, so that what comes after is not held up (D27)", async () => {
    await crashBeforeSending();
    wanted = "no";
    const sender = create();
    await sender.start();
    const other = sender.send(OTHER);
    await until(chain, () => dataOf().length === 2);
    await other;
    expect(dataOf()).to.deep.equal(["0x", OTHER.data]);
    expect(rawSent().join()).to.not.include(ANSWER.data.slice(2));
    expect(problems).to.include("WITHDRAWN");
    await until(chain, async () => (await sender.unfinished()).length === 0);
    expect((await sender.unfinished()).length).to.equal(0);
  });

  it("sends it again when it is wanted again", async () => {
    await crashBeforeSending();
    wanted = "no";
    const sender = create();
    await sender.start();
    await until(chain, () => dataOf().length === 1);
    await until(chain, async () => (await sender.unfinished()).length === 0);
    wanted = "yes";
    const receipt = sender.send(ANSWER);
    await until(chain, () => dataOf().length === 2);
    expect((await receipt).nonce).to.equal(1);
    expect(dataOf()).to.deep.equal(["0x", ANSWER.data]);
  });

  it("tells who waits for it", async () => {
    chain.onSend = (method) => {
      if (method === "eth_sendRawTransaction" && wanted === "yes") throw new ChainUnavailableError("TRANSPORT", "The node is away.");
    };
    const waiting = create()
      .send(ANSWER)
      .catch((error: unknown) => error);
    await until(chain, async () => (await saved.load()).length === 1);
    wanted = "no";
    await until(chain, () => dataOf().length === 1);
    const error = await waiting;
    expect(error instanceof SenderError && error.code).to.equal("TX_WITHDRAWN");
    expect(dataOf()).to.deep.equal(["0x"]);
  });

  it("waits while that cannot be said", async () => {
    await crashBeforeSending();
    wanted = "later";
    await create().start();
    for (let turns = 0; turns < 20; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(rawSent()).to.deep.equal([]);
    wanted = "yes";
    await until(chain, () => dataOf().length === 1);
    expect(dataOf()).to.deep.equal([ANSWER.data]);
  });

  it("replaces it by nothing instead of paying more for it", async () => {
    chain.minCap = 10n ** 18n;
    const sender = create();
    const waiting = sender.send(ANSWER).catch((error: unknown) => error);
    await until(chain, () => rawSent().length > 0);
    wanted = "no";
    await until(chain, () => rawSent().length > 1);
    chain.minCap = 0n;
    await until(chain, () => dataOf().length === 1);
    expect(dataOf()).to.deep.equal(["0x"]);
    expect(((await waiting) as SenderError).code).to.equal("TX_WITHDRAWN");
  });
});
