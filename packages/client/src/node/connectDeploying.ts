import { type Hash32, KeyquorumError } from "@keyquorum/wire";
import {
  ContractTransactionResponse,
  Interface,
  type Provider,
  type Signer,
  type TransactionReceipt,
  type TransactionResponse,
} from "ethers";
import { createChainCalls } from "../chain/chainCalls.ts";
import { askChainId, type ChainIdentity, wrongChain } from "../chain/chainIdentity.ts";
import { countSwitches } from "../chain/chainSwitches.ts";
import { boundSigner } from "../sending/sending.ts";
import type { TransactionListener } from "../sending/transactionEvents.ts";
import { systemClock } from "../time/clock.ts";

/** `SendStep` of `@keyquorum/bindings/deploy`, which holds bytecode and is not loaded here. */
type SendStep = (
  request: {
    readonly what: string;
    readonly to: string | null;
    readonly data: string;
    readonly nonce: number;
    readonly pending?: TransactionResponse | undefined;
  },
  announce: (hash: string) => Promise<void>,
) => Promise<TransactionReceipt>;

/**
 * Sends the transactions of a deployment as a client sends its own: to one chain and nowhere else, followed through failing nodes, replaced and cancelled
 * ones; one that waits since before is sent again only where it offers less than gas costs now, with the same nonce. `announce` hears of a hash before anything is sent, where the key is in this process. Throws as the client's methods that send.
 */
export const connectDeploying = (options: {
  /** Connected to `provider`. */
  readonly signer: Signer;
  readonly provider: Provider;
  readonly chainId: bigint;
  /** In milliseconds: between two looks, one look, and until a transaction is given up. */
  readonly timeouts: { readonly pollMs: number; readonly readMs: number; readonly transactMs: number };
  readonly onTransaction?: TransactionListener;
}): SendStep => {
  const { signer, provider, chainId, timeouts, onTransaction } = options;
  const clock = systemClock;
  const identity = identityOf(provider, chainId);
  const calls = createChainCalls({ provider, clock, identity, onTransaction, ...timeouts });
  return async ({ what, to, data, nonce, pending }, announce) => {
    const over = new AbortController();
    const bound = boundSigner(signer, {
      ...{ identity, chainId, clock, onTransaction, pollMs: timeouts.pollMs, giveUpMs: timeouts.transactMs * 0.75 },
      ...{ beforeSend: announce, signal: over.signal },
    });
    const send = async (): Promise<ContractTransactionResponse> => {
      const fees = pending === undefined ? {} : await higherFees(provider, pending);
      const isSent = pending !== undefined && fees === undefined;
      const sent = isSent ? pending : await bound.sendTransaction({ ...(to === null ? {} : { to }), data, nonce, ...fees });
      if (isSent) onTransaction?.({ kind: "signed", hash: sent.hash as Hash32 }); // ethers' hashes are 0x and hex
      await announce(sent.hash);
      return new ContractTransactionResponse(new Interface([]), provider, sent);
    };
    try {
      return await calls.transact(what, send);
    } finally {
      over.abort(new KeyquorumError("TRANSACTION_PENDING", `${what}: its time is over.`)); // what is not sent by now is not sent any more
    }
  };
};

/**
 * What to offer in the place of a transaction that waits and offers less than gas costs now; undefined where it offers enough. It has the same nonce, so only one
 * of them is mined. Nodes take another one only for a tenth more.
 */
const higherFees = async (provider: Provider, pending: TransactionResponse) => {
  const now = await provider.getFeeData();
  const more = (offered: bigint, wanted: bigint): bigint => (offered + offered / 8n + 1n > wanted ? offered + offered / 8n + 1n : wanted);
  const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = pending;
  if ((maxFeePerGas ?? gasPrice) >= (now.gasPrice ?? 0n)) return undefined;
  if (maxFeePerGas === null || maxPriorityFeePerGas === null) return { gasPrice: more(gasPrice, now.gasPrice ?? 0n) };
  return {
    maxFeePerGas: more(maxFeePerGas, now.maxFeePerGas ?? 0n),
    maxPriorityFeePerGas: more(maxPriorityFeePerGas, now.maxPriorityFeePerGas ?? 0n),
  };
};

/** Of a chain on which nothing of ours is yet. */
const identityOf = (provider: Provider, chainId: bigint): ChainIdentity => {
  const confirm = async (): Promise<void> => {
    const found = await askChainId(provider);
    if (found !== chainId) throw wrongChain(chainId, found);
  };
  return { check: confirm, confirm, switches: () => countSwitches(provider) };
};
