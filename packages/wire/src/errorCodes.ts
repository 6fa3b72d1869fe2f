import { withoutSecrets } from "./withoutSecrets.ts";

/** What a code means and what to do about it. `status` null: it never crosses the network. */
export type ErrorCodeEntry = {
  readonly status: number | null;
  /** Whether the same call may succeed later, unchanged. */
  readonly retryable: boolean;
  readonly meaning: string;
  readonly action: string;
};

const entry = <S extends number | null>(status: S, retryable: boolean, meaning: string, action: string) => ({
  status,
  retryable,
  meaning,
  action,
});

/**
 * Every error code of the protocol, once: keepers, the client and docs/ERRORS.md all come from this table.
 * "Denied" and "unavailable" are different codes and are never exchanged for each other: PROTOCOL section 4.4.
 */
export const ERROR_CODES = {
  ACCESS_DENIED: entry(
    403,
    false,
    "The document's permissions contract did not say yes for this requester at the newest block.",
    "Ask the document's owner for access.",
  ),
  PERMISSION_NOT_FINAL: entry(
    409,
    true,
    "The permission exists at the newest block but is not final yet.",
    "Wait until the block of the grant is final and ask again.",
  ),
  UNAVAILABLE: entry(
    503,
    true,
    "The keeper could not find out whether access is permitted: its view of the chain is missing, stale or disputed.",
    "Ask again later; this says nothing about the permission.",
  ),
  FINALITY_BROKEN: entry(
    503,
    true,
    "A block that the keeper had acted on as final is gone from its chain.",
    "Ask other keepers. This one answers again when its operator has accepted a chain.",
  ),
  INVALID_REQUEST: entry(
    400,
    false,
    "The request does not have the form that the protocol gives it.",
    "Correct the field that is named and send a new request.",
  ),
  INVALID_SIGNATURE: entry(
    401,
    false,
    "The signature over the request is not the requester's.",
    "Sign the request with the requester's own account.",
  ),
  SIGNATURE_NOT_FINAL: entry(
    409,
    true,
    "The requester's contract account takes the signature at the newest block, but not at the final one yet.",
    "Wait until the account's deployment or change of owner is final and ask again.",
  ),
  WALLET_NOT_DEPLOYED: entry(
    403,
    false,
    "The requester is a contract account that is not deployed, and this keeper takes no signatures of such accounts made by that factory.",
    "Deploy the account: send its factory call once, from any account, wait until it is final, and ask again.",
  ),
  SESSION_INVALID: entry(
    401,
    false,
    "The reading session is not one that the requester signed, or not one that the protocol allows.",
    "Open a new session with the requester's wallet, for 24 hours at most, and check this machine's clock.",
  ),
  SESSION_EXPIRED: entry(
    401,
    false,
    "The reading session is over: its time has passed.",
    "Open a new session with the requester's wallet.",
  ),
  SESSION_ENDED: entry(
    401,
    false,
    "The requester ended this reading session, with all others.",
    "Open a new session with the requester's wallet.",
  ),
  SESSION_OUT_OF_SCOPE: entry(
    403,
    false,
    "The reading session does not cover this document.",
    "Open a session for this document or its owner, or sign the request with the requester's own account.",
  ),
  INVALID_HEADER: entry(
    422,
    false,
    "The header is malformed, its proof does not verify, or it is not the header that was asked for.",
    "Use the header of the document's envelope as its author made it.",
  ),
  UNKNOWN_KEY: entry(
    404,
    false,
    "The keeper knows no active decryption key with this id.",
    "Check the key id, the chain and the deployment.",
  ),
  KEY_NOT_READY: entry(409, true, "The key exists but is not active and final yet.", "Wait until the key is active and ask again."),
  UNKNOWN_DOCUMENT: entry(
    404,
    false,
    "This version of the document is not published, or it was withdrawn.",
    "Ask for a version that is published.",
  ),
  DEADLINE_PASSED: entry(
    400,
    false,
    "The request's deadline has passed.",
    "Sign a new request with a later deadline and check this machine's clock.",
  ),
  DEADLINE_TOO_FAR: entry(
    400,
    false,
    "The request's deadline is more than 600 seconds ahead.",
    "Sign a new request with a nearer deadline and check this machine's clock.",
  ),
  REQUEST_CONFLICT: entry(
    409,
    false,
    "Another statement was already answered under this request id.",
    "Sign a new request with a fresh nonce.",
  ),
  WRONG_CHAIN: entry(
    422,
    false,
    "The wallet, the RPC or what was asked for is of another chain or deployment.",
    "Switch the wallet, or the RPC URL, to the deployment's chain; use the deployment that the document was encrypted for.",
  ),
  NOT_MEMBER: entry(409, false, "The keeper holds no share of this key in its active epoch.", "Ask the keepers of the key's active epoch."),
  EPOCH_NOT_SERVED: entry(
    409,
    false,
    "The keeper does not answer in this epoch: the key was never active in it, or left it longer ago than a request lives.",
    "Ask in the epoch in which the key is active.",
  ),
  SHARE_MISSING: entry(
    409,
    false,
    "The keeper is a member of the key's epoch, but its share of the key was lost.",
    "Ask the other keepers; this one's operator must repair the share.",
  ),
  REPAIR_NOT_FINAL: entry(
    409,
    true,
    "The keeper does not see this repair announced in the final chain yet.",
    "Wait until the block of the announcement is final and ask again.",
  ),
  REPAIR_REFUSED: entry(
    409,
    false,
    "The keeper does not help with this repair: `details.reason` says why. It is too old, its epoch is over, its keeper was removed, or this keeper cannot be one of the helpers.",
    "Announce a new repair, or ask other keepers.",
  ),
  REPAIR_BAD_DEALING: entry(
    422,
    false,
    "A helper's dealing for a repair is wrong: `details.slot` names the helper.",
    "Repair with other helpers, without the one that is named or the one that says so.",
  ),
  BODY_TOO_LARGE: entry(413, false, "The body is larger than the limit.", "Send less."),
  UNSUPPORTED_MEDIA_TYPE: entry(415, false, "The body is not JSON.", "Send content-type application/json."),
  RATE_LIMITED: entry(
    429,
    true,
    "Too many requests came from this address or account, or were made for this document.",
    "Wait for the time in the Retry-After header and ask again.",
  ),
  NOT_FOUND: entry(404, false, "There is no such route.", "Check the URL against the server's endpoint and the protocol version."),
  INTERNAL: entry(500, true, "The server failed in a way it did not expect.", "Ask again later; tell its operator if it stays."),
  SHUTTING_DOWN: entry(503, true, "The server is stopping.", "Ask another one, or this one later."),

  INVALID_VALUE: entry(
    null,
    false,
    "A value is not of its type: an id, an address, a point, a number.",
    "Correct the value; the message names what was expected.",
  ),
  INVALID_ENVELOPE: entry(
    null,
    false,
    "The bytes are not an envelope of this version, or they were cut, extended, reordered or changed.",
    "Get the ciphertext again from where it is stored.",
  ),
  WRONG_CONTENT_SECRET: entry(
    null,
    false,
    "The content secret does not belong to this envelope: its key commitment differs.",
    "Check that header and body come from the same envelope.",
  ),
  INVALID_METADATA: entry(
    null,
    false,
    "The metadata is not what the protocol allows.",
    "Give kind (file, text or json), and a name and media type of printable characters; at most 4096 bytes.",
  ),
  CONTENT_TOO_LARGE: entry(
    null,
    false,
    "The content is larger than one envelope or the caller's limit holds.",
    "Split the content or raise the limit.",
  ),
  BAD_ANSWER: entry(null, false, "The other side's answer is not what the protocol allows.", "Ask another keeper and report this one."),
  NO_READY_KEY: entry(
    null,
    false,
    "The deployment has no active decryption key to use by default.",
    "Ask for a key and wait until it is active, or name the key to use.",
  ),
  KEY_DISPUTED: entry(
    null,
    false,
    "The providers, or the pinned key and the provider, do not say the same about a key.",
    "Look at details.answers, which names who says what. A provider that is behind catches up; if it stays, one of them lies: do not use the key.",
  ),
  CHAIN_UNAVAILABLE: entry(
    null,
    true,
    "The chain's node cannot be reached or does not answer as it should.",
    "Check the RPC URL and ask again later.",
  ),
  CALL_REFUSED: entry(null, false, "A contract refused the question.", "Correct what the reason names and ask again."),
  DEPLOYMENT_MISSING: entry(
    null,
    false,
    "The chain has the deployment's id, but not its contracts.",
    "Use a deployment file and an RPC URL of the same network; a development chain that was started again forgets its contracts: deploy again.",
  ),
  TRANSACTION_PENDING: entry(
    null,
    true,
    "The transaction was sent, and it is not known yet what became of it.",
    "Look for its hash on the chain before you send it again.",
  ),
  TRANSACTION_REPLACED: entry(
    null,
    true,
    "Another transaction of the account took the place of this one, which can no longer be mined.",
    "Send it again if it is still wanted.",
  ),
  TRANSACTION_CANCELLED: entry(
    null,
    false,
    "The transaction was cancelled in the wallet.",
    "Send it again only if it was cancelled by mistake.",
  ),
  NO_FINALIZED_BLOCK: entry(
    null,
    false,
    "The chain's node knows no finalized block: the chain has none (proof of authority), or is too young.",
    "Set how many confirmations make a block final: `--confirmations N` for tasks and `deploy`, `finality` for the client, `finality = { confirmations = N }` for keepers; docs/CHAINS.md says which N.",
  ),
  CHAIN_UNSUITABLE: entry(
    null,
    false,
    "The chain, or its node, lacks something that Keyquorum needs.",
    "Take another chain or node; docs/CHAINS.md says what a chain must have.",
  ),
  TRANSACTION_REFUSED: entry(null, false, "The transaction was refused.", "Correct what the reason names and send it again."),
  INVALID_CID: entry(
    null,
    false,
    "The content id is not a CID of version 1 with sha2-256 that this store serves.",
    "Use the content id that add() or the registry returned.",
  ),
  INVALID_RANGE: entry(null, false, "The range does not lie within the content.", "Ask for bytes within the size that the details name."),
  BLOB_NOT_FOUND: entry(
    null,
    false,
    "The store does not hold these bytes, or only a part of them.",
    "Store the ciphertext again, or ask a store that holds it.",
  ),
  BLOB_CORRUPT: entry(
    null,
    false,
    "The stored bytes do not match their content id, or they are no file within the limits.",
    "Get the ciphertext from another store, or store it again; where it lies on a disk of your own, check the disk.",
  ),
  INVALID_CAR: entry(
    null,
    false,
    "The CAR file is malformed, over a limit, or not the one that was asked for.",
    "Export it again (CAR version 1, parents first), or raise the limit that the reason names.",
  ),
  PART_FAILED: entry(
    null,
    false,
    "Something that the client was given failed in a way of its own: a store, a signer, a provider, a callback.",
    "Read the cause: it is that part's own error.",
  ),
  FILE_EXISTS: entry(null, false, "There is a file of this name already.", "Choose another name, or have it replaced."),
  FILE_FAILED: entry(
    null,
    false,
    "A file could not be read or written.",
    "Mend what the reason names: the place, its owner and mode, or the room on the disk.",
  ),
  BLOB_STORE_FULL: entry(null, true, "There is no room left on the store's disk.", "Free some space and store the ciphertext again."),
  BLOB_STORE_FAILED: entry(
    null,
    true,
    "The store's disk or directory failed.",
    "Read the cause, check the directory's permissions and the disk.",
  ),
  INVALID_KEY_FILE: entry(
    null,
    false,
    "The key file is malformed, was damaged, or is of another key.",
    "Get the key file again from who exported it (`exportKey`).",
  ),
  INVALID_CARD: entry(
    null,
    false,
    "The document card is malformed, was changed, or is of another document.",
    "Get the document card again from the document's owner (`signAuthorship`).",
  ),
  NOT_A_CONTRACT: entry(
    null,
    false,
    "The address is not a contract, so it can permit nobody to read.",
    "Check the address and the chain; force it only if the contract will be deployed there.",
  ),
  INVALID_GRANT: entry(
    null,
    false,
    "The signed grant is malformed, was changed, or is for another deployment.",
    "Ask the grantor for the grant again, as `signGrant` made it.",
  ),
  INVALID_RECEIPTS: entry(
    null,
    false,
    "The receipts are malformed or were changed: a signature, a proof or an id in them does not hold.",
    "Get the file again from who exported it; do not rely on this one.",
  ),
  IDENTITY_REVOKED: entry(
    null,
    false,
    "The identity key that signed the receipt was revoked as stolen, and the receipt's head block is not older than that: a thief may have signed it.",
    "Rely on the receipts of other keepers, or on the request's answers on chain.",
  ),
  NOTHING_TO_PROVE: entry(
    null,
    false,
    "The answer is right, or there is no such answer: nothing can be proved against its keeper.",
    "Check the request and the slot.",
  ),
  BLOB_REMOTE_FAILED: entry(
    null,
    true,
    "A remote store (gateway, Kubo, IPFS peers) is unreachable, slow, or does not answer as it should.",
    "Read the reason, check the store's address and its access, or add another store.",
  ),
  ENDPOINT_REFUSED: entry(
    null,
    false,
    "The endpoint that the registry has for a keeper is not asked: its URL is not one of a keeper, or it leads to a private network.",
    "Tell the keeper's operator; where your keepers are in a private network, allow that (`allowPrivateEndpoints`).",
  ),
  UNKNOWN_REQUEST: entry(
    null,
    false,
    "There is no request with this id on this chain.",
    "Check the request's id, the chain and the deployment.",
  ),
  ACTION_REJECTED: entry(
    null,
    false,
    "The wallet's user declined.",
    "Nothing was signed or sent: try again, and approve it in the wallet.",
  ),
  WALLET_LOCKED: entry(null, true, "The wallet is locked.", "Unlock it and try again."),
  WALLET_UNAUTHORIZED: entry(
    null,
    false,
    "The wallet has not given this page or program the account.",
    "Unlock the wallet, connect the account in it, then try again.",
  ),
  WALLET_DISCONNECTED: entry(null, true, "The wallet has lost its connection.", "Connect it again, then try again."),
  WALLET_UNSUPPORTED: entry(
    null,
    false,
    "The wallet cannot sign typed data (EIP-712, `eth_signTypedData_v4`), or is not set to.",
    "Use another wallet, or change the setting that the message names.",
  ),
  WALLET_TIMEOUT: entry(
    null,
    true,
    "The wallet did not answer in time.",
    "Look into the wallet: a question may be open there. A signature that comes late is thrown away.",
  ),
  WALLET_FAILED: entry(
    null,
    true,
    "The wallet did not do what it was asked, and gave no reason that is known.",
    "Read the error's cause, look into the wallet, and try again.",
  ),
  MODULE_INVALID: entry(
    null,
    false,
    "The bytes are no well-formed WebAssembly module.",
    "Check that the file is the module that the build made, and all of it.",
  ),
  MODULE_REFUSED: entry(
    null,
    false,
    "The module asks for what a runner does not offer, or is larger than a runner takes.",
    "Build it as a WASI command (wasm32-wasip1) within the limits of docs/MODULES.md.",
  ),
  RUNNER_UNSUPPORTED: entry(
    null,
    false,
    "This machine lacks what a runner needs to keep a module inside its limits.",
    "Use what the message names, or let the operator name the limit that is done without.",
  ),
  RUN_FAILED: entry(
    null,
    true,
    "The process that should have run the module could not be started, or did not do its part.",
    "Try again; look at this machine's memory and processes when it stays.",
  ),
  MODULE_MISMATCH: entry(
    null,
    false,
    "The module's bytes are not those that were wanted.",
    "Name the hash of the build that is meant, or give the bytes of that build. No secret was asked for.",
  ),
  INVALID_MANIFEST: entry(
    null,
    false,
    "The manifest of a run is not what it should be.",
    "Correct the field that the message names; docs/MODULES.md has them all.",
  ),
  CALLER_NOT_ALLOWED: entry(
    403,
    false,
    "The request is not signed by an account that may run modules here.",
    "Ask the runner's operator to list the account; check the runner's address and chain that were signed for.",
  ),
  MODULE_NOT_ALLOWED: entry(
    403,
    false,
    "The runner does not run this module for this account.",
    "Ask the runner's operator to list the module's hash for the account.",
  ),
  RUN_REFUSED: entry(
    403,
    false,
    "The request chooses what the runner's operator leaves to nobody, or to others.",
    "Leave out what the message names, or ask the runner's operator.",
  ),
  REQUEST_REPLAYED: entry(
    409,
    false,
    "A request with this nonce was taken before.",
    "Ask for that run by its id, or sign a new request with a fresh nonce.",
  ),
  UNKNOWN_RUN: entry(404, false, "The caller has no run with this id here, or it is no longer kept.", "Check the id and the account."),
  RUN_INTERRUPTED: entry(
    null,
    true,
    "The runner stopped before the run was over.",
    "Sign a new request. Whether the module did something outside before, the runner cannot say.",
  ),
  INVALID_RECORD: entry(
    null,
    false,
    "The run record does not prove what it says.",
    "Ask for the record as the runner signed it. Trust nothing that this one says.",
  ),
  NO_SIGNER: entry(null, false, "This needs an account that signs, and the client has none.", "Create the client with a signer."),
} as const satisfies Readonly<Record<string, ErrorCodeEntry>>;

