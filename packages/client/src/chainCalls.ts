import { type DecodedContractError, revertDataOf } from "@keyquorum/bindings";
import { type Hash32, KeyquorumError } from "@keyquorum/wire";
import type { ContractTransactionResponse, Provider, TransactionReceipt } from "ethers";
import { abortable, limitedSignal } from "./abortable.ts";
import { type Clock, sleep } from "./clock.ts";
import type { TransactionSummary } from "./types.ts";

/** Calls to the chain with time limits and with errors that say what to do. */
export type ChainCalls = {
  /** Reads. Throws CHAIN_UNAVAILABLE, or TRANSACTION_REFUSED where a contract reverts. */
  readonly read: <T>(what: string, call: () => Promise<T>, signal?: AbortSignal) => Promise<T>;
  /** Sends a transaction and waits until it is mined. Throws TRANSACTION_REFUSED or CHAIN_UNAVAILABLE. */
  readonly transact: (what: string, send: () => Promise<ContractTransactionResponse>, signal?: AbortSignal) => Promise<TransactionReceipt>;
};

/** `readMs` bounds one read, `transactMs` a transaction until it is mined; `pollMs` is how often its receipt is asked for. */
export const createChainCalls = (options: {
  readonly provider: Provider;
  readonly clock: Clock;
  readonly readMs: number;
  readonly transactMs: number;
  readonly pollMs: number;
}): ChainCalls => {
  const { provider, clock, readMs, transactMs, pollMs } = options;

  const limit = async <T>(
    what: string,
    milliseconds: number,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    signal?.throwIfAborted(); // before anything is sent
    const onTimeout = (): Error => new KeyquorumError("CHAIN_UNAVAILABLE", `${what}: no answer from the chain within ${milliseconds} ms.`);
    const limited = limitedSignal({ signal, timeoutMs: milliseconds, onTimeout, clock });
    try {
      return await abortable(work(limited.signal), limited.signal);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw await explain(what, error);
    } finally {
      limited.abort(new Error("finished"));
      limited.dispose();
    }
  };

  return {
    read: (what, call, signal) => limit(what, readMs, signal, call),
    transact: (what, send, signal) =>
      limit(what, transactMs, signal, async (limitedBy) => {
        const response = await send();
        for (;;) {
          const receipt = await provider.getTransactionReceipt(response.hash);
          if (receipt?.status === 1) return receipt;
          if (receipt !== null) throw await revertOf(what, provider, response, receipt);
          await sleep(clock, pollMs, limitedBy);
        }
      }),
  };
};

/** A mined transaction that failed does not say why; the same call at its block does. */
const revertOf = async (
  what: string,
  provider: Provider,
  response: ContractTransactionResponse,
  receipt: TransactionReceipt,
): Promise<Error> => {
  const { from, to, data, value } = response;
  try {
    await provider.call({ from, to, data, value, blockTag: receipt.blockNumber });
  } catch (error) {
    return explain(what, error);
  }
  return new KeyquorumError("TRANSACTION_REFUSED", `${what}: the transaction was mined but failed.`, {
    details: { transaction: receipt.hash },
  });
};

/** What callers keep of a receipt. */
export const summaryOf = (receipt: TransactionReceipt): TransactionSummary => ({
  hash: receipt.hash as Hash32,
  blockNumber: receipt.blockNumber,
  gasUsed: receipt.gasUsed,
});

/** A failure of ethers as one of ours: a contract's own error by name, anything else as the chain being out of reach. */
const explain = async (what: string, error: unknown): Promise<Error> => {
  if (error instanceof KeyquorumError) return error;
  const decoded = await decode(error);
  if (decoded !== undefined) {
    return new KeyquorumError("TRANSACTION_REFUSED", `${what}: ${decoded.sentence}`, { details: { error: decoded.name }, cause: error });
  }
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "UNKNOWN";
  const sentence = SENTENCES[code];
  if (sentence !== undefined)
    return new KeyquorumError("TRANSACTION_REFUSED", `${what}: ${sentence}`, { details: { error: code }, cause: error });
  return new KeyquorumError("CHAIN_UNAVAILABLE", `${what} failed (${code}).`, { details: { error: code }, cause: error });
};

/** The contracts' errors and their sentences are many: a page loads them when a contract refuses, and does without them where it cannot. */
const decode = async (error: unknown): Promise<DecodedContractError | undefined> => {
  if (revertDataOf(error) === undefined) return undefined;
  const sentences = await import("./contractErrors.ts").catch(() => undefined);
  return sentences?.decodeContractError(error);
};

/** Codes of ethers that are the caller's to mend. The messages of ethers may carry the RPC's URL and its key, so they are not passed on. */
const SENTENCES: Readonly<Record<string, string>> = {
  INSUFFICIENT_FUNDS: "the account has too little ether for it.",
  ACTION_REJECTED: "the wallet's user declined it.",
  NONCE_EXPIRED: "another transaction of this account took its place; send it again.",
  REPLACEMENT_UNDERPRICED: "another transaction of this account is pending; wait for it.",
  CALL_EXCEPTION: "the contract reverted without a reason that it declares.",
};
