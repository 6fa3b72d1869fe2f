import { slotsOf } from "@keyquorum/wire";

/** The facts of a KeyFailed or ReshareFailed event. Bitmaps have bit `slot` set. */
export type SessionFailure = {
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
const KEY_REASONS = [
  "no reason is recorded",
  "too few keepers dealt",
  "the sum of the dealers' parts is not a usable key",
  "the joint key was not computed in time",
  "too few keepers confirmed their shares in time",
  "a member was removed",
];
/** IKeyResharing.ReshareFailure */
const RESHARE_REASONS = [
  "no reason is recorded",
  "too few old members dealt",
  "too few new members confirmed their shares in time",
  "a new member was removed",
];

/** Why a key could not be made: the reason, who did what by name, and where each of their logs is. */
export const describeKeyFailure = (failure: SessionFailure, keepers: readonly NamedKeeper[]): string =>
  describe("No key was made", KEY_REASONS, failure, keepers);

/** Why a key did not move, in the same words. */
export const describeReshareFailure = (failure: SessionFailure, keepers: readonly NamedKeeper[]): string =>
  describe("The key did not move", RESHARE_REASONS, failure, keepers);

const describe = (what: string, reasons: readonly string[], failure: SessionFailure, keepers: readonly NamedKeeper[]): string => {
  const groups = [
    ["did not deal in time", slotsOf(failure.notDealt)],
    ["dealt a wrong share and was disqualified", slotsOf(failure.disqualified)],
    ["did not confirm its share in time", slotsOf(failure.notReady)],
  ] as const;
  const lines = groups.flatMap(([did, slots]) => slots.map((slot) => lineOf(slot, did, keepers)));
  return [`${what}: ${reasons[Number(failure.reason)] ?? `reason ${failure.reason}`}.`, ...lines].join("\n");
};

const lineOf = (slot: number, what: string, keepers: readonly NamedKeeper[]): string => {
  const keeper = keepers.find((candidate) => candidate.slot === slot);
  if (keeper === undefined) return `  keeper ${slot} ${what}.`;
  const end = keeper.lastWords === undefined ? "it logged nothing" : `it logged last: ${keeper.lastWords}`;
  return `  keeper ${slot} (${keeper.name}) ${what}${keeper.isRunning ? "" : "; its process is not running"}; ${end} (${keeper.logFile})`;
};
