import {
  type Address,
  type DocumentHeader,
  type ErrorDetails,
  KeyquorumError,
  MAX_SESSION_SECONDS,
  type NodeErrorCode,
  type ReadingSession,
} from "@keyquorum/wire";

/** How far a session's start may lie ahead of the keeper's clock, in seconds: clocks differ. */
export const MAX_SESSION_LEAD_SECONDS = 60n;

export type SessionUse = {
  readonly session: ReadingSession;
  /** What the request says. */
  readonly requester: Address;
  readonly header: Pick<DocumentHeader, "document" | "owner">;
  /** Seconds since 1970, by the keeper's clock. */
  readonly now: bigint;
};

/**
 * Checks what needs no chain: that the session is for this requester and this document, and in force. Who signed it, and whether it was ended, is
 * asked apart. PROTOCOL section 5.6. Throws SESSION_INVALID, SESSION_EXPIRED or SESSION_OUT_OF_SCOPE.
 */
export const checkSessionUse = ({ session, requester, header, now }: SessionUse): void => {
  const { sessionKey, since, until, scope } = session;
  if (session.requester !== requester) throw invalid("requester", "The session is another requester's.");
  if (sessionKey === requester) throw invalid("sessionKey", "The session's key is the requester itself.");
  if (since >= until) throw invalid("until", "The session ends before it begins.");
  if (until - since > BigInt(MAX_SESSION_SECONDS)) throw invalid("until", "The session is longer than 24 hours.");
  if (since > now + MAX_SESSION_LEAD_SECONDS) throw invalid("since", "The session has not begun.");
  if (now >= until) throw refusal("SESSION_EXPIRED", "until");
  const isCovered = scope.kind === "owner" ? scope.owner === header.owner : scope.documents.includes(header.document);
  if (!isCovered) throw refusal("SESSION_OUT_OF_SCOPE", scope.kind === "owner" ? "owner" : "documents");
};

/**
 * Checks that the session was not ended: `generation` is `ReaderSessions.generationOf(requester)` at the newest head. A generation above it is one
 * that this keeper does not see yet. Throws SESSION_ENDED or UNAVAILABLE.
 */
export const checkSessionGeneration = (session: ReadingSession, generation: bigint): void => {
  if (session.generation < generation) throw refusal("SESSION_ENDED", "generation");
  if (session.generation > generation)
    throw new KeyquorumError("UNAVAILABLE", "The session names a generation that this keeper does not see yet.", {
      details: detailsOf("generation"),
    });
};

const detailsOf = (field: string): ErrorDetails => ({ field: `delegation.${field}` });

const refusal = (code: NodeErrorCode, field: string, whatHappened?: string): KeyquorumError =>
  new KeyquorumError(code, whatHappened, { details: detailsOf(field) });

const invalid = (field: string, whatHappened: string): KeyquorumError => refusal("SESSION_INVALID", field, whatHappened);
