import { slotsOf } from "@keyquorum/wire";

/** A KeyFailed event's facts. Bitmaps have bit `slot` set. */
export type KeyFailure = {
  readonly reason: bigint;
  readonly notDealt: bigint;
  readonly disqualified: bigint;
  readonly notReady: bigint;
};

/** What is told of a keeper. */
export type NamedKeeper = {
  readonly slot: number;
  readonly name: string;
  readonly logFile: string;
  /** The message that it logged last; undefined: it logged nothing. */
  readonly lastWords: string | undefined;
  readonly isRunning: boolean;
};

/** IKeyGeneration.FailureReason */
const REASONS = [
  "no reason is recorded",
  "too few keepers dealt",
  "the sum of the dealers' parts is not a usable key",
  "the joint key was not computed in time",
  "too few keepers confirmed their shares in time",
  "a member was removed",
];

/** Why a key could not be made: the reason, who did what by name, and where each of their logs is. */
export const describeKeyFailure = (failure: KeyFailure, keepers: readonly NamedKeeper[]): string => {
  const groups = [
    ["did not deal in time", slotsOf(failure.notDealt)],
    ["dealt a wrong share and was disqualified", slotsOf(failure.disqualified)],
    ["did not confirm its share in time", slotsOf(failure.notReady)],
  ] as const;
  const lines = groups.flatMap(([what, slots]) => slots.map((slot) => lineOf(slot, what, keepers)));
  return [`No key was made: ${REASONS[Number(failure.reason)] ?? `reason ${failure.reason}`}.`, ...lines].join("\n");
};

const lineOf = (slot: number, what: string, keepers: readonly NamedKeeper[]): string => {
  const keeper = keepers.find((candidate) => candidate.slot === slot);
  if (keeper === undefined) return `  keeper ${slot} ${what}.`;
  const end = keeper.lastWords === undefined ? "it logged nothing" : `it logged last: ${keeper.lastWords}`;
  return `  keeper ${slot} (${keeper.name}) ${what}${keeper.isRunning ? "" : "; its process is not running"}; ${end} (${keeper.logFile})`;
};
