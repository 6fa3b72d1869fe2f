import { type Address, parseDocumentId, type SigningDomain } from "@keyquorum/wire";
import { summaryOf } from "../chainCalls.ts";
import type { ClientContext } from "../clientContext.ts";
import type { CallOptions, OffChainOptions, OnChainOptions } from "../options.ts";
import { requestContractOf } from "../requestContract.ts";
import { requestOffChain } from "../requestOffChain.ts";
import { requestOnChain } from "../requestOnChain.ts";
import { walletRequestSigner } from "../requestSigner.ts";
import { openSession, type Session, type SessionOptions, sessionRequestSigner } from "../sessions.ts";
import type { DocumentSource, RetrievedDocument, TransactionSummary } from "../types.ts";

/** Asking keepers for a document. */
export type ReadingMethods = {
  /**
   * Reads a document by HTTP, without gas: asks the keepers, verifies and combines their answers, decrypts. With a session, the wallet is not asked.
   * Throws RetrievalError ACCESS_DENIED (final), PERMISSION_NOT_FINAL or UNAVAILABLE (try again) with what each keeper said; NO_SIGNER;
   * SESSION_EXPIRED and SESSION_OUT_OF_SCOPE before anybody is asked; and what finding and opening the ciphertext throws.
   */
  readonly requestOffChain: (source: DocumentSource, options?: OffChainOptions) => Promise<RetrievedDocument>;
  /**
   * Reads a published document by a transaction that pays q times the price; the keepers answer on chain.
   * Throws as `requestOffChain`, and TRANSACTION_REFUSED.
   */
  readonly requestOnChain: (
    source: DocumentSource,
    options?: OnChainOptions,
  ) => Promise<RetrievedDocument & { readonly transaction: TransactionSummary }>;
  /**
   * Asks the wallet once, and from then on a key in memory signs requests in its name: for up to 32 documents or one owner's, for 24 hours at most.
   * Throws INVALID_VALUE, NO_SIGNER (also when the wallet declines), CHAIN_UNAVAILABLE.
   */
  readonly openSession: (options: SessionOptions) => Promise<Session>;
  /** Ends all sessions of the signer's account, by a transaction. Throws NO_SIGNER, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE. */
  readonly endSessions: (options?: CallOptions) => Promise<TransactionSummary>;
};

export const createReadingMethods = (client: ClientContext): ReadingMethods => {
  const { chain, deployment, clock, random, fetch, limits, timeouts, signing, prepare, open } = client;
  const domain: SigningDomain = { chainId: deployment.chainId, shareRequests: deployment.contracts.shareRequests as Address }; // lower case

  return {
    requestOffChain: async (source, { timeoutMs = timeouts.retrievalMs, signal, session, ...given } = {}) => {
      const document = typeof source === "string" ? source : "document" in source ? source.document : undefined;
      if (document !== undefined) session?.check({ document: parseDocumentId(document) });
      const signer =
        session === undefined ? await walletRequestSigner((await signing(signal)).signer, signal) : sessionRequestSigner(session);
      const { found, header, key, keepers } = await prepare(source, signal);
      session?.check(header);
      const policy = { ...client.policy, ...given.policy };
      const context = { domain, signer, fetch, clock, random, policy, limits };
      const { contentSecret, report } = await requestOffChain(context, { ...given, header, key, keepers, timeoutMs, signal });
      given.onEvent?.({ kind: "decrypting", document: header.document });
      return { ...(await open(found, contentSecret, signal)), report, contentSecret };
    },
    requestOnChain: async (source, { timeoutMs = timeouts.onChainMs, mode = "verified", signal, ...given } = {}) => {
      const { contracts, account } = await signing(signal);
      const { found, header, key, keepers } = await prepare(source, signal);
      const contract = requestContractOf(chain, mode);
      const asked = { ...given, contract, header, key, keepers, requester: account, timeoutMs, signal };
      const context = { chain, contracts, clock, random, pollMs: timeouts.pollMs };
      const { contentSecret, report, transaction } = await requestOnChain(context, asked);
      given.onEvent?.({ kind: "decrypting", document: header.document });
      return { ...(await open(found, contentSecret, signal)), report, contentSecret, transaction };
    },
    openSession: async (options) => {
      const { signal } = options;
      const { signer } = await signing(signal);
      const generationOf = (requester: Address): Promise<bigint> =>
        chain.calls.read("Reading the sessions", () => chain.contracts.readerSessions.generationOf(requester), signal);
      return openSession({ signer, domain, clock, random, generationOf }, options);
    },
    endSessions: async ({ signal } = {}) => {
      const { contracts } = await signing(signal);
      return summaryOf(await chain.calls.transact("Ending the sessions", () => contracts.readerSessions.endSessions(), signal));
    },
  };
};
