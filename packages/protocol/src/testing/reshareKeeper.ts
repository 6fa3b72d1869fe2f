/** A keeper in memory that takes part in one reshare, and erases its old share when the hand-over is over, as the daemon does. */
import { type Point, type RandomSource, SecretScalar } from "@keyquorum/threshold";
import { bytesToHex, type KeyId, type SessionId } from "@keyquorum/wire";
import { performReshareEffect } from "../reshare/board.ts";
import type { CannotDeal, ReshareEffect } from "../reshare/effects.ts";
import { nextReshareSteps } from "../reshare/steps.ts";
import type { OwnReshareMaterial, ReshareView } from "../reshare/view.ts";
import type { Disbelieve, Unready } from "../session/effects.ts";
import { type DealingVerdicts, type KeyGenerationMember, type StatusTrack, trackStatus } from "../session/view.ts";
import { dealHashesOf } from "./dealHashes.ts";
import { actOn, createModelKeep, type Disk, emptyDisk } from "./modelRunner.ts";
import { nonceSourceOf } from "./random.ts";
import { isAnyRemoved } from "./removals.ts";
import type { ReshareBoardModel, ReshareTransaction } from "./reshareBoard.ts";

export type ReshareNames = {
  readonly sid: SessionId;
  readonly keyId: KeyId;
  readonly fromEpoch: number;
  readonly epoch: number;
  readonly threshold: number;
  readonly quorum: number;
  readonly jointKey: Point;
};

/** What survives kill -9: also the share of the old epoch, until it is erased. */
export type ReshareDisk = Disk & { oldShare: bigint | undefined };

export type ReshareKeeperInput = {
  readonly slot: number;
  readonly session: ReshareNames;
  /** s_i and S_i of the old epoch, by old member. */
  readonly oldShare: bigint | undefined;
  readonly verifyingShares: ReadonlyMap<number, Point>;
  readonly members: readonly KeyGenerationMember[];
  readonly encryptionSecret: SecretScalar | undefined;
  readonly board: ReshareBoardModel;
  readonly finalityLag: number;
  /** Blocks after the key has moved for which requests of the old epoch are answered. */
  readonly lifetime: number;
  readonly random: RandomSource;
  readonly submit: (transaction: ReshareTransaction) => void;
  readonly consent?: () => OwnReshareMaterial["consent"];
  readonly distort?: (dealing: Uint8Array) => Uint8Array;
  /** Changes what this keeper is shown: for boards that lie. */
  readonly lie?: (view: ReshareView) => ReshareView;
};

export const createReshareKeeper = (input: ReshareKeeperInput) => {
  const { slot, session, verifyingShares, members, encryptionSecret, board, finalityLag, lifetime, random, submit } = input;
  const nonces = nonceSourceOf(random);
  const { consent = () => "given", distort = (dealing) => dealing, lie = (view) => view } = input;
  const disk: ReshareDisk = { ...emptyDisk(), oldShare: input.oldShare };
  const dealingsSent = new Set<string>();
  const unready: (Unready | Disbelieve)[] = [];
  const cannotDeal: CannotDeal[] = [];
  const broken: string[] = [];
  let memory: { verdicts: DealingVerdicts; track: StatusTrack | undefined } = { verdicts: new Map(), track: undefined };

  const finalNumber = (): number => Math.max(0, board.headNumber() - finalityLag);

  const view = (): ReshareView => {
    const headNumber = board.headNumber();
    const [state, status, qual] = [board.stateAt(headNumber), board.statusAt(headNumber), board.qualAt(headNumber)];
    const finalStatus = board.statusAt(finalNumber());
    memory.track = trackStatus(memory.track, status, headNumber);
    const removed = [...new Set([...state.removed, ...board.stateAt(finalNumber()).removed])];
    return lie({
      ...session,
      dealers: [...verifyingShares].map(([dealer, verifyingShare]) => ({ slot: dealer, verifyingShare })),
      members,
      removedSlots: removed,
      absentSlots: removed,
      absentDealers: removed,
      status,
      headNumber,
      statusSince: memory.track.since,
      dealtSlots: [...state.dealings.keys()],
      disqualifiedSlots: state.disqualified,
      readySlots: [...state.ready.keys()],
      qual,
      dealings: state.dealings,
      dealHashes: dealHashesOf(state.dealings),
      ...(state.result === undefined ? {} : { result: state.result }),
      qualIsFinal: qual !== 0n && board.qualAt(finalNumber()) === qual,
      sessionIsFinal: (status === "Active" || status === "Failed") && finalStatus === status,
    });
  };

  const isHit = (): boolean => isAnyRemoved(members, view().removedSlots);

  const steps = (): readonly ReshareEffect[] => {
    const own: OwnReshareMaterial = {
      slot,
      encryptionSecret,
      ...(disk.dealing === undefined ? {} : { storedDealing: disk.dealing }),
      storedShares: [...disk.shares.values()],
      verdicts: memory.verdicts,
      ...(disk.oldShare === undefined ? {} : { oldShare: SecretScalar.from(disk.oldShare), oldPath: [] }),
      consent: consent(),
    };
    return nextReshareSteps(view(), own, { nonces, rankStep: 1 });
  };

  const parts = {
    keep: { ...createModelKeep(disk, unready, distort), cannotDeal: async (effect) => void cannotDeal.push(effect) },
    board: {
      deal: async (effect) => {
        if (isHit() || view().removedSlots.includes(slot)) broken.push("dealt to, or as, a removed keeper");
        dealingsSent.add(bytesToHex(effect.dealing));
        submit({ ...effect, from: slot });
      },
      complain: async (effect) => submit({ ...effect, from: slot }),
      ready: async (effect) => {
        // The rules of READY, checked where they would be broken.
        if (isHit()) broken.push("confirmed a key of a removed keeper");
        if (!disk.shares.has(effect.digest)) broken.push("ready before the share was durable");
        if (board.qualAt(finalNumber()) === 0n) broken.push("ready before Q was final");
        submit({ ...effect, from: slot });
      },
      fail: async (effect) => submit({ ...effect, from: slot }),
    },
  } satisfies Parameters<typeof performReshareEffect>[1];

  return {
    slot,
    disk,
    dealingsSent,
    unready,
    cannotDeal,
    broken,
    view,
    /** Loses everything that is not on disk. */
    restart: () => {
      memory = { verdicts: new Map(), track: undefined };
    },
    act: actOn(disk, steps, (effect) => performReshareEffect(effect, parts)),
    /** PROTOCOL section 3.9, "Hand-over": when the move is final and the lifetime of requests has passed since, by the final block. */
    eraseOldShare: () => {
      const { movedAt } = board.stateAt(finalNumber());
      if (movedAt !== undefined && finalNumber() > movedAt + lifetime) disk.oldShare = undefined;
    },
  };
};

export type ReshareKeeper = ReturnType<typeof createReshareKeeper>;
