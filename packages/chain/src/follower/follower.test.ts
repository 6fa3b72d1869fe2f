import { expect } from "chai";
import { seedNumbers } from "../../../../test/random/seed.ts";
import { ChainUnavailableError } from "../errors.ts";
import { quorumRpc } from "../quorum/quorumRpc.ts";
import { fakeClock } from "../testing/clocks.ts";
import { memoryFollowerStore } from "../testing/memoryFollowerStore.ts";
import { ModelChain } from "../testing/modelChain.ts";
import { seededRandom } from "../testing/random.ts";
import { createFollower, type FollowerOptions, type StepResult } from "./follower.ts";
import { emptyState, withAccepted } from "./state.ts";

const OURS = `0x${"aa".repeat(20)}`;
const FOREIGN = `0x${"bb".repeat(20)}`;
const log = { address: OURS };

const follow = (options: Partial<FollowerOptions> = {}) => {
  const chain = new ModelChain();
  const memory = memoryFollowerStore();
  const follower = createFollower({
    rpc: chain.rpc(),
    addresses: [OURS],
    fromBlock: 1,
    store: memory.store,
    clock: fakeClock(),
    ...options,
  });
  const canonical = () =>
    chain.chain
      .slice(1)
      .flatMap(({ logs }) => logs)
      .filter(({ address }) => address === OURS);
  const catchUp = async (): Promise<StepResult> => {
    for (;;) {
      const result = await follower.step();
      if (result.caughtUp) return result;
    }
  };
  return { chain, ...memory, follower, canonical, catchUp };
};
const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no failure",
    (error: unknown) => error,
  );

