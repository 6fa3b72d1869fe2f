import { connectContracts, type OfDeployment } from "@keyquorum/bindings";
import type { BlobStore } from "@keyquorum/blobs";
import { isLocalChain } from "@keyquorum/chain/localChain";
import { type RandomSource, secureRandom } from "@keyquorum/threshold";
import { type Address, type ChunkCipher, type GrantDomain, KeyquorumError, parseAddress, type SigningDomain } from "@keyquorum/wire";
import type { Provider } from "ethers";
import type { Chain } from "./chain/chain.ts";
import { createChainCalls } from "./chain/chainCalls.ts";
import { createChainIdentity } from "./chain/chainIdentity.ts";
import { createChainMemory } from "./chain/chainMemory.ts";
import { defaultFinality } from "./chain/finality.ts";
import { createWebCipher } from "./content/webCipher.ts";
import type { KeeperContact } from "./keys/committee.ts";
import { createKeyTrust } from "./keys/trust.ts";
import { knownly } from "./knownErrors.ts";
import { milliseconds, numbersOf, wholeNumber } from "./numbers.ts";
import type { RequestsInFlight } from "./onChain/requestsInFlight.ts";
import type { ClientOptions, Timeouts } from "./options.ts";
import type { StoredEnvelopes } from "./publish/storedEnvelopes.ts";
import { type CollectPolicy, DEFAULT_COLLECT_POLICY } from "./read/collect.ts";
import { DEFAULT_EXCHANGE_LIMITS, type ExchangeLimits, type Fetch } from "./read/exchange.ts";
import { guardedFetch } from "./read/guardedFetch.ts";
import { hedgedRandom } from "./read/hedgedRandom.ts";
import { createSigning, type Signing } from "./sending/signing.ts";
import type { UnfinishedTransactions } from "./sending/unfinished.ts";
import { type Clock, systemClock } from "./time/clock.ts";
import { isViemClient, providerOfViem, signerOfViem, type ViemClient } from "./wallets/viem.ts";

/**
 * What every action takes first: one deployment on one chain, who signs, where ciphertexts are, and the limits. Inner functions take the part of it that
 * they use; `Chain` is the part that reads the chain.
 */
export type Client = Required<Pick<Chain, "memory">> &
  Chain & {
    readonly blobs: BlobStore;
    readonly cipher: ChunkCipher;
    readonly clock: Clock;
    readonly random: RandomSource;
    /** Reaches a keeper's endpoint: one that the registry names at public addresses only, unless the caller or the chain allows others. */
    readonly fetchAt: (keeper: KeeperContact) => Fetch;
    /** The keeper, with the endpoint that the options choose for it where they do. */
    readonly reachedAt: (keeper: KeeperContact) => KeeperContact;
    /** `retrievalMs` undefined: as the chain needs it. */
    readonly timeouts: Required<Omit<Timeouts, "retrievalMs">> & { readonly retrievalMs: number | undefined };
    readonly policy: CollectPolicy;
    readonly limits: ExchangeLimits;
    /** The account that signs, bound to the deployment's chain. Throws NO_SIGNER; the signal's reason. */
    readonly signing: (signal?: AbortSignal) => Promise<Signing>;
    /** What share requests, sessions and statements of authorship are signed for. */
    readonly domain: SigningDomain;
    /** What signed grants are signed for. */
    readonly grantDomain: GrantDomain;
    /** Kept between calls: ciphertexts that are stored already, and requests on chain whose outcome is not known. SECRET: the keys of the latter. */
    readonly kept: { readonly stored: StoredEnvelopes; readonly inFlight: RequestsInFlight };
  };

/**
 * Makes a client without methods, for the actions of `@keyquorum/client/actions`: a page loads those that it imports. Opens no connection.
 * Throws INVALID_VALUE for an option that cannot be, and without provider and signer; INVALID_KEY_FILE, WRONG_CHAIN for a pinned key.
 */
export const createBareClient = (options: ClientOptions): Client => knownly("createClient", () => bareClientOf(options));

