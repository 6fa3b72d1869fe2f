import type { AbsenceCheck } from "../absence/absenceCheck.ts";
import { type BlockId, blockByNumber } from "../blocks.ts";
import { type Clock, systemClock } from "../clock.ts";
import { asUnavailable, ChainUnavailableError } from "../errors.ts";
import type { Finality } from "../finality.ts";
import { createHeadReader, type Heads } from "../heads.ts";
import type { Rpc, RpcOptions } from "../rpc.ts";
import { type Alignment, alignWith } from "./align.ts";
import { createRangeSize, mayBeTooLarge } from "./rangeSize.ts";
import { type RangeRead, readBlocks, readRange } from "./readRange.ts";
import { advanced, emptyState, type FollowerState, type FollowerStore, mended, rolledBack, withBroken, withFinal } from "./state.ts";

export type FollowerOptions = {
  readonly rpc: Rpc;
  /** Contracts to follow: lower-case hex. */
  readonly addresses: readonly string[];
  /** The deployment's block: the first that can hold a log of ours. */
  readonly fromBlock: number;
  readonly store: FollowerStore;
  /** Default: "finalized". */
  readonly finality?: Finality | undefined;
  /** Blocks per eth_getLogs at most. Default 2000. It is halved on any error that fewer blocks may mend, and grows again slowly. */
  readonly maxRange?: number | undefined;
  /** How many of the newest blocks are read one by one, by hash. Default 8. */
  readonly nearHead?: number | undefined;
  /** How many block hashes are kept to find a common ancestor. Default 128. */
  readonly ring?: number | undefined;
  /** Milliseconds between looks at the head. Default 1000. */
  readonly pollMs?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Looks twice at blocks that are said to have no logs. Default: nobody does. */
  readonly absences?: Pick<AbsenceCheck, "complete"> | undefined;
  /** Told after each step that saw a new head or read on, on the node's chain. What it throws, `step` throws, and it is told again. */
  readonly onHead?: ((progress: FollowerProgress) => void | Promise<void>) | undefined;
  /** Told by `run` about each failure it will try again after. */
  readonly onError?: ((error: unknown) => void) | undefined;
};

/**
 * What is known after a step. Everything up to `state` is committed. Logs in the store of blocks up to `state.final` are final: act irreversibly on
 * those only. `head` and `final` are the node's newest ones, for decisions at pinned blocks; `final` can be ahead of what was read.
 */
export type FollowerProgress = Heads & { readonly state: FollowerState; readonly caughtUp: boolean };

/** What a step did. */
export type StepResult = FollowerProgress & {
  /**
   * advanced: blocks were read. idle: there was nothing to read. behind: the node lags behind what was read. moved: the chain moved meanwhile.
   * broken: another block is where one had counted as final; nothing is read or undone until `state.broken` is accepted.
   */
  readonly kind: "advanced" | "idle" | "behind" | "moved" | "broken";
  readonly logs: number;
  /** Set when a reorg was undone: logs above this block are gone. `finalityBroken`: a block that counted as final was among them, as was accepted. */
  readonly rollback?: { readonly toBlock: number; readonly finalityBroken: boolean };
  /** Of kind broken: the block that is in the place of the final one now. */
  readonly foundNow?: string;
};

export type Follower = {
  /** Looks at the head once, undoes a reorg, reads one range. Throws `ChainUnavailableError`, and what the store or `onHead` throws. */
  step(options?: RpcOptions): Promise<StepResult>;
  /** Steps until the signal aborts. Goes on after `ChainUnavailableError`; rejects with every other error. */
  run(signal: AbortSignal): Promise<void>;
};

const MAX_BACKOFF_MS = 30_000;

/**
 * Follows the logs of some contracts, reorgs included, with calls that keep no state in the node: no filters, no subscriptions. What it read survives
 * in the store, together with its effects; a second start continues from there. PROTOCOL section 3.8, D21.
 */