/** A code of the table. Stable: never renamed, never used for something else. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** A code that a keeper may send. */
export type NodeErrorCode = { [C in ErrorCode]: (typeof ERROR_CODES)[C]["status"] extends null ? never : C }[ErrorCode];

/** Public data of an error. It is logged, sent and printed: never a secret. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export const isErrorCode = (code: unknown): code is ErrorCode => typeof code === "string" && Object.hasOwn(ERROR_CODES, code);

/** Whether the code may be sent by a keeper. */
export const isNodeErrorCode = (code: unknown): code is NodeErrorCode => isErrorCode(code) && ERROR_CODES[code].status !== null;

/**
 * A failure with a stable code. The message says what happened and then what to do (the table's action).
 * `retryable` and the action are the table's, unless the thrower knows better. The cause is kept without what could be a key (`withoutSecrets`).
 */
export class KeyquorumError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: ErrorDetails;

  constructor(
    code: ErrorCode,
    whatHappened: string = ERROR_CODES[code].meaning,
    options: { readonly details?: ErrorDetails; readonly cause?: unknown; readonly retryable?: boolean; readonly action?: string } = {},
  ) {
    const { action, retryable } = { ...ERROR_CODES[code], ...(options.action === undefined ? {} : { action: options.action }) };
    super(
      whatHappened.endsWith(action) ? whatHappened : `${whatHappened} ${action}`,
      options.cause === undefined ? {} : { cause: withoutSecrets(options.cause) },
    );
    this.name = "KeyquorumError";
    this.code = code;
    this.retryable = options.retryable ?? retryable;
    this.details = options.details ?? {};
  }
}
