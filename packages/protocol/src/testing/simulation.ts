/**
 * A whole key generation in memory: keepers, a board with finality, lost transactions, reorgs above the final block, and restarts.
 * Everything comes from one seed.
 */
import { combineShares, nobleBackend, parsePoint } from "@keyquorum/threshold";
import { bytesToHex, parseKeyId, parseSessionId } from "@keyquorum/wire";
import { type BoardTransaction, createModelBoard, type Windows } from "./modelBoard.ts";
import { createIdentity, createModelKeeper, type Identity, type ModelKeeper } from "./modelKeeper.ts";
import { createDice, type Dice } from "./random.ts";

export type SimulationOptions = {
  readonly seed: number;
  readonly members: number;
  readonly threshold: number;
  /** Slots that never act. */
  readonly absent?: readonly number[];
  /** Slots that act only from a block on. */
  readonly lateUntil?: ReadonlyMap<number, number>;
  /** Slots that deal something else than they should. */
  readonly cheats?: (identities: readonly Identity[]) => ReadonlyMap<number, (dealing: Uint8Array) => Uint8Array>;
  /** Kills one keeper where `before` says so; asked before each of its effects. */
  readonly killSlot?: { readonly slot: number; readonly before: () => boolean };
  /** Probabilities per keeper and block, and per block. */
  readonly crash?: number;
  readonly lose?: number;
  readonly reorg?: number;
  readonly finalityLag?: number;
  readonly windows?: Windows;
  readonly maxBlocks?: number;
};

/** Long enough that reorgs alone hardly ever end a session: a failure would be right then, but not what the tests look for. */
const WINDOWS: Windows = { deal: 30, dispute: 16, finalize: 40, ready: 40 };

export const simulate = async (options: SimulationOptions) => {
  const { seed, members: count, threshold, absent = [], lateUntil = new Map<number, number>(), finalityLag = 3 } = options;
  const dice = createDice(seed);
  const session = {
    sid: parseSessionId(bytesToHex(dice.bytes(32))),
    keyId: parseKeyId(bytesToHex(dice.bytes(32))),
    epoch: 1,
    threshold,
  };
  // Slots with gaps: they are names, not positions.
  const identities = Array.from({ length: count }, (_, index) => createIdentity(2 * index + 1, dice.bytes));
  const members = identities.map(({ member }) => member);
  const board = createModelBoard({ sid: session.sid, threshold, members, windows: options.windows ?? WINDOWS });
  const cheats = options.cheats?.(identities) ?? new Map<number, (dealing: Uint8Array) => Uint8Array>();
  let pool: BoardTransaction[] = [];
  const submit = (transaction: BoardTransaction) => {
    const isKnown = pool.some(({ id, from }) => id === transaction.id && from === transaction.from);
    if (!isKnown) pool.push(transaction);
  };
  const keepers = identities.map((identity) => {
    const distort = cheats.get(identity.slot);
    const common = { identity, session, members, board, finalityLag, random: dice.bytes, submit };
    return createModelKeeper(distort === undefined ? common : { ...common, distort });
  });
  const acting = keepers.filter(({ slot }) => !absent.includes(slot));

  for (let step = 0; step < (options.maxBlocks ?? 240); step += 1) {
    for (const keeper of shuffled(acting, dice)) {
      if (board.headNumber() < (lateUntil.get(keeper.slot) ?? 0)) continue;
      const kill = options.killSlot?.slot === keeper.slot ? options.killSlot.before : () => dice.chance(options.crash ?? 0);
      const finished = await keeper.act(kill);
      if (!finished) keeper.restart();
    }
    if (acting.every(({ disk }) => disk.outcome !== undefined)) break;
    if (dice.chance(options.reorg ?? 0) && board.headNumber() > finalityLag) {
      const depth = 1 + dice.below(finalityLag);
      // Some of what was taken back comes again by itself, the rest has to be sent again.
      const before = board.takeBack(depth);
      for (const transaction of before) if (dice.chance(0.5)) submit(transaction);
      for (let again = 0; again < depth; again += 1) board.mine([]);
    }
    const [mined, kept]: [BoardTransaction[], BoardTransaction[]] = [[], []];
    for (const transaction of shuffled(pool, dice)) {
      if (dice.chance(options.lose ?? 0)) continue;
      (dice.chance(0.8) ? mined : kept).push(transaction);
    }
    pool = kept;
    board.mine(mined);
  }
  const honest = acting.filter(({ slot }) => !cheats.has(slot));
  return { board, session, keepers, honest, identities, violations: violationsOf(honest, board.stateAt(board.headNumber()), threshold) };
};

export type Simulation = Awaited<ReturnType<typeof simulate>>;

/** The invariants that every run must keep, whoever cheats. Empty when all hold. */
const violationsOf = (
  honest: readonly ModelKeeper[],
  state: ReturnType<ReturnType<typeof createModelBoard>["stateAt"]>,
  threshold: number,
): readonly string[] => {
  const found: string[] = honest.flatMap(({ slot, broken }) => broken.map((what) => `${slot}: ${what}`));
  for (const { slot, disk, dealingsSent, view } of honest) {
    if (disk.outcome === undefined) found.push(`${slot}: never ended, board is ${view().status}`);
    if (dealingsSent.size > 1) found.push(`${slot}: dealt ${dealingsSent.size} different dealings`);
    if (state.disqualified.includes(slot)) found.push(`${slot}: honest, but disqualified`);
    if (disk.outcome === "failed" && disk.shares.size > 0) found.push(`${slot}: kept a share of a failed session`);
    if (disk.outcome === "active" && disk.shares.size > 1) found.push(`${slot}: kept shares of other forks`);
  }
  const outcomes = new Set(honest.map(({ disk }) => disk.outcome));
  if (outcomes.size > 1) found.push(`split: ${[...outcomes].join()}`);
  const held = honest.flatMap(({ disk }) => (disk.active === undefined ? [] : [disk.shares.get(disk.active)]));
  const shares = held.filter((share) => share !== undefined);
  if (shares.length !== held.length) found.push("an active share was not on disk");
  if (state.result === undefined || state.finalized === undefined) return found;
  for (const share of shares) {
    if (share.verifyingRoot !== state.result.verifyingRoot) found.push(`split: ${share.slot} holds another root`);
    if (!parsePoint(share.jointKey).equals(state.finalized.jointKey)) found.push(`split: ${share.slot} holds another key`);
    if (!nobleBackend.mulG(share.share.reveal()).equals(parsePoint(share.verifyingShare))) found.push(`${share.slot}: wrong share`);
  }
  for (const group of [shares.slice(0, threshold + 1), shares.slice(-threshold - 1)]) {
    if (group.length <= threshold) continue;
    const secret = combineShares(group.map(({ slot, share }) => ({ slot, share: share.reveal() })));
    if (!nobleBackend.mulG(secret).equals(state.finalized.jointKey)) found.push("t+1 shares do not give the key");
  }
  return found;
};

export const shuffled = <Item>(items: readonly Item[], dice: Dice): Item[] => {
  const copy = [...items];
  for (let index = copy.length - 1; index > 0; index -= 1) {
    const other = dice.below(index + 1);
    const [a, b] = [copy[index], copy[other]];
    if (a !== undefined && b !== undefined) [copy[index], copy[other]] = [b, a];
  }
  return copy;
};
