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
    "Wait until the block of the grant is final, then ask again.",
  ),
  UNAVAILABLE: entry(
    503,
    true,
    "The keeper could not determine whether access is permitted: its view of the chain is missing, stale or disputed.",
    "Ask again later; this says nothing about the permission.",
  ),
  FINALITY_BROKEN: entry(
    503,
    true,
    "The chain no longer has a block that the keeper had treated as final.",
    "Ask other keepers. This one answers again after its operator has accepted a block.",
  ),
  INVALID_REQUEST: entry(400, false, "The request is malformed.", "Correct the named field and send a new request."),
  INVALID_SIGNATURE: entry(401, false, "The request is not signed by the requester.", "Sign the request with the requester's own account."),
  SIGNATURE_NOT_FINAL: entry(
    409,
    true,
    "The requester's contract account accepts the signature at the newest block, but not yet at the final one.",
    "Wait until the account's deployment or change of owner is final, then ask again.",
  ),
  WALLET_NOT_DEPLOYED: entry(
    403,
    false,
    "The requester is a contract account that is not deployed, and this keeper does not accept signatures for undeployed accounts of that factory.",
    "Deploy the account: send its factory call once, from any account, wait until that is final, then ask again.",
  ),
  SESSION_INVALID: entry(
    401,
    false,
    "The reading session was not signed by the requester, or violates the protocol's limits.",
    "Open a new session with the requester's wallet, for 24 hours at most, and check this machine's clock.",
  ),
  SESSION_EXPIRED: entry(401, false, "The reading session has expired.", "Open a new session with the requester's wallet."),
  SESSION_ENDED: entry(
    401,
    false,
    "The requester ended all of its reading sessions, this one included.",
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
    "The header is malformed, its proof does not verify, or it is not the header of the requested document.",
    "Use the unchanged header from the document's envelope.",
  ),
  UNKNOWN_KEY: entry(
    404,
    false,
    "The keeper does not know an active decryption key with this id.",
    "Check the key id, the chain and the deployment.",
  ),
  KEY_NOT_READY: entry(409, true, "The key exists but is not active and final yet.", "Wait until the key is active, then ask again."),
  UNKNOWN_DOCUMENT: entry(
    404,
    false,
    "This version of the document is not published, or it was withdrawn.",
    "Request a published version.",
  ),
  DEADLINE_PASSED: entry(
    400,
    false,
    "The request's deadline has passed.",
    "Sign a new request with a later deadline, and check this machine's clock.",
  ),
  DEADLINE_TOO_FAR: entry(
    400,
    false,
    "The request's deadline is more than 600 seconds ahead.",
    "Sign a new request with an earlier deadline, and check this machine's clock.",
  ),
  REQUEST_CONFLICT: entry(
    409,
    false,
    "A different request was already answered under this request id.",
    "Sign a new request with a fresh nonce.",
  ),
  WRONG_CHAIN: entry(
    422,
    false,
    "The wallet, the RPC or the request belongs to another chain or deployment.",
    "Switch the wallet or the RPC URL to the deployment's chain, and use the deployment that the document was encrypted for.",
  ),
  NOT_MEMBER: entry(409, false, "The keeper holds no share of this key in its active epoch.", "Ask the keepers of the key's active epoch."),
  EPOCH_NOT_SERVED: entry(
    409,
    false,
    "The keeper does not answer in this epoch: the key was never active in it, or left it more than a request's lifetime ago.",
    "Request in the epoch in which the key is active.",
  ),
  SHARE_MISSING: entry(
    409,
    false,
    "The keeper is a member of the key's epoch, but its share of the key was lost.",
    "Ask the other keepers. This keeper's operator must repair the share.",
  ),
  REPAIR_NOT_FINAL: entry(
    409,
    true,
    "The announcement of this repair is not yet in a block that is final for the keeper.",
    "Wait until the block of the announcement is final, then ask again.",
  ),
  REPAIR_REFUSED: entry(
    409,
    false,
    "The keeper does not help with this repair; `details.reason` says why. The repair is too old, its epoch is over, its keeper was removed, or this keeper cannot be one of the helpers.",
    "Announce a new repair, or ask other keepers.",
  ),
  REPAIR_BAD_DEALING: entry(
    422,
    false,
    "A helper's dealing for a repair is wrong; `details.slot` names the helper.",
    "Repair without the named helper, or without the keeper that accuses it.",
  ),
  SIGNING_DENIED: entry(
    403,
    false,
    "The key's rules did not say yes to this statement for this requester at the newest block, or this keeper never signs it.",
    "Ask whoever set the key's rules.",
  ),
  SIGNING_NOT_FINAL: entry(
    409,
    true,
    "The signing request, or the rules' yes to it, is not final yet.",
    "Wait until the block of the request is final, then ask again.",
  ),
  SIGNING_ABORTED: entry(
    409,
    true,
    "A check of the signers failed before a share left: one of them lied, or the coordinator did. `details.round` and `details.check` say where.",
    "Ask again: the next attempt is made without whoever was named.",
  ),
  SIGNING_CONFLICT: entry(
    409,
    false,
    "This nonce or session was used for another package of commitments.",
    "Begin another attempt with a fresh nonce.",
  ),
  SIGNING_NONCE_GONE: entry(
    409,
    false,
    "The signer does not have this nonce any more: it was used, is too old, or the keeper was restarted.",
    "Begin another attempt with a fresh nonce.",
  ),
  SIGNING_EXHAUSTED: entry(
    503,
    true,
    "Every attempt at the signature failed; the details say what each keeper answered.",
    "Ask again later, and tell the operators of the keepers that are named.",
  ),
  TOO_FEW_SIGNERS: entry(
    503,
    true,
    "Fewer keepers than a signature needs were ready to sign: `details.have` of `details.need`; `details.perKeeper` says why.",
    "Ask again when more keepers can be reached.",
  ),
  OLDER_BOOT: entry(
    409,
    false,
    "The message is of an earlier start of its keeper, or of a copy of it: a later one was seen.",
    "Stop copies of the keeper. One that was restored from a backup continues after `keyquorum-keeper boot advance --by N`.",
  ),
  BODY_TOO_LARGE: entry(413, false, "The request body is larger than the server's limit.", "Send a smaller body."),
  UNSUPPORTED_MEDIA_TYPE: entry(415, false, "The body is not JSON.", "Send content-type application/json."),
  RATE_LIMITED: entry(
    429,
    true,
    "Too many requests came from this address or account, or were made for this document.",
    "Wait for the time in the Retry-After header, then ask again.",
  ),
  NOT_FOUND: entry(404, false, "This route does not exist.", "Check the URL against the server's endpoint and the protocol version."),
  INTERNAL: entry(500, true, "The server failed unexpectedly.", "Ask again later; tell its operator if it happens again."),
  SHUTTING_DOWN: entry(503, true, "The server is stopping.", "Ask another server, or this one later."),

  INVALID_VALUE: entry(
    null,
    false,
    "A value has the wrong type or form: an id, an address, a point, a number.",
    "Correct the value; the message says what was expected.",
  ),
  INVALID_ENVELOPE: entry(
    null,
    false,
    "The bytes are not an envelope of this version, or they were truncated, extended, reordered or changed.",
    "Get the ciphertext again from its store.",
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
    "The protocol does not allow this metadata.",
    "Give kind (file, text or json), and a name and media type of printable characters; at most 4096 bytes.",
  ),
  CONTENT_TOO_LARGE: entry(
    null,
    false,
    "The content is larger than an envelope can hold, or than the caller's limit.",
    "Split the content or raise the limit.",
  ),
  BAD_ANSWER: entry(null, false, "The other side's answer violates the protocol.", "Ask another keeper, and report this one."),
  NO_READY_KEY: entry(
    null,
    false,
    "The deployment has no active decryption key to use by default.",
    "Request a key and wait until it is active, or name the key to use.",
  ),
  KEY_DISPUTED: entry(
    null,
    false,
    "The providers, or a pinned key and a provider, disagree about a key.",
    "See details.answers, which lists what each says. A provider that lags will catch up; if the difference remains, one of them lies: do not use the key.",
  ),
  CHAIN_UNAVAILABLE: entry(
    null,
    true,
    "The chain's node cannot be reached, or its answers are not valid.",
    "Check the RPC URL, and ask again later.",
  ),
  CALL_REFUSED: entry(null, false, "A contract refused the call.", "Correct what the reason names, then call again."),
  DEPLOYMENT_MISSING: entry(
    null,
    false,
    "The chain has the deployment's chain id, but not its contracts.",
    "Use a deployment file and an RPC URL of the same network; a development chain loses its contracts when it restarts: deploy again.",
  ),
  TRANSACTION_PENDING: entry(
    null,
    true,
    "The transaction was sent, but its outcome is not known yet.",
    "Look for its hash on the chain before you send it again.",
  ),
  TRANSACTION_REPLACED: entry(
    null,
    true,
    "Another transaction of the account used this one's nonce, so this one can no longer be mined.",
    "Send it again if you still want it.",
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
    "The chain's node has no finalized block: the chain has no finality (proof of authority), or is too young.",
    "Set the number of confirmations that make a block final: `--confirmations N` for tasks and `deploy`, `finality` for the client, `finality = { confirmations = N }` for keepers; docs/CHAINS.md recommends N.",
  ),
  CHAIN_UNSUITABLE: entry(
    null,
    false,
    "The chain, or its node, lacks something that Keyquorum needs.",
    "Use another chain or node; docs/CHAINS.md lists what a chain must have.",
  ),
  TRANSACTION_REFUSED: entry(null, false, "The transaction was refused.", "Correct what the reason names, then send it again."),
  INVALID_CID: entry(
    null,
    false,
    "The content id is not a version 1 CID with sha2-256 of a kind that this store serves.",
    "Use the content id that add() or the registry returned.",
  ),
  INVALID_RANGE: entry(null, false, "The range does not lie within the content.", "Request bytes within the size given in the details."),
  BLOB_NOT_FOUND: entry(
    null,
    false,
    "The store does not have these bytes, or has only a part of them.",
    "Store the ciphertext again, or use a store that has it.",
  ),
  BLOB_CORRUPT: entry(
    null,
    false,
    "The stored bytes do not match their content id, or they are not a file within the limits.",
    "Get the ciphertext from another store, or store it again. If it is on your own disk, check the disk.",
  ),
  INVALID_CAR: entry(
    null,
    false,
    "The CAR file is malformed, over a limit, or not the requested one.",
    "Export it again (CAR version 1, parents first), or raise the limit that the reason names.",
  ),
  PART_FAILED: entry(
    null,
    false,
    "A store, signer, provider or callback that you passed to the client failed.",
    "Read the cause: it is the error of that part.",
  ),
  FILE_EXISTS: entry(null, false, "A file with this name already exists.", "Choose another name, or allow the file to be replaced."),
  FILE_FAILED: entry(
    null,
    false,
    "A file could not be read or written.",
    "Correct what the reason names: the path, its owner and mode, or the free space on the disk.",
  ),
  BLOB_STORE_FULL: entry(null, true, "The store's disk is full.", "Free some space, then store the ciphertext again."),
  BLOB_STORE_FAILED: entry(
    null,
    true,
    "The store's disk or directory failed.",
    "Read the cause, check the directory's permissions and the disk.",
  ),
  INVALID_KEY_FILE: entry(
    null,
    false,
    "The key file is malformed or damaged, or belongs to another key.",
    "Get the key file again from whoever exported it (`exportKey`).",
  ),
  INVALID_CARD: entry(
    null,
    false,
    "The document card is malformed or was changed, or belongs to another document.",
    "Get the document card again from the document's owner (`signAuthorship`).",
  ),
  NOT_A_CONTRACT: entry(
    null,
    false,
    "The address is not a contract, so nobody could be permitted to read.",
    "Check the address and the chain; override this check only if the contract will be deployed there later.",
  ),
  INVALID_GRANT: entry(
    null,
    false,
    "The signed grant is malformed, was changed, or is for another deployment.",
    "Ask the grantor for the unchanged output of `signGrant`.",
  ),
  INVALID_RECEIPTS: entry(
    null,
    false,
    "The receipts are malformed or were changed: a signature, a proof or an id in them is not valid.",
    "Get the file again from whoever exported it; do not rely on this one.",
  ),
  IDENTITY_REVOKED: entry(
    null,
    false,
    "The identity key that signed the receipt was revoked as stolen, and the receipt's head block is not older than the revocation: a thief may have signed it.",
    "Rely on the receipts of other keepers, or on the request's answers on chain.",
  ),
  NOTHING_TO_PROVE: entry(
    null,
    false,
    "The answer is right, or does not exist: nothing can be proved against the keeper.",
    "Check the request and the slot.",
  ),
  BLOB_REMOTE_FAILED: entry(
    null,
    true,
    "A remote store (gateway, Kubo, IPFS peers) is unreachable or slow, or its answers are not valid.",
    "Read the reason, check the store's address and your access to it, or add another store.",
  ),
  ENDPOINT_REFUSED: entry(
    null,
    false,
    "The keeper's registered endpoint was not called: its URL is not valid for a keeper, or it leads to a private network.",
    "Tell the keeper's operator. If your keepers are in a private network, allow that (`allowPrivateEndpoints`).",
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
    "Nothing was signed or sent. Try again, and approve it in the wallet.",
  ),
  WALLET_LOCKED: entry(null, true, "The wallet is locked.", "Unlock it and try again."),
  WALLET_UNAUTHORIZED: entry(
    null,
    false,
    "The wallet has not given this page or program access to the account.",
    "Unlock the wallet, connect the account in it, then try again.",
  ),
  WALLET_DISCONNECTED: entry(null, true, "The wallet has lost its connection.", "Connect it again, then try again."),
  WALLET_UNSUPPORTED: entry(
    null,
    false,
    "The wallet cannot sign typed data (EIP-712, `eth_signTypedData_v4`), or its settings forbid it.",
    "Use another wallet, or change the setting that the message names.",
  ),
  WALLET_TIMEOUT: entry(
    null,
    true,
    "The wallet did not answer in time.",
    "Look into the wallet: a prompt may be open there. A signature that arrives late is discarded.",
  ),
  WALLET_FAILED: entry(
    null,
    true,
    "The wallet failed without a known reason.",
    "Read the error's cause, look into the wallet, and try again.",
  ),
  MODULE_INVALID: entry(
    null,
    false,
    "The bytes are not a well-formed WebAssembly module.",
    "Check that the file is the complete module that the build made.",
  ),
  MODULE_REFUSED: entry(
    null,
    false,
    "The module needs something that a runner does not offer, or exceeds a runner's limits.",
    "Build it as a WASI command (wasm32-wasip1) within the limits of docs/MODULES.md.",
  ),
  FUEL_UNSUPPORTED: entry(
    null,
    false,
    "The module's fuel cannot be counted, and the run is to have a limit of it.",
    "Leave the limit of fuel out, or build the module without what the message names.",
  ),
  RUNNER_UNSUPPORTED: entry(
    null,
    false,
    "This machine lacks what a runner needs to keep a module inside its limits.",
    "Install what the message names, or let the operator name the limit that the runner may do without.",
  ),
  RUN_FAILED: entry(
    null,
    true,
    "The process for running the module could not be started, or failed.",
    "Try again; if it happens again, check this machine's memory and processes.",
  ),
  MODULE_MISMATCH: entry(
    null,
    false,
    "The module's bytes do not have the requested hash.",
    "Name the hash of the intended build, or provide the bytes of that build. No secret was requested.",
  ),
  INVALID_MANIFEST: entry(
    null,
    false,
    "The manifest of the run is not valid.",
    "Correct the field that the message names; docs/MODULES.md describes all fields.",
  ),
  CALLER_NOT_ALLOWED: entry(
    403,
    false,
    "The request is not signed by an account that may run modules here.",
    "Ask the runner's operator to list the account, and check the runner's address and chain in the signed request.",
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
    "The request sets something that the runner's operator does not allow this caller to set.",
    "Omit what the message names, or ask the runner's operator.",
  ),
  REQUEST_REPLAYED: entry(
    409,
    false,
    "A request with this nonce was already accepted.",
    "Ask for that run by its id, or sign a new request with a fresh nonce.",
  ),
  UNKNOWN_RUN: entry(
    404,
    false,
    "The caller has no run with this id here, or the run is no longer stored.",
    "Check the id and the account.",
  ),
  RUN_INTERRUPTED: entry(
    null,
    true,
    "The runner stopped before the run was over.",
    "Sign a new request. The runner cannot tell whether the module had external effects before it stopped.",
  ),
  INVALID_RECORD: entry(
    null,
    false,
    "The run record is not valid: it does not prove what it states.",
    "Ask for the record as the runner signed it, and do not rely on this one.",
  ),
  NO_SIGNER: entry(null, false, "This needs an account that can sign, and the client has none.", "Create the client with a signer."),
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
