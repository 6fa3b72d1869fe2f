/**
 * A whole reshare in memory: old and new members with different views of finality, lost transactions, reorgs, crashes, lies, and keepers that
 * erase their old shares when they may. After every block it is checked that the key can be used. Everything comes from one seed.
 */
import { evaluatePolynomial, nobleBackend, type Point, randomScalar, SecretScalar } from "@keyquorum/threshold";
import { bytesToHex, type Hash32, parseKeyId, parseSessionId } from "@keyquorum/wire";
import type { OwnReshareMaterial, ReshareStatus, ReshareView } from "../reshare/view.ts";
import { sharesInUse, violationsOf } from "./invariants.ts";
import { type DealtErrors, dealWrongly } from "./lyingDealer.ts";
import { createIdentity, type Identity } from "./modelKeeper.ts";
import { createCalm, createModelPool, shuffled } from "./modelPool.ts";
import { createDice } from "./random.ts";
import { createGovernance, type Removal } from "./removals.ts";
import { createReshareBoard, type ReshareTransaction, type ReshareWindows } from "./reshareBoard.ts";
import { createReshareKeeper, type ReshareKeeper, type ReshareNames } from "./reshareKeeper.ts";

/** A key in one epoch: who holds which share. */
export type HeldKey = { readonly jointKey: Point; readonly threshold: number; readonly shares: ReadonlyMap<number, bigint> };

export const dealKey = (seed: number, slots: readonly number[], threshold: number): HeldKey => {
  const { bytes } = createDice(seed);
  const coefficients = Array.from({ length: threshold + 1 }, () => randomScalar(bytes));
  const shares = new Map(slots.map((slot) => [slot, evaluatePolynomial(coefficients, BigInt(slot))]));
  return { jointKey: nobleBackend.mulG(coefficients[0] ?? 0n), threshold, shares };
};

export type ReshareOptions = {
  readonly seed: number;
  readonly old: HeldKey;
  readonly slots: readonly number[];
  readonly threshold: number;
  /** Slots that never act. */
  readonly absent?: readonly number[];
  /** Slots that act only from a block on. */
  readonly lateUntil?: ReadonlyMap<number, number>;
  /** Old members that deal shares with errors. */
  readonly cheats?: ReadonlyMap<number, DealtErrors>;
  readonly lies?: ReadonlyMap<number, (view: ReshareView) => ReshareView>;
  /** Slots without the encryption secret of the new epoch. */
  readonly forgetful?: readonly number[];
  readonly consent?: (slot: number) => OwnReshareMaterial["consent"];
  /** Transactions that no block takes. */
  readonly censored?: (transaction: ReshareTransaction) => boolean;
  readonly killSlot?: { readonly slot: number; readonly before: () => boolean };
  /** Probabilities per keeper and block, and per block. */
  readonly crash?: number;
  readonly lose?: number;
  readonly reorg?: number;
  readonly windows?: ReshareWindows;
  readonly maxBlocks?: number;
  readonly removal?: Removal<ReshareStatus>;
};

const WINDOWS: ReshareWindows = { deal: 30, dispute: 16, ready: 40 };
/** Every keeper has a finality of its own; reorgs are no deeper than the shallowest. */
const SHALLOWEST = 3;
const SPREAD = 4;
const LIFETIME = 6;

