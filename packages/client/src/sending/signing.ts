import { type Contracts, connectContracts, type Deployment } from "@keyquorum/bindings";
import { type Address, KeyquorumError, parseAddress } from "@keyquorum/wire";
import type { Provider, Signer } from "ethers";
import { type ChainIdentity, createChainIdentity } from "../chain/chainIdentity.ts";
import { abortable } from "../time/abortable.ts";
import type { Clock } from "../time/clock.ts";
import type { TransactionListener } from "./transactionEvents.ts";
import type { UnfinishedTransactions } from "./unfinished.ts";

/** The account that signs, and the contracts as it calls them. */
export type Signing = {
  /** Bound to the deployment's chain. */
  readonly signer: Signer;
  readonly account: Address;
  readonly contracts: Contracts;
};

/** Makes what binds a signer to the deployment's chain, again for each call: its signal ends with the call. */
export const createSigning = (options: {
  readonly signer: Signer | undefined;
  /** Where the signer has no provider of its own. */
  readonly provider: Provider;
  /** Of `provider`. */
  readonly identity: ChainIdentity;
  readonly deployment: Deployment;
  readonly clock: Clock;
  readonly unfinished: UnfinishedTransactions;
  readonly onTransaction: TransactionListener | undefined;
  readonly pollMs: number;
  readonly transactMs: number;
}): ((signal?: AbortSignal) => Promise<Signing>) => {
  const { signer, provider, deployment, clock, unfinished, onTransaction, pollMs, transactMs } = options;
  // A wallet may be on another chain than what reads.
  const wallet = signer?.provider ?? provider;
  const identity = wallet === provider ? options.identity : createChainIdentity(wallet, deployment, clock);
  return async (signal) => {
    if (signer === undefined) throw new KeyquorumError("NO_SIGNER");
    const { boundSigner } = await import("./sending.ts");
    const bound = boundSigner(signer.provider === null ? signer.connect(provider) : signer, {
      ...{ identity, chainId: deployment.chainId, clock, signal, unfinished },
      ...{ pollMs, giveUpMs: transactMs * 0.75, onTransaction },
    });
    const account = parseAddress(await abortable(signer.getAddress(), signal));
    return { signer: bound, account, contracts: connectContracts(deployment, bound) };
  };
};
