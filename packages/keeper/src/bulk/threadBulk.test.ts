import { Worker } from "node:worker_threads";
import { parseRepairDealing, SecretScalar } from "@keyquorum/threshold";
import { expect } from "chai";
import { createLogger } from "../report/logger.ts";
import { createMetrics, type Metrics } from "../report/metrics.ts";
import { createFinishedKey } from "../testing/finishedKey.ts";
import { testNonces } from "../testing/testNonces.ts";
import type { BulkLimits } from "./bulkLimits.ts";
import type { BulkWork } from "./bulkWork.ts";
import { createInlineBulk } from "./inlineBulk.ts";
import { createThreadBulk, type ThreadBulkOptions } from "./threadBulk.ts";

const key = createFinishedKey();
const secretOf = () => SecretScalar.fromBytes(key.encryptionSecret);
const [, own] = key.members;
const dealingTask = (encryptionSecret = secretOf()) => ({
  sid: new Uint8Array(32).fill(7),
  helpers: key.members.slice(1).map(({ slot, encryptionKey }) => ({ slot, encryptionKey })),
  ...{ lost: key.members[0]?.slot ?? 0, ownSlot: own?.slot ?? 0, threshold: 1, encryptionSecret },
});
const SHAPE = { threshold: 1, helpers: 2 };

