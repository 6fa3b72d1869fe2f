import { interfaceOf } from "@keyquorum/bindings";
import { expect } from "chai";
import { Wallet } from "ethers";
import { seedNumbers } from "../../../../test/random/seed.ts";
import { ChainUnavailableError, RpcError } from "../errors.ts";
import { ModelChain } from "../testing/modelChain.ts";
import { SenderError } from "./errors.ts";
import { createSender, type SenderOptions } from "./sender.ts";
import { memorySenderStore, type SenderIntent, type SenderRecord, type SenderStore } from "./types.ts";

const TO = `0x${"aa".repeat(20)}`;
const KEY = `0x${"07".repeat(32)}`;
const alice = new Wallet(KEY);
const intent = (id: string, overrides: Partial<SenderIntent> = {}): SenderIntent => ({
  id,
  to: TO,
  data: `0x${Buffer.from(id).toString("hex")}`,
  ...overrides,
});
const denied = interfaceOf("shareRequests").encodeErrorResult("RequestDenied", [`0x${"d0".repeat(32)}`, `0x${"b0".repeat(20)}`]);

/** A sender on a model chain. Its sleep is a turn of the event loop, in which `onTick` runs. */
const world = (overrides: Partial<SenderOptions> = {}, chain = new ModelChain()) => {
  const problems: string[] = [];
  const tick = { run: (): void => chain.mine() };
  const clock = {
    now: () => 0,
    sleep: async (_: number, signal?: AbortSignal): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      if (!signal?.aborted) tick.run();
    },
  };
  const store = overrides.store ?? memorySenderStore();
  const options: SenderOptions = {
    rpc: chain.rpc(),
    chainId: 31337n,
    account: alice,
    store,
    finality: { kind: "confirmations", blocks: 6 },
    clock,
    onProblem: ({ kind }) => problems.push(kind),
    ...overrides,
  };
  const mined = () => chain.chain.flatMap(({ transactions }) => transactions).map(({ tx }) => tx);
  const sentRaw = () => chain.sent.filter(({ method }) => method === "eth_sendRawTransaction").length;
  return { chain, problems, tick, store, options, sender: createSender(options), mined, sentRaw };
};
const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof SenderError || error instanceof ChainUnavailableError ? error.code : String(error)),
  );
const finished = async (sender: { unfinished(): Promise<readonly SenderRecord[]> }): Promise<void> => {
  for (let turns = 0; turns < 300 && (await sender.unfinished()).length > 0; turns += 1)
    await new Promise((resolve) => setImmediate(resolve));
  expect(await sender.unfinished()).to.deep.equal([]);
};

