import { ERROR_CODES, type ErrorCode, type ErrorDetails, isNodeErrorCode, KeyquorumError } from "@keyquorum/wire";
import type { KeeperFailure } from "../types.ts";

/**
 * Too few keepers gave a valid answer. `code` says which of the two "no" it is:
 * ACCESS_DENIED is final and means that so many keepers refuse that no quorum is left; UNAVAILABLE says nothing about the permission.
 */
export class RetrievalError extends KeyquorumError {
  /** Valid answers. */
  readonly have: number;
  /** q. */
  readonly need: number;
  /** Why each of the others is missing, by slot. */
  readonly perKeeper: readonly KeeperFailure[];

  constructor(
    code: ErrorCode,
    whatHappened: string,
    options: {
      readonly have: number;
      readonly need: number;
      readonly perKeeper: readonly KeeperFailure[];
      readonly details?: ErrorDetails;
    },
  ) {
    const { have, need, perKeeper, details } = options;
    super(code, whatHappened, {
      details: {
        ...details,
        have,
        need,
        perKeeper: perKeeper.map(({ slot, name, code, reason }) => `${slot} ${name}: ${code}. ${reason}`),
      },
    });
    this.name = "RetrievalError";
    this.have = have;
    this.need = need;
    this.perKeeper = perKeeper;
  }
}

/** A keeper's refusal that asking again with the same request cannot change. */
export const isFinalWord = (code: string): boolean =>
  isNodeErrorCode(code) && !ERROR_CODES[code].retryable && code !== "NOT_FOUND" && !isWordOnEpoch(code);

/** A refusal of the epoch that was asked in: another look at the chain may show a later one. */
export const isWordOnEpoch = (code: string): boolean => code === "EPOCH_NOT_SERVED";

/**
 * What too few answers mean, for n keepers of which q are needed.
 *
 * A refusal is the outcome when more than n - q keepers give it, that is when those who did not could not make a quorum. With n >= 2t+1
 * that is more than t keepers, so at least one honest one says so: t liars cannot turn "unavailable" into "denied".
 * "Not final yet" is the outcome when it and refusals together are that many. Everything else is UNAVAILABLE.
 */
export const outcomeOf = (options: {
  readonly members: number;
  readonly quorum: number;
  readonly have: number;
  readonly failures: readonly KeeperFailure[];
}): RetrievalError => {
  const { members, quorum, have, failures } = options;
  const numbers = { have, need: quorum, perKeeper: failures };
  const countOf = (code: string): number => failures.filter((failure) => failure.code === code).length;
  const isOutOfReach = (refusals: number): boolean => refusals > members - quorum;

  const refusal = failures.map(({ code }) => code).find((code) => isFinalWord(code) && isOutOfReach(countOf(code)));
  if (refusal !== undefined && isNodeErrorCode(refusal)) {
    return new RetrievalError(refusal, `${countOf(refusal)} of ${members} keepers: ${ERROR_CODES[refusal].meaning}`, numbers);
  }
  if (countOf("PERMISSION_NOT_FINAL") > 0 && isOutOfReach(countOf("PERMISSION_NOT_FINAL") + countOf("ACCESS_DENIED"))) {
    return new RetrievalError(
      "PERMISSION_NOT_FINAL",
      `${countOf("PERMISSION_NOT_FINAL")} of ${members} keepers: ${ERROR_CODES.PERMISSION_NOT_FINAL.meaning}`,
      numbers,
    );
  }
  const denied = countOf("ACCESS_DENIED");
  const said = denied === 0 ? "" : ` ${denied} keepers say that access is denied, too few to be believed.`;
  const stale = failures.filter(({ chain }) => chain === "STALE_HEAD").length;
  const idle = isOutOfReach(stale)
    ? ` ${stale} keepers say that the chain's newest block is too old: an idle chain needs a new block (any transaction), or keepers with a larger maxHeadAgeSeconds.`
    : "";
  return new RetrievalError("UNAVAILABLE", `${have} of the ${quorum} valid answers needed arrived.${said}${idle}`, numbers);
};
