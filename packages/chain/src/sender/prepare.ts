import { keccak256 } from "ethers";
import { blockByNumber } from "../blocks.ts";
import { type Call, callAt, callParameter, revertBytes } from "../calls.ts";
import { ChainUnavailableError, RpcError } from "../errors.ts";
import { parseBigQuantity, parseQuantity } from "../parse.ts";
import type { Rpc, RpcOptions } from "../rpc.ts";
import { reasonOf, SenderError } from "./errors.ts";
import { type Fees, marketFees } from "./fees.ts";
import type { SenderAccount, SenderAttempt, SenderRecord } from "./types.ts";

/** What preparing needs. `address` is the account's, lower case. */
export type Preparing = {
  readonly rpc: Rpc;
  readonly chainId: bigint;
  readonly account: SenderAccount;
  readonly address: string;
  readonly feeLimit: bigint | undefined;
  readonly options?: RpcOptions | undefined;
};

/** A transaction that will work as far as can be told: its gas limit and fees, and the head that this was found out at. */
export type Prepared = { readonly gasLimit: bigint; readonly fees: Fees; readonly headNumber: number };

/**
 * Simulates a transaction at the head, estimates its gas and checks that the account can pay: whatever fails here costs nothing.
 * Throws `SenderError` TX_WOULD_REVERT or INSUFFICIENT_FUNDS, or `ChainUnavailableError`.
 */
export const prepare = async (
  { rpc, address, feeLimit, options }: Preparing,
  {
    to,
    data,
    value,
    gasLimit,
  }: { readonly to: string; readonly data: string; readonly value: bigint; readonly gasLimit: bigint | undefined },
): Promise<Prepared> => {
  const head = await blockByNumber(rpc, "latest", options);
  if (head === undefined) throw new ChainUnavailableError("BLOCK_GONE", "The node has no newest block. Check the node.");
  const balance = parseBigQuantity("eth_getBalance", "result", await rpc.send("eth_getBalance", [address, "latest"], options));
  if (balance < value) throw insufficientFunds(address, balance, value);
  const call = { from: address, to, data, gas: gasLimit, value };
  const simulated = await callAt(rpc, call, head.hash, options);
  if (simulated.kind === "reverted") throw wouldRevert(to, simulated.data);
  const gas = gasLimit ?? (await estimateGas(rpc, call, options));
  const fees = await marketFees(rpc, feeLimit, options);
  const needed = value + gas * fees.cap;
  if (balance < needed) throw insufficientFunds(address, balance, needed);
  return { gasLimit: gas, fees, headNumber: head.number };
};

/** The gas limit of a transaction: the node's estimate and a fifth more. Throws `SenderError` TX_WOULD_REVERT, `RpcError`, or `ChainUnavailableError`. */
export const estimateGas = async (rpc: Rpc, call: Call & { readonly to: string }, options: RpcOptions | undefined): Promise<bigint> => {
  try {
    const gas = parseBigQuantity("eth_estimateGas", "result", await rpc.send("eth_estimateGas", [callParameter(call)], options));
    return gas + gas / 5n;
  } catch (error) {
    const data = error instanceof RpcError ? revertBytes(error) : undefined;
    throw data === undefined ? error : wouldRevert(call.to, data);
  }
};

const insufficientFunds = (address: string, balance: bigint, needed: bigint): SenderError =>
  new SenderError("INSUFFICIENT_FUNDS", `${address} has ${balance} wei, and this transaction can cost ${needed}. Send it funds.`, {
    details: { address, balance: balance.toString(), needed: needed.toString() },
  });

const wouldRevert = (to: string, data: string): SenderError =>
  new SenderError("TX_WOULD_REVERT", `The contract ${to} would refuse this transaction, so it was not sent. ${reasonOf(data)}`, {
    data,
    details: { to },
  });

/** How many transactions of the account are in blocks: the lowest nonce that is free on chain. */
export const transactionCount = async ({ rpc, address, options }: Preparing): Promise<number> =>
  parseQuantity("eth_getTransactionCount", "result", await rpc.send("eth_getTransactionCount", [address, "latest"], options));

/** The lowest nonce that neither the chain nor a live record has used. */
export const freeNonce = (count: number, live: Iterable<SenderRecord>): number => {
  const taken = new Set([...live].flatMap(({ attempts }) => attempts.map(({ nonce }) => nonce)));
  let nonce = count;
  while (taken.has(nonce)) nonce += 1;
  return nonce;
};

/** Signs a record's transaction with a nonce and fees. */
export const signAttempt = async (
  { account, chainId }: Preparing,
  record: Pick<SenderRecord, "to" | "data" | "value" | "gasLimit">,
  { nonce, fees, headNumber }: { readonly nonce: number; readonly fees: Fees; readonly headNumber: number },
): Promise<SenderAttempt> => {
  const offered =
    fees.tip === undefined
      ? { type: 0 as const, gasPrice: fees.cap }
      : { type: 2 as const, maxFeePerGas: fees.cap, maxPriorityFeePerGas: fees.tip };
  const raw = await account.signTransaction({
    ...offered,
    chainId,
    nonce,
    to: record.to,
    data: record.data,
    value: BigInt(record.value),
    gasLimit: BigInt(record.gasLimit),
  });
  return { hash: keccak256(raw), raw, nonce, feeCap: fees.cap.toString(), tip: fees.tip?.toString() ?? null, block: headNumber };
};
