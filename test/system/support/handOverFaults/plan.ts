import type { Draw } from "./random.ts";

/** When in a hand-over a fault happens. "active": the key has moved, not finally yet. "erasing": the old epoch's time has run out. */
export const STAGES = ["proposing", "dealing", "disputing", "confirming", "active", "erasing"] as const;
export type Stage = (typeof STAGES)[number];

/** What happens to a keeper, from outside it. */
export type Fault =
  /** kill -9, and a new start. */
  | { readonly kind: "kill"; readonly downMilliseconds: number }
  /** kill -9 at its next transaction: before the chain has it, or after, before the keeper knows. */
  | { readonly kind: "killBeforeTransaction" | "killAfterTransaction"; readonly downMilliseconds: number }
  /** Stopped and continued: it wakes in another phase and does not know that it slept. */
  | { readonly kind: "sleep"; readonly milliseconds: number }
  /** Cut off from the chain, both ways. */
  | { readonly kind: "cut"; readonly milliseconds: number }
  /** Cut off one way: what it sends takes effect, no answer comes back. */
  | { readonly kind: "cutAnswers"; readonly milliseconds: number };

/** One point: a fault, a moment, and who meets it. It counts once, however many keepers it hits. */
export type FaultPoint = {
  readonly stage: Stage;
  readonly delayMilliseconds: number;
  readonly victims: readonly number[];
  readonly fault: Fault;
};

/** One hand-over and what is done to it. */
export type HandOverPlan = {
  readonly members: readonly number[];
  readonly threshold: number;
  readonly points: readonly FaultPoint[];
  /** Members that are kept down until the session has failed: the hand-over must abort, and nothing may be lost. */
  readonly kept: readonly number[];
  /** Blocks that a reorg takes back while new members confirm or the key has just moved; 0: none. */
  readonly reorg: { readonly stage: Stage; readonly depth: number } | undefined;
};

/** How many faults a stage meets, at moments of their own. */
const POINTS_PER_STAGE = 2;
/** Every so many hand-overs one is made to fail. */
const ABORT_EVERY = 7;

/** Draws a hand-over of a cluster: its members (all slots but one, where there are more than five), its threshold and its faults. */
export const drawHandOver = (draw: Draw, options: { readonly round: number; readonly slots: readonly number[] }): HandOverPlan => {
  const { round, slots } = options;
  const leaver = slots.length > 5 ? draw.oneOf(slots) : undefined;
  const members = slots.filter((slot) => slot !== leaver);
  const isAborted = round % ABORT_EVERY === ABORT_EVERY - 1;
  const threshold = !isAborted && draw.below(10) < 3 ? 2 : 1;
  const stages = STAGES.flatMap((stage) => Array.from({ length: POINTS_PER_STAGE }, () => stage));
  const points = stages.map((stage): FaultPoint => {
    const fault = drawFault(draw, stage);
    const canHitAll = fault.kind !== "killBeforeTransaction" && fault.kind !== "killAfterTransaction";
    const victims = canHitAll && draw.below(6) === 0 ? slots : draw.some(slots, 1 + draw.below(2));
    return { stage, delayMilliseconds: draw.below(1_000), victims, fault };
  });
  const kept = draw.some(members, members.length - 2); // 2t'+1 = 3 are needed
  const reorg = draw.below(4) === 0 ? { stage: draw.oneOf(["confirming", "active"] as const), depth: 1 + draw.below(2) } : undefined;
  return { members, threshold, points, kept: isAborted ? kept : [], reorg: isAborted ? undefined : reorg };
};

const drawFault = (draw: Draw, stage: Stage): Fault => {
  const sends = stage === "proposing" || stage === "dealing" || stage === "confirming";
  const kinds: readonly Fault["kind"][] = sends
    ? ["kill", "killBeforeTransaction", "killAfterTransaction", "sleep", "cut", "cutAnswers"]
    : ["kill", "kill", "sleep", "cut", "cutAnswers"];
  const kind = draw.oneOf(kinds);
  const milliseconds = 100 + draw.below(1_500);
  return kind === "sleep" || kind === "cut" || kind === "cutAnswers" ? { kind, milliseconds } : { kind, downMilliseconds: draw.below(800) };
};
