import { type Hash32, KeyquorumError } from "@keyquorum/wire";
import { type Provider, type Signer, Transaction, type TransactionRequest, TransactionResponse } from "ethers";
import type { ChainIdentity } from "../chain/chainIdentity.ts";
import { abortable, limitedSignal } from "../time/abortable.ts";
import { sleep } from "../time/clock.ts";
import type { Patience } from "./patience.ts";
import { pendingError, withHash } from "./pendingError.ts";
import { sendAnswerOf } from "./sendAnswer.ts";
import type { UnfinishedTransaction } from "./unfinished.ts";

/** Who sends, by which node, and what is remembered of it. */
type Account = {
  readonly signer: Signer;
  readonly provider: Provider;
  readonly identity: ChainIdentity;
  readonly attempt: UnfinishedTransaction;
};

/** A node that lags may not know yet what another one mined: so often its "nonce too low" is not believed. */
const LOOKS = 3;

/** By provider and account: the newest transaction that is on its way to the node. The next one's nonce follows it. */
const turns = new WeakMap<Provider, Map<string, Promise<unknown>>>();

/** Runs what takes a nonce alone: of two at the same time both would get the same one, and one would replace the other. */
const inTurn = async <T>(provider: Provider, account: string, patience: Patience, work: () => Promise<T>): Promise<T> => {
  const accounts = turns.get(provider) ?? new Map<string, Promise<unknown>>();
  turns.set(provider, accounts);
  const earlier = accounts.get(account);
  const mine = (earlier === undefined ? Promise.resolve() : ended(earlier, patience)).then(work);
  accounts.set(account, mine);
  return mine;
};

/** Waits for the end of the earlier one, but not forever: a node may never answer it. */
const ended = async (earlier: Promise<unknown>, { clock, giveUpMs, signal }: Patience): Promise<void> => {
  const limited = limitedSignal({ signal, timeoutMs: giveUpMs, clock, onTimeout: () => new Error("the earlier one takes too long") });
  await abortable(earlier, limited.signal).catch(() => undefined);
  limited.dispose();
};

/**
 * Signs here and sends. The hash is known before; where the answer is lost, it is looked for, and the same bytes are sent again: they can be mined once
 * only. Throws what the node refuses it with, TRANSACTION_PENDING when it is not known at the end, and the signal's reason.
 */
export const broadcast = async (
  { signer, provider, identity, attempt }: Account,
  request: TransactionRequest,
  patience: Patience,
): Promise<TransactionResponse> => {
  return inTurn(provider, await signer.getAddress(), patience, async () => {
    const { from: _, ...unsigned } = await signer.populateTransaction(request);
    const raw = await signer.signTransaction(unsigned);
    await patience.beforeSend?.(Transaction.from(raw).hash as Hash32); // signed, so it has one; ethers' hashes are 0x and hex
    await identity.confirm();
    patience.signal?.throwIfAborted();
    attempt.again = (later) => sendRaw(raw, { provider, attempt }, later);
    return attempt.again(patience);
  });
};

const sendRaw = async (
  raw: string,
  { provider, attempt }: Pick<Account, "provider" | "attempt">,
  { clock, pollMs, giveUpMs, signal, onTransaction }: Patience,
): Promise<TransactionResponse> => {
  const signed = Transaction.from(raw);
  const { hash } = signed;
  if (hash === null) throw new KeyquorumError("NO_SIGNER", "The account did not sign the transaction.");
  const giveUpAt = clock.now() + giveUpMs;
  onTransaction?.({ kind: "signed", hash: hash as Hash32 }); // ethers' hashes are 0x and hex
  for (let looks = 1; ; looks += 1) {
    try {
      const sent = await provider.broadcastTransaction(raw);
      attempt.wasTaken = true;
      return sent;
    } catch (error) {
      const answer = sendAnswerOf(error);
      if (answer === "taken" || (await isKnown(provider, hash))) attempt.wasTaken = true;
      if (attempt.wasTaken === true) return responseOf(signed, hash, provider); // what became of it is found by its nonce
      if (answer === "refused" || (isNonceExpired(error) && looks >= LOOKS)) {
        attempt.again = undefined;
        throw withHash(error, hash);
      }
      if (clock.now() >= giveUpAt) throw pendingError({ hash, cause: error });
      await sleep(clock, pollMs, signal);
    }
  }
};

const isNonceExpired = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "NONCE_EXPIRED";

/** A look that fails says nothing. */
const isKnown = async (provider: Provider, hash: string): Promise<boolean> => {
  const [transaction, receipt] = await Promise.all([
    provider.getTransaction(hash).catch(() => null),
    provider.getTransactionReceipt(hash).catch(() => null),
  ]);
  return transaction !== null || receipt !== null;
};

/** As the node would have answered. */
const responseOf = (signed: Transaction, hash: string, provider: Provider): TransactionResponse => {
  const { type, to, from, nonce, gasLimit, gasPrice, maxFeePerGas, maxPriorityFeePerGas, data, value, chainId, signature, accessList } =
    signed;
  if (from === null || signature === null) throw new KeyquorumError("NO_SIGNER", "The account did not sign the transaction.");
  return new TransactionResponse(
    {
      ...{ blockNumber: null, blockHash: null, index: 0, hash, type: type ?? 2, to, from, nonce, gasLimit, gasPrice: gasPrice ?? 0n },
      ...{ maxFeePerGas, maxPriorityFeePerGas, data, value, chainId, signature, accessList, authorizationList: null },
    },
    provider,
  );
};
