import type { Client, EpochMembers } from "@keyquorum/client";
import type { RandomSource } from "@keyquorum/threshold";
import { type Address, KeyquorumError, parseAddress } from "@keyquorum/wire";
import type { WalletDomain, WalletTypedData } from "../formats/walletRequests.ts";

/** What reading and publishing need of the world: one deployment, one wallet, and a way to key servers. */
export type SecretStorePorts = {
  readonly domain: WalletDomain;
  readonly account: (signal?: AbortSignal) => Promise<Address>;
  /** Asks the wallet. `what`: for people. */
  readonly sign: (toSign: WalletTypedData & { readonly what: string }, signal?: AbortSignal) => Promise<Uint8Array>;
  /** By the chain. Throws CHAIN_UNAVAILABLE. */
  readonly epochOf: (epoch: number, signal?: AbortSignal) => Promise<EpochMembers>;
  /** The newest epoch that is open in the newest final block; 0: none. */
  readonly currentEpoch: (signal?: AbortSignal) => Promise<number>;
  /** Posts JSON. Throws whatever it throws where nothing comes back. */
  readonly post: (url: string, body: unknown, signal?: AbortSignal) => Promise<{ readonly status: number; readonly body: unknown }>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Secret bytes, hedged. */
  readonly random: RandomSource;
};

/** An answer of 64 members has about 200 000 bytes. */
const MAX_ANSWER_BYTES = 524_288;
/** A generation waits 5 s for its members, a reading 10 s for holders. */
const ANSWER_MILLISECONDS = 20_000;

/** By a client of the SDK, which is loaded when it is used. */
export const portsOf = (client: Client): SecretStorePorts => {
  const sdk = () => import("@keyquorum/client");
  const { chainId, contracts } = client.deployment;
  const { keeperRegistry } = contracts as Readonly<Record<string, string>>; // a deployment has all of its contracts
  if (keeperRegistry === undefined) throw new KeyquorumError("INVALID_VALUE", "The deployment has no KeeperRegistry.");
  return {
    domain: { chainId, registry: parseAddress(keeperRegistry) },
    account: async (signal) => (await client.signing(signal)).account,
    sign: async (toSign, signal) => (await sdk()).signTypedData((await client.signing(signal)).signer, toSign, signal),
    epochOf: async (epoch, signal) => (await sdk()).readEpochMembers(client, epoch, signal),
    currentEpoch: async (signal) => Math.max(...(await (await sdk()).currentEpochs(client, signal)).slice(-1)),
    post: async (url, body, signal) => {
      const keeper = { slot: 0, name: url, identity: `0x${"0".repeat(40)}` as Address, endpoint: url, isChosen: true }; // the caller's own word
      const limits = { overallMs: ANSWER_MILLISECONDS, idleMs: ANSWER_MILLISECONDS, maxBytes: MAX_ANSWER_BYTES };
      return (await sdk()).exchangeJson({ fetch: client.fetchAt(keeper), clock: client.clock, url, method: "POST", body, limits, signal });
    },
    now: client.clock.now,
    random: client.random,
  };
};
