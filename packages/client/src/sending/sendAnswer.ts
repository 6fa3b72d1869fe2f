import { nodeFailureOf } from "@keyquorum/bindings";

/**
 * What the answer to a send means for the transaction.
 *
 * - `taken`: the node has it already
 * - `refused`: it is not on its way, and asking again would change nothing
 * - `unknown`: the answer was lost, or says nothing about it: the node may have taken it
 */
export type SendAnswer = "taken" | "refused" | "unknown";

/** Codes of ethers for which nothing was sent. NONCE_EXPIRED is none of them: a node says so of a transaction that it has just mined. */
const REFUSED: ReadonlySet<string> = new Set([
  "ACTION_REJECTED",
  "CALL_EXCEPTION",
  "INSUFFICIENT_FUNDS",
  "INVALID_ARGUMENT",
  "REPLACEMENT_UNDERPRICED",
  "UNSUPPORTED_OPERATION",
]);

const TAKEN = /already known|known transaction|already (imported|exists|in)|alreadyknown/i;
const PASSES = /pool is full|overflow|timeout|timed out|unavailable|try again|busy|internal|nonce too low/i;

/** Reads the answer to a send. The text of a node is read for waiting only: whether it was taken is then looked up by the hash, or by the account. */
export const sendAnswerOf = (error: unknown): SendAnswer => {
  const { words, rpcCodes, texts } = collect(error);
  if (texts.some((text) => TAKEN.test(text))) return "taken";
  if (words.some((word) => REFUSED.has(word))) return "refused";
  if (words.includes("NONCE_EXPIRED")) return "unknown";
  // EIP-1193: the wallet or its user said no; 4900 and 4901 are a wallet without a chain.
  if (rpcCodes.some((code) => code >= 4000 && code < 4900)) return "refused";
  const { reason } = nodeFailureOf(error);
  if (reason === "REVERTED" || reason === "UNSUPPORTED") return "refused";
  if (reason !== "RPC_ERROR") return "unknown";
  const isNodesWord = rpcCodes.some((code) => code === -32000 || code === -32003 || (code >= -32602 && code <= -32600));
  return isNodesWord && !texts.some((text) => PASSES.test(text)) ? "refused" : "unknown";
};

type Parts = { readonly words: string[]; readonly rpcCodes: number[]; readonly texts: string[] };

/** Where ethers and wallets put what a node said. */
const PLACES = ["error", "info", "cause", "data", "originalError"] as const;

const collect = (error: unknown, parts: Parts = { words: [], rpcCodes: [], texts: [] }, depth = 0): Parts => {
  if (typeof error !== "object" || error === null || depth > 6) return parts;
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code === "string") parts.words.push(code);
  if (typeof code === "number") {
    parts.rpcCodes.push(code);
    if (typeof message === "string") parts.texts.push(message);
  }
  for (const place of PLACES) if (place in error) collect((error as Readonly<Record<string, unknown>>)[place], parts, depth + 1);
  return parts;
};
