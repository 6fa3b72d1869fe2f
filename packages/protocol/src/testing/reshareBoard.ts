/** KeyResharing.sol as a model, as modelBoard.ts is one of KeyGeneration.sol. */
import { type Point, parseDealing, verifyReshareDealing } from "@keyquorum/threshold";
import { bitmapOf, type Hash32, hexToBytes, type SessionId } from "@keyquorum/wire";
import { reshareReadyDigestOf } from "../reshare/confirm.ts";
import type { ReshareDeal } from "../reshare/effects.ts";
import type { ReshareStatus } from "../reshare/view.ts";
import type { Complain, Fail, Ready } from "../session/effects.ts";
import type { KeyGenerationMember } from "../session/view.ts";
import { createModelChain } from "./modelChain.ts";
import { createModelJudge } from "./modelDealings.ts";
import { isAnyRemoved, type RemovalRule, type Remove } from "./removals.ts";

export type ReshareTransaction = (ReshareDeal | Complain | Ready | Fail | Remove) & { readonly from: number };
export type ReshareWindows = { readonly deal: number; readonly dispute: number; readonly ready: number };
export type ReshareSetup = {
  readonly sid: SessionId;
  /** Of the new epoch. */
  readonly threshold: number;
  readonly members: readonly KeyGenerationMember[];
  /** S_i of the old epoch: what C_0 is compared with, in place of Merkle paths. */
  readonly verifyingShares: ReadonlyMap<number, Point>;
  readonly quorum: number;
  readonly windows: ReshareWindows;
  readonly removalRule?: RemovalRule;
};

export type ReshareState = {
  readonly dealings: ReadonlyMap<number, Uint8Array>;
  readonly dealtAt: number;
  readonly disqualified: readonly number[];
  /** By the registry. */
  readonly removed: readonly number[];
  readonly ready: ReadonlyMap<number, Hash32>;
  readonly result?: { readonly commitmentsHash: Hash32; readonly verifyingRoot: Hash32 };
  /** The block that moved the key. */
  readonly movedAt?: number;
  readonly failure?: "MemberRemoved" | "TooFewDealers" | "NotReady";
};

const EMPTY: ReshareState = { dealings: new Map(), dealtAt: 0, disqualified: [], removed: [], ready: new Map() };

export const createReshareBoard = (setup: ReshareSetup) => {
  const { sid, threshold, members, verifyingShares, quorum, windows, removalRule = "ends" } = setup;
  const judge = createModelJudge(setup, verifyReshareDealing);

  /** The first t+1 old members by slot that dealt and are not disqualified; empty where there are fewer. */
  const firstOf = (state: ReshareState): readonly number[] => {
    const left = [...state.dealings.keys()].filter((slot) => !state.disqualified.includes(slot)).sort((a, b) => a - b);
    return left.length < quorum ? [] : left.slice(0, quorum);
  };

  const isHit = ({ removed }: ReshareState): boolean => removalRule === "ends" && isAnyRemoved(members, removed);

  const statusOf = (state: ReshareState, number: number): ReshareStatus => {
    if (state.result !== undefined) return "Active";
    if (state.failure !== undefined) return "Failed";
    if (isHit(state)) return "Overdue";
    if (state.dealtAt === 0 && number <= windows.deal) return "Dealing";
    const disputeEnd = (state.dealtAt || windows.deal) + windows.dispute;
    if (number <= disputeEnd) return "Disputing";
    return firstOf(state).length > 0 && number <= disputeEnd + windows.ready ? "AwaitingReady" : "Overdue";
  };

  const qualOf = (state: ReshareState, number: number): bigint => {
    const status = statusOf(state, number);
    return status === "Dealing" || status === "Disputing" ? 0n : bitmapOf(firstOf(state));
  };

  const apply = (state: ReshareState, number: number, transaction: ReshareTransaction): ReshareState | string => {
    const status = statusOf(state, number);
    switch (transaction.kind) {
      case "deal": {
        const { dealer, dealing } = transaction;
        const expected = verifyingShares.get(dealer);
        if (status !== "Dealing") return "WrongStatus";
        if (expected === undefined) return "UnknownSlot";
        if (state.dealings.has(dealer)) return "AlreadyDealt";
        if (!judge.isGenuine(dealer, dealing)) return "InvalidPossession";
        const [constant] = parseDealing(dealing, { threshold, members: members.length }).commitments;
        if (!constant?.equals(expected)) return "ForeignShare";
        const dealings = new Map(state.dealings).set(dealer, dealing);
        return { ...state, dealings, dealtAt: dealings.size === verifyingShares.size ? number : 0 };
      }
      case "complain":
        return judge.afterComplaint(state, status, transaction);
      case "ready": {
        if (status !== "AwaitingReady") return "WrongStatus";
        if (!members.some(({ slot }) => slot === transaction.from)) return "NotMember";
        if (state.ready.has(transaction.from)) return "AlreadyReady";
        const qual = qualOf(state, number);
        if (transaction.qual !== qual) return "ForeignQual";
        const { commitmentsHash, verifyingRoot } = transaction;
        const hashes = { commitmentsHash: hexToBytes(commitmentsHash, 32), verifyingRoot: hexToBytes(verifyingRoot, 32) };
        const digest = reshareReadyDigestOf({ sid, qual, ...hashes });
        const ready = new Map(state.ready).set(transaction.from, digest);
        const equal = [...ready.values()].filter((other) => other === digest).length;
        return equal === 2 * threshold + 1
          ? { ...state, ready, result: { commitmentsHash, verifyingRoot }, movedAt: number }
          : { ...state, ready };
      }
      case "remove":
        return state.removed.includes(transaction.slot) ? "AlreadyRemoved" : { ...state, removed: [...state.removed, transaction.slot] };
      case "fail":
        if (status !== "Overdue") return "WrongStatus";
        if (isHit(state)) return { ...state, failure: "MemberRemoved" };
        return { ...state, failure: firstOf(state).length === 0 ? "TooFewDealers" : "NotReady" };
      default:
        return transaction satisfies never;
    }
  };

  const chain = createModelChain<ReshareState, ReshareTransaction>(EMPTY, apply);
  return {
    ...chain,
    statusAt: (number: number) => statusOf(chain.stateAt(number), number),
    /** Whether time alone ends the phase of the newest block within so many blocks. */
    endsWithin: (blocks: number): boolean => {
      const head = chain.headNumber();
      return statusOf(chain.stateAt(head), head + blocks) !== statusOf(chain.stateAt(head), head);
    },
    qualAt: (number: number) => qualOf(chain.stateAt(number), number),
  };
};

export type ReshareBoardModel = ReturnType<typeof createReshareBoard>;
