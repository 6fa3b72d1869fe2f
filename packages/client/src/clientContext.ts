import { connectContracts, type Deployment } from "@keyquorum/bindings";
import type { BlobStore } from "@keyquorum/blobs";
import { isLocalChain } from "@keyquorum/chain";
import { type RandomSource, secureRandom } from "@keyquorum/threshold";
import { type ChunkCipher, type DocumentHeader, KeyquorumError, parseAddress } from "@keyquorum/wire";
import type { Chain } from "./chain/chain.ts";
import { createChainCalls } from "./chain/chainCalls.ts";
import { createChainIdentity } from "./chain/chainIdentity.ts";
import { defaultFinality } from "./chain/finality.ts";
import { createWebCipher } from "./content/webCipher.ts";
import { openDocument } from "./documents/openDocument.ts";
import { checkDeployment, checkProof, type FoundEnvelope, findEnvelope } from "./documents/source.ts";
import { type KeeperContact, readCommittee } from "./keys/committee.ts";
import { type KeyInfo, readKey } from "./keys/keys.ts";
import { createKeyTrust } from "./keys/trust.ts";
import { milliseconds, numbersOf, wholeNumber } from "./numbers.ts";
import type { ClientOptions, OnBytes, Timeouts } from "./options.ts";
import { type CollectPolicy, DEFAULT_COLLECT_POLICY } from "./read/collect.ts";
import { DEFAULT_EXCHANGE_LIMITS, type ExchangeLimits, type Fetch } from "./read/exchange.ts";
import { guardedFetch } from "./read/guardedFetch.ts";
import { hedgedRandom } from "./read/hedgedRandom.ts";
import type { Signing } from "./sending/signing.ts";
import type { UnfinishedTransactions } from "./sending/unfinished.ts";
import { abortable } from "./time/abortable.ts";
import { type Clock, systemClock } from "./time/clock.ts";
import type { DocumentSource, OpenedDocument } from "./types.ts";

/** A document that was found and whose header is honest, and who is to be asked about it. */
export type Prepared = {
  readonly found: FoundEnvelope;
  readonly header: DocumentHeader;
  readonly key: KeyInfo;
  readonly keepers: readonly KeeperContact[];
};

/** What every method of a client works with: its options with their defaults, and the steps that several methods take. */
export type ClientContext = {
  readonly deployment: Deployment;
  readonly blobs: BlobStore;
  readonly chain: Chain;
  readonly cipher: ChunkCipher;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Reaches a keeper's endpoint: one that the registry names at public addresses only, unless the caller or the chain allows others. */
  readonly fetchAt: (keeper: KeeperContact) => Fetch;
  /** `retrievalMs` undefined: as the chain needs it. */
  readonly timeouts: Required<Omit<Timeouts, "retrievalMs">> & { readonly retrievalMs: number | undefined };
  readonly policy: CollectPolicy;
  readonly limits: ExchangeLimits;
  /** Throws NO_SIGNER; the signal's reason. */
  readonly signing: (signal?: AbortSignal) => Promise<Signing>;
  /** The keeper, with the endpoint that the options choose for it where they do. */
  readonly reachedAt: (keeper: KeeperContact) => KeeperContact;
  readonly keepersOf: (key: KeyInfo, signal?: AbortSignal) => Promise<readonly KeeperContact[]>;
  /** Finds a ciphertext and checks its header before anybody is asked. */
  readonly prepare: (source: DocumentSource, signal?: AbortSignal) => Promise<Prepared>;
  /** Decrypts what was found. */
  readonly open: (found: FoundEnvelope, contentSecret: Uint8Array, signal?: AbortSignal, onProgress?: OnBytes) => Promise<OpenedDocument>;
};