describe("follower", () => {
  it("reads the logs of its contracts only, once, and keeps the cursor with them", async () => {
    const { chain, kept, follower, canonical, catchUp } = follow();
    for (let i = 0; i < 30; i += 1) chain.append(i % 3 === 0 ? [log, { address: FOREIGN }, log] : []);
    const result = await catchUp();
    expect(kept.logs).to.deep.equal(canonical());
    expect(kept.logs).to.have.length(20);
    expect(result.state.next).to.equal(31);
    expect(kept.state?.ring.at(-1)).to.deep.equal({ number: 30, hash: chain.head.hash });
    expect((await follower.step()).kind).to.equal("idle");
    expect(kept.logs).to.have.length(20);
  });

  it("waits as long as a node asks, and reads the same blocks then", async () => {
    const chain = new ModelChain();
    for (let i = 0; i < 60; i += 1) chain.append([log]);
    const asked: string[] = [];
    let limits = 3;
    const good = chain.rpc();
    const limited = {
      send: async (method: string, params: readonly unknown[]) => {
        if (method !== "eth_getLogs") return good.send(method, params);
        const [{ fromBlock, toBlock }] = params as [{ fromBlock?: string; toBlock?: string }];
        if (fromBlock !== undefined) asked.push(`${fromBlock}-${toBlock}`);
        if (limits-- > 0) throw new ChainUnavailableError("RATE_LIMITED", "too often", { details: { retryAfterMs: 9_000 } });
        return good.send(method, params);
      },
    };
    const clock = fakeClock();
    const stop = new AbortController();
    const { follower } = follow({ rpc: limited, clock, maxRange: 40, onHead: ({ caughtUp }) => (caughtUp ? stop.abort() : undefined) });
    await follower.run(stop.signal);
    expect(asked.slice(0, 4)).to.deep.equal(Array.from({ length: 4 }, () => "0x1-0x28"));
    expect(clock.slept.slice(0, 3)).to.deep.equal([9_000, 9_000, 9_000]);
  });

  it("continues from the stored cursor after a restart", async () => {
    const first = follow({ maxRange: 4, nearHead: 2 });
    for (let i = 0; i < 20; i += 1) first.chain.append([log]);
    await first.follower.step();
    const again = createFollower({ rpc: first.chain.rpc(), addresses: [OURS], fromBlock: 1, store: first.store, nearHead: 2 });
    while (!(await again.step()).caughtUp);
    expect(first.kept.logs).to.deep.equal(first.canonical());
  });

  it("halves its range on any error and grows it again slowly", async () => {
    const { chain, follower, kept, canonical } = follow({ maxRange: 64, nearHead: 2 });
    for (let i = 0; i < 200; i += 1) chain.append(i % 5 === 0 ? [log] : []);
    chain.maxLogRange = 10;
    let failures = 0;
    for (let done = false; !done && failures < 50; ) {
      try {
        done = (await follower.step()).caughtUp;
      } catch (error) {
        expect(error).to.be.instanceOf(ChainUnavailableError);
        failures += 1;
      }
    }
    expect(failures).to.be.within(3, 12); // 64, 32, 16 fail; then 8, 9, 10 and 11 fails again, rarely
    expect(kept.logs).to.deep.equal(canonical());
  });

  it("undoes a reorg down to the common ancestor in one write, and reads the new branch", async () => {
    const { chain, kept, catchUp, canonical } = follow();
    for (let i = 0; i < 10; i += 1) chain.append([log]);
    await catchUp();
    chain.cut(4);
    for (let i = 0; i < 5; i += 1) chain.append([log, log]);
    const result = await catchUp();
    expect(kept.rollbacks).to.deep.equal([6]);
    expect(result.rollback?.toBlock).to.equal(6);
    expect(kept.logs).to.deep.equal(canonical());
  });

  it("starts from the deployment's block when its whole ring is gone", async () => {
    const { chain, kept, catchUp, canonical } = follow({ ring: 3 });
    for (let i = 0; i < 20; i += 1) chain.append([log]);
    await catchUp();
    chain.cut(12);
    for (let i = 0; i < 13; i += 1) chain.append([log]);
    await catchUp();
    expect(kept.rollbacks).to.deep.equal([0]);
    expect(kept.logs).to.deep.equal(canonical());
  });

  it("does not take a node that lags for a reorg", async () => {
    const { chain, kept, follower, catchUp } = follow();
    for (let i = 0; i < 10; i += 1) chain.append([log]);
    await catchUp();
    const newest = chain.chain.splice(8);
    expect((await follower.step()).kind).to.equal("behind");
    chain.chain.push(...newest);
    expect((await follower.step()).kind).to.equal("idle");
    expect(kept.rollbacks).to.deep.equal([]);
    expect(kept.logs).to.have.length(10);
  });

  it("keeps finality apart from the head, and lets it only grow", async () => {
    const { chain, kept, catchUp } = follow();
    for (let i = 0; i < 10; i += 1) chain.append([log]);
    chain.finalized = 6;
    await catchUp();
    expect(kept.state?.final?.number).to.equal(6);
    chain.finalized = 4;
    chain.append([]);
    await catchUp();
    expect(kept.state?.final?.number).to.equal(6);
    chain.cut(2);
    chain.append([]);
    expect((await catchUp()).rollback?.finalityBroken).to.equal(false);
  });

  describe("when a final block is gone from the chain", () => {
    const broken = async (options: Partial<FollowerOptions> = {}) => {
      const followed = follow(options);
      const { chain, catchUp } = followed;
      for (let i = 0; i < 10; i += 1) chain.append([log]);
      chain.finalized = 6;
      await catchUp();
      const was = chain.chain[6]?.hash ?? "";
      const old = [...chain.chain];
      chain.cut(6);
      for (let i = 0; i < 8; i += 1) chain.append([log]);
      return { ...followed, was, old, found: chain.chain[6]?.hash ?? "" };
    };
    const accept = ({ kept }: Pick<ReturnType<typeof follow>, "kept">, hash: string): void => {
      kept.state = kept.state === undefined ? undefined : withAccepted(kept.state, hash);
    };

    it("stops, keeps what it had, says which block it was, and goes on stopping after a restart", async () => {
      const { chain, kept, store, follower, was, found } = await broken();
      const before = kept.logs;
      for (const each of [follower, createFollower({ rpc: chain.rpc(), addresses: [OURS], fromBlock: 1, store })]) {
        const result = await each.step();
        expect(result).to.include({ kind: "broken", caughtUp: false, foundNow: found });
        expect(result.rollback).to.equal(undefined);
        expect(kept.state?.broken).to.deep.equal({ final: { number: 6, hash: was }, found });
      }
      expect(kept.logs).to.deep.equal(before);
      chain.mine(3);
      expect((await follower.step()).kind).to.equal("broken");
    });

    it("follows the new chain once that block of it is accepted, and no other", async () => {
      const followed = await broken();
      const { kept, follower, catchUp, canonical, found } = followed;
      await follower.step();
      accept(followed, `0x${"77".repeat(32)}`);
      expect((await follower.step()).kind).to.equal("broken");
      accept(followed, found.toUpperCase().replace("0X", "0x"));
      expect((await catchUp()).kind).to.equal("advanced");
      expect(kept.logs).to.deep.equal(canonical());
      expect(kept.state).to.not.have.property("broken");
      expect(kept.state?.final?.hash).to.equal(found);
    });

    it("continues with the old chain when that came back and is accepted, and not before", async () => {
      const followed = await broken();
      const { chain, kept, follower, catchUp, was, old } = followed;
      await follower.step();
      chain.chain = [...old];
      chain.mine(2);
      expect((await follower.step()).kind).to.equal("broken");
      accept(followed, was);
      expect((await catchUp()).rollback).to.equal(undefined);
      expect(kept.logs).to.have.length(10);
      expect(kept.state).to.not.have.property("broken");
    });

    it("leaves no log of the chain that is gone where its place was lost, and begins again", async () => {
      const followed = await broken();
      const { kept, follower, catchUp, canonical, found } = followed;
      await follower.step();
      if (kept.state?.broken === undefined) throw new Error("control: it is broken");
      kept.state = { ...emptyState(1), broken: { ...kept.state.broken, accepted: found } };
      await catchUp();
      expect(kept.logs).to.deep.equal(canonical());
    });

    it("does the same where so many confirmations count as final, and nothing with 0, which are never final", async () => {
      const { follower } = await broken({ finality: { kind: "confirmations", blocks: 4 } });
      expect((await follower.step()).kind).to.equal("broken");
      const local = await broken({ finality: { kind: "confirmations", blocks: 0 } });
      expect((await local.follower.step()).rollback).to.deep.equal({ toBlock: 4, finalityBroken: true });
    });

    it("does not stop for one lying provider of three, nor for a reorg above the final block that no block of the ring survives", async () => {
      const chain = new ModelChain();
      const liar = new ModelChain();
      for (const each of [chain, liar]) {
        for (let i = 0; i < 10; i += 1) each.append([log]);
        each.finalized = 6;
      }
      const { kept, store } = memoryFollowerStore();
      let lies = false;
      const third = { send: (...call: Parameters<ReturnType<ModelChain["rpc"]>["send"]>) => (lies ? liar : chain).rpc().send(...call) };
      const rpc = quorumRpc([chain.rpc(), third, chain.rpc()], { clock: fakeClock() });
      const follower = createFollower({ rpc, addresses: [OURS], fromBlock: 1, store, clock: fakeClock(), ring: 2 });
      while (!(await follower.step()).caughtUp);
      lies = true;
      liar.cut(8);
      liar.mine(9);
      chain.cut(4);
      chain.mine(5);
      const result = await follower.step();
      expect(result.rollback).to.deep.equal({ toBlock: 6, finalityBroken: false });
      while (!(await follower.step()).caughtUp);
      expect(kept.state).to.not.have.property("broken");
      expect(kept.logs).to.have.length(6);
    });
  });

  it("tells each new head once, after everything up to it is committed", async () => {
    const heads: string[] = [];
    const { chain, follower, kept } = follow({
      onHead: ({ head, state }) => {
        expect(kept.state).to.deep.equal(state);
        heads.push(head.hash);
      },
    });
    chain.append([log]);
    await follower.step();
    await follower.step();
    chain.append([]);
    await follower.step();
    expect(heads).to.deep.equal(chain.chain.slice(1).map(({ hash }) => hash));
  });

  const lies: readonly (readonly [string, (value: never) => unknown])[] = [
    ["a log of another contract", (logs: readonly object[]) => logs.map((one) => ({ ...one, address: FOREIGN }))],
    ["a log of a pending block", (logs: readonly object[]) => logs.map((one) => ({ ...one, blockHash: null }))],
    ["the same log twice", (logs: readonly object[]) => [...logs, ...logs]],
    ["a log of another block", (logs: readonly object[]) => logs.map((one) => ({ ...one, blockHash: `0x${"77".repeat(32)}` }))],
    ["no list", () => ({})],
  ];
  for (const [what, lie] of lies) {
    for (const [where, nearHead] of [
      ["near the head", 8],
      ["far below the head", 0],
    ] as const) {
      it(`refuses ${what} ${where} and commits nothing`, async () => {
        const honest = new ModelChain();
        const { kept, store } = memoryFollowerStore();
        const rpc = honest.rpc();
        const lying = {
          send: async (method: string, params: readonly unknown[]) =>
            method === "eth_getLogs" ? lie((await rpc.send(method, params)) as never) : rpc.send(method, params),
        };
        honest.append([log]);
        const follower = createFollower({ rpc: lying, addresses: [OURS], fromBlock: 1, store, nearHead });
        const result = await follower.step().catch((error: unknown) => error);
        if (result instanceof Error) expect(result).to.be.instanceOf(ChainUnavailableError);
        else expect(result).to.include({ kind: "moved", logs: 0 });
        expect(kept.logs).to.deep.equal([]);
        expect(kept.state).to.equal(undefined);
      });
    }
  }

  it("continues after failures of the chain, with growing pauses, and rejects when its store fails", async () => {
    const chain = new ModelChain();
    const clock = fakeClock();
    const stop = new AbortController();
    const problems: unknown[] = [];
    chain.onSend = () => {
      if (problems.length < 4) throw new ChainUnavailableError("TRANSPORT", "down");
    };
    const { store, kept } = memoryFollowerStore(() => stop.abort());
    chain.append([log]);
    const options = {
      rpc: chain.rpc(),
      addresses: [OURS],
      fromBlock: 1,
      clock,
      pollMs: 10,
      onError: (error: unknown) => problems.push(error),
    };
    await createFollower({ ...options, store }).run(stop.signal);
    expect(problems).to.have.length(4);
    expect(clock.slept.slice(0, 4)).to.deep.equal([10, 20, 40, 80]);
    expect(kept.logs).to.have.length(1);

    const broken = { ...store, load: async () => Promise.reject(new Error("disk full")) };
    const failure = await failureOf(createFollower({ ...options, store: broken }).run(new AbortController().signal));
    expect((failure as Error).message).to.equal("disk full");
  });
});

