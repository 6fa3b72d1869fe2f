import { KeyquorumError, type NodeErrorCode } from "@keyquorum/wire";
import type { KeyServerError, KeyServerErrorKind } from "../formats/keyServerError.ts";
import { toldError } from "../keyServer/toldError.ts";

/** How a refusal of Parity's is called in the protocol's own table. What is not here is INTERNAL. */
const CODES: Partial<Readonly<Record<KeyServerErrorKind, NodeErrorCode>>> = {
  AccessDenied: "ACCESS_DENIED",
  ConsensusUnreachable: "ACCESS_DENIED",
  ConsensusTemporaryUnreachable: "UNAVAILABLE",
  ServerKeyIsNotFound: "UNKNOWN_KEY",
  DocumentKeyIsNotFound: "UNKNOWN_DOCUMENT",
  ServerKeyAlreadyGenerated: "REQUEST_CONFLICT",
  DocumentKeyAlreadyStored: "REQUEST_CONFLICT",
  InsufficientRequesterData: "INVALID_SIGNATURE",
  NotEnoughNodesForThreshold: "INVALID_REQUEST",
  NodeDisconnected: "UNAVAILABLE",
  DuplicateSessionId: "UNAVAILABLE",
  InvalidStateForRequest: "UNAVAILABLE",
  InvalidMessage: "UNAVAILABLE",
  TooManyRequests: "RATE_LIMITED",
};

/** What a wallet's program is told, with a code of the table. `isExpected` false: the operator should hear of it, and nobody else. */
export const walletError = (error: unknown): { readonly told: KeyquorumError; readonly isExpected: boolean } => {
  if (error instanceof KeyquorumError) return { told: error, isExpected: true };
  const { told, isExpected } = toldError(error);
  const { cause } = told;
  if (cause instanceof KeyquorumError && KEPT.includes(cause.code)) return { told: cause, isExpected };
  const code = CODES[told.kind] ?? (told.kind === "Internal" && isExpected ? "UNAVAILABLE" : "INTERNAL");
  return { told: new KeyquorumError(code, sentenceOf(told), detailsOf(told)), isExpected };
};

/** These say more than what Parity's clients are told. */
const KEPT: readonly string[] = ["PERMISSION_NOT_FINAL", "SIGNATURE_NOT_FINAL", "ACCESS_DENIED", "SHUTTING_DOWN"];

const sentenceOf = ({ message }: KeyServerError): string => `The key server says: ${message}.`;

const detailsOf = ({ kind }: KeyServerError) => {
  if (kind === "NotEnoughNodesForThreshold") return { details: { field: "threshold" } };
  return kind === "TooManyRequests" ? { details: { retryAfterSeconds: 60 } } : {};
};
