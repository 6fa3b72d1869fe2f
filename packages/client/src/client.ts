import { type Contracts, connectContracts } from "@keyquorum/bindings";
import { secureRandom } from "@keyquorum/threshold";
import {
  type Address,
  type DocumentHeader,
  type DocumentId,
  type Hash32,
  headerHashOf,
  type KeyId,
  KeyquorumError,
  parseAddress,
  parseDocumentId,
  parseHash32,
  parseKeyId,
} from "@keyquorum/wire";
import type { Signer } from "ethers";
import type { Chain } from "./chain.ts";
import { createChainCalls } from "./chainCalls.ts";
import { systemClock } from "./clock.ts";
import { DEFAULT_COLLECT_POLICY } from "./collect.ts";
import { type KeeperContact, readCommittee } from "./committee.ts";
import { decryptDocument } from "./decrypt.ts";
import { type DocumentSummary, listPublished, readLabel } from "./documents.ts";
import { type EncryptionContext, encryptDocument } from "./encrypt.ts";
import { DEFAULT_EXCHANGE_LIMITS } from "./exchange.ts";
import { defaultFinality, isLocalChain } from "./finality.ts";
import { claimDocument, grantAccess, revokeAccess } from "./grants.ts";
import { type KeyInfo, readDefaultKey, readKey } from "./keys.ts";
import type { CallOptions, ClientOptions, EncryptOptions, GrantOptions, ListOptions, PublishOptions, RetrievalOptions } from "./options.ts";
import { checkPublisher, createStoring, publishStored } from "./publish.ts";
import { requestOffChain } from "./requestOffChain.ts";
import { type OnChainProgress, requestOnChain } from "./requestOnChain.ts";
import { checkDeployment, checkProof, type FoundEnvelope, findEnvelope } from "./source.ts";
import type {
  DecryptedDocument,
  DocumentContent,
  DocumentSource,
  EncryptedDocument,
  PublishedDocument,
  RetrievedDocument,
  TransactionSummary,
} from "./types.ts";
import { createWebCipher } from "./webCipher.ts";

/**
 * Everything a document's author and its readers do. Every method takes `signal` and throws its reason when it aborts; every other error is a
 * KeyquorumError with a stable `code` that says what to do, and whether trying again may help (`retryable`).
 */
export type KeyquorumClient = {
  /** Returns the signer's address in lower case. Throws NO_SIGNER. */
  readonly address: () => Promise<Address>;
  /** Returns the newest active key for encrypting. Throws NO_READY_KEY, CHAIN_UNAVAILABLE. */
  readonly defaultKey: (options?: CallOptions) => Promise<KeyInfo>;
  /** Returns an active key as of a final block. Throws UNKNOWN_KEY, KEY_NOT_READY, CHAIN_UNAVAILABLE. */
  readonly keyInfo: (keyId: KeyId, options?: CallOptions) => Promise<KeyInfo>;
  /** Returns the keepers that hold shares of a key. Throws as `keyInfo`. */
  readonly keepersOf: (keyId: KeyId, options?: CallOptions) => Promise<readonly KeeperContact[]>;
  /**
   * Encrypts a file, a text or a JSON value. The ciphertext is made while it is read. Only the key and the owner's address are looked up where
   * they are not given; the function `encryptDocument` of this package needs no network at all.
   * Throws INVALID_VALUE, NO_SIGNER (no owner given and no signer), and what `keyInfo` throws.
   */
  readonly encryptDocument: (content: DocumentContent, options?: EncryptOptions) => Promise<EncryptedDocument>;
  /** Opens a ciphertext with a content secret that an earlier retrieval returned. Asks no keeper. Throws WRONG_CONTENT_SECRET, INVALID_ENVELOPE and what finding the ciphertext throws. */
  readonly decryptDocument: (source: DocumentSource, contentSecret: Uint8Array, options?: CallOptions) => Promise<DecryptedDocument>;
  /**
   * Stores the ciphertext and publishes the document, or a further version of it. May be called again after a failure.
   * Throws NO_SIGNER, INVALID_VALUE (the signer is not the owner), TRANSACTION_REFUSED, CHAIN_UNAVAILABLE, BLOB_STORE_FULL, BLOB_STORE_FAILED.
   */
  readonly publish: (encrypted: EncryptedDocument, options?: PublishOptions) => Promise<PublishedDocument>;
  /** Takes ownership, in AccessGrants, of a document that will not be published. Throws NO_SIGNER, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE. */
  readonly claim: (salt: Hash32, options?: CallOptions) => Promise<TransactionSummary>;
  /** Lets a reader read, for ever or until a time. Throws NO_SIGNER, INVALID_VALUE, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE. */
  readonly grant: (document: DocumentId, reader: Address | string, options?: GrantOptions) => Promise<TransactionSummary>;
  /** Takes a reader's permission away: keepers refuse from the next block on. Throws NO_SIGNER, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE. */
  readonly revoke: (document: DocumentId, reader: Address | string, options?: CallOptions) => Promise<TransactionSummary>;
  /** Lists published documents, the one published last first. Throws CHAIN_UNAVAILABLE. */
  readonly listDocuments: (options?: ListOptions) => Promise<readonly DocumentSummary[]>;
  /**
   * Reads a document by HTTP, without gas: asks the keepers, verifies and combines their answers, decrypts.
   * Throws RetrievalError ACCESS_DENIED (final), PERMISSION_NOT_FINAL or UNAVAILABLE (try again) with what each keeper said; NO_SIGNER; and what
   * finding and opening the ciphertext throws.
   */
  readonly requestOffChain: (source: DocumentSource, options?: RetrievalOptions) => Promise<RetrievedDocument>;
  /**
   * Reads a published document by a transaction; the keepers answer on chain. Throws as `requestOffChain`, and TRANSACTION_REFUSED.
   */
  readonly requestOnChain: (
    source: DocumentSource,
    options?: RetrievalOptions & { readonly onProgress?: (progress: OnChainProgress) => void },
  ) => Promise<RetrievedDocument & { readonly transaction: TransactionSummary }>;
};