const bareClientOf = (options: ClientOptions): Client => {
  const { deployment, blobs, cipher = createWebCipher(), clock = systemClock, onTransaction } = options;
  const providerOf = (given: Provider | ViemClient): Provider => (isViemClient(given) ? providerOfViem(given, deployment.chainId) : given);
  const given = options.signer ?? undefined; // null, in programs without types
  const signer = given !== undefined && isViemClient(given) ? signerOfViem(given, deployment.chainId) : given;
  const reader = options.provider ?? signer?.provider;
  const provider = reader === undefined || reader === null ? undefined : providerOf(reader);
  if (provider === undefined)
    throw new KeyquorumError("INVALID_VALUE", "The client needs a provider, or a signer that is connected to one.");
  checkFinality(options.finality);
  const timeouts = timeoutsOf(options.timeouts, deployment.chainId);
  const identity = createChainIdentity(provider, deployment, clock);
  const unfinished: UnfinishedTransactions = new Map();
  const { chainId } = deployment;
  const { accessGrants, shareRequests } = deployment.contracts as OfDeployment<Address>; // a deployment's addresses are lower case
  return {
    deployment,
    provider,
    contracts: connectContracts(deployment, provider),
    calls: createChainCalls({ provider, clock, deployment, identity, onTransaction, unfinished, ...timeouts }),
    finality: options.finality ?? defaultFinality(deployment),
    trust: createKeyTrust({ ...options, otherProviders: options.otherProviders?.map(providerOf) }, deployment),
    memory: createChainMemory(),
    onScan: options.onScan,
    blobs,
    cipher,
    clock,
    random: hedgedRandom(options.random ?? secureRandom, clock),
    fetchAt: fetchAtOf(options),
    reachedAt: (keeper) => withChosenEndpoint(keeper, options.keepers?.(keeper)),
    timeouts,
    policy: numbersOf("policy", DEFAULT_COLLECT_POLICY, options.policy),
    limits: numbersOf("limits", DEFAULT_EXCHANGE_LIMITS, options.limits),
    signing: createSigning({ signer, provider, identity, deployment, clock, unfinished, onTransaction, ...timeouts }),
    domain: { chainId, shareRequests: parseAddress(shareRequests) },
    grantDomain: { chainId, accessGrants: parseAddress(accessGrants) },
    kept: { stored: new WeakMap(), inFlight: new Map() },
  };
};

const withChosenEndpoint = (keeper: KeeperContact, endpoint: string | undefined): KeeperContact =>
  endpoint === undefined ? keeper : { ...keeper, endpoint, isChosen: true };

const fetchAtOf = ({ fetch, allowPrivateEndpoints, deployment }: ClientOptions): Client["fetchAt"] => {
  const plain: Fetch = fetch ?? ((url, init) => globalThis.fetch(url, init));
  if (allowPrivateEndpoints ?? isLocalChain(deployment.chainId)) return () => plain;
  const guarded = guardedFetch(fetch);
  return ({ isChosen = false }) => (isChosen ? plain : guarded);
};

const timeoutsOf = (given: Timeouts | undefined, chainId: bigint): Client["timeouts"] => {
  const defaults = { readMs: 20_000, transactMs: 300_000, onChainMs: 600_000, pollMs: isLocalChain(chainId) ? 150 : 2_000 };
  const numbers = numbersOf("timeouts", defaults, given);
  const { retrievalMs } = given ?? {};
  return { ...numbers, retrievalMs: retrievalMs === undefined ? undefined : milliseconds("timeouts.retrievalMs", retrievalMs) };
};

const checkFinality = (finality: ClientOptions["finality"]): void => {
  if (finality === undefined || finality.kind === "finalized") return;
  if (finality.kind === "confirmations") return void wholeNumber("finality.blocks", finality.blocks, [0, Number.MAX_SAFE_INTEGER]);
  throw new KeyquorumError("INVALID_VALUE", "finality.kind is finalized or confirmations.", { details: { field: "finality.kind" } });
};
