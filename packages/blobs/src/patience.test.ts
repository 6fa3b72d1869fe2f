import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { createPatientAsker, type Patience, patienceOf } from "./patience.ts";
import { remoteFailed, remoteRefuses } from "./remote.ts";

const failureOf = (error: unknown): KeyquorumError => {
  if (error instanceof KeyquorumError) return error;
  throw error;
};

/** A clock on which only pauses take time. */
const world = (given: Partial<Patience> = {}) => {
  let time = 0;
  const asked: string[] = [];
  const patience = patienceOf({
    now: () => time,
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted();
      time += milliseconds;
    },
    ...given,
  });
  const ask = createPatientAsker<string>(patience);
  /** Each store's answers in turn; the last one again and again. "ok" is an answer. */
  const run = async (answers: Readonly<Record<string, readonly (KeyquorumError | "ok")[]>>, signal?: AbortSignal, onAsk?: () => void) => {
    const counts = new Map<string, number>();
    const one = async (store: string): Promise<string> => {
      const count = counts.get(store) ?? 0;
      counts.set(store, count + 1);
      asked.push(`${store}@${time}`);
      onAsk?.();
      const answer = answers[store]?.[Math.min(count, (answers[store]?.length ?? 0) - 1)];
      if (answer instanceof KeyquorumError) throw answer;
      return `${store}'s`;
    };
    const result = await ask(Object.keys(answers), one, { signal, failureOf });
    return "value" in result ? result.value : result.failures.map(({ store, error }) => `${store}: ${error.details.reason}`);
  };
  const take = (milliseconds: number): void => {
    time += milliseconds;
  };
  return { asked, run, take };
};

const busy = remoteFailed("s", "busy");
const gone = remoteRefuses("s", "gone");
const waits = (seconds: number) => remoteFailed("s", `waits ${seconds}`, { retryAfterMs: seconds * 1000 });

describe("Patience with remote stores", () => {
  it("asks again after pauses that grow, at most four times in all", async () => {
    const { asked, run } = world();
    expect(await run({ a: [busy] })).to.deep.equal(["a: busy"]);
    expect(asked).to.deep.equal(["a@0", "a@500", "a@1500", "a@3500"]);
    expect(await world().run({ a: [busy, busy, busy, "ok"] })).to.equal("a's");
  });

  it("does not ask again what asking again does not change, nor those that said it", async () => {
    const { asked, run } = world();
    expect(await run({ a: [gone], b: [busy, "ok"] })).to.equal("b's");
    expect(asked).to.deep.equal(["a@0", "b@0", "b@500"]);
    expect(await world().run({ a: [gone], b: [gone] })).to.deep.equal(["a: gone", "b: gone"]);
  });

  it("waits as long as a store asks for, and asks the others first, also about other blocks", async () => {
    const { asked, run } = world();
    expect(await run({ a: [waits(7), "ok"] })).to.equal("a's");
    expect(asked).to.deep.equal(["a@0", "a@7000"]);
    await run({ a: [waits(9), "ok"], b: ["ok"] });
    await run({ a: ["ok"], b: ["ok"] });
    expect(asked.slice(2)).to.deep.equal(["a@7000", "b@7000", "b@7000"]);
  });

  it("waits for none that asks for more than it has", async () => {
    const { asked, run, take } = world();
    expect(await run({ a: [waits(61)] })).to.deep.equal(["a: waits 61"]);
    expect(asked).to.deep.equal(["a@0"]);
    take(60_000);
    expect(await run({ a: ["ok"] })).to.equal("a's");
  });

  it("ends in time when every answer takes long (a store that hangs)", async () => {
    const { asked, run, take } = world();
    expect(await run({ a: [busy] }, undefined, () => take(30_000))).to.deep.equal(["a: busy"]);
    expect(asked).to.deep.equal(["a@0", "a@30500"]);
  });

  it("tells the last word of a store that is left in peace for others", async () => {
    const { run } = world({ totalMs: 10_000 });
    const [first, second] = await Promise.all([run({ a: [waits(11), "ok"] }), run({ a: [waits(10), waits(10)] })]);
    expect(first).to.deep.equal(["a: waits 11"]);
    expect(second).to.deep.equal(["a: waits 10"]);
  });

  it("stops while it pauses when the caller aborts", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const ask = createPatientAsker<string>(patienceOf());
    const one = (): Promise<string> => {
      setTimeout(() => controller.abort(reason), 5);
      return Promise.reject(busy);
    };
    expect(await ask(["a"], one, { signal: controller.signal, failureOf }).catch((error: unknown) => error)).to.equal(reason);
  });
});
