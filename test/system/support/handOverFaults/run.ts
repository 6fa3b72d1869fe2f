import { join } from "node:path";
import {
  type Cluster,
  type LocalChain,
  mineRestOf,
  phaseOf,
  RESHARE_STATUS,
  startCluster,
  startLocalChain,
  waitFor,
} from "@keyquorum/cluster";
import { type RpcProxy, startRpcProxy } from "@keyquorum/testing";
import type { KeyId } from "@keyquorum/wire";
import { blockMilliseconds } from "../blockTime.ts";
import { type SharedDocument, shareDocument } from "../sharedDocument.ts";
import { measureOthers, STATUS } from "../withCluster.ts";
import { judge, type Verdict, type Violation } from "./oracle.ts";
import { drawHandOver, type FaultPoint, type HandOverPlan, STAGES, type Stage } from "./plan.ts";
import { createDraw } from "./random.ts";
import { createVictim, type Victim } from "./victim.ts";

export type FaultRunOptions = {
  /** How many points to inject: it ends after the hand-over that reaches it. */
  readonly points: number;
  readonly seed: string;
  /** An empty folder. */
  readonly directory: string;
  readonly onHandOver?: (handOver: HandOverReport, so: FaultReport) => void;
  /** Ends it after the hand-over that is under way. */
  readonly signal?: AbortSignal;
};

/** A point that was seen to happen: stage and fault, and how many keepers it hit. */
export type Injected = { readonly name: string; readonly hits: number };

/** One hand-over: what was injected, how it ended, how the key is. */
export type HandOverReport = {
  readonly round: number;
  readonly outcome: "active" | "failed";
  readonly injected: readonly Injected[];
  readonly missed: number;
  readonly reorged: boolean;
  readonly milliseconds: number;
} & Verdict;

export type FaultReport = {
  readonly seed: string;
  readonly points: number;
  /** How many keepers these points hit, in all. */
  readonly hits: number;
  readonly byFault: Readonly<Record<string, number>>;
  readonly handOvers: number;
  readonly activated: number;
  readonly aborted: number;
  readonly reorgs: number;
  readonly keysLost: number;
  readonly splitEpochs: number;
  readonly violations: readonly (Violation & { readonly round: number })[];
  /** The fewest usable shares above the quorum after any hand-over, and how many members had none in all. */
  readonly leastMargin: number;
  readonly stragglers: number;
  readonly seconds: number;
};

const WINDOWS = { deal: 28, dispute: 6, finalize: 60, ready: 40 };
const REQUEST_LIFETIME_SECONDS = 60;
/** Further than the request lifetime and the keepers' own margin together. */
const ERASURE_SECONDS = 300;

/** A cluster with one key, whose keepers ask their chain through proxies; by slot. */
export type FaultyCluster = { readonly cluster: Cluster; readonly keyId: KeyId; readonly proxies: ReadonlyMap<number, RpcProxy> };

/** Injects faults into a cluster of its own, made from nothing: of six keepers, so that with every hand-over one leaves or joins. */
export const runHandOverFaults = async (options: FaultRunOptions & { readonly keepers?: number }): Promise<FaultReport> => {
  const patience = measureOthers();
  const chain = await startLocalChain({ blockMilliseconds: blockMilliseconds(patience) });
  const proxies = new Map<number, RpcProxy>();
  let cluster: Cluster | undefined;
  try {
    cluster = await startCluster({
      chain,
      directory: join(options.directory, "cluster"),
      keepers: options.keepers ?? 6,
      windows: WINDOWS,
      patience,
      isHurried: true,
      confirmations: 2,
      requestLifetimeSeconds: REQUEST_LIFETIME_SECONDS,
      rpcUrlOf: async (slot) => {
        const proxy = await startRpcProxy(chain.rpcUrl);
        proxies.set(slot, proxy);
        return proxy.url;
      },
    });
    return await injectFaults({ cluster, keyId: await generateKey(cluster), proxies }, options);
  } finally {
    await cluster?.stop();
    for (const proxy of proxies.values()) await proxy.close();
    await chain.stop();
  }
};

/**
 * Hands one key over again and again between real keepers on a real chain, and injects faults at every stage, drawn from a seed. After each
 * hand-over or abort it asks whether the key is whole. Ends at the first violation too: what is broken is not broken further.
 */