export const simulateReshare = async (options: ReshareOptions) => {
  const { seed, old, slots, threshold, absent = [], lateUntil = new Map<number, number>(), forgetful = [] } = options;
  const dice = createDice(seed);
  const session: ReshareNames = {
    sid: parseSessionId(bytesToHex(dice.bytes(32))),
    keyId: parseKeyId(bytesToHex(dice.bytes(32))),
    fromEpoch: 1,
    epoch: 2,
    threshold,
    quorum: old.threshold + 1,
    jointKey: old.jointKey,
  };
  const identities = new Map(slots.map((slot): [number, Identity] => [slot, createIdentity(slot, dice.bytes)]));
  const members = [...identities.values()].map(({ member }) => member);
  const verifyingShares = new Map([...old.shares].map(([slot, share]) => [slot, nobleBackend.mulG(share)]));
  const windows = options.windows ?? WINDOWS;
  const removalRule = options.removal?.rule ?? "ends";
  const board = createReshareBoard({ ...session, members, verifyingShares, windows, removalRule });
  const isCalm = createCalm(board);
  const { submit, mineOne } = createModelPool<ReshareTransaction>(() => board, dice, { ...options, deepest: SHALLOWEST, isCalm });
  const all = [...new Set([...old.shares.keys(), ...slots])].sort((a, b) => a - b);
  const keepers = all.map((slot) => {
    const [errors, lie, secret] = [options.cheats?.get(slot), options.lies?.get(slot), identities.get(slot)?.secret];
    const share = old.shares.get(slot) ?? 0n;
    return createReshareKeeper({
      slot,
      session,
      oldShare: old.shares.get(slot),
      verifyingShares,
      members,
      // The model holds a copy: steps never erase what they are given.
      encryptionSecret: secret === undefined || forgetful.includes(slot) ? undefined : SecretScalar.from(secret.reveal()),
      board,
      finalityLag: SHALLOWEST + dice.below(SPREAD),
      lifetime: LIFETIME,
      random: dice.bytes,
      submit: (transaction) => {
        if (options.censored?.(transaction) !== true) submit(transaction);
      },
      ...(options.consent === undefined ? {} : { consent: () => options.consent?.(slot) ?? "given" }),
      ...(errors === undefined ? {} : { distort: () => dealWrongly({ ...session, dealer: slot, share, members, errors }, dice.bytes) }),
      ...(lie === undefined ? {} : { lie }),
    });
  });
  const govern = createGovernance(options.removal, {
    status: () => board.statusAt(board.headNumber()),
    removed: () => board.stateAt(board.headNumber()).removed,
    submit,
  });
  const acting = keepers.filter(({ slot }) => !absent.includes(slot));
  const isHonest = ({ slot }: ReshareKeeper): boolean => !options.cheats?.has(slot) && !options.lies?.has(slot);
  const honest = acting.filter(isHonest);
  // Who is absent still holds its disk.
  const holders = keepers.filter(isHonest);
  const violations: string[] = [];
  let isOver = false;

  for (let step = 0; step < (options.maxBlocks ?? 260) && !isOver; step += 1) {
    govern();
    for (const keeper of shuffled(acting, dice)) {
      if (board.headNumber() < (lateUntil.get(keeper.slot) ?? 0)) continue;
      const kill = options.killSlot?.slot === keeper.slot ? options.killSlot.before : () => dice.chance(options.crash ?? 0) && !isCalm();
      const finished = await keeper.act(kill);
      if (!finished) keeper.restart();
      keeper.eraseOldShare();
      violations.push(...unusable(holders, board, old, session));
    }
    const { movedAt } = board.stateAt(board.headNumber());
    const isPast = movedAt === undefined || board.headNumber() > movedAt + LIFETIME + SHALLOWEST + SPREAD;
    isOver = acting.every(({ disk }) => disk.outcome !== undefined) && isPast;
    if (!isOver) mineOne();
  }

  const state = board.stateAt(board.headNumber());
  const shares = new Map(sharesInUse(honest).map(({ slot, share }) => [slot, share]));
  const moved: HeldKey = { jointKey: old.jointKey, threshold, shares };
  violations.push(...violationsOf(honest, state, moved), ...oldSharesAtEnd(honest, old));
  return { board, state, status: board.statusAt(board.headNumber()), keepers, honest, session, members, moved, violations };
};

export type ReshareSimulation = Awaited<ReturnType<typeof simulateReshare>>;
type Board = ReturnType<typeof createReshareBoard>;

/** How many keepers hold a share of one result that fits its own verifying share: usable together. */
const usableNew = (holders: readonly ReshareKeeper[], root: Hash32): number =>
  holders.filter(({ disk }) => [...disk.shares.values()].some((share) => share.verifyingRoot === root)).length;
const usableOld = (holders: readonly ReshareKeeper[], old: HeldKey): number =>
  holders.filter(({ slot, disk }) => disk.oldShare !== undefined && disk.oldShare === old.shares.get(slot)).length;

/**
 * After every step of every keeper: the epoch in which the key is active at the head has q usable honest shares, and so has the one in which it
 * was as long as a request of that epoch may be pending.
 */
const unusable = (holders: readonly ReshareKeeper[], board: Board, old: HeldKey, { threshold }: ReshareNames): readonly string[] => {
  const head = board.headNumber();
  const { result, movedAt = head } = board.stateAt(head);
  const found: string[] = [];
  if (result !== undefined && usableNew(holders, result.verifyingRoot) <= threshold)
    found.push(`block ${head}: active in the new epoch with ${usableNew(holders, result.verifyingRoot)} shares`);
  const isOldInUse = result === undefined || head <= movedAt + LIFETIME;
  if (isOldInUse && usableOld(holders, old) <= old.threshold)
    found.push(`block ${head}: the old epoch is in use with ${usableOld(holders, old)} shares`);
  return found;
};

/** Old shares are kept where nothing moved, and erased where the key did. */
const oldSharesAtEnd = (honest: readonly ReshareKeeper[], old: HeldKey): readonly string[] =>
  honest.flatMap(({ slot, disk }) => {
    if (disk.outcome === "failed" && disk.oldShare !== old.shares.get(slot)) return [`${slot}: lost its old share for nothing`];
    return disk.outcome === "active" && disk.oldShare !== undefined ? [`${slot}: never erased its old share`] : [];
  });