/** Makes a client for one deployment. Opens no connection. Throws INVALID_VALUE when there is neither a provider nor a signer with one. */
export const createClient = (options: ClientOptions): KeyquorumClient => {
  const { deployment, blobs, signer, cipher = createWebCipher(), clock = systemClock, random = secureRandom } = options;
  const fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  const provider = options.provider ?? signer?.provider;
  if (provider === undefined || provider === null)
    throw new KeyquorumError("INVALID_VALUE", "The client needs a provider, or a signer that is connected to one.");
  const isLocal = isLocalChain(deployment.chainId);
  const {
    readMs = 20_000,
    transactMs = 300_000,
    retrievalMs = 30_000,
    onChainMs = 600_000,
    pollMs = isLocal ? 150 : 2_000,
  } = options.timeouts ?? {};
  const chain: Chain = {
    deployment,
    provider,
    contracts: connectContracts(deployment, provider),
    calls: createChainCalls({ provider, clock, readMs, transactMs, pollMs }),
    finality: options.finality ?? defaultFinality(deployment.chainId),
  };
  const storing = createStoring(blobs);

  const signing = async (): Promise<{
    readonly signer: Signer;
    readonly account: Address;
    readonly contracts: Contracts;
    readonly chain: Chain;
  }> => {
    if (signer === undefined) throw new KeyquorumError("NO_SIGNER");
    const connected = signer.provider === null ? signer.connect(provider) : signer;
    return {
      signer: connected,
      account: parseAddress(await signer.getAddress()),
      contracts: connectContracts(deployment, connected),
      chain,
    };
  };

  const keepersOf = async (key: KeyInfo, signal?: AbortSignal): Promise<readonly KeeperContact[]> => {
    const keepers = await readCommittee(chain, key, signal);
    const { keepers: endpointOf } = options;
    return endpointOf === undefined ? keepers : keepers.map((keeper) => ({ ...keeper, endpoint: endpointOf(keeper) ?? keeper.endpoint }));
  };

  /** What encrypting binds, looked up where it is not given. A further version has the label of the first. */
  const contextFor = async (given: EncryptOptions): Promise<{ readonly context: EncryptionContext; readonly salt: Hash32 | undefined }> => {
    const { signal } = given;
    const first = given.versionOf === undefined ? undefined : await readLabel(chain, parseDocumentId(given.versionOf), signal);
    const keyId = first?.keyId ?? given.keyId;
    const key = keyId === undefined ? await readDefaultKey(chain, signal) : await readKey(chain, parseKeyId(keyId), signal);
    if (key.purpose !== "Decrypt")
      throw new KeyquorumError("UNKNOWN_KEY", `The key ${key.keyId} is for ${key.purpose}, not for encrypting.`);
    const owner = first?.owner ?? (given.owner === undefined ? (await signing()).account : parseAddress(given.owner));
    const { accessGrants, documentRegistry } = deployment.contracts as Readonly<Record<string, Address>>; // a deployment's addresses are lower case
    const initialPermissions = first?.initialPermissions ?? parseAddress(given.permissions ?? accessGrants);
    return {
      context: {
        chainId: deployment.chainId,
        documentRegistry: parseAddress(documentRegistry),
        keyId: key.keyId,
        publicKey: key.publicKey,
        owner,
        initialPermissions,
      },
      salt: first?.salt ?? given.salt,
    };
  };

  /** Finds the ciphertext and checks its header before anybody is asked. */
  const prepare = async (
    source: DocumentSource,
    signal?: AbortSignal,
  ): Promise<{
    readonly found: FoundEnvelope;
    readonly header: DocumentHeader;
    readonly key: KeyInfo;
    readonly keepers: readonly KeeperContact[];
  }> => {
    const found = await findEnvelope({ chain, blobs }, source, signal);
    const { header } = found;
    checkDeployment(chain, header);
    const key = await readKey(chain, header.keyId, signal);
    checkProof(header, key);
    return { found, header, key, keepers: await keepersOf(key, signal) };
  };

  const open = ({ header, open: openBytes }: FoundEnvelope, contentSecret: Uint8Array, signal?: AbortSignal): Promise<DecryptedDocument> =>
    decryptDocument({ envelope: openBytes(signal), contentSecret, cipher, headerHash: headerHashOf(header), signal });

  return {
    address: async () => (await signing()).account,
    defaultKey: ({ signal } = {}) => readDefaultKey(chain, signal),
    keyInfo: async (keyId, { signal } = {}) => readKey(chain, parseKeyId(keyId), signal),
    keepersOf: async (keyId, { signal } = {}) => keepersOf(await readKey(chain, parseKeyId(keyId), signal), signal),
    encryptDocument: async (content, given = {}) => {
      const { context, salt } = await contextFor(given);
      const { name, mediaType } = given;
      return encryptDocument(content, context, {
        cipher,
        random,
        ...(salt === undefined ? {} : { salt }),
        ...(name === undefined ? {} : { name }),
        ...(mediaType === undefined ? {} : { mediaType }),
      });
    },
    decryptDocument: async (source, contentSecret, { signal } = {}) =>
      open(await findEnvelope({ chain, blobs }, source, signal), contentSecret, signal),
    publish: async (encrypted, { signal, onProgress } = {}) => {
      const signed = await signing();
      checkPublisher(encrypted, signed.account);
      const cid = await storing(encrypted, { signal, onProgress });
      return publishStored(signed, { encrypted, cid, publisher: signed.account, signal });
    },
    claim: async (salt, { signal } = {}) => claimDocument(await signing(), parseHash32(salt), signal),
    grant: async (document, reader, given = {}) => grantAccess(await signing(), parseDocumentId(document), parseAddress(reader), given),
    revoke: async (document, reader, given = {}) => revokeAccess(await signing(), parseDocumentId(document), parseAddress(reader), given),
    listDocuments: async ({ owner, limit = 100, signal } = {}) =>
      listPublished(chain, { ...(owner === undefined ? {} : { owner: parseAddress(owner) }), limit, signal }),
    requestOffChain: async (source, { timeoutMs = retrievalMs, signal, ...given } = {}) => {
      const signed = await signing();
      const { found, header, key, keepers } = await prepare(source, signal);
      const context = {
        domain: { chainId: deployment.chainId, shareRequests: deployment.contracts.shareRequests as Address },
        signer: signed.signer,
        fetch,
        clock,
        random,
        policy: { ...DEFAULT_COLLECT_POLICY, ...options.policy, ...given.policy },
        limits: { ...DEFAULT_EXCHANGE_LIMITS, ...options.limits },
      };
      const { contentSecret, report } = await requestOffChain(context, { ...given, header, key, keepers, timeoutMs, signal });
      return { ...(await open(found, contentSecret, signal)), report, contentSecret };
    },
    requestOnChain: async (source, { timeoutMs = onChainMs, signal, ...given } = {}) => {
      const { contracts, account } = await signing();
      const { found, header, key, keepers } = await prepare(source, signal);
      const asked = { ...given, header, key, keepers, requester: account, timeoutMs, signal };
      const { contentSecret, report, transaction } = await requestOnChain({ chain, contracts, clock, random, pollMs }, asked);
      return { ...(await open(found, contentSecret, signal)), report, contentSecret, transaction };
    },
  };
};