export const injectFaults = async ({ cluster, keyId, proxies }: FaultyCluster, options: FaultRunOptions): Promise<FaultReport> => {
  const started = Date.now();
  const draw = createDraw(options.seed);
  const handOvers: HandOverReport[] = [];
  const { chain } = cluster;
  const shared = await shareDocument(cluster, { keyId, blobDirectory: join(options.directory, "blobs") });
  const { publicKey } = await cluster.contracts.keyGeneration.keyOf(keyId);
  const context = { cluster, chain, shared, publicKey: `${publicKey.x}/${publicKey.y}`, victims: victimsOf(cluster, proxies) };

  const reportNow = (): FaultReport => summarise(options.seed, handOvers, Date.now() - started);
  while (reportNow().points < options.points && reportNow().violations.length === 0 && options.signal?.aborted !== true) {
    const plan = drawHandOver(draw, { round: handOvers.length, slots: cluster.keepers.map(({ slot }) => slot) });
    handOvers.push(await runHandOver(context, plan, handOvers.length));
    options.onHandOver?.(handOvers.at(-1) as HandOverReport, reportNow());
  }
  return reportNow();
};

/** On a machine that is too busy the first try may fail: nothing was promised yet. */
const generateKey = async (cluster: Cluster, tries = 5): Promise<KeyId> => {
  const { keyId, status, failure } = await cluster.generateKey({ threshold: 1 });
  if (status === STATUS.active) return keyId;
  if (tries <= 1) throw new Error(`${failure}\nThe windows may be too short for this machine: set KEYQUORUM_BLOCK_MILLISECONDS.`);
  return generateKey(cluster, tries - 1);
};

const victimsOf = (cluster: Cluster, proxies: ReadonlyMap<number, RpcProxy>): ReadonlyMap<number, Victim> =>
  new Map(
    cluster.keepers.map((keeper) => {
      const proxy = proxies.get(keeper.slot);
      if (proxy === undefined) throw new Error(`Keeper ${keeper.slot} has no proxy.`);
      return [keeper.slot, createVictim(keeper, proxy)];
    }),
  );

type Context = {
  readonly cluster: Cluster;
  readonly chain: LocalChain;
  readonly shared: SharedDocument;
  readonly publicKey: string;
  readonly victims: ReadonlyMap<number, Victim>;
};

/** How long a point waits for what it was meant to meet, a transaction for one. */
const POINT_MILLISECONDS = 5_000;

const runHandOver = async (context: Context, plan: HandOverPlan, round: number): Promise<HandOverReport> => {
  const { cluster, chain, victims } = context;
  const started = Date.now();
  const injected: Injected[] = [];
  const reached = new Set<Stage>();
  const running: Promise<void>[] = [];
  let [missed, reorged, underWay] = [0, false, 0];

  const victimAt = (slot: number): Victim => {
    const victim = victims.get(slot);
    if (victim === undefined) throw new Error(`There is no keeper at slot ${slot}.`);
    return victim;
  };
  const inject = async (point: FaultPoint): Promise<void> => {
    await rest(point.delayMilliseconds);
    const signal = AbortSignal.timeout(POINT_MILLISECONDS);
    const met = await Promise.all(point.victims.map((slot) => victimAt(slot).meet(point.fault, signal)));
    const hits = met.filter((wasMet) => wasMet === true).length;
    if (hits > 0) injected.push({ name: `${point.stage}/${point.fault.kind}`, hits });
    else missed += 1;
  };
  const enter = (stage: Stage): void => {
    if (reached.has(stage)) return;
    reached.add(stage);
    for (const point of plan.points) if (point.stage === stage) launch(inject(point));
    if (stage === "disputing" && plan.kept.length > 0) launch(keepDown());
    if (plan.reorg?.stage === stage) launch(reorg(plan.reorg.depth));
  };
  /** What is launched is awaited at the end of the hand-over, where its errors are thrown. */
  const launch = (work: Promise<void>): void => {
    running.push(work);
    underWay += 1;
    const end = (): void => {
      underWay -= 1;
    };
    work.then(end, end);
  };
  const keepDown = async (): Promise<void> => {
    const down = await Promise.all(plan.kept.map((slot) => victimAt(slot).takeDown()));
    const hits = down.filter((wasKilled) => wasKilled === true).length;
    if (hits > 0) injected.push({ name: "disputing/keptDown", hits });
  };
  const reorg = async (depth: number): Promise<void> => {
    const entered = await chain.provider.getBlockNumber();
    const number = await waitFor(
      "two blocks have passed",
      async () => {
        const head = await chain.provider.getBlockNumber();
        return head >= entered + 2 ? head : undefined;
      },
      { chain },
    );
    const before = await chain.provider.getBlock(number);
    await chain.send("anvil_reorg", [depth, []]);
    reorged = (await chain.provider.getBlock(number))?.hash !== before?.hash;
  };

  enter("proposing");
  await cluster.openEpoch({ members: plan.members, waitForKeys: plan.members });
  const sid = await cluster.requestReshare(context.shared.keyId, plan.threshold);
  const outcome = await waitFor(
    `hand-over ${round} ends`,
    async (saw) => {
      const phase = await phaseOf(chain, cluster.contracts.keyResharing, sid);
      const { status } = phase;
      saw(`status ${status}`);
      const stage = stageOf(status);
      if (stage !== undefined) enter(stage);
      if (stage === "disputing" && underWay === 0) await mineRestOf(chain, phase); // nobody disputes, and no fault is under way
      return status === RESHARE_STATUS.active || status === RESHARE_STATUS.failed ? status : undefined;
    },
    cluster,
  );
  if (outcome === RESHARE_STATUS.active) {
    await Promise.all(running);
    await untilSettled(context, sid);
    await chain.send("evm_increaseTime", [ERASURE_SECONDS]);
    enter("erasing");
  }
  await Promise.all(running);
  await Promise.all([...victims.values()].map((victim) => victim.heal()));
  const settled = await untilSettled(context, sid);
  const verdict = await judge(cluster, context.shared, context.publicKey);
  const { epoch } = await cluster.contracts.keyResharing.reshareOf(sid);
  const isSplit = settled === RESHARE_STATUS.active && verdict.epoch !== Number(epoch);
  const violations: readonly Violation[] = isSplit
    ? [{ kind: "splitEpoch", detail: `the session is active, the key is in epoch ${verdict.epoch}` }]
    : verdict.violations;
  const ended = settled === RESHARE_STATUS.active ? "active" : "failed";
  return { round, outcome: ended, injected, missed, reorged, milliseconds: Date.now() - started, ...verdict, violations };
};

