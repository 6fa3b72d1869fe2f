import type { Hash32 } from "@keyquorum/wire";
import type { KeyEvidence } from "./evidence.ts";

/** Why a key is not moved yet, and the slot that is waited for. */
export type WaitingFor = { readonly reason: string; readonly slot?: number };

/**
 * Keys that a keeper would get to the newest epoch: those of which it holds a share of an earlier one, and those that others offered to it. Both in one
 * order: who was tried goes behind all others, so that keys which fail every time hold up none.
 */
export type MoveQueue = {
  /** One of its own, which waits for this keeper's turn since `since`, in ms. One that is there keeps both its place and its time. */
  readonly add: (id: Hash32, since: number) => void;
  /** One that another keeper shows. Nothing happens where too many were shown. */
  readonly offer: (id: Hash32, evidence: KeyEvidence) => void;
  readonly forget: (id: Hash32) => void;
  readonly inTurn: () => readonly Hash32[];
  /** They go behind all others. */
  readonly tried: (ids: readonly Hash32[]) => void;
  /** Undefined: it is none of its own. */
  readonly since: (id: Hash32) => number | undefined;
  readonly offered: (id: Hash32) => KeyEvidence | undefined;
  /** None of its own waits for its turn any more. */
  readonly hurry: () => void;
  /** Whether the reason is another one than before. */
  readonly note: (id: Hash32, why: WaitingFor) => boolean;
  readonly waitingFor: (id: Hash32) => WaitingFor | undefined;
  readonly seen: () => {
    /** Of its own. */
    readonly toMove: number;
    readonly waiting: readonly (WaitingFor & { readonly keys: number })[];
  };
};

const MOST_OFFERED = 1_000;
const MOST_REASONS = 20;

export const createMoveQueue = (): MoveQueue => {
  const turns = new Set<Hash32>();
  const own = new Map<Hash32, number>();
  const offered = new Map<Hash32, KeyEvidence>();
  const waiting = new Map<Hash32, WaitingFor>();
  return {
    add: (id, since) => {
      turns.add(id);
      if (!own.has(id)) own.set(id, since);
    },
    offer: (id, evidence) => {
      if (offered.size >= MOST_OFFERED && !offered.has(id)) return;
      turns.add(id);
      offered.set(id, evidence);
    },
    forget: (id) => {
      turns.delete(id);
      for (const map of [own, offered, waiting]) map.delete(id);
    },
    inTurn: () => [...turns],
    tried: (ids) => {
      for (const id of ids) if (turns.delete(id)) turns.add(id);
    },
    since: (id) => own.get(id),
    offered: (id) => offered.get(id),
    hurry: () => {
      for (const id of own.keys()) own.set(id, Number.NEGATIVE_INFINITY);
    },
    note: (id, why) => {
      const before = waiting.get(id);
      waiting.set(id, why);
      return before?.reason !== why.reason || before.slot !== why.slot;
    },
    waitingFor: (id) => waiting.get(id),
    seen: () => {
      const counts = new Map<string, WaitingFor & { keys: number }>();
      for (const [id, why] of waiting) {
        if (!own.has(id)) continue;
        const name = `${why.reason} ${why.slot ?? ""}`;
        const one = counts.get(name) ?? { ...why, keys: 0 };
        one.keys += 1;
        counts.set(name, one);
      }
      return { toMove: own.size, waiting: [...counts.values()].toSorted((a, b) => b.keys - a.keys).slice(0, MOST_REASONS) };
    },
  };
};
