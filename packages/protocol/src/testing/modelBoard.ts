/**
 * KeyGeneration.sol as a model: the same rules over a list of blocks that can be taken back. The state at a block is what its transactions
 * made of the state before, so a reorg is dropping blocks. Contracts' own tests compare the real one with the mathematics; this one is for
 * simulations of many keepers.
 */
import { G, INFINITY, keyShiftOf, nobleBackend, type Point, restHashOf, verifyDealing } from "@keyquorum/threshold";
import { bitmapOf, bytesToHex, type Hash32, hexToBytes, type SessionId } from "@keyquorum/wire";
import { readyDigestOf } from "../keyGeneration/confirm.ts";
import type { Deal, Finalize } from "../keyGeneration/effects.ts";
import type { KeyGenerationStatus } from "../keyGeneration/view.ts";
import type { Complain, Fail, Ready } from "../session/effects.ts";
import type { KeyGenerationMember } from "../session/view.ts";
import { createModelChain } from "./modelChain.ts";
import { createModelJudge } from "./modelDealings.ts";
import { isAnyRemoved, type RemovalRule, type Remove } from "./removals.ts";

export type BoardTransaction = (Deal | Complain | Finalize | Ready | Fail | Remove) & { readonly from: number };
export type Windows = { readonly deal: number; readonly dispute: number; readonly finalize: number; readonly ready: number };
export type BoardSetup = {
  readonly sid: SessionId;
  readonly threshold: number;
  readonly members: readonly KeyGenerationMember[];
  readonly windows: Windows;
  readonly removalRule?: RemovalRule;
  /** The block number that the contract sees in a block of the list: on some chains not what nodes say. Default: the same. */
  readonly numbering?: (block: number) => number;
  /** For how many of the contract's blocks it can ask for a block's hash. */
  readonly hashLife?: number;
};

export type BoardState = {
  readonly dealings: ReadonlyMap<number, Uint8Array>;
  readonly dealtAt: number;
  readonly disqualified: readonly number[];
  /** By the registry. */
  readonly removed: readonly number[];
  /** Fixed again, after a hash was gone. */
  readonly rearmed?: number;
  readonly finalized?: { readonly at: number; readonly qual: readonly number[]; unshifted: Point; shift: bigint; jointKey: Point };
  readonly ready: ReadonlyMap<number, Hash32>;
  readonly result?: { readonly commitmentsHash: Hash32; readonly verifyingRoot: Hash32 };
  readonly failure?: "MemberRemoved" | "TooFewDealers" | "NotFinalized" | "NotReady";
};

const SHIFT_DELAY = 2;
const EMPTY: BoardState = { dealings: new Map(), dealtAt: 0, disqualified: [], removed: [], ready: new Map() };

