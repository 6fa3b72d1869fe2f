import type { Heads } from "@keyquorum/chain";
import { isUnavailable } from "@keyquorum/chain";
import type { Vault, WorkItem } from "@keyquorum/vault";
import { describeError } from "../report/describeError.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import type { Clock } from "./clock.ts";
import { hasCome } from "./every.ts";

/** What came of one attempt. "wait": look again at a later head, not before so many milliseconds. "done" and "failed" end the work. */
export type WorkOutcome =
  | { readonly kind: "wait"; readonly milliseconds?: number; readonly reason?: string }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly reason: string };

/** Does, or continues with, a piece of work as of these blocks. Must be idempotent: a crash repeats it. Must not wait for blocks. */
export type WorkHandler<Payload> = (payload: Payload, heads: Heads) => Promise<WorkOutcome>;

/**
 * Which places a kind of work shares. "apart": it comes in large numbers, and waits among its own kind only. "signing": it takes as long as
 * the slowest of other keepers. Each extension has a lane of its own: what does not end there holds up nobody else. Default: "common".
 */
export type Lane = "common" | "apart" | "signing" | `extension ${string}`;

// biome-ignore lint/suspicious/noExplicitAny: each kind has its own payload, which only its handler and the duty that wrote it know
export type Work = { readonly handler: WorkHandler<any>; readonly lane?: Lane };

export const WAIT: WorkOutcome = { kind: "wait" };
export const DONE: WorkOutcome = { kind: "done" };

export type WorkRunner = {
  /** Starts every piece of work that is due and not being done. Resolves when it knows which; the work continues. */
  readonly round: (heads: Heads) => Promise<void>;
  /** Whether the last round found any work, done now or not, or some is being done. */
  readonly hasWork: () => boolean;
  /** Resolves when nothing is being done. */
  readonly idle: () => Promise<void>;
};

const AT_ONCE = 8;
/** Of kinds that come in large numbers and may not hold up the others. */
const APART_AT_ONCE = 2;
/** Of one extension. */
const EXTENSION_AT_ONCE = 4;
const SIGNING_AT_ONCE = 8;
/** Per kind: whoever asks for shares ten thousand times keeps no key from being generated. */
const MAX_DUE = 5_000;
/** While so many of a kind wait for their turn, no more of it are read: all of them would be read again at every head. */
const ENOUGH = 500;
const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;
/** What waits is told apart here: its time may have been set by a clock that was wrong. */
const ANY_TIME = Number.MAX_SAFE_INTEGER;
/** No handler lets its work wait longer. */
const LONGEST_WAIT = 120_000;

/** Kinds of work that share so many places. */
type WorkLane = {
  readonly atOnce: number;
  readonly has: (kind: string) => boolean;
  readonly queue: { readonly item: WorkItem; readonly heads: Heads }[];
  running: number;
};

/**
 * Runs durable work at every new head: many pieces side by side, each by one attempt at a time, failed ones again after a growing delay.
 * Kinds of the lane "apart" wait among themselves only: however much of them there is, all others continue beside them.
 * Kinds go in the order of `handlers`; within a kind what was tried longest ago goes first, so that work that waits forever holds up none after it.
 */