const stageOf = (status: number): Stage | undefined => {
  if (status === RESHARE_STATUS.dealing) return "dealing";
  if (status === RESHARE_STATUS.disputing) return "disputing";
  if (status === RESHARE_STATUS.awaitingReady) return "confirming";
  return status === RESHARE_STATUS.active ? "active" : undefined;
};

/** Waits until the session's end is final: a reorg may take it back, and then it ends again. */
const untilSettled = ({ cluster, chain }: Context, sid: string): Promise<number> => {
  const { keyResharing } = cluster.contracts;
  return waitFor(
    "the end of the hand-over is final",
    async (saw) => {
      const number = await chain.provider.getBlockNumber();
      const [now, final] = await Promise.all([keyResharing.statusOf(sid), keyResharing.statusOf(sid, { blockTag: number - 3 })]);
      const status = Number(now);
      saw(`status ${status}, ${Number(final)} three blocks before`);
      return now === final && (status === RESHARE_STATUS.active || status === RESHARE_STATUS.failed) ? status : undefined;
    },
    { chain },
  );
};

const summarise = (seed: string, handOvers: readonly HandOverReport[], milliseconds: number): FaultReport => {
  const injected = handOvers.flatMap((handOver) => handOver.injected);
  const faults = injected.map(({ name }) => name);
  const violations = handOvers.flatMap((handOver) => handOver.violations.map((violation) => ({ ...violation, round: handOver.round })));
  const count = (kind: Violation["kind"]): number => violations.filter((violation) => violation.kind === kind).length;
  const kinds = [...new Set(faults)].sort(
    (a, b) => STAGES.findIndex((stage) => a.startsWith(stage)) - STAGES.findIndex((stage) => b.startsWith(stage)),
  );
  return {
    seed,
    points: faults.length,
    hits: injected.reduce((sum, { hits }) => sum + hits, 0),
    byFault: Object.fromEntries(kinds.map((kind) => [kind, faults.filter((fault) => fault === kind).length])),
    handOvers: handOvers.length,
    activated: handOvers.filter(({ outcome }) => outcome === "active").length,
    aborted: handOvers.filter(({ outcome }) => outcome === "failed").length,
    reorgs: handOvers.filter(({ reorged }) => reorged).length,
    keysLost: count("keyLost") + count("anotherKey") + count("wrongShare"),
    splitEpochs: count("splitEpoch"),
    violations,
    leastMargin: Math.min(...handOvers.map(({ right, quorum }) => right.length - quorum)),
    stragglers: handOvers.reduce((sum, { members, right }) => sum + members.length - right.length, 0),
    seconds: Math.round(milliseconds / 1000),
  };
};

const rest = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
