import { type Deployment, expectedEventOf, hasEvent } from "@keyquorum/bindings";
import { type Hash32, KeyquorumError } from "@keyquorum/wire";
import type { ContractTransactionResponse, Provider, TransactionReceipt, TransactionResponse } from "ethers";
import { chainFailure } from "../chain/chainFailure.ts";
import type { ChainIdentity } from "../chain/chainIdentity.ts";
import { abortable, limitedSignal } from "../time/abortable.ts";
import { type Clock, sleep } from "../time/clock.ts";
import { createAccountScan, isCancellation, isSameCall } from "./accountScan.ts";
import type { TransactionListener } from "./transactionEvents.ts";

/** What a transaction that was sent is followed with. */
export type Following = {
  readonly provider: Provider;
  readonly clock: Clock;
  readonly pollMs: number;
  /** Bounds one look. */
  readonly readMs: number;
  /** Undefined: receipts count without an event. */
  readonly deployment?: Deployment | undefined;
  readonly identity?: ChainIdentity | undefined;
  readonly onTransaction?: TransactionListener | undefined;
};

/** Where the waiting stands, for the one who tells of it. */
export type Progress = { hash: Hash32 | undefined; isAsked: boolean; waitsFor: string };

/** Where the wallet's nonce is not known yet, blocks are searched for the same call at every so manyth look. */
const SEARCH_EVERY = 5;

/**
 * Waits until a transaction is mined, whatever fails meanwhile: a look that fails says nothing. Where its account has used the nonce for another
 * transaction, that one is found: the same call counts as this one. A receipt counts with the event that the call emits, from our address.
 *
 * Throws TRANSACTION_REFUSED (mined, and failed), TRANSACTION_REPLACED, TRANSACTION_CANCELLED, WRONG_CHAIN (mined on another chain), CHAIN_UNAVAILABLE (mined
 * without its event), each with `details.transaction`; the signal's reason.
 */
export const awaitMined = async (
  what: string,
  sent: ContractTransactionResponse,
  { since, progress, signal }: { readonly since: number | undefined; readonly progress: Progress; readonly signal: AbortSignal },
  following: Following,
): Promise<TransactionReceipt> => {
  const { provider, clock, pollMs, readMs, onTransaction } = following;
  const call = { from: sent.from, to: sent.to, data: sent.data, value: sent.value };
  const scan = since === undefined ? undefined : createAccountScan(provider, sent.from, since);
  let nonce = sent.nonce >= 0 ? sent.nonce : undefined;
  let hash = sent.hash as Hash32; // ethers' hashes are 0x and hex
  progress.hash = hash;

  const look = async <T>(ask: () => Promise<T>): Promise<T | undefined> => {
    const limited = limitedSignal({ signal, timeoutMs: readMs, clock, onTimeout: () => new Error("no answer in time") });
    try {
      const answer = await abortable(ask(), limited.signal);
      progress.waitsFor = "a block with it";
      return answer;
    } catch (error) {
      if (signal.aborted) throw error;
      progress.waitsFor = "the node, which does not say what became of it";
      return undefined;
    } finally {
      limited.dispose();
    }
  };
  /** The mined transaction that has this one's nonce or, where that is not known, makes the same call. */
  const findOther = async (looks: number): Promise<TransactionResponse | undefined> => {
    if (scan === undefined) return undefined;
    if (nonce === undefined) return looks % SEARCH_EVERY === 0 ? scan((one) => isSameCall(one, call)) : undefined;
    const wanted = nonce;
    return (await provider.getTransactionCount(sent.from)) > wanted ? scan((one) => one.nonce === wanted) : undefined;
  };

  for (let looks = 1; ; looks += 1) {
    const receipt = await look(() => provider.getTransactionReceipt(hash));
    if (receipt) {
      const mined = await judge(what, sent, receipt, following);
      onTransaction?.({ kind: "mined", what, hash, blockNumber: mined.blockNumber });
      return mined;
    }
    nonce ??= (await look(() => provider.getTransaction(hash)))?.nonce;
    const other = await look(() => findOther(looks));
    if (other !== undefined && other.hash !== hash) {
      if (!isSameCall(other, call)) throw replaced(what, sent.hash, other);
      onTransaction?.({ kind: "repriced", what, hash, by: other.hash as Hash32 });
      hash = other.hash as Hash32;
      progress.hash = hash;
      continue;
    }
    await sleep(clock, pollMs, signal);
  }
};

const replaced = (what: string, hash: string, other: TransactionResponse): KeyquorumError => {
  const details = { transaction: hash, replacedBy: other.hash };
  return isCancellation(other)
    ? new KeyquorumError("TRANSACTION_CANCELLED", `${what} was cancelled: ${other.hash} took the place of ${hash}.`, { details })
    : new KeyquorumError("TRANSACTION_REPLACED", `${what} was replaced: ${other.hash} took the place of ${hash}.`, { details });
};

/** Whether a receipt says that the call did its work on our chain. */
const judge = async (
  what: string,
  sent: ContractTransactionResponse,
  receipt: TransactionReceipt,
  { provider, deployment, identity }: Following,
): Promise<TransactionReceipt> => {
  if (receipt.status !== 1) throw await revertOf(what, sent, receipt, provider);
  const expected = deployment === undefined ? undefined : expectedEventOf(deployment, sent);
  if (deployment === undefined || expected === undefined || hasEvent(deployment, receipt.logs, expected)) return receipt;
  const details = { transaction: receipt.hash };
  try {
    await identity?.confirm();
  } catch (error) {
    if (!(error instanceof KeyquorumError)) throw error;
    const { expected: ours, found } = error.details;
    throw new KeyquorumError(
      "WRONG_CHAIN",
      `${what} was sent to chain ${String(found)}, where it does nothing (${receipt.hash}): the deployment is on chain ${String(ours)}.`,
      {
        details: { ...error.details, ...details },
      },
    );
  }
  throw new KeyquorumError(
    "CHAIN_UNAVAILABLE",
    `${what}: the transaction ${receipt.hash} was mined, but its receipt has no ${expected.event} of ${expected.contract}: it did nothing, or the node hides it.`,
    { details },
  );
};

/** A mined transaction that failed does not say why; the same call at its block does, where the node can tell. */
const revertOf = async (
  what: string,
  { from, to, data, value }: ContractTransactionResponse,
  { hash, blockNumber }: TransactionReceipt,
  provider: Provider,
): Promise<Error> => {
  const details = { transaction: hash };
  try {
    await provider.call({ from, to, data, value, blockTag: blockNumber });
  } catch (error) {
    const explained = chainFailure(what, error, "TRANSACTION_REFUSED");
    if (explained instanceof KeyquorumError && explained.code === "TRANSACTION_REFUSED")
      return new KeyquorumError(explained.code, explained.message, { details: { ...explained.details, ...details }, cause: error });
  }
  return new KeyquorumError("TRANSACTION_REFUSED", `${what}: the transaction ${hash} was mined but failed.`, { details });
};
