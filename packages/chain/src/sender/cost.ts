import { asUnavailable } from "../errors.ts";
import type { Rpc, RpcOptions } from "../rpc.ts";
import { SenderError } from "./errors.ts";
import { gasPriceNow } from "./fees.ts";
import { estimateGas } from "./prepare.ts";

/** What a transaction costs if it is sent now: no more gas than `gasLimit`, at about `gasPrice` wei. */
export type TransactionCost = { readonly gasLimit: bigint; readonly gasPrice: bigint };

/** Estimates what a transaction costs, without sending it; undefined where the contract would refuse it. Throws `ChainUnavailableError`. */
export const transactionCost = async (
  rpc: Rpc,
  call: { readonly from: string; readonly to: string; readonly data: string },
  options?: RpcOptions,
): Promise<TransactionCost | undefined> => {
  try {
    return { gasLimit: await estimateGas(rpc, call, options), gasPrice: await gasPriceNow(rpc, options) };
  } catch (error) {
    if (error instanceof SenderError && error.code === "TX_WOULD_REVERT") return undefined;
    throw asUnavailable(error);
  }
};
