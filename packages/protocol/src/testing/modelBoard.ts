/**
 * KeyGeneration.sol as a model: the same rules over a list of blocks that can be taken back. The state at a block is what its transactions
 * made of the state before, so a reorg is dropping blocks. Contracts' own tests compare the real one with the mathematics; this one is for
 * simulations of many keepers.
 */
import {
  dealHashOf,
  G,
  INFINITY,
  keccakWords,
  keyShiftOf,
  nobleBackend,
  type Point,
  parseDealing,
  restHashOf,
  verifyComplaint,
  verifyDealing,
} from "@keyquorum/threshold";
import { bitmapOf, bytesToHex, type Hash32, hexToBytes, parseHash32, type SessionId } from "@keyquorum/wire";
import { readyDigestOf } from "../keyGeneration/confirm.ts";
import type { Deal, Finalize } from "../keyGeneration/effects.ts";
import type { KeyGenerationStatus } from "../keyGeneration/view.ts";
import type { Complain, Fail, Ready } from "../session/effects.ts";
import type { KeyGenerationMember } from "../session/view.ts";

export type BoardTransaction = (Deal | Complain | Finalize | Ready | Fail) & { readonly from: number };
export type Windows = { readonly deal: number; readonly dispute: number; readonly finalize: number; readonly ready: number };
export type BoardSetup = {
  readonly sid: SessionId;
  readonly threshold: number;
  readonly members: readonly KeyGenerationMember[];
  readonly windows: Windows;
};

export type BoardState = {
  readonly dealings: ReadonlyMap<number, Uint8Array>;
  readonly dealtAt: number;
  readonly disqualified: readonly number[];
  readonly finalized?: { readonly at: number; readonly qual: readonly number[]; unshifted: Point; shift: bigint; jointKey: Point };
  readonly ready: ReadonlyMap<number, Hash32>;
  readonly result?: { readonly commitmentsHash: Hash32; readonly verifyingRoot: Hash32 };
  readonly failure?: "TooFewDealers" | "NotFinalized" | "NotReady";
};

type Block = { readonly hash: Hash32; readonly state: BoardState; readonly included: readonly BoardTransaction[] };

const OPENED_AT = 0;
const SHIFT_DELAY = 2;
const EMPTY: BoardState = { dealings: new Map(), dealtAt: 0, disqualified: [], ready: new Map() };

/** Why the model refused a transaction, for assertions. */
export type Refusal = { readonly transaction: BoardTransaction; readonly why: string };

