import { type Contracts, connectContracts, type Deployment } from "@keyquorum/bindings";
import type { ContractTransactionResponse, Provider, Signer, TransactionReceipt } from "ethers";
import { createChainCalls } from "../chain/chainCalls.ts";
import { createChainIdentity } from "../chain/chainIdentity.ts";
import { boundSigner } from "../sending/sending.ts";
import type { TransactionListener } from "../sending/transactionEvents.ts";
import type { UnfinishedTransactions } from "../sending/unfinished.ts";
import { systemClock } from "../time/clock.ts";

/** An account that sends to the deployment's chain and nowhere else, as a client's does. */
export type Signing = {
  readonly signer: Signer;
  readonly contracts: Contracts;
  /** Waits until a transaction of `contracts` is mined. Throws as the client's methods that send. `what` names it for people: "The grant". */
  readonly transact: (what: string, send: Promise<ContractTransactionResponse>) => Promise<TransactionReceipt>;
};

/** For programs that call the contracts themselves. Asks nobody yet. */
export const connectSigning = (options: {
  /** Connected to `provider`. */
  readonly signer: Signer;
  readonly provider: Provider;
  readonly deployment: Deployment;
  /** In milliseconds: between two looks, one look, and until a transaction is given up. */
  readonly timeouts: { readonly pollMs: number; readonly readMs: number; readonly transactMs: number };
  readonly signal: AbortSignal;
  readonly onTransaction?: TransactionListener;
}): Signing => {
  const { provider, deployment, timeouts, signal, onTransaction } = options;
  const clock = systemClock;
  const identity = createChainIdentity(provider, deployment, clock);
  const { pollMs, transactMs } = timeouts;
  const unfinished: UnfinishedTransactions = new Map();
  const signer = boundSigner(options.signer, {
    ...{ identity, chainId: deployment.chainId, clock, signal, onTransaction, unfinished },
    ...{ pollMs, giveUpMs: transactMs * 0.75 },
  });
  const calls = createChainCalls({ provider, clock, deployment, identity, onTransaction, unfinished, ...timeouts });
  return {
    signer,
    contracts: connectContracts(deployment, signer),
    transact: (what, send) => {
      send.catch(() => undefined); // it is awaited a moment later
      return calls.transact(what, () => send, signal);
    },
  };
};
