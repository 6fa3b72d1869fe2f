import { KeyquorumError } from "@keyquorum/wire";
import { KeyServerError } from "../formats/keyServerError.ts";

/**
 * What a client is told of whatever stopped its request. A refusal of ours becomes the one of theirs that means the same; what nobody expected, and what
 * says nothing about the permission, is an internal error and never a refusal. `isExpected` false: the operator should hear of it.
 */
export const toldError = (error: unknown): { readonly told: KeyServerError; readonly isExpected: boolean } => {
  if (error instanceof KeyServerError) return { told: error, isExpected: true };
  // The keeper stops: calls that nobody waits for are ended.
  if (error instanceof DOMException && error.name === "AbortError")
    return toldError(new KeyquorumError("SHUTTING_DOWN", undefined, { cause: error }));
  const code = error instanceof KeyquorumError || error instanceof Error ? (error as { readonly code?: unknown }).code : undefined;
  const told = typeof code === "string" ? byCode(code, error) : undefined;
  if (told !== undefined) return { told, isExpected: true };
  return { told: new KeyServerError("Internal", "the key server failed", { cause: error }), isExpected: false };
};

const byCode = (code: string, cause: unknown): KeyServerError | undefined => {
  switch (code) {
    case "ACCESS_DENIED":
      return new KeyServerError("ConsensusUnreachable", "", { cause });
    case "PERMISSION_NOT_FINAL":
    case "SIGNATURE_NOT_FINAL":
      return new KeyServerError("ConsensusTemporaryUnreachable", "", { cause });
    case "RATE_LIMITED":
      return new KeyServerError("TooManyRequests", "come back later", { cause });
    case "UNAVAILABLE":
    case "CHAIN_UNAVAILABLE":
    case "RPC_ERROR":
    case "FINALITY_BROKEN":
    case "NO_FINALIZED_BLOCK":
      return new KeyServerError("Internal", "the chain cannot be asked; this says nothing about the permission", { cause });
    case "NOT_MEMBER":
      return new KeyServerError("Internal", "this key server has no part in that epoch, or was removed: ask another one", { cause });
    case "SHUTTING_DOWN":
      return new KeyServerError("Internal", "the key server stops", { cause });
    default:
      return undefined;
  }
};