describe("follower: random reorgs against a model", () => {
  /** Every commit must be exactly the logs of the branch that ends at the cursor: never a mixture of two. */
  const simulate = async (seed: number): Promise<{ readonly reorgs: number; readonly failures: number; readonly rollbacks: number }> => {
    const random = seededRandom(seed);
    const chain = new ModelChain();
    let reorgs = 0;
    let failures = 0;
    let calm = false;
    const logs = () =>
      Array.from({ length: random.chance(0.4) ? random.between(1, 3) : 0 }, () => ({ address: random.chance(0.8) ? OURS : FOREIGN }));
    const extend = (count: number): void => {
      for (let i = 0; i < count; i += 1) chain.append(logs());
    };
    const reorg = (): void => {
      const depth = Math.min(chain.chain.length - 1, random.chance(0.1) ? random.between(10, 40) : random.between(1, 6));
      chain.cut(depth);
      extend(random.chance(0.15) ? random.between(1, depth) : random.between(depth, depth + 1));
      reorgs += 1;
    };
    chain.onSend = () => {
      if (calm) return;
      if (random.chance(0.05)) reorg();
      if (random.chance(0.05)) {
        failures += 1;
        throw new ChainUnavailableError("TRANSPORT", "injected");
      }
    };
    chain.maxLogRange = 9;
    const { kept, store } = memoryFollowerStore(() => {
      const cursor = kept.state?.ring.at(-1);
      const branch = cursor === undefined ? [] : chain.branchOf(cursor.hash).slice(1);
      const expected = branch.flatMap((block) => block.logs).filter(({ address }) => address === OURS);
      expect(JSON.stringify(kept.logs), `seed ${seed}, cursor ${cursor?.number}`).to.equal(JSON.stringify(expected));
      const { final } = kept.state ?? {};
      if (final != null && branch[final.number - 1] !== undefined) expect(branch[final.number - 1]?.hash).to.equal(final.hash);
    });
    const finality = { kind: "confirmations", blocks: random.chance(0.5) ? 5 : 1000 } as const;
    const options = {
      rpc: chain.rpc(),
      addresses: [OURS],
      fromBlock: 1,
      store,
      finality,
      maxRange: 12,
      nearHead: random.between(0, 3),
      ring: 16,
    };
    /** The operator of this model accepts every chain. */
    const acceptWhatIsThere = ({ foundNow }: StepResult): void => {
      if (foundNow !== undefined && kept.state !== undefined) kept.state = withAccepted(kept.state, foundNow);
    };
    let follower = createFollower(options);
    extend(40);
    for (let round = 0; round < 60; round += 1) {
      extend(random.between(0, 4));
      if (random.chance(0.4)) reorg();
      if (random.chance(0.1)) follower = createFollower(options); // a restart
      for (let steps = random.between(1, 12); steps > 0; steps -= 1) {
        const failure = await failureOf(follower.step().then(acceptWhatIsThere));
        if (!(failure === "no failure" || failure instanceof ChainUnavailableError)) throw failure;
      }
    }
    calm = true;
    extend(45); // longer than any branch that was cut
    for (let caughtUp = false, tries = 0; !caughtUp && tries < 500; tries += 1) {
      const result = await failureOf(
        follower.step().then((step) => {
          acceptWhatIsThere(step);
          caughtUp = step.caughtUp;
        }),
      );
      if (result !== "no failure") expect(result).to.be.instanceOf(ChainUnavailableError); // a range that is still too long
    }
    expect(kept.logs).to.deep.equal(
      chain.chain
        .slice(1)
        .flatMap((block) => block.logs)
        .filter(({ address }) => address === OURS),
    );
    return { reorgs, failures, rollbacks: kept.rollbacks.length };
  };

  it("never diverges in 20 runs with hundreds of reorgs, some of them in the middle of a step, and failing calls", async () => {
    const total = { reorgs: 0, failures: 0, rollbacks: 0 };
    for (const seed of seedNumbers("follower", 20)) {
      const run = await simulate(seed);
      total.reorgs += run.reorgs;
      total.failures += run.failures;
      total.rollbacks += run.rollbacks;
    }
    expect(total.reorgs).to.be.greaterThan(500);
    expect(total.failures).to.be.greaterThan(300);
    expect(total.rollbacks).to.be.greaterThan(200);
  });
});
