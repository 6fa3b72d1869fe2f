/**
 * A whole key generation in memory: keepers, a board with finality, lost transactions, reorgs above the final block, and restarts.
 * Everything comes from one seed.
 */
import { bytesToHex, parseKeyId, parseSessionId } from "@keyquorum/wire";
import type { KeyGenerationStatus } from "../keyGeneration/view.ts";
import { violationsOf } from "./invariants.ts";
import { type BoardTransaction, createModelBoard, type Windows } from "./modelBoard.ts";
import { createIdentity, createModelKeeper, type Identity } from "./modelKeeper.ts";
import { createCalm, createModelPool, shuffled } from "./modelPool.ts";
import { createDice } from "./random.ts";
import { createGovernance, type Removal } from "./removals.ts";

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
  /** For how many blocks before the end of a phase there is no trouble; 0 where one run of a known seed is wanted as it is. */
  readonly calm?: number;
  readonly finalityLag?: number;
  readonly windows?: Windows;
  readonly maxBlocks?: number;
  readonly removal?: Removal<KeyGenerationStatus>;
  /** As the board takes them: how the contract numbers blocks, and how long it knows a hash. */
  readonly numbering?: (block: number) => number;
  readonly hashLife?: number;
};

/** Each is longer than the calm at its end (`modelPool.ts`), which leaves trouble time enough. */
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
  const windows = options.windows ?? WINDOWS;
  const removalRule = options.removal?.rule ?? "ends";
  const { numbering = (block: number) => block, hashLife = 256 } = options;
  const board = createModelBoard({ sid: session.sid, threshold, members, windows, removalRule, numbering, hashLife });
  const cheats = options.cheats?.(identities) ?? new Map<number, (dealing: Uint8Array) => Uint8Array>();
  const isCalm = createCalm(board, options.calm);
  const { submit, mineOne } = createModelPool<BoardTransaction>(() => board, dice, { ...options, deepest: finalityLag, isCalm });
  const keepers = identities.map((identity) => {
    const distort = cheats.get(identity.slot);
    const common = { identity, session, members, board, finalityLag, random: dice.bytes, submit };
    return createModelKeeper(distort === undefined ? common : { ...common, distort });
  });
  const govern = createGovernance(options.removal, {
    status: () => board.statusAt(board.headNumber()),
    removed: () => board.stateAt(board.headNumber()).removed,
    submit,
  });
  const acting = keepers.filter(({ slot }) => !absent.includes(slot));

  for (let step = 0; step < (options.maxBlocks ?? 240); step += 1) {
    govern();
    for (const keeper of shuffled(acting, dice)) {
      if (board.headNumber() < (lateUntil.get(keeper.slot) ?? 0)) continue;
      const kill = options.killSlot?.slot === keeper.slot ? options.killSlot.before : () => dice.chance(options.crash ?? 0) && !isCalm();
      const finished = await keeper.act(kill);
      if (!finished) keeper.restart();
    }
    if (acting.every(({ disk }) => disk.outcome !== undefined)) break;
    mineOne();
  }
  const honest = acting.filter(({ slot }) => !cheats.has(slot));
  const state = board.stateAt(board.headNumber());
  const violations = violationsOf(honest, state, { jointKey: state.finalized?.jointKey, threshold });
  return { board, session, keepers, honest, identities, violations };
};

export type Simulation = Awaited<ReturnType<typeof simulate>>;
