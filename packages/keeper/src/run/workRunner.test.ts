import { ChainUnavailableError, type Heads } from "@keyquorum/chain";
import type { Vault, WorkItem } from "@keyquorum/vault";
import { expect } from "chai";
import { createLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { createWorkRunner, DONE, WAIT, type WorkHandler, type WorkOutcome } from "./workRunner.ts";

const block = { number: 1, hash: "0x1", parentHash: "0x0", timestamp: 0 };
const heads: Heads = { head: block, final: block };

/** A work store in memory with the vault's rules. */
const memoryWork = (ids: readonly string[]) => {
  const items = new Map<string, WorkItem>(
    ids.map((id) => [id, { id, kind: "k", payload: id, state: "pending", attempts: 0, notBefore: 0 }]),
  );
  const work: Vault["work"] = {
    add: async () => true,
    load: async () => undefined,
    prune: async () => 0,
    due: async <Payload>({ now }: { readonly now: number }) =>
      [...items.values()].filter(({ state, notBefore }) => state === "pending" && notBefore <= now) as WorkItem<Payload>[],
    retry: async (id, { notBefore, error }) => {
      const item = items.get(id);
      if (item !== undefined) items.set(id, { ...item, attempts: item.attempts + 1, notBefore, lastError: error });
    },
    finish: async (id, state) => {
      const item = items.get(id);
      if (item !== undefined) items.set(id, { ...item, state });
    },
  };
  return { work, items };
};

describe("createWorkRunner", () => {
  let now = 0;
  let lines: string[] = [];
  beforeEach(() => {
    now = 0;
    lines = [];
  });
  const create = (ids: readonly string[], handler: WorkHandler<string>) => {
    const { work, items } = memoryWork(ids);
    const metrics = createMetrics({ version: "0", processMetrics: false });
    const log = createLogger("trace", { write: (line) => lines.push(line) });
    const clock = { now: () => now, sleep: async () => undefined };
    const runner = createWorkRunner({ work, handlers: { k: { handler } }, clock, log, metrics });
    const round = async (): Promise<void> => {
      await runner.round(heads);
      await runner.idle();
    };
    return { runner, round, items, metrics };
  };

  it("finishes what is done or failed, and asks again for what waits", async () => {
    const outcomes: Record<string, WorkOutcome> = { a: DONE, b: { kind: "failed", reason: "no" }, c: WAIT };
    const asked: string[] = [];
    const { round, items } = create(["a", "b", "c"], async (id) => {
      asked.push(id);
      return outcomes[id] ?? WAIT;
    });
    await round();
    await round();
    expect(asked).to.deep.equal(["a", "b", "c", "c"]);
    expect([...items.values()].map(({ state }) => state)).to.deep.equal(["done", "failed", "pending"]);
  });

  it("does not look again before the time that the work asked for", async () => {
    let attempts = 0;
    const { round } = create(["a"], async () => {
      attempts += 1;
      return { kind: "wait", milliseconds: 100 };
    });
    for (now of [0, 50, 99, 100, 150]) await round();
    expect(attempts).to.equal(2);
  });

  it("tries again after a failure, later each time, and continues with the rest", async () => {
    const attempts: Record<string, number[]> = { bad: [], good: [] };
    const { round, items } = create(["bad", "good"], async (id) => {
      attempts[id]?.push(now);
      if (id === "bad") throw new Error("broken");
      return WAIT;
    });
    for (now = 0; now <= 4_000; now += 100) await round();
    expect(attempts.bad).to.deep.equal([0, 500, 1_500, 3_500]);
    expect(attempts.good).to.have.length(41);
    expect(items.get("bad")?.lastError).to.equal("broken");
  });

  it("continues where the clock was a year ahead, and is put right: work of this life, and of an earlier one", async () => {
    const YEAR = 365 * 86_400_000;
    let attempts = 0;
    const { round, items } = create(["waits", "failed"], async (id) => {
      attempts += 1;
      if (id === "failed") throw new Error("broken");
      return { kind: "wait", milliseconds: 5_000 };
    });
    now = YEAR;
    await round();
    now = 1_000;
    await round();
    expect(attempts).to.equal(4);
    const later = create([], async () => DONE);
    for (const [id, item] of items) later.items.set(id, { ...item, notBefore: YEAR });
    await later.round();
    expect([...later.items.values()].map(({ state }) => state)).to.deep.equal(["done", "done"]);
  });

  it("does not count a chain that cannot be asked against the work", async () => {
    const { round, items } = create(["a"], async () => {
      throw new ChainUnavailableError("TIMEOUT", "slow");
    });
    await round();
    expect(items.get("a")?.attempts).to.equal(0);
    expect(lines.filter((line) => line.includes('"error"') && line.includes('"level":"error"'))).to.have.length(0);
  });

  it("never does one piece of work twice at once", async () => {
    let running = 0;
    let most = 0;
    const releases: (() => void)[] = [];
    const { runner } = create(["a"], async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => releases.push(resolve));
      running -= 1;
      return WAIT;
    });
    for (let i = 0; i < 3; i += 1) await runner.round(heads);
    expect(releases).to.have.length(1);
    for (const release of releases) release();
    await runner.idle();
    expect(most).to.equal(1);
  });

  it("does a few pieces at a time, and the others at the next round", async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `w${index}`);
    const done = new Set<string>();
    let running = 0;
    let most = 0;
    const { runner } = create(ids, async (id) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      done.add(id);
      return DONE;
    });
    for (let i = 0; i < 30 && done.size < 30; i += 1) {
      await runner.round(heads);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await runner.idle();
    expect(done.size).to.equal(30);
    expect(most).to.be.at.most(8);
  });

  it("shows how much is pending", async () => {
    const { round, metrics } = create(["a", "b"], async () => WAIT);
    await round();
    expect(await metrics.registry.metrics()).to.include('keeper_work_pending{kind="k"} 2');
  });
});
