import type { Vault, WorkItem } from "@keyquorum/vault";
import { expect } from "chai";
import { silentLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { createWorkRunner, DONE, type WorkHandler } from "./workRunner.ts";

const HEAD = { number: 1, hash: "0x01", timestamp: 0, parentHash: "0x00" };

const itemOf = (kind: string, id: string): WorkItem => ({ id, kind, payload: id, state: "pending", attempts: 0, notBefore: 0 });

/** Pending work in memory, oldest first, as the vault gives it. */
const createStore = (items: readonly WorkItem[]): Vault["work"] => {
  const pending = new Map(items.map((item) => [item.id, item]));
  return {
    due: async <Payload>({ kind, limit }: { readonly kind?: string; readonly limit?: number }) =>
      [...pending.values()].filter((item) => kind === undefined || item.kind === kind).slice(0, limit) as WorkItem<Payload>[],
    finish: async (id) => void pending.delete(id),
    retry: async () => undefined,
    add: async () => false,
    load: async () => undefined,
    prune: async () => 0,
  };
};

describe("createWorkRunner, when somebody makes more work than can be done", () => {
  const STUCK = 700;
  const stuck = Array.from({ length: STUCK }, (_, i) => itemOf("request", `stuck ${i}`));
  let time = 0;
  let tried: string[];

  const runRounds = async (items: readonly WorkItem[], rounds: number): Promise<void> => {
    const handle: WorkHandler<string> = async (id) => {
      tried.push(id);
      return id.startsWith("stuck") ? { kind: "wait", milliseconds: 2_000 } : DONE;
    };
    const runner = createWorkRunner({
      work: createStore(items),
      handlers: { session: { handler: handle }, request: { handler: handle } },
      clock: { now: () => time, sleep: async () => undefined },
      log: silentLogger,
      metrics: createMetrics({ version: "0", processMetrics: false }),
    });
    for (let round = 0; round < rounds; round += 1) {
      time += 2_000;
      await runner.round({ head: HEAD, final: HEAD });
      await runner.idle();
    }
  };

  beforeEach(() => {
    [time, tried] = [0, []];
  });

  it("does the newest session and the newest request, although older requests are never over", async () => {
    await runRounds([...stuck, itemOf("session", "session"), itemOf("request", "victim")], 200);
    expect(tried).to.include("session");
    expect(tried).to.include("victim");
  });

  it("does sessions before requests", async () => {
    await runRounds([...stuck, itemOf("session", "session")], 1);
    expect(tried[0]).to.equal("session");
  });

  it("tries first what was tried longest ago", async () => {
    await runRounds([...stuck.slice(0, 20)], 30);
    const times = new Map<string, number>();
    for (const id of tried) times.set(id, (times.get(id) ?? 0) + 1);
    expect(times.size).to.equal(20);
    expect(Math.max(...times.values()) - Math.min(...times.values())).to.be.at.most(1);
  });

  it("answers beside a hundred reshares that never end, a few of which are done at a time", async () => {
    const reshares = Array.from({ length: 100 }, (_, i) => itemOf("reshare", `reshare ${i}`));
    let [busy, most] = [0, 0];
    const ends: (() => void)[] = [];
    const answered: string[] = [];
    const runner = createWorkRunner({
      work: createStore([...reshares, itemOf("request", "request")]),
      handlers: {
        reshare: {
          handler: async () => {
            busy += 1;
            most = Math.max(most, busy);
            await new Promise<void>((resolve) => ends.push(resolve));
            busy -= 1;
            return DONE;
          },
          lane: "apart",
        },
        request: {
          handler: async (id: string) => {
            answered.push(id);
            return DONE;
          },
        },
      },
      clock: { now: () => time, sleep: async () => undefined },
      log: silentLogger,
      metrics: createMetrics({ version: "0", processMetrics: false }),
    });
    await runner.round({ head: HEAD, final: HEAD });
    expect(answered).to.deep.equal(["request"]);
    expect([busy, most]).to.deep.equal([2, 2]);
    for (let round = 0; round < 3; round += 1) {
      for (const end of ends.splice(0)) end();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(most).to.equal(2);
    const idle = runner.idle();
    for (const end of ends.splice(0)) end();
    await idle;
    expect(busy).to.equal(0);
  });

  it("does two thousand requests without reading all that are left at every head, and a session that comes meanwhile at the next one", async () => {
    const COUNT = 2_000;
    const items = [...Array.from({ length: COUNT }, (_, i) => itemOf("request", `request ${i}`))];
    const late = itemOf("session", "session");
    const store = createStore(items);
    let [read, isThere] = [0, false];
    const heads: number[] = [];
    const done: string[] = [];
    const ends: (() => void)[] = [];
    const handler: WorkHandler<string> = async (id, { head }) => {
      heads.push(head.number);
      await new Promise<void>((resolve) => ends.push(resolve));
      done.push(id);
      return DONE;
    };
    const due: typeof store.due = async <Payload>(asked: Parameters<typeof store.due>[0]) => {
      if (asked.kind === "session") return (isThere && !done.includes("session") ? [late] : []) as WorkItem<Payload>[];
      const found = await store.due<Payload>(asked);
      read += found.length;
      return found;
    };
    const runner = createWorkRunner({
      work: { ...store, due },
      handlers: { session: { handler }, request: { handler } },
      clock: { now: () => time, sleep: async () => undefined },
      log: silentLogger,
      metrics: createMetrics({ version: "0", processMetrics: false }),
    });
    for (let number = 1; done.length < COUNT + 1; number += 1) {
      expect(number, "eight at a time").to.be.at.most(COUNT);
      if (number === 20) isThere = true;
      const head = { ...HEAD, number };
      await runner.round({ head, final: head });
      if (number === 20) expect(ends.length, "those that were begun before").to.equal(8);
      for (const end of ends.splice(0)) end();
      await new Promise((resolve) => setImmediate(resolve));
      if (number === 21) expect(done).to.include("session");
    }
    expect(new Set(done).size, "each once").to.equal(done.length);
    expect(heads.at(-1), "as of the newest head").to.be.greaterThan(100);
    expect(read).to.be.at.most(20_000); // nearly 250,000 where every head reads what is left
  });
});
