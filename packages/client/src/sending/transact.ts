import { type Hash32, KeyquorumError } from "@keyquorum/wire";
import type { ContractTransactionResponse, TransactionReceipt } from "ethers";
import { chainFailure } from "../chain/chainFailure.ts";
import { abortable, limitedSignal } from "../time/abortable.ts";
import { awaitMined, type Following, type Progress } from "./awaitMined.ts";
import { hashOf, pendingError } from "./pendingError.ts";
import { nameOfCall, type UnfinishedTransactions } from "./unfinished.ts";

/** Nothing is silent for longer. */
const TELL_MS = 2_000;

/** After these nothing of the call is on its way any more. */
const OUTCOMES: ReadonlySet<string> = new Set(["TRANSACTION_REFUSED", "TRANSACTION_REPLACED", "TRANSACTION_CANCELLED", "WRONG_CHAIN"]);

/**
 * Sends a transaction and waits until it is mined. Throws what sending throws; from the send on, every error has the hash in `details.transaction`, and
 * an end without an outcome is TRANSACTION_PENDING: the same call again continues with it. Throws the signal's reason when it aborts: `onTransaction` was told the hash.
 */
export const transact = async (
  what: string,
  send: () => Promise<ContractTransactionResponse>,
  signal: AbortSignal | undefined,
  following: Following & { readonly transactMs: number; readonly unfinished?: UnfinishedTransactions | undefined },
): Promise<TransactionReceipt> => {
  const { provider, clock, identity, transactMs, unfinished, onTransaction } = following;
  signal?.throwIfAborted(); // before anything is sent
  const startedAt = clock.now();
  const progress: Progress = { hash: undefined, isAsked: false, waitsFor: "the account's node or wallet to take it" };
  const onTimeout = (): Error => timeoutError(what, transactMs, progress);
  const limited = limitedSignal({ signal, timeoutMs: transactMs, onTimeout, clock });
  const stopTelling = every(TELL_MS, following, () => {
    const { hash, waitsFor } = progress;
    onTransaction?.({ kind: "waiting", what, ...(hash === undefined ? {} : { hash }), milliseconds: clock.now() - startedAt, waitsFor });
  });
  const work = async (): Promise<TransactionReceipt> => {
    const [head] = await Promise.all([headOf(provider), identity?.check()]);
    limited.signal.throwIfAborted();
    progress.isAsked = true;
    const sent = await send();
    const name = nameOfCall(sent);
    const attempt = unfinished?.get(name) ?? {};
    const forget = (): void => {
      if (unfinished?.get(name) === attempt) unfinished.delete(name);
    };
    if (head !== undefined) attempt.since ??= head;
    progress.hash = sent.hash as Hash32; // ethers' hashes are 0x and hex
    progress.waitsFor = "a block with it";
    onTransaction?.({ kind: "sent", what, hash: progress.hash });
    try {
      const receipt = await awaitMined(what, sent, { since: attempt.since, progress, signal: limited.signal }, following);
      forget();
      return receipt;
    } catch (error) {
      if (error instanceof KeyquorumError && OUTCOMES.has(error.code)) forget();
      throw error;
    }
  };
  try {
    return await abortable(work(), limited.signal);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw withTransaction(chainFailure(what, error, "TRANSACTION_REFUSED"), hashOf(error) ?? progress.hash);
  } finally {
    stopTelling();
    limited.abort(new Error("finished"));
    limited.dispose();
  }
};

const timeoutError = (what: string, milliseconds: number, { hash, isAsked, waitsFor }: Progress): KeyquorumError => {
  if (hash === undefined && !isAsked)
    return new KeyquorumError("CHAIN_UNAVAILABLE", `${what}: no answer from the chain within ${milliseconds} ms.`);
  return hash === undefined
    ? unansweredSend(what, milliseconds)
    : pendingError({ what, hash, why: `within ${milliseconds} ms it was not mined, waiting for ${waitsFor}` });
};

/** A question that is still open in the wallet can be approved at any time: nobody may send the same again without a look. */
const unansweredSend = (what: string, milliseconds: number): KeyquorumError =>
  new KeyquorumError(
    "WALLET_TIMEOUT",
    `${what}: neither the wallet nor the account's node answered within ${milliseconds} ms. It may still be sent.`,
    {
      details: { mayBeSent: true },
      retryable: false,
      action:
        "Reject the open prompt in the wallet, and check the account's transactions before you try again; `onTransaction` tells a late hash. Where no question is open any more, a new client asks again.",
    },
  );

/** A node that does not say it costs only the search for what replaced the transaction. */
const headOf = async (provider: Following["provider"]): Promise<number | undefined> => {
  try {
    return await provider.getBlockNumber();
  } catch {
    return undefined;
  }
};

/** The same error with the hash in its details. */
const withTransaction = (error: Error, hash: string | undefined): Error => {
  if (!(error instanceof KeyquorumError) || hash === undefined || "transaction" in error.details) return error;
  const { code, message, retryable, details, cause } = error;
  return new KeyquorumError(code, message, {
    details: { ...details, transaction: hash },
    retryable,
    ...(cause === undefined ? {} : { cause }),
  });
};

/** Runs something again and again until the result is called. */
const every = (milliseconds: number, { clock }: Pick<Following, "clock">, run: () => void): (() => void) => {
  let isStopped = false;
  let cancel = (): void => undefined;
  const next = (): void => {
    cancel = clock.after(milliseconds, () => {
      if (isStopped) return;
      run(); // may be what stops it
      if (!isStopped) next();
    });
  };
  next();
  return () => {
    isStopped = true;
    cancel();
  };
};
