import type { BlockId } from "../blocks.ts";
import type { ChainLog } from "../logs.ts";

/**
 * Where a follower is. Plain JSON data, to be stored in the same transaction as the logs and their effects. Public.
 *
 * `ring` holds blocks that were read, ascending; its last is the cursor: every log of our contracts up to it is in the store. `next` is the first
 * block that was not read. `final` is the newest block known to be final, at or below the cursor and on its branch; null while there is none.
 */
export type FollowerState = {
  readonly version: 1;
  readonly next: number;
  readonly ring: readonly BlockId[];
  readonly final: BlockId | null;
  /** Set when the chain showed another block where this one had counted as final; until a person accepts a chain. Nothing is read meanwhile. */
  readonly broken?: BrokenFinality;
};

/** A block that counted as final, what stood in its place when that was seen, and the block at that height which a person accepts since. */
export type BrokenFinality = { readonly final: BlockId; readonly found: string; readonly accepted?: string };

/**
 * Keeps what the follower read. Both writes are one transaction each: logs, effects and state together, or nothing.
 * A log is named by (blockHash, logIndex); the same log may come again after a rollback and is then new.
 */
export type FollowerStore = {
  load(): Promise<FollowerState | undefined>;
  commit(batch: { readonly logs: readonly ChainLog[]; readonly state: FollowerState }): Promise<void>;
  /** Deletes every log of a block above `toBlock`, with its effects. */
  rollback(toBlock: number, state: FollowerState): Promise<void>;
};

/** Before anything was read. */
export const emptyState = (fromBlock: number): FollowerState => ({ version: 1, next: fromBlock, ring: [], final: null });

/** After reading up to `blocks`' last; the ring keeps the newest `size`. */
export const advanced = (state: FollowerState, blocks: readonly BlockId[], size: number): FollowerState => {
  const last = blocks.at(-1);
  if (last === undefined) return state;
  return { ...state, next: last.number + 1, ring: [...state.ring, ...blocks].slice(-size) };
};

/** After a reorg: everything above `ancestor` is forgotten; undefined: everything, back to `fromBlock`. */
export const rolledBack = (state: FollowerState, ancestor: BlockId | undefined, fromBlock: number): FollowerState => {
  if (ancestor === undefined) return emptyState(fromBlock);
  const final = state.final !== null && state.final.number <= ancestor.number ? state.final : null;
  const below = state.ring.filter(({ number }) => number < ancestor.number);
  return { ...mended(state), next: ancestor.number + 1, ring: [...below, { number: ancestor.number, hash: ancestor.hash }], final };
};

/**
 * Notes the newest final block of the chain that was read, or the cursor where that is older: what is above the cursor was not read, so it proves
 * nothing yet. Finality only grows: a node that lags does not take it back.
 */
export const withFinal = (state: FollowerState, final: BlockId): FollowerState => {
  const cursor = state.ring.at(-1);
  if (cursor === undefined) return state;
  const { number, hash } = final.number < cursor.number ? final : cursor;
  return state.final !== null && state.final.number >= number ? state : { ...state, final: { number, hash } };
};

/** Notes that finality was broken; the first time counts. */
export const withBroken = (state: FollowerState, broken: BrokenFinality): FollowerState =>
  state.broken === undefined ? { ...state, broken } : state;

/** Accepts a block in the place of the one that was final; undefined where nothing is broken. */
export const withAccepted = (state: FollowerState, accepted: string): FollowerState | undefined =>
  state.broken === undefined ? undefined : { ...state, broken: { ...state.broken, accepted: accepted.toLowerCase() } };

/** After finality was accepted as it is. */
export const mended = (state: FollowerState): FollowerState => {
  if (state.broken === undefined) return state;
  const { broken: _, ...rest } = state;
  return rest;
};