export const createModelBoard = (setup: BoardSetup) => {
  const { sid, threshold, members, windows } = setup;
  const sidBytes = hexToBytes(sid, 32);
  const blocks: Block[] = [{ hash: hashOf(0, 0), state: EMPTY, included: [] }];
  const refusals: Refusal[] = [];
  const isGenuine = remember((dealer: number, bytes: Uint8Array) => {
    const dealing = parseDealing(bytes, { threshold, members: members.length });
    return verifyDealing({ sid: sidBytes, dealer, dealing });
  });
  let salt = 0;

  const qualOf = (state: BoardState) =>
    [...state.dealings.keys()].filter((slot) => !state.disqualified.includes(slot)).sort((a, b) => a - b);
  const disputeEnd = (state: BoardState) => (state.dealtAt || OPENED_AT + windows.deal) + windows.dispute;
  const shiftBlockOf = (state: BoardState) => disputeEnd(state) + SHIFT_DELAY;

  const statusAt = (state: BoardState, number: number): KeyGenerationStatus => {
    if (state.dealtAt === 0 && number <= OPENED_AT + windows.deal) return "Dealing";
    if (state.result !== undefined) return "Active";
    if (state.failure !== undefined) return "Failed";
    if (state.finalized !== undefined) return number <= state.finalized.at + windows.ready ? "AwaitingReady" : "Overdue";
    if (number <= disputeEnd(state)) return "Disputing";
    if (qualOf(state).length <= threshold) return "Overdue";
    if (number <= shiftBlockOf(state)) return "AwaitingShift";
    return number <= shiftBlockOf(state) + windows.finalize ? "Finalizing" : "Overdue";
  };

  const apply = (state: BoardState, number: number, transaction: BoardTransaction): BoardState | string => {
    const status = statusAt(state, number);
    switch (transaction.kind) {
      case "deal": {
        if (status !== "Dealing") return "WrongStatus";
        if (state.dealings.has(transaction.from)) return "AlreadyDealt";
        if (!isGenuine(transaction.from, transaction.dealing)) return "InvalidPossession";
        const dealings = new Map(state.dealings).set(transaction.from, transaction.dealing);
        return { ...state, dealings, dealtAt: dealings.size === members.length ? number : 0 };
      }
      case "complain": {
        const { dealer, recipient, dealing, shared, proof } = transaction;
        const dealt = state.dealings.get(dealer);
        if (status !== "Dealing" && status !== "Disputing") return "WrongStatus";
        if (dealt === undefined || state.disqualified.includes(dealer)) return "NotDealt";
        if (bytesToHex(dealHashOf(dealt)) !== bytesToHex(dealHashOf(dealing))) return "ForeignDealing";
        const parsed = parseDealing(dealing, { threshold, members: members.length });
        const verdict = verifyComplaint({ sid: sidBytes, dealer, recipient, members, dealing: parsed, shared, proof });
        return verdict === "DISQUALIFIED" ? { ...state, disqualified: [...state.disqualified, dealer] } : verdict;
      }
      case "finalize": {
        if (status !== "Finalizing") return "WrongStatus";
        const qual = qualOf(state);
        const rest = qual.map((slot) => bytesToHex(restHashOf(state.dealings.get(slot) ?? new Uint8Array())));
        if (rest.join() !== transaction.restHashes.map(bytesToHex).join()) return "ForeignDealing";
        const unshifted = transaction.constants.reduce((sum, point) => nobleBackend.add(sum, point), INFINITY);
        const blockHash = hexToBytes(blocks[shiftBlockOf(state)]?.hash ?? "", 32);
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
      case "fail": {
        if (status !== "Overdue") return "WrongStatus";
        if (state.finalized !== undefined) return { ...state, failure: "NotReady" };
        return { ...state, failure: qualOf(state).length <= threshold ? "TooFewDealers" : "NotFinalized" };
      }
      default:
        return transaction satisfies never;
    }
  };

  const at = (number: number): Block => {
    const block = blocks[number];
    if (block === undefined) throw new RangeError(`no block ${number}`);
    return block;
  };

  return {
    refusals,
    headNumber: () => blocks.length - 1,
    stateAt: (number: number) => at(number).state,
    hashAt: (number: number) => at(number).hash,
    statusAt: (number: number) => statusAt(at(number).state, number),
    shiftBlockAt: (number: number) => shiftBlockOf(at(number).state),
    qualAt: (number: number) => qualOf(at(number).state),
    isIncluded: (id: string, from: number) =>
      blocks.some(({ included }) => included.some((other) => other.id === id && other.from === from)),
    mine: (transactions: readonly BoardTransaction[]): void => {
      const number = blocks.length;
      let { state } = at(number - 1);
      const included: BoardTransaction[] = [];
      for (const transaction of transactions) {
        const next = apply(state, number, transaction);
        if (typeof next === "string") refusals.push({ transaction, why: next });
        else {
          state = next;
          included.push(transaction);
        }
      }
      blocks.push({ hash: hashOf(number, salt), state, included });
    },
    /** Takes blocks back; what was in them is returned. Blocks that come instead have other hashes. */
    takeBack: (depth: number): readonly BoardTransaction[] => {
      salt += 1;
      return blocks.splice(blocks.length - depth, depth).flatMap(({ included }) => included);
    },
  };
};

export type ModelBoard = ReturnType<typeof createModelBoard>;

const hashOf = (number: number, salt: number): Hash32 => parseHash32(bytesToHex(keccakWords(number, salt)));

const remember = (work: (slot: number, bytes: Uint8Array) => boolean) => {
  const known = new Map<string, boolean>();
  return (slot: number, bytes: Uint8Array): boolean => {
    const name = `${slot}:${bytesToHex(keccakWords(...chunksOf(bytes)))}`;
    const value = known.get(name) ?? work(slot, bytes);
    known.set(name, value);
    return value;
  };
};

const chunksOf = (bytes: Uint8Array): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / 32) }, (_, index) => bytes.slice(index * 32, index * 32 + 32));
