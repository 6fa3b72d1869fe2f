import { collectFailure, type RpcErrorParts } from "./failureParts.ts";
import { retryAfterMs } from "./retryAfter.ts";

/**
 * Why a call of a node failed. REVERTED alone is a contract's statement. Everything else is the node's, or of the way to it, and says nothing about what
 * was asked: it may pass.
 *
 * - `RATE_LIMITED`: asked too often; wait
 * - `RANGE_TOO_LARGE`: too many blocks or results for one search; ask for fewer blocks
 * - `BLOCK_MISSING`: the node does not have the block yet, or no longer its state
 * - `UNSUPPORTED`: the node does not offer the method
 * - `BATCH_REFUSED`: the node does not answer several calls in one request
 * - `REDIRECTED`, `HTTP_STATUS`, `NOT_JSON_RPC`: something between answered in the node's place
 * - `BAD_RESPONSE`: the answer is not what the method or the contract promises
 * - `TIMEOUT`, `TRANSPORT`: no answer at all
 * - `RPC_ERROR`: the node failed in a way that no other word fits
 */
export type NodeFailureReason =
  | "REVERTED"
  | "RATE_LIMITED"
  | "RANGE_TOO_LARGE"
  | "BLOCK_MISSING"
  | "UNSUPPORTED"
  | "BATCH_REFUSED"
  | "REDIRECTED"
  | "HTTP_STATUS"
  | "NOT_JSON_RPC"
  | "BAD_RESPONSE"
  | "TIMEOUT"
  | "TRANSPORT"
  | "RPC_ERROR";

/** A failed call, classified. Public: nothing in it comes from an RPC's URL, and nothing is a node's free text. */
export type NodeFailure = {
  readonly reason: NodeFailureReason;
  /** REVERTED: the bytes, 0x hex; "0x" where the contract gave none or the node kept them. */
  readonly data?: string;
  /** The JSON-RPC error's number. */
  readonly rpcCode?: number;
  /** The HTTP status. */
  readonly status?: number;
  /** REDIRECTED: scheme, host and port of where to, without path. */
  readonly location?: string;
  /** RATE_LIMITED: how long the node asks to wait, where it says so. */
  readonly retryAfterMs?: number;
  /** The system's or the library's short word: ECONNRESET, NETWORK_ERROR. */
  readonly system?: string;
};

/** Numbers that nodes and providers use for "too often", whatever the text says. */
const RATE_CODES: ReadonlySet<number> = new Set([429, 1015, -32007, -32016, -32029, -32090, -32097]);
/** EIP-1474 "limit exceeded": too often, or too much; the text tells which. */
const LIMIT_EXCEEDED = -32005;
const MISSING_CODES: ReadonlySet<number> = new Set([-32001, -39001]);
const UNSUPPORTED_CODES: ReadonlySet<number> = new Set([-32601, -32004]);
const RANGE_CODES: ReadonlySet<number> = new Set([-32614]);
/** Geth's number for a revert, which most clients have taken over. */
const REVERTED_CODE = 3;

const RATE_TEXT =
  /rate.?limit|too many requests?|requests? (limit|count|rate)|request limit|(per|\/) ?(second|sec|minute|min|day)\b|compute.?units?|throughput|capacity|quota/i;
const RANGE_TEXT =
  /(block|log|query|filter)s?.{0,12}range|range.{0,40}(large|big|wide|exceed|limit|over)|more than [\d,]+ (results|logs|blocks|events)|(response|result) (size|is too)|too many (blocks|results|logs|events)|(at most|limited to|maximum|max|up to).{0,30}\b(blocks?|results|logs)\b|logs? matched|query (timeout|timed out|duration)|blocks? distance/i;
const MISSING_TEXT =
  /header not found|header for hash|unknown block|(block|header|state|trie|trie node|receipts?|history|historical data)\b.{0,60}(not found|not available|unavailable|not yet|missing|pruned|out of range|does not exist|is not canonical)|missing trie node|could not find block|cannot find block|no state|historical (state|data)|after last accepted block|beyond current head|ancient block|distance to target block/i;
const UNSUPPORTED_TEXT =
  /method.{0,60}(not found|not exist|not available|not supported|not allowed|not whitelisted|unsupported|disabled)|unsupported method/i;
const BATCH_TEXT = /\bbatch/i;
/** How nodes say that the EVM ended a call, where they send no data. Never a ground for a keeper's decision (D28): those ask `callAt`. */
const EVM_TEXT =
  /\brevert(ed)?\b|^VM (exception|execution error)|^(err: )?(out of gas|invalid opcode|bad instruction|invalid jump destination|stack (under|over)flow)|gas required exceeds allowance/i;

/**
 * Tells what the failure of a call of a node means, whoever threw it: ethers, a wallet, Hardhat or chain's Rpc. Knows the shapes of Geth, Nethermind,
 * Besu, Erigon, reth, Hardhat and anvil, and those of the gateways before them; an unknown one is the node's failure, never the contract's statement.
 */