export const createModelBoard = (setup: BoardSetup) => {
  const { sid, threshold, members, windows, removalRule = "ends", numbering = (block) => block, hashLife = 256 } = setup;
  const openedAt = numbering(0);
  const sidBytes = hexToBytes(sid, 32);
  const judge = createModelJudge(setup, verifyDealing);

  const qualOf = (state: BoardState) =>
    [...state.dealings.keys()].filter((slot) => !state.disqualified.includes(slot)).sort((a, b) => a - b);
  const disputeEnd = (state: BoardState) => (state.dealtAt || openedAt + windows.deal) + windows.dispute;
  const shiftBlockOf = (state: BoardState) => state.rearmed ?? disputeEnd(state) + SHIFT_DELAY;

  /** What `shiftHashOf` says in a block of the list; undefined where the hash is not there yet, or gone. */
  const shiftHashOf = (state: BoardState, block: number): Hash32 | undefined => {
    const [wanted, now] = [shiftBlockOf(state), numbering(block)];
    if (wanted >= now || wanted < now - hashLife) return undefined;
    let first = 0;
    while (numbering(first) < wanted) first += 1;
    return chain.hashAt(first);
  };

  const isHit = ({ removed }: BoardState): boolean => removalRule === "ends" && isAnyRemoved(members, removed);

  const statusAt = (state: BoardState, block: number): KeyGenerationStatus => {
    const number = numbering(block);
    if (state.result !== undefined) return "Active";
    if (state.failure !== undefined) return "Failed";
    if (isHit(state)) return "Overdue";
    if (state.dealtAt === 0 && number <= openedAt + windows.deal) return "Dealing";
    if (state.finalized !== undefined) return number <= state.finalized.at + windows.ready ? "AwaitingReady" : "Overdue";
    if (number <= disputeEnd(state)) return "Disputing";
    if (qualOf(state).length <= threshold) return "Overdue";
    if (number <= shiftBlockOf(state)) return "AwaitingShift";
    return number <= shiftBlockOf(state) + windows.finalize ? "Finalizing" : "Overdue";
  };

  const apply = (state: BoardState, block: number, transaction: BoardTransaction): BoardState | string => {
    const status = statusAt(state, block);
    const number = numbering(block);
    switch (transaction.kind) {
      case "deal": {
        if (status !== "Dealing") return "WrongStatus";
        if (state.dealings.has(transaction.from)) return "AlreadyDealt";
        if (!judge.isGenuine(transaction.from, transaction.dealing)) return "InvalidPossession";
        const dealings = new Map(state.dealings).set(transaction.from, transaction.dealing);
        return { ...state, dealings, dealtAt: dealings.size === members.length ? number : 0 };
      }
      case "complain":
        return judge.afterComplaint(state, status, transaction);
      case "finalize": {
        if (status !== "Finalizing") return "WrongStatus";
        const shiftHash = shiftHashOf(state, block);
        if (shiftHash === undefined) return { ...state, rearmed: number + SHIFT_DELAY };
        const qual = qualOf(state);
        const rest = qual.map((slot) => bytesToHex(restHashOf(state.dealings.get(slot) ?? new Uint8Array())));
        if (rest.join() !== transaction.restHashes.map(bytesToHex).join()) return "ForeignDealing";
        const unshifted = transaction.constants.reduce((sum, point) => nobleBackend.add(sum, point), INFINITY);
        const blockHash = hexToBytes(shiftHash, 32);
        const shift = keyShiftOf({ sid: sidBytes, unshifted, blockHash });
        const jointKey = nobleBackend.add(unshifted, nobleBackend.mulVar(G, shift));
        if (!jointKey.equals(transaction.jointKey)) return "WrongJointKey";
        return { ...state, finalized: { at: number, qual, unshifted, shift, jointKey } };
      }
      case "ready": {
        const { finalized } = state;
        if (status !== "AwaitingReady" || finalized === undefined) return "WrongStatus";
        if (state.ready.has(transaction.from)) return "AlreadyReady";
        if (transaction.qual !== bitmapOf(finalized.qual)) return "ForeignQual";
        const { commitmentsHash, verifyingRoot, qual } = transaction;
        const hashes = { commitmentsHash: hexToBytes(commitmentsHash, 32), verifyingRoot: hexToBytes(verifyingRoot, 32) };
        const digest = readyDigestOf({ sid, jointKey: finalized.jointKey, qual, ...hashes });
        const ready = new Map(state.ready).set(transaction.from, digest);
        const equal = [...ready.values()].filter((other) => other === digest).length;
        const isEnough = equal === 2 * threshold + 1;
        return isEnough ? { ...state, ready, result: { commitmentsHash, verifyingRoot } } : { ...state, ready };
      }
      case "remove":
        return state.removed.includes(transaction.slot) ? "AlreadyRemoved" : { ...state, removed: [...state.removed, transaction.slot] };
      case "fail": {
        if (status !== "Overdue") return "WrongStatus";
        if (isHit(state)) return { ...state, failure: "MemberRemoved" };
        if (state.finalized !== undefined) return { ...state, failure: "NotReady" };
        return { ...state, failure: qualOf(state).length <= threshold ? "TooFewDealers" : "NotFinalized" };
      }
      default:
        return transaction satisfies never;
    }
  };

  const chain = createModelChain<BoardState, BoardTransaction>(EMPTY, apply);
  return {
    ...chain,
    statusAt: (number: number) => statusAt(chain.stateAt(number), number),
    /** Whether time alone ends the phase of the newest block within so many blocks. */
    endsWithin: (blocks: number): boolean => {
      const head = chain.headNumber();
      return statusAt(chain.stateAt(head), head + blocks) !== statusAt(chain.stateAt(head), head);
    },
    shiftBlockAt: (number: number) => shiftBlockOf(chain.stateAt(number)),
    shiftHashAt: (number: number) => shiftHashOf(chain.stateAt(number), number),
    qualAt: (number: number) => qualOf(chain.stateAt(number)),
  };
};

export type ModelBoard = ReturnType<typeof createModelBoard>;
