import type { ServerKeyFailure } from "@keyquorum/protocol";
import { KeyquorumError } from "@keyquorum/wire";
import { KeyServerError } from "../formats/keyServerError.ts";
import { FULL } from "./room.ts";

/** What a client is told of a generation that failed. Who is to blame stands in the log and the metrics. */
export const toldOf = (failure: ServerKeyFailure): KeyServerError => {
  switch (failure.reason) {
    case "ALREADY_GENERATED":
      return new KeyServerError("ServerKeyAlreadyGenerated", "", { cause: failure });
    case "BUSY":
      return new KeyServerError("DuplicateSessionId", "", { cause: failure });
    case "ABSENT":
      return new KeyServerError("NodeDisconnected", "", { cause: failure });
    case "REFUSED": {
      const { cause } = failure;
      if (cause instanceof KeyquorumError && cause.code === "RATE_LIMITED")
        return new KeyServerError("TooManyRequests", "a member of the key server", { cause: failure });
      const isFull = cause instanceof KeyquorumError && cause.details.reason === FULL;
      return new KeyServerError("Internal", `a member of the key server ${isFull ? "is full" : "refuses"}`, { cause: failure });
    }
    case "ABORTED":
    case "UNUSABLE_KEY":
      return new KeyServerError("InvalidStateForRequest", "", { cause: failure });
    case "BAD_ANSWER":
    case "BAD_QUESTION":
    case "BAD_SHARE":
    case "FALSE_COMPLAINT":
      return new KeyServerError("InvalidMessage", "", { cause: failure });
    default:
      return failure.reason satisfies never;
  }
};