export const nodeFailureOf = (error: unknown): NodeFailure => {
  const { rpc, status, headers, ...found } = collectFailure(error);
  const numbers = { ...(rpc[0] === undefined ? {} : { rpcCode: rpc[0].code }), ...(status === undefined ? {} : { status }) };
  if (status !== undefined && status >= 300 && status < 400) {
    const location = originOf(headers.location);
    return { reason: "REDIRECTED", ...numbers, ...(location === undefined ? {} : { location }) };
  }
  const isGateway = status !== undefined && (status === 401 || status === 403 || status === 407 || status === 429 || status >= 500);
  // A contract chooses the text of its revert, but not the error's number: so the number is asked first, then the data, then the text.
  const isRateByNumber = status === 429 || rpc.some(({ code }) => RATE_CODES.has(code) || code === LIMIT_EXCEEDED);
  if (!isGateway && !isRateByNumber) {
    const data = found.revertData ?? (rpc.some(({ code }) => code === REVERTED_CODE) ? "0x" : undefined);
    if (data !== undefined) return { reason: "REVERTED", data, ...numbers };
  }
  if (status === 429 || rpc.some(isRateLimit)) {
    const wait = waitOf(headers["retry-after"], rpc);
    return { reason: "RATE_LIMITED", ...numbers, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
  }
  const reason = found.isBatchAnswer ? "BATCH_REFUSED" : reasonOf(rpc, status);
  if (reason !== undefined) return { reason, ...(reason === "REVERTED" ? { data: "0x" } : {}), ...numbers };
  if (found.isNotJson || (status !== undefined && status < 300 && rpc.length === 0)) return { reason: "NOT_JSON_RPC", ...numbers };
  if (status !== undefined && status >= 400) return { reason: "HTTP_STATUS", ...numbers };
  if (rpc.length > 0) return { reason: "RPC_ERROR", ...numbers };
  const system = found.system === undefined ? {} : { system: found.system };
  if (found.system === "BAD_DATA" || found.system === "BAD_RESPONSE") return { reason: "BAD_RESPONSE", ...system, ...numbers };
  return { reason: found.system === "TIMEOUT" || found.system === "ETIMEDOUT" ? "TIMEOUT" : "TRANSPORT", ...system, ...numbers };
};

/** By the numbers first, then by what the texts say. The inner error of a wallet counts as much as the outer one. */
const reasonOf = (rpc: readonly RpcErrorParts[], status: number | undefined): NodeFailureReason | undefined => {
  if (status === 413) return "RANGE_TOO_LARGE";
  const hasCode = (codes: ReadonlySet<number>) => rpc.some(({ code }) => codes.has(code));
  const says = (pattern: RegExp) => rpc.some(({ text }) => pattern.test(text));
  if (hasCode(RANGE_CODES)) return "RANGE_TOO_LARGE";
  if (hasCode(UNSUPPORTED_CODES)) return "UNSUPPORTED";
  if (says(BATCH_TEXT)) return "BATCH_REFUSED";
  if (says(RANGE_TEXT)) return "RANGE_TOO_LARGE";
  if (hasCode(MISSING_CODES) || says(MISSING_TEXT)) return "BLOCK_MISSING";
  if (says(UNSUPPORTED_TEXT)) return "UNSUPPORTED";
  if (status === undefined && says(EVM_TEXT)) return "REVERTED";
  return undefined;
};

const isRateLimit = ({ code, text }: RpcErrorParts): boolean =>
  RATE_CODES.has(code) || RATE_TEXT.test(text) || (code === LIMIT_EXCEEDED && !RANGE_TEXT.test(text));

/** Whether a JSON-RPC error's number says that the node did not do the call, so that it can be no word of the EVM: by the number alone (D28). */
export const isNodesOwnCode = (code: number): boolean =>
  RATE_CODES.has(code) || code === LIMIT_EXCEEDED || MISSING_CODES.has(code) || UNSUPPORTED_CODES.has(code) || code === -32002;

/** Whether a JSON-RPC error asks its caller to wait. Text is read for waiting only, never for a decision. */
export const isRateLimitError = (error: { readonly code: number; readonly text: string }): boolean =>
  isRateLimit({ ...error, data: undefined });

/** Seconds or a date in a header, a number of seconds in the error's data, or a wait in the text. */
const waitOf = (header: string | undefined, rpc: readonly RpcErrorParts[]): number | undefined => {
  const byHeader = header === undefined ? undefined : retryAfterMs(header, Date.now());
  if (byHeader !== undefined) return byHeader;
  for (const { text, data } of rpc) {
    const [, amount, unit] = /(?:retry|again) (?:in|after) (\d{1,6}) ?(ms|s)/i.exec(text) ?? [];
    if (amount !== undefined) return Number(amount) * (unit?.toLowerCase() === "ms" ? 1 : 1_000);
    const seconds = backoffOf(data);
    if (seconds !== undefined) return seconds * 1_000;
  }
  return undefined;
};

const backoffOf = (data: unknown): number | undefined => {
  if (typeof data !== "object" || data === null) return undefined;
  const { rate, backoff_seconds: own } = data as Readonly<Record<string, unknown>>;
  const inner = typeof rate === "object" && rate !== null ? (rate as Readonly<Record<string, unknown>>).backoff_seconds : undefined;
  const seconds = own ?? inner;
  return typeof seconds === "number" && seconds >= 0 && seconds < 1e6 ? seconds : undefined;
};

/** Scheme, host and port: the rest of an URL may be a key. */
const originOf = (url: string | undefined): string | undefined => {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { protocol, host } = new URL(url);
  return /^https?:$/.test(protocol) ? `${protocol}//${host}` : undefined;
};
