import type { Address } from "@keyquorum/wire";
import type { ClientContext } from "../clientContext.ts";
import type { RetrievalOptions } from "../options.ts";
import { requestOffChain } from "../requestOffChain.ts";
import { type OnChainProgress, requestOnChain } from "../requestOnChain.ts";
import type { DocumentSource, RetrievedDocument, TransactionSummary } from "../types.ts";

/** Asking keepers for a document. */
export type ReadingMethods = {
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

export const createReadingMethods = (client: ClientContext): ReadingMethods => {
  const { chain, deployment, clock, random, fetch, limits, timeouts, signing, prepare, open } = client;
  return {
    requestOffChain: async (source, { timeoutMs = timeouts.retrievalMs, signal, ...given } = {}) => {
      const signed = await signing();
      const { found, header, key, keepers } = await prepare(source, signal);
      const context = {
        domain: { chainId: deployment.chainId, shareRequests: deployment.contracts.shareRequests as Address },
        signer: signed.signer,
        fetch,
        clock,
        random,
        policy: { ...client.policy, ...given.policy },
        limits,
      };
      const { contentSecret, report } = await requestOffChain(context, { ...given, header, key, keepers, timeoutMs, signal });
      return { ...(await open(found, contentSecret, signal)), report, contentSecret };
    },
    requestOnChain: async (source, { timeoutMs = timeouts.onChainMs, signal, ...given } = {}) => {
      const { contracts, account } = await signing();
      const { found, header, key, keepers } = await prepare(source, signal);
      const asked = { ...given, header, key, keepers, requester: account, timeoutMs, signal };
      const { contentSecret, report, transaction } = await requestOnChain(
        { chain, contracts, clock, random, pollMs: timeouts.pollMs },
        asked,
      );
      return { ...(await open(found, contentSecret, signal)), report, contentSecret, transaction };
    },
  };
};