describe("sender", () => {
  it("signs for the chain with EIP-1559 fees, waits for the block, and answers with the receipt", async () => {
    const { chain, sender, mined } = world();
    const receipt = await sender.send(intent("first", { value: 5n }));
    const [tx] = mined();
    expect(tx?.chainId).to.equal(31337n);
    expect(tx?.value).to.equal(5n);
    expect([tx?.type, tx?.maxFeePerGas, tx?.maxPriorityFeePerGas, tx?.gasLimit]).to.deep.equal([
      2,
      3_000_000_000n,
      1_000_000_000n,
      120_000n,
    ]);
    expect(receipt).to.deep.include({
      id: "first",
      transactionHash: tx?.hash,
      nonce: 0,
      gasUsed: 80_000n,
      effectiveGasPrice: 1_000_000_000n,
    });
    expect(receipt.blockHash).to.equal(chain.chain[receipt.blockNumber]?.hash);
    await sender.close();
  });

  it("uses a gas price where the chain has no base fee, and a tip of its own where the node suggests none", async () => {
    const legacy = world();
    legacy.chain.baseFee = undefined;
    legacy.chain.mine();
    await legacy.sender.send(intent("legacy"));
    expect([legacy.mined()[0]?.type, legacy.mined()[0]?.gasPrice]).to.deep.equal([0, 2_200_000_000n]);
    const tipless = world();
    tipless.chain.onSend = (method) => {
      if (method === "eth_maxPriorityFeePerGas") throw new RpcError(method, -32601, "no such method", undefined);
    };
    await tipless.sender.send(intent("tipless"));
    expect(tipless.mined()[0]?.maxPriorityFeePerGas).to.equal(1_000_000_000n);
    await Promise.all([legacy.sender.close(), tipless.sender.close()]);
  });

  it("gives nonces in the order of the calls, without waiting for blocks", async () => {
    const { sender, mined } = world();
    const receipts = await Promise.all(["a", "b", "c", "d", "e"].map((id) => sender.send(intent(id))));
    expect(receipts.map(({ nonce }) => nonce)).to.deep.equal([0, 1, 2, 3, 4]);
    expect(mined().map(({ data }) => data)).to.deep.equal(["a", "b", "c", "d", "e"].map((id) => intent(id).data));
    await sender.close();
  });

  it("sends an id once, however often it is asked to, and refuses another transaction under it", async () => {
    const { sender, mined } = world();
    const receipts = await Promise.all([sender.send(intent("once")), sender.send(intent("once"))]);
    receipts.push(await sender.send(intent("once")));
    await finished(sender);
    receipts.push(await sender.send(intent("once")));
    expect(new Set(receipts.map(({ transactionHash }) => transactionHash)).size).to.equal(1);
    expect(mined()).to.have.length(1);
    for (const other of [{ data: "0x99" }, { to: `0x${"bb".repeat(20)}` }, { value: 1n }])
      expect(await codeOf(sender.send(intent("once", other)))).to.equal("INTENT_CONFLICT");
    await sender.close();
  });

  it("spends nothing on a transaction that the contract would refuse, and says why", async () => {
    const { chain, sender, sentRaw, store } = world();
    chain.onCall = () => {
      throw new RpcError("eth_call", 3, "reverted", denied);
    };
    const error = await sender.send(intent("doomed")).catch((failure: unknown) => failure as SenderError);
    expect(error).to.deep.include({ code: "TX_WOULD_REVERT", retryable: false, data: denied });
    expect((error as SenderError).contractError?.name).to.equal("RequestDenied");
    expect((error as SenderError).message).to.contain("may not read");
    expect(sentRaw()).to.equal(0);
    expect(await store.load()).to.deep.equal([]);
    chain.onCall = () => "0x";
    expect((await sender.send(intent("doomed"))).nonce).to.equal(0);
    await sender.close();
  });

  it("says so when the account cannot pay, before it signs", async () => {
    const { chain, sender, sentRaw } = world();
    chain.balance = 10n ** 14n;
    expect(await codeOf(sender.send(intent("poor")))).to.equal("INSUFFICIENT_FUNDS");
    chain.balance = 4n;
    expect(await codeOf(sender.send(intent("value", { value: 5n })))).to.equal("INSUFFICIENT_FUNDS");
    expect(sentRaw()).to.equal(0);
    await sender.close();
  });

  it("reports a mined revert with its reason, and tries again when asked again", async () => {
    const { chain, sender, tick } = world();
    chain.succeeds = () => {
      chain.onCall = (call) => {
        if (call.to !== TO) return "0x";
        throw new RpcError("eth_call", 3, "reverted", denied); // the race was lost in that block
      };
      return false;
    };
    const error = await sender.send(intent("raced")).catch((failure: unknown) => failure as SenderError);
    expect(error).to.include({ code: "TX_REVERTED" });
    expect((error as SenderError).contractError?.name).to.equal("RequestDenied");
    chain.succeeds = () => true;
    chain.onCall = () => "0x";
    let looks = 0; // meanwhile only the reverted receipt is there
    tick.run = () => {
      looks += 1;
      if (looks > 4) chain.mine();
    };
    expect((await sender.send(intent("raced"))).nonce).to.equal(1);
    await sender.close();
  });

  it("frees the nonce of a transaction that the node has never taken", async () => {
    const { chain, sender, mined } = world();
    chain.onSend = (method) => {
      if (method === "eth_sendRawTransaction") throw new RpcError(method, -32000, "exceeds block gas limit", undefined);
    };
    expect(await codeOf(sender.send(intent("huge")))).to.equal("TX_REFUSED");
    chain.onSend = () => {};
    expect((await sender.send(intent("next"))).nonce).to.equal(0);
    expect(mined()).to.have.length(1);
    await sender.close();
  });

  it("continues when it is not known whether the transaction got through", async () => {
    for (const getsThrough of [true, false]) {
      const { chain, sender, problems, mined, options } = world();
      const real = chain.rpc();
      let failures = 0;
      const flaky = {
        send: async (method: string, params: readonly unknown[]) => {
          if (method !== "eth_sendRawTransaction" || failures > 0) return real.send(method, params);
          failures += 1;
          if (getsThrough) await real.send(method, params);
          throw new ChainUnavailableError("TIMEOUT", "no answer");
        },
      };
      await sender.close();
      const again = createSender({ ...options, rpc: flaky });
      expect((await again.send(intent("unsure"))).nonce).to.equal(0);
      expect(problems).to.include("UNAVAILABLE");
      expect(mined()).to.have.length(1);
      await again.close();
    }
  });

  it("sends the same bytes again when they were dropped from the pool", async () => {
    const { chain, sender, tick, sentRaw, mined } = world();
    let ticks = 0;
    tick.run = () => {
      ticks += 1;
      if (ticks < 3) chain.pool.clear();
      chain.mine();
    };
    await sender.send(intent("dropped"));
    expect(sentRaw()).to.be.greaterThan(1);
    const raws = chain.sent.filter(({ method }) => method === "eth_sendRawTransaction").map(({ params }) => params[0]);
    expect(new Set(raws).size).to.equal(1);
    expect(mined()).to.have.length(1);
    await sender.close();
  });

  it("pays more after some blocks, under the same nonce, until it is mined or the limit is reached", async () => {
    const { chain, sender, mined } = world();
    chain.minCap = 4_000_000_000n;
    const receipt = await sender.send(intent("slow"));
    expect(receipt.nonce).to.equal(0);
    const [tx] = mined();
    expect(mined()).to.have.length(1);
    expect((tx?.maxFeePerGas ?? 0n) >= 4_000_000_000n).to.equal(true);
    const offers = chain.sent.filter(({ method }) => method === "eth_sendRawTransaction").length;
    expect(offers).to.equal(4); // 3.0, 3.375, 3.797, 4.27 gwei
    await sender.close();

    const limited = world({ maxFeePerGas: 3_500_000_000n });
    limited.chain.minCap = 4_000_000_000n;
    const waiting = codeOf(limited.sender.send(intent("too dear")));
    for (let turns = 0; turns < 200 && !limited.problems.includes("FEE_LIMIT"); turns += 1)
      await new Promise((resolve) => setImmediate(resolve));
    expect(limited.problems).to.include("FEE_LIMIT");
    for (const { tx: one } of [...limited.chain.pool.values()].map((tx) => ({ tx })))
      expect((one.maxFeePerGas ?? 0n) <= 3_500_000_000n).to.equal(true);
    await limited.sender.close();
    expect(await waiting).to.equal("SENDER_CLOSED");
  });

  it("notices a reorg and sends the same nonce and data again", async () => {
    const { chain, sender, tick, mined, problems } = world();
    const before = await sender.send(intent("reorged"));
    let cut = false;
    tick.run = () => {
      if (!cut) chain.cut(chain.chain.length - 1, { lose: true });
      cut = true;
      chain.mine(2);
    };
    await finished(sender);
    expect(problems).to.include("REORGED");
    expect(mined().map(({ hash }) => hash)).to.deep.equal([before.transactionHash]);
    const after = await sender.send(intent("reorged"));
    expect(after.transactionHash).to.equal(before.transactionHash);
    expect(after.blockHash).not.to.equal(before.blockHash);
    await sender.close();
  });

  it("takes another nonce when a foreign transaction used its own, and gives up where that makes no sense any more", async () => {
    for (const stillWanted of [true, false]) {
      const { chain, sender, tick, problems } = world();
      const foreign = async (): Promise<void> => {
        const raw = await alice.signTransaction({
          type: 2,
          chainId: 31337n,
          nonce: 0,
          to: TO,
          data: "0x77",
          gasLimit: 50_000n,
          maxFeePerGas: 9n * 10n ** 9n,
          maxPriorityFeePerGas: 1n,
        });
        chain.pool.clear();
        await chain.rpc().send("eth_sendRawTransaction", [raw]);
        if (!stillWanted)
          chain.onCall = (call) => {
            if (call.to !== TO) return "0x";
            throw new RpcError("eth_call", 3, "reverted", denied);
          };
      };
      tick.run = () => {
        tick.run = () => chain.mine();
        void foreign();
      };
      const result = await sender.send(intent("displaced")).then(
        ({ nonce }) => nonce,
        (error: SenderError) => error.code,
      );
      expect(result).to.equal(stillWanted ? 1 : "TX_WOULD_REVERT");
      expect(problems).to.include("DISPLACED");
      await sender.close();
    }
  });

  it("continues after a restart with what was saved, without sending twice", async () => {
    const { chain, sender, tick, options, store, mined } = world();
    tick.run = () => {}; // no block is mined
    const waiting = codeOf(sender.send(intent("survives")));
    for (let turns = 0; turns < 50 && chain.pool.size === 0; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    await sender.close();
    expect(await waiting).to.equal("SENDER_CLOSED");
    expect((await store.load()).map(({ state }) => state)).to.deep.equal(["pending"]);

    chain.pool.clear(); // the node forgot it as well
    tick.run = () => chain.mine();
    const again = createSender(options);
    await again.start();
    await finished(again);
    expect(mined()).to.have.length(1);
    expect((await again.send(intent("survives"))).nonce).to.equal(0);
    expect((await again.send(intent("next"))).nonce).to.equal(1);
    expect(mined()).to.have.length(2);
    await again.close();
  });

  it("saves before it sends: a store that fails means nothing was sent", async () => {
    const broken: SenderStore = { load: async () => [], save: () => Promise.reject(new Error("disk full")) };
    const { sender, sentRaw } = world({ store: broken });
    expect(await codeOf(sender.send(intent("unsaved")))).to.equal("Error: disk full");
    expect(sentRaw()).to.equal(0);
    await sender.close();
  });

  it("sends nothing while the chain cannot be asked, and does so when asked again", async () => {
    const { chain, sender, sentRaw } = world();
    for (const method of ["eth_getBlockByNumber", "eth_call", "eth_estimateGas", "eth_getBalance", "eth_getTransactionCount"]) {
      chain.onSend = (asked) => {
        if (asked === method) throw new ChainUnavailableError("TRANSPORT", "down");
      };
      expect(await codeOf(sender.send(intent("later")))).to.equal("CHAIN_UNAVAILABLE");
    }
    chain.onSend = () => {};
    expect(sentRaw()).to.equal(0);
    expect((await sender.send(intent("later"))).nonce).to.equal(0);
    await sender.close();
  });

  it("lets a caller stop waiting without stopping the transaction", async () => {
    const { chain, sender, tick, mined } = world();
    tick.run = () => {};
    const controller = new AbortController();
    const waiting = codeOf(sender.send(intent("patient"), { signal: controller.signal }));
    for (let turns = 0; turns < 50 && chain.pool.size === 0; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error("bob went home"));
    expect(await waiting).to.equal("Error: bob went home");
    tick.run = () => chain.mine();
    await finished(sender);
    expect(mined()).to.have.length(1);
    await sender.close();
    expect(await codeOf(sender.send(intent("after")))).to.equal("SENDER_CLOSED");
  });

  it("gets every one of many transactions mined exactly once through reorgs, losses and failing calls", async () => {
    const { seededRandom } = await import("../testing/random.ts");
    for (const seed of seedNumbers("sender", 10)) {
      const random = seededRandom(seed);
      const { chain, sender, tick, mined, options } = world({ bumpAfterBlocks: 3 });
      chain.mine(8);
      let calm = false;
      let highest = 0;
      /** Several reorgs in a row take back no more than one may: nothing that 6 blocks have confirmed. */
      const cut = (): void => {
        highest = Math.max(highest, chain.chain.length - 1);
        const depth = Math.min(random.between(1, 4), 5 - (highest - (chain.chain.length - 1)));
        chain.cut(depth, { lose: random.chance(0.3) });
      };
      tick.run = () => {
        if (!calm && random.chance(0.15)) cut();
        if (!calm && random.chance(0.1)) chain.pool.clear();
        chain.mine(random.between(1, 2));
      };
      chain.onSend = () => {
        if (!calm && random.chance(0.03)) throw new ChainUnavailableError("TRANSPORT", "injected");
      };
      chain.blockSpace = 2;
      const ids = Array.from({ length: 12 }, (_, index) => `${seed}-${index}`);
      let current = sender;
      const insist = async (id: string): Promise<void> => {
        for (let tries = 0; tries < 200; tries += 1) if ((await codeOf(current.send(intent(id)))) === "done") return;
        throw new Error(`${id} never got on chain`);
      };
      const all = Promise.all(ids.map(insist));
      for (let turns = 0; turns < 40; turns += 1) await new Promise((resolve) => setImmediate(resolve));
      const stopped = current;
      current = createSender(options); // a restart in the middle
      await stopped.close();
      await all;
      calm = true;
      await current.start();
      await finished(current);
      const data = mined().map((tx) => tx.data);
      expect(new Set(data)).to.deep.equal(new Set(ids.map((id) => intent(id).data)));
      expect(data, `seed ${seed}`).to.have.length(ids.length);
      expect(mined().map(({ nonce }) => nonce)).to.deep.equal(ids.map((_, index) => index));
      await current.close();
    }
  });
});
