import { describeError, type ExtensionServices } from "@keyquorum/keeper";
import { SERVER_KEY_FAILURES, ServerKeyFailure, type ServerKeyFailureReason } from "@keyquorum/protocol";
import type { Hash32 } from "@keyquorum/wire";
import { toldError } from "../keyServer/toldError.ts";

/** Told of a member that was absent, or proved wrong. */
export type Named = (slot: number, reason: ServerKeyFailureReason) => void;

/** Says in the log how an undertaking about a server key failed, who is named, and as what. */
export const createSessionReport =
  ({ log }: Pick<ExtensionServices, "log">, named: Named) =>
  (serverKeyId: Hash32, error: unknown): void => {
    if (!(error instanceof ServerKeyFailure)) {
      // Strangers may ask a keeper that was removed as often as they like.
      if (toldError(error).isExpected) log.info("A server key was not generated", { serverKeyId, ...describeError(error) });
      else log.error("A server key's session failed", { serverKeyId, error: describeError(error) });
      return;
    }
    const { reason, slot } = error;
    const line = { serverKeyId, reason, named: SERVER_KEY_FAILURES[reason], ...(slot === undefined ? {} : { slot }) };
    if (SERVER_KEY_FAILURES[reason] === "nobody") log.info("A server key was not generated", line);
    else {
      log.warn("A server key was not generated: a member is named", line);
      if (slot !== undefined) named(slot, reason);
    }
  };