export const createFollower = (options: FollowerOptions): Follower => {
  const { rpc, fromBlock, store, finality = { kind: "finalized" }, clock = systemClock } = options;
  const { nearHead = 8, ring = 128, pollMs = 1000, onHead = () => {}, onError = () => {} } = options;
  const addresses = options.addresses.map((address) => address.toLowerCase());
  const readHeads = createHeadReader(rpc, finality);
  const rangeSize = createRangeSize(options.maxRange ?? 2000);
  let lastTold: string | undefined;

  const readNext = async (state: FollowerState, head: BlockId, rpcOptions: RpcOptions | undefined): Promise<RangeRead | undefined> => {
    const source = { rpc, addresses, absences: options.absences, options: rpcOptions };
    const [from, parent] = [state.next, state.ring.at(-1)];
    const farEnd = Math.min(head.number - nearHead, from + rangeSize.current() - 1);
    if (farEnd < from) return readBlocks(source, { from, to: Math.min(head.number, from + nearHead - 1), parent });
    try {
      const read = await readRange(source, { from, to: farEnd, parent });
      rangeSize.grow();
      return read;
    } catch (error) {
      if (mayBeTooLarge(error)) rangeSize.halve();
      throw error;
    }
  };

  /**
   * Whether what had counted as final still stands. It may not without a person's word: what was acted on cannot be taken back. With 0 confirmations
   * nothing ever was final.
   */
  const holdsFinality = async (
    known: FollowerState,
    alignment: Alignment,
    { head }: Heads,
    rpcOptions: RpcOptions | undefined,
  ): Promise<Held> => {
    const final = known.broken?.final ?? known.final;
    const isUnderAncestor = alignment.kind === "reorged" && final !== null && final.number <= (alignment.ancestor?.number ?? -1);
    const isSuspect = known.broken !== undefined || (alignment.kind === "reorged" && !isUnderAncestor);
    if (!isSuspect || final === null || isNothingFinal(finality)) return { kind: "holds", state: mended(known), standing: undefined };
    if (head.number < final.number) return { kind: "behind" };
    const found = await blockByNumber(rpc, final.number, rpcOptions);
    if (found === undefined) return { kind: "behind" };
    if (known.broken === undefined && found.hash === final.hash) return { kind: "holds", state: known, standing: final };
    if (known.broken?.accepted === found.hash)
      return { kind: "holds", state: mended(known), standing: found.hash === final.hash ? final : undefined };
    const state = withBroken(known, { final, found: found.hash });
    if (state !== known) await store.commit({ logs: [], state });
    return { kind: "broken", state, found: found.hash };
  };

  const step = async (rpcOptions?: RpcOptions): Promise<StepResult> => {
    const heads = await readHeads(rpcOptions);
    const known = (await store.load()) ?? emptyState(fromBlock);
    const alignment = await alignWith(rpc, known, heads.head, rpcOptions);
    if (alignment.kind === "behind" && known.broken === undefined)
      return { kind: "behind", ...heads, state: known, caughtUp: false, logs: 0 };
    const held = await holdsFinality(known, alignment, heads, rpcOptions);
    if (held.kind === "behind") return { kind: "behind", ...heads, state: known, caughtUp: false, logs: 0 };
    if (held.kind === "broken") return { kind: "broken", ...heads, state: held.state, foundNow: held.found, caughtUp: false, logs: 0 };

    let state = held.state;
    let rollback: StepResult["rollback"];
    if (alignment.kind === "reorged") {
      const ancestor = newerOf(alignment.ancestor, held.standing);
      state = rolledBack(known, ancestor, fromBlock);
      const toBlock = state.next - 1;
      rollback = { toBlock, finalityBroken: known.final !== null && known.final.number > toBlock };
      await store.rollback(toBlock, state);
    } else if (state !== known) await store.rollback(state.next - 1, state); // a place that was lost may leave logs of the other chain above it

    const read = state.next > heads.head.number ? NOTHING : await readNext(state, heads.head, rpcOptions);
    // F was canonical before the logs were read. If it still is, it lies on the chain that they were read from.
    const isMoved = read === undefined || !(await isCanonical(rpc, heads.final, [...state.ring, ...read.blocks], rpcOptions));
    if (isMoved) return { kind: "moved", ...heads, state, caughtUp: false, logs: 0, ...(rollback && { rollback }) };

    const next = withFinal(advanced(state, read.blocks, ring), heads.final);
    if (next !== state) await store.commit({ logs: read.logs, state: next });
    const progress = { ...heads, state: next, caughtUp: next.next > heads.head.number };
    const told = `${heads.head.hash} ${heads.final.hash} ${next.next}`;
    if (told !== lastTold || rollback !== undefined) await onHead(progress);
    lastTold = told;
    return { kind: read.blocks.length > 0 ? "advanced" : "idle", ...progress, logs: read.logs.length, ...(rollback && { rollback }) };
  };

  const unavailableStep: Follower["step"] = async (rpcOptions) => {
    try {
      return await step(rpcOptions);
    } catch (error) {
      throw asUnavailable(error);
    }
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    let failures = 0;
    while (!signal.aborted) {
      try {
        const { kind, caughtUp } = await unavailableStep({ signal });
        failures = 0;
        if (kind === "advanced" && !caughtUp) continue;
        await clock.sleep(pollMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ChainUnavailableError)) throw error;
        onError(error);
        const asked = Number(error.details.retryAfterMs ?? 0); // by a node that is asked too often
        await clock.sleep(Math.min(MAX_BACKOFF_MS, Math.max(asked, pollMs * 2 ** Math.min(failures, 16))), signal);
        failures += 1;
      }
    }
  };

  return { step: unavailableStep, run };
};

type Held =
  | { readonly kind: "behind" }
  | { readonly kind: "broken"; readonly state: FollowerState; readonly found: string }
  /** `standing`: the final block, where it was looked for and found: everything up to it stands. */
  | { readonly kind: "holds"; readonly state: FollowerState; readonly standing: BlockId | undefined };

const isNothingFinal = (finality: Finality): boolean => finality.kind === "confirmations" && finality.blocks === 0;

const newerOf = (a: BlockId | undefined, b: BlockId | undefined): BlockId | undefined =>
  a === undefined || (b !== undefined && b.number > a.number) ? b : a;

const NOTHING: RangeRead = { logs: [], blocks: [] };

/** Whether a block is on the node's chain: one of those just read, or asked for by its number. */
const isCanonical = async (rpc: Rpc, block: BlockId, read: readonly BlockId[], options: RpcOptions | undefined): Promise<boolean> =>
  read.some(({ number, hash }) => number === block.number && hash === block.hash) ||
  (await blockByNumber(rpc, block.number, options))?.hash === block.hash;
