import { ChainUnavailableError, type StepResult } from "@keyquorum/chain";
import { expect } from "chai";
import { createLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { createReadiness } from "../report/readiness.ts";
import { KeeperError } from "../run/errors.ts";
import { type ChainView, followChain } from "./followChain.ts";

const block = (number: number) => ({ number, hash: `0x${number}`, parentHash: "0x", timestamp: 1_000 + number });
const step = (changes: Partial<StepResult> = {}): StepResult => ({
  kind: "idle",
  head: block(10),
  final: block(8),
  state: { version: 1, next: 11, ring: [], final: null },
  caughtUp: true,
  logs: 0,
  ...changes,
});

describe("followChain", () => {
  /** Gives each step's result or failure in turn, then stops. */
  const follow = async (
    results: readonly (StepResult | Error)[],
    onRound: (view: ChainView) => Promise<void> = async () => undefined,
    onReorg = async (): Promise<void> => undefined,
  ) => {
    const stopping = new AbortController();
    const queue = [...results];
    const slept: number[] = [];
    const lines: { readonly level: string }[] = [];
    const seen: ChainView[] = [];
    const reasons: string[][] = [];
    const readiness = createReadiness();
    const metrics = createMetrics({ version: "0", processMetrics: false });
    let failure: unknown;
    let looks = 0;
    await followChain(
      {
        follower: {
          step: async () => {
            const next = queue.shift();
            looks += 1;
            if (queue.length === 0) stopping.abort();
            if (next instanceof Error) throw next;
            return next ?? step();
          },
        },
        pollIntervalMilliseconds: 100,
        maxHeadAgeSeconds: 60,
        clock: {
          now: () => 1_020_000 + 1_000 * looks,
          sleep: async (milliseconds) => {
            slept.push(milliseconds);
            reasons.push([...readiness.reasons()]);
          },
        },
        log: createLogger("trace", { write: (line) => lines.push(JSON.parse(line) as { level: string }) }),
        metrics,
        readiness,
        guard: { note: () => undefined },
        settle: async () => undefined,
        onReorg,
        onRound: async (view) => {
          seen.push(view);
          await onRound(view);
        },
      },
      stopping.signal,
    ).catch((error: unknown) => {
      failure = error;
    });
    return { slept, lines, seen, reasons, failure, metrics };
  };

  it("does the work of a head when its logs are mirrored, and not before", async () => {
    const { seen } = await follow([step({ kind: "advanced", caughtUp: false }), step(), step({ kind: "moved", caughtUp: false }), step()]);
    expect(seen.map(({ mirrored }) => mirrored)).to.deep.equal([10, 10]);
  });
  it("reads on at once while it is behind", async () => {
    const { slept } = await follow([step({ kind: "advanced", caughtUp: false }), step({ kind: "advanced", caughtUp: false }), step()]);
    expect(slept).to.deep.equal([100]);
  });
  it("waits longer after each failure of the RPC, says so, and continues", async () => {
    const gone = (): Error => new ChainUnavailableError("TRANSPORT", "gone");
    const { slept, reasons, lines, seen } = await follow([gone(), gone(), gone(), step(), step()]);
    expect(slept).to.deep.equal([200, 400, 800, 100, 100]);
    expect(reasons[2]).to.include("chain_unreachable");
    expect(reasons[3]).not.to.include("chain_unreachable");
    expect(lines.filter(({ level }) => level === "warn")).to.have.length(3);
    expect(seen).to.have.length(2);
  });
  it("reports work that fails, and continues", async () => {
    let times = 0;
    const { reasons } = await follow([step(), step(), step()], async () => {
      times += 1;
      if (times === 1) throw new Error("disk full");
    });
    expect([reasons[0]?.includes("work_failing"), reasons[1]?.includes("work_failing")]).to.deep.equal([true, false]);
  });
  it("ends when this keeper must not continue", async () => {
    const { failure, seen } = await follow([step(), step(), step()], async () => {
      throw new KeeperError("KEEPER_FOREIGN_DATA", "foreign");
    });
    expect(failure).to.be.instanceOf(KeeperError);
    expect(seen).to.have.length(1);
  });
  it("looks after a reorg whether it is still the same chain", async () => {
    const rollback = { toBlock: 5, finalityBroken: true };
    const { failure, metrics, lines } = await follow([step({ rollback }), step()], undefined, async () => {
      throw new KeeperError("WRONG_CHAIN", "wrong");
    });
    expect(failure).to.be.instanceOf(KeeperError).with.property("code", "WRONG_CHAIN");
    expect(await metrics.registry.metrics()).to.include("keeper_chain_reorgs_total 1");
    expect(lines.some(({ level }) => level === "error")).to.equal(true);
  });
  it("is behind only when it stays behind: fast blocks do not make its readiness flap", async () => {
    const behind = step({ kind: "idle", caughtUp: false });
    const isBehind = ({ reasons }: { readonly reasons: readonly (readonly string[])[] }) =>
      reasons.map((all) => all.includes("chain_behind"));
    const flapping = await follow(Array.from({ length: 40 }, (_, look) => (look % 9 === 8 ? step() : behind)));
    expect(isBehind(flapping)).to.not.include(true);
    const stuck = isBehind(await follow([...Array.from({ length: 14 }, () => behind), step(), step()]));
    expect(stuck.indexOf(true)).to.equal(10);
    expect(stuck.at(-1)).to.equal(false);
    const moving = await follow(Array.from({ length: 14 }, () => step({ kind: "moved", caughtUp: false })));
    expect(isBehind(moving), "the chain moves under each look").to.not.include(true);
  });
  it("is not ready while the newest block is old", async () => {
    const { reasons } = await follow([
      step({ head: { ...block(10), timestamp: 900 } }),
      step({ head: { ...block(10), timestamp: 1_000 } }),
      step(),
    ]);
    expect([reasons[0]?.includes("chain_stale"), reasons[1]?.includes("chain_stale")]).to.deep.equal([true, false]);
  });
});
