import { type Hash32, KeyquorumError } from "@keyquorum/wire";
import type { ContractTransactionResponse, Provider, TransactionReceipt } from "ethers";
import { abortable, limitedSignal } from "./abortable.ts";
import { chainFailure } from "./chainFailure.ts";
import { type Clock, sleep } from "./clock.ts";
import type { TransactionSummary } from "./types.ts";

/** Calls to the chain with time limits and with errors that say what to do. */
export type ChainCalls = {
  /** Reads. Throws CHAIN_UNAVAILABLE, or CALL_REFUSED where a contract reverts. */
  readonly read: <T>(what: string, call: () => Promise<T>, signal?: AbortSignal) => Promise<T>;
  /** Sends a transaction and waits until it is mined. Throws TRANSACTION_REFUSED or CHAIN_UNAVAILABLE. */
  readonly transact: (what: string, send: () => Promise<ContractTransactionResponse>, signal?: AbortSignal) => Promise<TransactionReceipt>;
  /** Waits, a little longer or shorter than told, so that many clients do not come back at once. Rejects with the signal's reason. */
  readonly pause: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
};

/** `readMs` bounds one read, `transactMs` a transaction until it is mined; `pollMs` is how often its receipt is asked for. */
export const createChainCalls = (options: {
  readonly provider: Provider;
  readonly clock: Clock;
  readonly readMs: number;
  readonly transactMs: number;
  readonly pollMs: number;
  /** From 0 to 1: by how much pauses differ. Default: at random. */
  readonly jitter?: () => number;
}): ChainCalls => {
  const { provider, clock, readMs, transactMs, pollMs, jitter = Math.random } = options;

  const limit = async <T>(
    what: string,
    milliseconds: number,
    signal: AbortSignal | undefined,
    refused: "CALL_REFUSED" | "TRANSACTION_REFUSED",
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    signal?.throwIfAborted(); // before anything is sent
    const onTimeout = (): Error =>
      new KeyquorumError("CHAIN_UNAVAILABLE", `${what}: no answer from the chain within ${milliseconds} ms.`, {
        details: { reason: "TIMEOUT" },
      });
    const limited = limitedSignal({ signal, timeoutMs: milliseconds, onTimeout, clock });
    try {
      return await abortable(work(limited.signal), limited.signal);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw await chainFailure(what, error, refused);
    } finally {
      limited.abort(new Error("finished"));
      limited.dispose();
    }
  };

  return {
    pause: (milliseconds, signal) => sleep(clock, Math.round(milliseconds * (1 + jitter() / 4)), signal),
    read: (what, call, signal) => limit(what, readMs, signal, "CALL_REFUSED", call),
    transact: (what, send, signal) =>
      limit(what, transactMs, signal, "TRANSACTION_REFUSED", async (limitedBy) => {
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
    return chainFailure(what, error, "TRANSACTION_REFUSED");
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
