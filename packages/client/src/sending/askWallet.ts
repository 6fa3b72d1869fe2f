import type { Hash32 } from "@keyquorum/wire";
import { type Provider, Signature, type Signer, type TransactionRequest, TransactionResponse } from "ethers";
import type { ChainIdentity } from "../chain/chainIdentity.ts";
import { sleep } from "../time/clock.ts";
import { type Call, createAccountScan, isSameCall } from "./accountScan.ts";
import type { Patience } from "./patience.ts";
import { pendingError } from "./pendingError.ts";
import { sendAnswerOf } from "./sendAnswer.ts";
import type { UnfinishedTransaction } from "./unfinished.ts";

/** So many looks at which nothing of the account waits, and nothing mined is this call, are believed: then the wallet's own words are the truth. */
const LOOKS = 5;

/**
 * Asks a wallet to sign and send. Where its answer is lost or says nothing about the transaction, it is looked for by account and nonce: same to, data
 * and value. Throws WRONG_CHAIN when the wallet has switched meanwhile, TRANSACTION_PENDING when it is not known at the end, and the wallet's refusal.
 */
export const askWallet = async (
  context: {
    readonly signer: Signer;
    readonly provider: Provider;
    readonly identity: ChainIdentity;
    readonly attempt: UnfinishedTransaction;
  },
  request: TransactionRequest,
  patience: Patience,
): Promise<TransactionResponse> => {
  const { signer, provider, identity, attempt } = context;
  const account = await signer.getAddress();
  // Estimated apart from the send: where it fails, nothing was sent.
  const gasLimit = request.gasLimit ?? (await provider.estimateGas({ ...request, from: account }));
  const call: Call = {
    from: account,
    to: request.to == null ? null : String(request.to),
    data: request.data ?? "0x",
    value: BigInt(request.value ?? 0),
  };
  const [since, nonce] = await Promise.all([
    provider.getBlockNumber().catch(() => undefined),
    provider.getTransactionCount(account, "pending").catch(() => undefined),
  ]);
  const known = async (hash: string): Promise<TransactionResponse> => {
    // A new contract's address follows from the nonce, so for that alone it is asked for here.
    const shown = call.to === null ? await provider.getTransaction(hash).catch(() => null) : null;
    const used = call.to === null ? (shown?.nonce ?? nonce ?? -1) : -1;
    return responseOf(hash, call, { provider, request, gasLimit, nonce: used });
  };
  const told = (sent: TransactionResponse): TransactionResponse => {
    patience.onTransaction?.({ kind: "signed", hash: sent.hash as Hash32 }); // ethers' hashes are 0x and hex
    return sent;
  };
  await identity.confirm();
  patience.signal?.throwIfAborted();
  try {
    const sent = sendsUnchecked(signer)
      ? await known(await signer.sendUncheckedTransaction({ ...request, gasLimit }))
      : await signer.sendTransaction({ ...request, gasLimit });
    return told(sent);
  } catch (error) {
    const hash = hashIn(error);
    if (hash !== undefined) return told(await known(hash));
    await identity.confirm();
    if (sendAnswerOf(error) === "refused" || since === undefined || nonce === undefined) throw error;
    const look = (later: Patience) => lookFor(provider, call, { since, nonce, error }, later);
    attempt.again = async (later) => {
      const sent = await look(later);
      attempt.again = undefined;
      return sent === undefined ? askWallet(context, request, later) : told(sent);
    };
    const found = await look(patience);
    attempt.again = undefined;
    if (found !== undefined) return told(found);
    throw error;
  }
};

/** The account's transaction that does this call; undefined when none of those that it has sent is. */
const lookFor = async (
  provider: Provider,
  call: Call,
  { since, nonce, error }: { readonly since: number; readonly nonce: number; readonly error: unknown },
  { clock, pollMs, giveUpMs, signal }: Patience,
): Promise<TransactionResponse | undefined> => {
  const scan = createAccountScan(provider, call.from, since);
  const giveUpAt = clock.now() + giveUpMs;
  for (let idle = 0; idle < LOOKS; ) {
    try {
      const [pending, mined] = await Promise.all([
        provider.getTransactionCount(call.from, "pending"),
        provider.getTransactionCount(call.from),
      ]);
      const found = await scan((one) => one.nonce >= nonce && isSameCall(one, call));
      if (found !== undefined) return found;
      // What is mined, the scan has read; what still waits may be it.
      idle = pending > Math.max(nonce, mined) ? 0 : idle + 1;
    } catch {
      // A look that fails says nothing.
    }
    if (clock.now() >= giveUpAt) throw pendingError({ account: call.from, nonce, cause: error });
    await sleep(clock, pollMs, signal);
  }
  return undefined;
};

type UncheckedSigner = { readonly sendUncheckedTransaction: (transaction: TransactionRequest) => Promise<string> };

/** ethers' JsonRpcSigner: its other way polls until the node shows the transaction, and a poll that fails would lose the hash. */
const sendsUnchecked = (signer: Signer): signer is Signer & UncheckedSigner =>
  "sendUncheckedTransaction" in signer && typeof signer.sendUncheckedTransaction === "function";

/** ethers tells the hash when only its looks after the send failed. */
const hashIn = (error: unknown): string | undefined => {
  const info = error instanceof Error && "info" in error ? error.info : undefined;
  const hash = typeof info === "object" && info !== null && "sendTransactionHash" in info ? info.sendTransactionHash : undefined;
  return typeof hash === "string" ? hash : undefined;
};

/** What is known of it so far. A call's nonce is the wallet's: -1 until the node shows it. */
const responseOf = (
  hash: string,
  { from, to, data, value }: Call,
  {
    provider,
    request,
    gasLimit,
    nonce,
  }: {
    readonly provider: Provider;
    readonly request: TransactionRequest;
    readonly gasLimit: bigint | number | string;
    readonly nonce: number;
  },
): TransactionResponse =>
  new TransactionResponse(
    {
      ...{ blockNumber: null, blockHash: null, index: 0, hash, type: 2, to, from, nonce, gasLimit: BigInt(gasLimit), gasPrice: 0n },
      ...{
        maxFeePerGas: null,
        maxPriorityFeePerGas: null,
        data,
        value,
        chainId: BigInt(request.chainId ?? 0),
        accessList: null,
        authorizationList: null,
      },
      signature: Signature.from(), // of zeros: the wallet has the true one
    },
    provider,
  );
