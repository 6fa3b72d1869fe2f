/** What a key server refuses with: HTTP status, and the text that clients know. Where `takesDetail`, a word of ours stands behind the text. */
const KINDS = {
  AccessDenied: { status: 403, text: "Access denied" },
  ConsensusUnreachable: { status: 403, text: "Consensus unreachable" },
  ConsensusTemporaryUnreachable: { status: 403, text: "Consensus temporary unreachable" },
  ServerKeyIsNotFound: { status: 404, text: "Server key with this ID is not found" },
  DocumentKeyIsNotFound: { status: 404, text: "Document key with this ID is not found" },
  ServerKeyAlreadyGenerated: { status: 400, text: "Server key with this ID is already generated" },
  DocumentKeyAlreadyStored: { status: 400, text: "Document key with this ID is already stored" },
  InsufficientRequesterData: { status: 400, text: "Insufficient requester data: ", takesDetail: true },
  Serde: { status: 400, text: "Serialization error: ", takesDetail: true },
  NotEnoughNodesForThreshold: { status: 500, text: "not enough nodes for passed threshold" },
  NodeDisconnected: { status: 500, text: "node required for this operation is currently disconnected" },
  DuplicateSessionId: { status: 500, text: "session with the same id is already registered" },
  ExclusiveSessionActive: { status: 500, text: "Exclusive session active" },
  HasActiveSessions: { status: 500, text: "Unable to start exclusive session" },
  NoActiveSessionWithId: { status: 500, text: "no active session with given id" },
  TooEarlyForRequest: { status: 500, text: "session is not yet ready to process this request" },
  InvalidStateForRequest: { status: 500, text: "session is in invalid state for processing this request" },
  InvalidNodeForRequest: { status: 500, text: "invalid node for this request" },
  InvalidMessage: { status: 500, text: "invalid message is received" },
  InvalidMessageVersion: { status: 500, text: "unsupported message is received" },
  ReplayProtection: { status: 500, text: "replay message is received" },
  InvalidNodeAddress: { status: 500, text: "invalid node address has been passed" },
  InvalidNodeId: { status: 500, text: "invalid node id has been passed" },
  EthKey: { status: 500, text: "cryptographic error ", takesDetail: true },
  Database: { status: 500, text: "Database error: ", takesDetail: true },
  Internal: { status: 500, text: "Internal error: ", takesDetail: true },
  Io: { status: 500, text: "IO error: ", takesDetail: true },
  /** Ours: the original had no limits. */
  TooManyRequests: { status: 429, text: "Too many requests: ", takesDetail: true },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly text: string; readonly takesDetail?: true }>>;

export type KeyServerErrorKind = keyof typeof KINDS;

/** All kinds, in the order of the specification. */
export const KEY_SERVER_ERROR_KINDS: readonly KeyServerErrorKind[] = Object.keys(KINDS) as KeyServerErrorKind[]; // safe: the object's own keys

/** A refusal, or a failure, as a client of the key server is told it. */
export class KeyServerError extends Error {
  readonly kind: KeyServerErrorKind;
  readonly status: number;

  /** @param detail public; never a part of a path, and nothing that a stranger wrote */
  constructor(kind: KeyServerErrorKind, detail = "", options: { readonly cause?: unknown } = {}) {
    const { text, ...rest } = KINDS[kind];
    super("takesDetail" in rest ? `${text}${detail}` : text, options);
    this.name = "KeyServerError";
    this.kind = kind;
    this.status = rest.status;
  }
}