export const createWorkRunner = (options: {
  readonly work: Vault["work"];
  readonly handlers: Readonly<Record<string, Work>>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "workPending" | "workFailures">;
}): WorkRunner => {
  const { work, handlers, clock, metrics } = options;
  const running = new Map<string, Promise<void>>();
  const waiting = new Map<string, number>();
  /** When a piece of work was tried last, counted in attempts. */
  const triedAt = new Map<string, number>();
  let attempts = 0;
  let isAnyDue = true;

  const settle = async (item: WorkItem, outcome: WorkOutcome): Promise<void> => {
    if (outcome.kind === "wait") {
      if (outcome.milliseconds !== undefined) waiting.set(item.id, clock.now() + outcome.milliseconds);
      return;
    }
    waiting.delete(item.id);
    triedAt.delete(item.id);
    await work.finish(item.id, outcome.kind, outcome.kind === "failed" ? outcome.reason : undefined);
  };

  const attempt = async (item: WorkItem, heads: Heads): Promise<void> => {
    const log = options.log.child({ work: item.kind });
    try {
      const work = handlers[item.kind];
      if (work === undefined) return;
      await settle(item, await work.handler(item.payload, heads));
    } catch (error) {
      const delay = isUnavailable(error) ? FIRST_DELAY : Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(item.attempts, 10));
      metrics.workFailures.inc({ kind: item.kind });
      if (isUnavailable(error)) log.debug("The chain could not be asked; trying again", { id: item.id, ...describeError(error) });
      else
        log.error("An attempt at work failed; trying again", {
          id: item.id,
          attempts: item.attempts,
          milliseconds: delay,
          ...describeError(error),
        });
      waiting.set(item.id, clock.now() + delay);
      if (!isUnavailable(error))
        await work.retry(item.id, { notBefore: clock.now() + delay, error: describeError(error).error }).catch(() => undefined); // the disk may be what failed
    }
  };

  const laneOf = (kind: string): Lane => handlers[kind]?.lane ?? "common";
  const lanes: readonly WorkLane[] = [...new Set(Object.keys(handlers).map(laneOf))].map((name) => ({
    atOnce: placesOf(name),
    has: (kind) => laneOf(kind) === name,
    queue: [],
    running: 0,
  }));
  const hasEnough = (kind: string): boolean =>
    lanes.some(({ has, queue }) => has(kind) && queue.filter(({ item }) => item.kind === kind).length >= ENOUGH);
  const pump = (lane: WorkLane): void => {
    while (lane.running < lane.atOnce) {
      const next = lane.queue.shift();
      if (next === undefined) return;
      const { item, heads } = next;
      triedAt.set(item.id, ++attempts);
      lane.running += 1;
      const attempted = attempt(item, heads).finally(() => {
        running.delete(item.id);
        lane.running -= 1;
        pump(lane);
      });
      running.set(item.id, attempted);
    }
  };

  return {
    round: async (heads) => {
      const now = clock.now();
      const limit = MAX_DUE + waiting.size;
      isAnyDue = (await work.due({ now: ANY_TIME, limit: 1 })).length > 0; // most of the time none is, and one question says so
      const due = await Promise.all(
        Object.keys(handlers).map(async (kind) => {
          if (hasEnough(kind)) return { kind };
          return { kind, items: isAnyDue ? await work.due({ now: ANY_TIME, kind, limit }) : [] };
        }),
      );
      const left = lanes.flatMap(({ queue }) => queue.splice(0)).map(({ item }) => item); // due again, at a newer head
      for (const { kind, items = left.filter((item) => item.kind === kind) } of due) {
        metrics.workPending.set({ kind }, items.length);
        const ready = items.filter(
          ({ id, notBefore }) =>
            !running.has(id) &&
            hasCome(waiting.get(id) ?? 0, { now, longest: LONGEST_WAIT }) &&
            hasCome(notBefore, { now, longest: LONGEST_DELAY }),
        );
        const inTurn = ready.toSorted((a, b) => (triedAt.get(a.id) ?? 0) - (triedAt.get(b.id) ?? 0));
        lanes.find(({ has }) => has(kind))?.queue.push(...inTurn.map((item) => ({ item, heads })));
      }
      for (const lane of lanes) pump(lane);
    },
    hasWork: () => isAnyDue || running.size > 0,
    idle: async () => {
      for (const { queue } of lanes) queue.length = 0;
      while (running.size > 0) await Promise.all(running.values());
    },
  };
};

const placesOf = (lane: Lane): number => {
  if (lane === "common") return AT_ONCE;
  if (lane === "signing") return SIGNING_AT_ONCE;
  return lane === "apart" ? APART_AT_ONCE : EXTENSION_AT_ONCE;
};