/** Throws INVALID_VALUE when there is neither a provider nor a signer with one; INVALID_KEY_FILE, WRONG_CHAIN for a pinned key. Opens no connection. */
export const createClientContext = (options: ClientOptions): ClientContext => {
  const { deployment, blobs, signer, cipher = createWebCipher(), clock = systemClock } = options;
  const provider = options.provider ?? signer?.provider;
  if (provider === undefined || provider === null)
    throw new KeyquorumError("INVALID_VALUE", "The client needs a provider, or a signer that is connected to one.");
  checkFinality(options.finality);
  const timeouts = timeoutsOf(options.timeouts, deployment.chainId);
  const identity = createChainIdentity(provider, deployment, clock);
  const { onTransaction } = options;
  const unfinished: UnfinishedTransactions = new Map();
  const chain: Chain = {
    deployment,
    provider,
    contracts: connectContracts(deployment, provider),
    calls: createChainCalls({ provider, clock, deployment, identity, onTransaction, unfinished, ...timeouts }),
    finality: options.finality ?? defaultFinality(deployment),
    trust: createKeyTrust(options, deployment),
    onScan: options.onScan,
  };

  // A wallet may be on another chain than what reads.
  const wallet = signer?.provider ?? provider;
  const walletIdentity = wallet === provider ? identity : createChainIdentity(wallet, deployment, clock);

  const signing = async (signal?: AbortSignal): Promise<Signing> => {
    if (signer === undefined) throw new KeyquorumError("NO_SIGNER");
    const { boundSigner } = await import("./sending/sending.ts");
    const bound = boundSigner(signer.provider === null ? signer.connect(provider) : signer, {
      ...{ identity: walletIdentity, chainId: deployment.chainId, clock, signal, unfinished },
      ...{ pollMs: timeouts.pollMs, giveUpMs: timeouts.transactMs * 0.75, onTransaction },
    });
    return {
      signer: bound,
      account: parseAddress(await abortable(signer.getAddress(), signal)),
      contracts: connectContracts(deployment, bound),
      chain,
    };
  };

  const reachedAt = (keeper: KeeperContact): KeeperContact => withChosenEndpoint(keeper, options.keepers?.(keeper));
  const keepersOf = async (key: KeyInfo, signal?: AbortSignal): Promise<readonly KeeperContact[]> =>
    (await readCommittee(chain, key, signal)).map(reachedAt);

  const prepare = async (source: DocumentSource, signal?: AbortSignal): Promise<Prepared> => {
    const found = await findEnvelope({ chain, blobs }, source, signal);
    const { header } = found;
    checkDeployment(chain, header);
    const key = await readKey(chain, header.keyId, signal);
    checkProof(header, key);
    return { found, header, key, keepers: await keepersOf(key, signal) };
  };

  const open: ClientContext["open"] = (found, contentSecret, signal, onProgress) =>
    openDocument({ found, contentSecret, cipher, signal, onProgress });

  return {
    deployment,
    blobs,
    chain,
    cipher,
    clock,
    random: hedgedRandom(options.random ?? secureRandom, clock),
    fetchAt: fetchAtOf(options),
    timeouts,
    policy: numbersOf("policy", DEFAULT_COLLECT_POLICY, options.policy),
    limits: numbersOf("limits", DEFAULT_EXCHANGE_LIMITS, options.limits),
    signing,
    reachedAt,
    keepersOf,
    prepare,
    open,
  };
};

const withChosenEndpoint = (keeper: KeeperContact, endpoint: string | undefined): KeeperContact =>
  endpoint === undefined ? keeper : { ...keeper, endpoint, isChosen: true };

const fetchAtOf = ({ fetch, allowPrivateEndpoints, deployment }: ClientOptions): ClientContext["fetchAt"] => {
  const plain: Fetch = fetch ?? ((url, init) => globalThis.fetch(url, init));
  if (allowPrivateEndpoints ?? isLocalChain(deployment.chainId)) return () => plain;
  const guarded = guardedFetch(fetch);
  return ({ isChosen = false }) => (isChosen ? plain : guarded);
};

const timeoutsOf = (given: Timeouts | undefined, chainId: bigint): ClientContext["timeouts"] => {
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
