import type { Deployment } from "@keyquorum/bindings";
import type { BlobStore } from "@keyquorum/blobs";
import type { Finality } from "@keyquorum/chain";
import type { RandomSource } from "@keyquorum/threshold";
import type { Address, ChunkCipher, DocumentId, Hash32, KeyFile, KeyFileBody, KeyId } from "@keyquorum/wire";
import type { Provider, Signer } from "ethers";
import type { GrantEnd } from "./access/grantEnd.ts";
import type { OnScan } from "./chain/logs.ts";
import type { KeeperContact } from "./keys/committee.ts";
import type { OnChainMode } from "./onChain/requestContract.ts";
import type { ContentOptions } from "./publish/encrypt.ts";
import type { CollectPolicy } from "./read/collect.ts";
import type { RetrievalListener } from "./read/events.ts";
import type { ExchangeLimits, Fetch } from "./read/exchange.ts";
import type { Session } from "./read/sessions.ts";
import type { TransactionListener } from "./sending/transactionEvents.ts";
import type { Clock } from "./time/clock.ts";
import type { ViemClient } from "./wallets/viem.ts";

/** What a client is made of. `signer` or `provider` is needed; everything after `blobs` has a default. */
export type ClientOptions = {
  /** Signs transactions and requests: a signer of ethers, or a wallet client of viem. Without one, only reading of public facts is possible. */
  readonly signer?: Signer | ViemClient;
  /** Reads the chain: a provider of ethers, or a public client of viem. Default: the signer's. */
  readonly provider?: Provider | ViemClient;
  /**
   * Providers of other operators, on the same chain. What a key and its keepers are, each is asked, and all must say the same (KEY_DISPUTED). Without
   * them, and without `pinnedKeys`, the one provider can name a key of its own and read what is encrypted to it.
   */
  readonly otherProviders?: readonly (Provider | ViemClient)[];
  /** Keys that you know from somewhere you believe, as `exportKey` writes them. When given, no other key is used. */
  readonly pinnedKeys?: readonly (KeyFile | KeyFileBody)[];
  readonly deployment: Deployment;
  /** Where ciphertexts are. */
  readonly blobs: BlobStore;
  /** A keeper's base URL, where it is not the one in the registry; undefined: the registry's. */
  readonly keepers?: (keeper: KeeperContact) => string | undefined;
  /**
   * Whether keepers are also asked where the registry names an address of a private network (a VPN; a test). Default: on chains 1337 and 31337 only,
   * so that nobody who registers an endpoint has readers post to their own networks. In a browser only the URL's host can be checked.
   */
  readonly allowPrivateEndpoints?: boolean;
  readonly fetch?: Fetch;
  readonly clock?: Clock;
  readonly random?: RandomSource;
  /** AES-256-GCM. Default: WebCrypto. In Node, `nodeChunkCipher` of `@keyquorum/client/node` is a little faster. */
  readonly cipher?: ChunkCipher;
  /** What counts as final. Default: what the deployment says, else the chain's `finalized` block; the newest block on chains 1337 and 31337. */
  readonly finality?: Finality;
  /** How the fan-out treats the keepers. */
  readonly policy?: Partial<CollectPolicy>;
  /** What one exchange with a keeper may take. */
  readonly limits?: Partial<ExchangeLimits>;
  readonly timeouts?: Timeouts;
  /**
   * Told how far a search of the chain's events is, after each piece of it and before each wait: searches from the deployment's block on may take
   * minutes with nodes that limit them.
   */
  readonly onScan?: OnScan;
  /**
   * Told what happens to each transaction: its hash as soon as it is sent, then every two seconds what it waits for. Keep the hashes: after a crash,
   * or when `signal` aborts, they say what was paid for.
   */
  readonly onTransaction?: TransactionListener;
};

/** In milliseconds. */
export type Timeouts = {
  /** One read of the chain: 20 s. */
  readonly readMs?: number;
  /** A transaction until it is mined: 5 min. */
  readonly transactMs?: number;
  /** A retrieval by HTTP: 30 s and what the chain needs until a block is final, 8 min at most, so that what was granted just now can be read. */
  readonly retrievalMs?: number;
  /** A retrieval on chain: 10 min, or the request's own deadline. */
  readonly onChainMs?: number;
  /** Between two looks at the chain: 2 s; 150 ms on a local chain. */
  readonly pollMs?: number;
};

/** What every call takes. */
export type CallOptions = { readonly signal?: AbortSignal | undefined };

/** What the author may choose. */
export type EncryptOptions = CallOptions &
  ContentOptions & {
    /** A published document of which this is a further version: key, owner, salt and permissions are its own. */
    readonly versionOf?: DocumentId;
    /** Default: the newest active key. */
    readonly keyId?: KeyId;
    /** The account that will publish. Default: the signer's. */
    readonly owner?: Address | string;
    /** The contract that says who may read. Default: the deployment's AccessGrants. */
    readonly permissions?: Address | string;
  };

/** Told how many bytes are done, and how many there are where that is known. */
export type OnBytes = (bytes: number, total: number | undefined) => void;

export type StoreOptions = CallOptions & {
  /** Bytes of ciphertext. */
  readonly onProgress?: OnBytes;
};

export type PublishOptions = StoreOptions;

export type DecryptOptions = CallOptions & {
  /** Bytes of content. */
  readonly onProgress?: OnBytes;
};

export type GrantOptions = CallOptions & {
  /** Default: without end. */
  readonly until?: GrantEnd;
};

export type ListOptions = CallOptions & {
  readonly owner?: Address | string;
  /** Default: 100. */
  readonly limit?: number;
  /** Look into the store for each ciphertext's size and its public metadata. Default: false. */
  readonly withContent?: boolean;
};

/** How a document is asked for. */
export type RetrievalOptions = CallOptions & {
  /**
   * Milliseconds until it is given up, the wallet's answer included. Without it, the client's `timeouts` hold, which begin when the wallet has answered:
   * people may take longer to read what it shows.
   */
  readonly timeoutMs?: number;
  /** keccak of what the request is for; permissions contracts that know contexts are told. */
  readonly contextHash?: Hash32;
  /** Told what happens, keeper by keeper. */
  readonly onEvent?: RetrievalListener;
};

/** How a document is asked for by HTTP. */
export type OffChainOptions = RetrievalOptions & {
  /** Signs in the wallet's place: the wallet is not asked, and the client needs no signer. */
  readonly session?: Session;
  /** What contextHash is the hash of; keepers check it. */
  readonly context?: Uint8Array;
  /** The request's nonce, which receipts prove: for who binds them to something of its own. Default: random. */
  readonly nonce?: Hash32;
  /** The owner's statement for a document that is not published (`signAuthorship`). */
  readonly ownerStatement?: { readonly cid: Uint8Array; readonly signature: Uint8Array };
  /** Overrides the client's policy for this retrieval. */
  readonly policy?: Partial<CollectPolicy>;
};

/** What a consumer agreed to: with whom, and the price in wei, without the keepers' fees. At another price the contract refuses. */
export type AgreementTerms = { readonly address: Address | string; readonly price: bigint };

/** How a document is asked for on chain. */
export type OnChainOptions = RetrievalOptions & {
  /** `verified` (default): the chain verifies each answer. `optimistic`: cheaper; wrong answers are punished when somebody proves them. */
  readonly mode?: OnChainMode;
  /** Buys the reading from a ServiceAgreement (docs/PERMISSIONS.md), which asks in the signer's place. Verified mode, without context. */
  readonly agreement?: AgreementTerms;
};
