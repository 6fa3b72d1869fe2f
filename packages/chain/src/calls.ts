import { isNodesOwnCode } from "@keyquorum/bindings";
import { ChainUnavailableError, RpcError } from "./errors.ts";
import { parseData } from "./parse.ts";
import type { Rpc, RpcOptions } from "./rpc.ts";

/**
 * A call of a contract. Addresses and data are 0x hex, `value` is in wei. Without `to`, `data` is creation code: it runs, what it returns is the
 * result, and nothing is deployed.
 */
export type Call = {
  readonly to?: string | undefined;
  readonly data: string;
  readonly from?: string | undefined;
  readonly gas?: bigint | undefined;
  readonly value?: bigint | undefined;
};

/** What the EVM did. "reverted": it ended in any way but a return; `data` is "0x" when the node gave none (out of gas, invalid opcode). */
export type CallResult = { readonly kind: "returned"; readonly data: string } | { readonly kind: "reverted"; readonly data: string };

/** JSON-RPC's own number for parameters that the method does not take. */
const INVALID_PARAMS = -32602;
/** What Ethereum clients answer a revert with. */
const REVERTED = 3;

/**
 * Calls a contract as of one block, named by its hash (EIP-1898); the block must be canonical.
 *
 * Whether an error came from the EVM or from the node is decided by structure, never by text (D28): error code 3 or hex data is a revert.
 * Codes with which nodes report their own failures (limits, missing blocks, missing methods) never are. Any other error counts as the EVM's only if an
 * empty call at the same block succeeds and the call then fails again in the same way.
 * Throws `ChainUnavailableError`: RPC_ERROR, UNSUPPORTED (no calls by block hash), or what the transport throws.
 */
export const callAt = async (rpc: Rpc, call: Call, blockHash: string, options?: RpcOptions): Promise<CallResult> => {
  const first = await attempt(rpc, call, blockHash, options);
  if (first.kind !== "failed") return first;
  if (first.error.rpcCode === INVALID_PARAMS)
    throw new ChainUnavailableError(
      "UNSUPPORTED",
      `The node refused the parameters of eth_call. It may not take a block by hash (EIP-1898), which is needed: use a node that does.`,
      { cause: first.error },
    );
  if (isNodesOwnCode(first.error.rpcCode)) throw notCalled(first.error, blockHash);
  const control = await attempt(rpc, EMPTY_CALL, blockHash, options);
  const second = control.kind === "returned" ? await attempt(rpc, call, blockHash, options) : control;
  if (second.kind === "failed" && control.kind === "returned" && second.error.rpcCode === first.error.rpcCode)
    return { kind: "reverted", data: "0x" };
  throw notCalled(first.error, blockHash);
};

const notCalled = (cause: RpcError, blockHash: string): ChainUnavailableError =>
  new ChainUnavailableError("RPC_ERROR", `The node could not make a call at block ${blockHash}. It may not have that block or its state.`, {
    cause,
    details: { blockHash, rpcCode: cause.rpcCode },
  });

/** To an address without code: returns nothing wherever the node has the block. */
const EMPTY_CALL: Call = { to: `0x${"00".repeat(20)}`, data: "0x" };

type Attempt = CallResult | { readonly kind: "failed"; readonly error: RpcError };

const attempt = async (rpc: Rpc, call: Call, blockHash: string, options: RpcOptions | undefined): Promise<Attempt> => {
  try {
    const result = await rpc.send("eth_call", [callParameter(call), { blockHash, requireCanonical: true }], options);
    return { kind: "returned", data: parseData("eth_call", "result", result) };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    const data = revertBytes(error);
    return data === undefined ? { kind: "failed", error } : { kind: "reverted", data };
  }
};

/** A call as JSON-RPC writes it. */
export const callParameter = ({ to, data, from, gas, value }: Call): Readonly<Record<string, string>> => ({
  ...(to === undefined ? {} : { to }),
  data,
  ...(from === undefined ? {} : { from }),
  ...(gas === undefined ? {} : { gas: `0x${gas.toString(16)}` }),
  ...(value === undefined ? {} : { value: `0x${value.toString(16)}` }),
});

/** The bytes that a call reverted with, where the node's error shows that it did: code 3, or hex data in `data` or `data.data`. */
export const revertBytes = ({ rpcCode, data }: RpcError): string | undefined => {
  if (isNodesOwnCode(rpcCode)) return undefined;
  const inner = typeof data === "object" && data !== null ? (data as Readonly<Record<string, unknown>>).data : data;
  const [, hex] = typeof inner === "string" ? (/^(?:Reverted )?(0x(?:[0-9a-f]{2})*)$/i.exec(inner) ?? []) : []; // Nethermind writes the word
  if (hex !== undefined) return hex.toLowerCase();
  return rpcCode === REVERTED ? "0x" : undefined;
};