/** A thread that answers with what these lines say of each question `q`. */
const program = (lines: string): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`
      import { parentPort } from "node:worker_threads";
      const answer = (q, milliseconds = 0) => parentPort.postMessage({ id: q.id, kind: "done", output: q.id, milliseconds });
      parentPort.on("message", (q) => { ${lines} });
      parentPort.postMessage("ready");`)}`,
  );

describe("long computations in a thread", () => {
  let metrics: Metrics;
  let lines: string[];
  let opened: BulkWork[];
  let stopping: AbortController;
  beforeEach(() => {
    metrics = createMetrics({ version: "0", processMetrics: false });
    [lines, opened, stopping] = [[], [], new AbortController()];
  });
  afterEach(async () => {
    for (const bulk of opened) await bulk.close();
  });

  const open = (source?: URL, limits: Partial<BulkLimits> = {}, options: Partial<Pick<ThreadBulkOptions, "share">> = {}): BulkWork => {
    const bulk = createThreadBulk({
      ...{ nonces: testNonces(), metrics, share: 1, stopping: stopping.signal },
      log: createLogger("trace", { write: (line) => lines.push(line) }),
      ...(source === undefined ? {} : { program: source }),
      limits: { restartMilliseconds: 1, ...limits },
      ...options,
    });
    opened.push(bulk);
    return bulk;
  };
  /** A made-up program takes any task. */
  const ask = (bulk: BulkWork): Promise<unknown> => bulk.run("repairDealing", dealingTask());
  const codeOf = (asked: Promise<unknown>): Promise<unknown> =>
    asked.then(
      () => "answered",
      (error: { readonly code?: string }) => error.code ?? error,
    );
  const outcomes = async (): Promise<Readonly<Record<string, number>>> =>
    Object.fromEntries((await metrics.bulkTasks.get()).values.map(({ labels, value }) => [labels.outcome, value]));
  const restarts = async (): Promise<number | undefined> => (await metrics.bulkRestarts.get()).values[0]?.value;

  it("give what they give in the main thread", async () => {
    const dealing = await open().run("repairDealing", dealingTask());
    expect(parseRepairDealing(dealing, SHAPE).commitments).to.have.length(1);
    expect(dealing).to.deep.equal(await createInlineBulk({ nonces: testNonces() }).run("repairDealing", dealingTask()));
    expect(await outcomes()).to.deep.equal({ DONE: 1 });
  });

  it("the copy of a secret is moved there, and the caller's own is left alone", async () => {
    const sent: ArrayBuffer[] = [];
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (this: Worker, value: unknown, transfer?: readonly unknown[]): void {
      sent.push(...(transfer as ArrayBuffer[]));
      postMessage.call(this, value, transfer as ArrayBuffer[]);
    } as typeof postMessage;
    const encryptionSecret = secretOf();
    try {
      await open().run("repairDealing", dealingTask(encryptionSecret));
    } finally {
      Worker.prototype.postMessage = postMessage;
    }
    expect(sent.length).to.be.greaterThan(2);
    for (const { byteLength } of sent) expect(byteLength).to.equal(0);
    expect(encryptionSecret.toBytes()).to.deep.equal(Uint8Array.from(key.encryptionSecret));
  });

  it("fail with the error that they failed with, and the thread goes on", async () => {
    const bulk = open();
    expect(await codeOf(bulk.run("repairDealing", { ...dealingTask(), sid: new Uint8Array(3) }))).to.equal("INVALID_BYTES");
    expect(await codeOf(ask(bulk))).to.equal("answered");
    expect([await outcomes(), await restarts()]).to.deep.equal([{ FAILED: 1, DONE: 1 }, 0]);
  });

  it("a secret that was erased before its turn is not used", async () => {
    const erased = secretOf();
    erased.erase();
    expect(await codeOf(open().run("repairDealing", dealingTask(erased)))).to.equal("ERASED_SECRET");
  });

  it("are computed one at a time, in order; sessions and repairs take turns", async () => {
    const bulk = open(program("answer(q);"));
    const order: string[] = [];
    const view = { sid: key.sid } as never; // the made-up program looks at nothing
    const session = bulk.run.bind(bulk, "generation", { view, own: { slot: 1 } as never, rankStep: 1 });
    const asked = [
      ...[1, 2, 3].map((n) => session().then(() => order.push(`session ${n}`))),
      ...[1, 2].map((n) => ask(bulk).then(() => order.push(`repair ${n}`))),
    ];
    await Promise.all(asked);
    expect(order).to.deep.equal(["session 1", "repair 1", "session 2", "repair 2", "session 3"]);
  });

  describe("a thread that ends", () => {
    it("fails its task with BULK_CRASHED; the next one has another thread", async () => {
      const bulk = open(program("if (q.id === 1) process.exit(3); answer(q);"));
      const [first, second] = [codeOf(ask(bulk)), codeOf(ask(bulk))];
      expect(await Promise.all([first, second])).to.deep.equal(["BULK_CRASHED", "answered"]);
      expect(await restarts()).to.equal(1);
    });
    it("by an error, likewise, and the log says which", async () => {
      const bulk = open(program('if (q.id === 1) throw new Error("boom"); answer(q);'));
      expect([await codeOf(ask(bulk)), await codeOf(ask(bulk))]).to.deep.equal(["BULK_CRASHED", "answered"]);
      expect(lines.join()).to.include("boom");
    });
    it("out of memory takes nothing else with it", async () => {
      const bulk = open(program("const all = []; if (q.id === 1) for (;;) all.push(new Array(1e5).fill(q)); answer(q);"), {
        heapMegabytes: 24,
      });
      expect([await codeOf(ask(bulk)), await codeOf(ask(bulk))]).to.deep.equal(["BULK_CRASHED", "answered"]);
    });
    it("again and again is started more and more seldom", async () => {
      const bulk = open(program("process.exit(1);"), { restartMilliseconds: 60, longestRestartMilliseconds: 100_000 });
      const began = performance.now();
      for (let n = 0; n < 3; n += 1) expect(await codeOf(ask(bulk))).to.equal("BULK_CRASHED");
      expect(performance.now() - began).to.be.at.least(60 + 120 - 5);
    });
    it("is not the main thread's: what crashed is not computed there, however often", async () => {
      const bulk = open(program("process.exit(1);"), { failedStarts: 2 });
      for (let n = 0; n < 4; n += 1) expect(await codeOf(ask(bulk))).to.equal("BULK_CRASHED");
      expect(lines.join()).to.not.include("in the main thread");
    });
  });

  it("a task that takes too long is ended with its thread", async () => {
    const bulk = open(program("if (q.id === 1) for (;;); answer(q);"), { taskMilliseconds: 1_000 });
    expect(await codeOf(ask(bulk))).to.equal("BULK_TIMEOUT");
    expect(await codeOf(ask(open(program("answer(q);"))))).to.equal("answered");
    expect(await restarts()).to.equal(1);
  });

  it("where no thread can be started they are done in the main thread, and the log says so", async () => {
    const bulk = open(new URL("data:text/javascript,throw new Error('no threads here')"), { failedStarts: 2 });
    expect([await codeOf(ask(bulk)), await codeOf(ask(bulk))]).to.deep.equal(["BULK_CRASHED", "BULK_CRASHED"]);
    const dealing = await bulk.run("repairDealing", dealingTask());
    expect(parseRepairDealing(dealing, SHAPE).commitments).to.have.length(1);
    expect(lines.join()).to.include("they are done in the main thread");
  });

  it("no more wait than may; who comes then is refused at once", async () => {
    const bulk = open(program("setTimeout(() => answer(q), 50);"), { mostWaiting: 2 });
    const asked = Array.from({ length: 5 }, () => codeOf(ask(bulk)));
    expect(await Promise.all(asked)).to.deep.equal(["answered", "answered", "answered", "BULK_BUSY", "BULK_BUSY"]);
    expect(await outcomes()).to.deep.equal({ DONE: 3, BULK_BUSY: 2 });
  });

  it("what waited too long is not computed from what was read so long ago", async () => {
    const bulk = open(program("setTimeout(() => answer(q), 300);"), { waitMilliseconds: 100 });
    expect(await Promise.all([codeOf(ask(bulk)), codeOf(ask(bulk))])).to.deep.equal(["answered", "BULK_BUSY"]);
  });

  it("after a task the thread rests, so that it takes no more than its share", async () => {
    const bulk = open(program("answer(q, 40);"), {}, { share: 0.1 });
    await ask(bulk);
    const began = performance.now();
    await ask(bulk);
    expect(performance.now() - began).to.be.at.least(40 * 9 - 5);
  });

  describe("when the keeper stops", () => {
    it("in the middle of a task, that task and all that wait are refused at once; later ones, too", async () => {
      const bulk = open(program("for (;;);"));
      const asked = [codeOf(ask(bulk)), codeOf(ask(bulk))];
      setTimeout(() => stopping.abort(), 50);
      expect(await Promise.all(asked)).to.deep.equal(["BULK_STOPPED", "BULK_STOPPED"]);
      expect(await codeOf(ask(bulk))).to.equal("BULK_STOPPED");
      await bulk.close();
      expect(await restarts()).to.equal(0);
    });
    it("closes without ever having started a thread", async () => {
      await open().close();
      expect(await restarts()).to.equal(0);
    });
  });
});
