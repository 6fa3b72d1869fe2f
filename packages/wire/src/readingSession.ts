import { keccakWords } from "@keyquorum/threshold";
import { type SigningDomain, type TypedDomain, type TypedField, typedDigest, typedDomainOf, typeHashOf } from "./eip712.ts";
import { hexToBytes } from "./hex.ts";
import { type Address, type DocumentId, type Hash32, ZERO_ADDRESS } from "./ids.ts";

/** What a session may ask about: some documents, or all of one owner's. */
export type SessionScope =
  | { readonly kind: "documents"; readonly documents: readonly DocumentId[] }
  | { readonly kind: "owner"; readonly owner: Address };

/**
 * A wallet's leave for an app's own key to ask for shares in the wallet's name, signed once. It gives no access: permissions are asked for
 * `requester` at every request. PROTOCOL section 5.6.
 */
export type ReadingSession = {
  readonly requester: Address;
  /** The account that signs the requests; its secret stays with the app. */
  readonly sessionKey: Address;
  readonly scope: SessionScope;
  /** Seconds since 1970: valid from `since` on and before `until`. */
  readonly since: bigint;
  readonly until: bigint;
  /** `ReaderSessions.generationOf(requester)` when the session began: `endSessions()` raises it and so ends all sessions at once. */
  readonly generation: bigint;
};

/** The longest a session may last, in seconds. */
export const MAX_SESSION_SECONDS = 86_400;

const FIELDS = [
  { name: "requester", type: "address" },
  { name: "sessionKey", type: "address" },
  { name: "documents", type: "bytes32[]" },
  { name: "owner", type: "address" },
  { name: "since", type: "uint64" },
  { name: "until", type: "uint64" },
  { name: "generation", type: "uint64" },
] as const satisfies readonly TypedField[];

const TYPE_HASH = typeHashOf("ReadingSession", FIELDS);

/** What `signer.signTypedData(domain, types, message)` of ethers takes. */
export type ReadingSessionTypedData = {
  readonly domain: TypedDomain;
  readonly types: { ReadingSession: TypedField[] };
  readonly primaryType: "ReadingSession";
  readonly message: Omit<ReadingSession, "scope"> & { readonly documents: DocumentId[]; readonly owner: Address };
};

/** The scope as two fields, of which the unused one is empty or zero. */
const fieldsOf = (scope: SessionScope): { readonly documents: DocumentId[]; readonly owner: Address } =>
  scope.kind === "documents" ? { documents: [...scope.documents], owner: ZERO_ADDRESS } : { documents: [], owner: scope.owner };

/** The session as a wallet signs it. */
export const readingSessionTypedData = (domain: SigningDomain, { scope, ...session }: ReadingSession): ReadingSessionTypedData => ({
  domain: typedDomainOf(domain),
  types: { ReadingSession: FIELDS.map((field) => ({ ...field })) },
  primaryType: "ReadingSession",
  message: {
    requester: session.requester,
    sessionKey: session.sessionKey,
    ...fieldsOf(scope),
    since: session.since,
    until: session.until,
    generation: session.generation,
  },
});

/** The session's EIP-712 digest. */
export const readingSessionDigest = (domain: SigningDomain, session: ReadingSession): Hash32 => {
  const { documents, owner } = fieldsOf(session.scope);
  return typedDigest(
    domain,
    keccakWords(
      TYPE_HASH,
      hexToBytes(session.requester, 20),
      hexToBytes(session.sessionKey, 20),
      keccakWords(...documents.map((document) => hexToBytes(document, 32))),
      hexToBytes(owner, 20),
      session.since,
      session.until,
      session.generation,
    ),
  );
};
