/** A keeper in memory that generates a key: a disk that survives restarts, a memory that does not. */
import { nobleBackend, type RandomSource, randomScalar, SecretScalar } from "@keyquorum/threshold";
import { bitmapOf, bytesToHex, type KeyId, parseAddress, type SessionId } from "@keyquorum/wire";
import { performKeyGenerationEffect } from "../keyGeneration/board.ts";
import type { KeyGenerationEffect } from "../keyGeneration/effects.ts";
import { nextKeyGenerationSteps } from "../keyGeneration/steps.ts";
import type { KeyGenerationView } from "../keyGeneration/view.ts";
import type { Disbelieve, Unready } from "../session/effects.ts";
import { type DealingVerdicts, type KeyGenerationMember, type StatusTrack, trackStatus } from "../session/view.ts";
import { dealHashesOf } from "./dealHashes.ts";
import type { BoardTransaction, ModelBoard } from "./modelBoard.ts";
import { actOn, createModelKeep, emptyDisk } from "./modelRunner.ts";
import { nonceSourceOf } from "./random.ts";
import { isAnyRemoved } from "./removals.ts";

export type Identity = { readonly slot: number; readonly secret: SecretScalar; readonly member: KeyGenerationMember };

export const createIdentity = (slot: number, random: RandomSource): Identity => {
  const scalar = randomScalar(random);
  const operator = parseAddress(`0x${slot.toString(16).padStart(40, "0")}`);
  return { slot, secret: SecretScalar.from(scalar), member: { slot, operator, encryptionKey: nobleBackend.mulG(scalar) } };
};

export type SessionNames = { readonly sid: SessionId; readonly keyId: KeyId; readonly epoch: number; readonly threshold: number };

export type ModelKeeper = ReturnType<typeof createModelKeeper>;

export const createModelKeeper = (input: {
  readonly identity: Identity;
  readonly session: SessionNames;
  readonly members: readonly KeyGenerationMember[];
  readonly board: ModelBoard;
  /** Blocks behind the head that a final block is. */
  readonly finalityLag: number;
  readonly random: RandomSource;
  /** Puts a transaction where the next block may take it from. */
  readonly submit: (transaction: BoardTransaction) => void;
  /** Changes what this keeper deals: for dealers that cheat. */
  readonly distort?: (dealing: Uint8Array) => Uint8Array;
}) => {
  const { identity, session, members, board, finalityLag, random, submit, distort = (dealing) => dealing } = input;
  const nonces = nonceSourceOf(random);
  const { slot } = identity;
  const disk = emptyDisk();
  const dealingsSent = new Set<string>();
  const unready: (Unready | Disbelieve)[] = [];
  const broken: string[] = [];
  let memory: { verdicts: DealingVerdicts; track: StatusTrack | undefined } = { verdicts: new Map(), track: undefined };

  const view = (): KeyGenerationView => {
    const headNumber = board.headNumber();
    const finalNumber = Math.max(0, headNumber - finalityLag);
    const state = board.stateAt(headNumber);
    const status = board.statusAt(headNumber);
    memory.track = trackStatus(memory.track, status, headNumber);
    const shiftBlockHash = board.shiftHashAt(headNumber);
    const isEnded = status === "Active" || status === "Failed";
    const finalState = board.stateAt(finalNumber);
    return {
      ...session,
      purpose: "Decrypt",
      members,
      removedSlots: [...new Set([...state.removed, ...finalState.removed])],
      absentSlots: [...new Set([...state.removed, ...finalState.removed])],
      status,
      headNumber,
      statusSince: memory.track.since,
      dealtSlots: [...state.dealings.keys()],
      disqualifiedSlots: state.disqualified,
      readySlots: [...state.ready.keys()],
      qual: bitmapOf(state.finalized?.qual ?? []),
      dealings: state.dealings,
      dealHashes: dealHashesOf(state.dealings),
      shiftBlock: BigInt(board.shiftBlockAt(headNumber)),
      ...(shiftBlockHash === undefined ? {} : { shiftBlockHash }),
      ...(state.finalized === undefined
        ? {}
        : { unshifted: state.finalized.unshifted, shift: state.finalized.shift, jointKey: state.finalized.jointKey }),
      ...(state.result === undefined ? {} : { result: state.result }),
      finalizedIsFinal: finalState.finalized !== undefined,
      sessionIsFinal: isEnded && (finalState.result !== undefined || finalState.failure !== undefined),
    };
  };

  const steps = (): readonly KeyGenerationEffect[] => {
    const own = {
      slot,
      encryptionSecret: identity.secret,
      ...(disk.dealing === undefined ? {} : { storedDealing: disk.dealing }),
      storedShares: [...disk.shares.values()],
      verdicts: memory.verdicts,
    };
    return nextKeyGenerationSteps(view(), own, { nonces, rankStep: 1 });
  };

  const send = async (effect: Parameters<typeof submit>[0]) => submit(effect);
  const isHit = (): boolean => isAnyRemoved(members, view().removedSlots);
  const parts = {
    keep: createModelKeep(disk, unready, distort),
    board: {
      deal: async (effect) => {
        if (isHit()) broken.push("dealt to a removed keeper");
        dealingsSent.add(bytesToHex(effect.dealing));
        await send({ ...effect, from: slot });
      },
      complain: (effect) => send({ ...effect, from: slot }),
      finalize: async (effect) => {
        if (isHit()) broken.push("finalized a key of a removed keeper");
        await send({ ...effect, from: slot });
      },
      ready: async (effect) => {
        // The rules of READY, checked where they would be broken.
        if (isHit()) broken.push("confirmed a key of a removed keeper");
        if (!disk.shares.has(effect.digest)) broken.push("ready before the share was durable");
        if (board.stateAt(Math.max(0, board.headNumber() - finalityLag)).finalized === undefined) broken.push("ready before final");
        await send({ ...effect, from: slot });
      },
      fail: (effect) => send({ ...effect, from: slot }),
    },
  } satisfies Parameters<typeof performKeyGenerationEffect>[1];

  return {
    slot,
    disk,
    dealingsSent,
    unready,
    broken,
    view,
    steps,
    /** Loses everything that is not on disk. */
    restart: () => {
      memory = { verdicts: new Map(), track: undefined };
    },
    act: actOn(disk, steps, (effect) => performKeyGenerationEffect(effect, parts)),
  };
};
