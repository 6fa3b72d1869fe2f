import { isUnavailable } from "@keyquorum/chain";
import { ThresholdError } from "@keyquorum/threshold";
import { VaultError } from "@keyquorum/vault";
import { KeyquorumError } from "@keyquorum/wire";
import { isError } from "ethers";
import { BulkError } from "../bulk/bulkWork.ts";
import { chainTrouble } from "../contracts/chainTrouble.ts";
import { describeError } from "../report/describeError.ts";
import type { Logger } from "../report/logger.ts";
import { KeeperError } from "../run/errors.ts";
import { isDamaged } from "../shares/unlessDamaged.ts";

/**
 * What a requester is told of a failure while a request was decided. What passes with time is UNAVAILABLE, and asking again helps; what does not is
 * INTERNAL, and the operator finds it in the log as an error. So is what is damaged on the disk, UNAVAILABLE too: other keepers have it. `what` begins the line in the log.
 */
export const refusalOf = (error: unknown, log: Logger, what: string): KeyquorumError => {
  // The request was parsed before: an invalid value here is the node's or the disk's, never the requester's.
  if (error instanceof KeyquorumError && error.code !== "INVALID_VALUE") return error;
  // Who asks has gone, or the keeper stops: calls that nobody waits for are ended.
  if (error instanceof DOMException && error.name === "AbortError") return new KeyquorumError("SHUTTING_DOWN", undefined, { cause: error });
  if (isUnavailable(error)) return chainTrouble(error);
  // No question that a keeper asks reverts in our contracts: a node that says so fails, or shows another contract.
  if (isError(error, "CALL_EXCEPTION")) {
    log.warn(`${what} failed: the node says that a contract reverted where ours does not`, describeError(error));
    return chainTrouble(error);
  }
  // The share was taken out of use while it was answered with: the next request finds what is true now.
  if (error instanceof ThresholdError && error.code === "ERASED_SECRET")
    return new KeyquorumError("UNAVAILABLE", undefined, { cause: error });
  if (error instanceof BulkError)
    return new KeyquorumError(error.code === "BULK_STOPPED" ? "SHUTTING_DOWN" : "UNAVAILABLE", undefined, { cause: error });
  if (error instanceof VaultError && error.retryable) {
    log.error(`${what} failed: the disk did not take or give what was needed`, describeError(error));
    return new KeyquorumError("UNAVAILABLE", undefined, { cause: error });
  }
  if (isDamaged(error) && error.details.table === "answer") {
    log.error(`${what} failed: the answer that is stored for it is damaged`, describeError(error));
    return new KeyquorumError("REQUEST_CONFLICT", "This request was answered before, and the stored answer is damaged.", { cause: error });
  }
  if (isDamaged(error) || (error instanceof KeeperError && error.code === "VAULT_UNUSABLE")) {
    log.error(`${what} failed: what this keeper has of it is damaged; other keepers can answer`, {
      ...describeError(error),
      ...("details" in error ? error.details : {}),
    });
    return new KeyquorumError("UNAVAILABLE", "This keeper's data for this request is damaged. Ask the other keepers.", { cause: error });
  }
  log.error(`${what} failed unexpectedly`, describeError(error));
  return new KeyquorumError("INTERNAL", undefined, { cause: error });
};
