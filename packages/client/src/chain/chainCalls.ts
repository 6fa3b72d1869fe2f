import type { Deployment } from "@keyquorum/bindings";
import { type Hash32, KeyquorumError } from "@keyquorum/wire";
import type { ContractTransactionResponse, Provider, TransactionReceipt } from "ethers";
import type { TransactionListener } from "../sending/transactionEvents.ts";
import type { UnfinishedTransactions } from "../sending/unfinished.ts";
import { abortable, limitedSignal } from "../time/abortable.ts";
import { type Clock, sleep } from "../time/clock.ts";
import type { TransactionSummary } from "../types.ts";
import type { ChainIdentity } from "./chainIdentity.ts";

/** Calls to the chain with time limits and with errors that say what to do. */
export type ChainCalls = {
  /**
   * Reads, and checks beside it that this is the deployment's chain. Throws WRONG_CHAIN, DEPLOYMENT_MISSING, CHAIN_UNAVAILABLE, or CALL_REFUSED where a
   * contract reverts.
   */
  readonly read: <T>(what: string, call: () => Promise<T>, signal?: AbortSignal) => Promise<T>;
  /**
   * Sends a transaction and waits until it is mined, with the event that proves it done. From the send on a failing node is waited for, and every error
   * has the hash in `details.transaction`. Throws WRONG_CHAIN, DEPLOYMENT_MISSING, TRANSACTION_REFUSED, TRANSACTION_PENDING, TRANSACTION_REPLACED,
   * TRANSACTION_CANCELLED, WALLET_TIMEOUT (no hash in time: it may still be sent), ACTION_REJECTED and other words of wallets, CHAIN_UNAVAILABLE.
   * @param limits.limitMs how long it may take until it is mined, where that is less than `transactMs`
   */
  readonly transact: (
    what: string,
    send: () => Promise<ContractTransactionResponse>,
    signal?: AbortSignal,
    limits?: { readonly limitMs?: number },
  ) => Promise<TransactionReceipt>;
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
  /** What events prove a transaction done. Undefined: its status is enough. */
  readonly deployment?: Deployment;
  /** Whose chain the provider must serve. Undefined: it is not compared. */
  readonly identity?: ChainIdentity;
  readonly onTransaction?: TransactionListener | undefined;
  /** Shared with the signer that sends: what is sent, and whose outcome is not known. */
  readonly unfinished?: UnfinishedTransactions | undefined;
}): ChainCalls => {
  const { clock, readMs, identity, jitter = Math.random } = options;

  const limit = async <T>(
    what: string,
    milliseconds: number,
    signal: AbortSignal | undefined,
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
      throw await readFailure(what, error);
    } finally {
      limited.abort(new Error("finished"));
      limited.dispose();
    }
  };

  /** Side by side: comparing the chain costs no round trip of its own. */
  const onOurChain = async <T>(call: () => Promise<T>): Promise<T> => {
    if (identity === undefined) return call();
    const before = identity.switches();
    const answer = call();
    answer.catch(() => undefined); // of a wrong chain no other failure matters
    await identity.check();
    let value: T;
    try {
      value = await answer;
    } catch (error) {
      if (isOfAnotherChain(error)) await identity.confirm();
      throw error;
    }
    if (identity.switches() === before) return value;
    await identity.check();
    throw new KeyquorumError("CHAIN_UNAVAILABLE", "The wallet switched to another chain and back while it was asked.");
  };

  return {
    pause: (milliseconds, signal) => sleep(clock, Math.round(milliseconds * (1 + jitter() / 4)), signal),
    read: (what, call, signal) => limit(what, readMs, signal, () => onOurChain(call)),
    transact: async (what, send, signal, { limitMs = options.transactMs } = {}) => {
      signal?.throwIfAborted();
      const { transact } = await import("../sending/sending.ts");
      return transact(what, send, signal, { ...options, transactMs: Math.min(options.transactMs, limitMs) });
    },
  };
};

/** A page that cannot load the words for a failure is told less of it, and asks again. */
const readFailure = async (what: string, error: unknown): Promise<Error> => {
  if (error instanceof KeyquorumError) return error;
  const words = await import("./chainFailure.ts").catch(() => undefined);
  return words?.chainFailure(what, error, "CALL_REFUSED") ?? new KeyquorumError("CHAIN_UNAVAILABLE", `${what} failed.`, { cause: error });
};

/** ethers' words for a network that changed, and for an answer of an address without code. */
const isOfAnotherChain = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "NETWORK_ERROR" || error.code === "BAD_DATA");

/** What callers keep of a receipt. */
export const summaryOf = (receipt: TransactionReceipt): TransactionSummary => ({
  hash: receipt.hash as Hash32,
  blockNumber: receipt.blockNumber,
  gasUsed: receipt.gasUsed,
});
