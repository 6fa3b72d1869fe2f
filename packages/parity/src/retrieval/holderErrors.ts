import { KeyquorumError } from "@keyquorum/wire";

// Why a holder of document keys refuses another keeper.

export const askerAbsent = (): KeyquorumError =>
  new KeyquorumError("NOT_MEMBER", "The keeper that asks was removed, or its account or identity key revoked as stolen.");

export const badHolders = (cause?: unknown): KeyquorumError =>
  new KeyquorumError(
    "INVALID_REQUEST",
    "The holders must be t+1 members by ascending slot, none removed or robbed of its keys, this keeper among them.",
    {
      ...{ details: { field: "holders" }, cause },
    },
  );

/** The key is on its way to another epoch, or there: it is stored there. */
export const leaving = (): KeyquorumError =>
  new KeyquorumError("UNAVAILABLE", "The server key is being moved to another epoch: its document key is stored there.");

export const unknownKey = (): KeyquorumError =>
  new KeyquorumError("UNKNOWN_KEY", "This keeper has no server key of this id in that epoch.");
