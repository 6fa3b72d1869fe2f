import {
  type Address,
  KeyquorumError,
  parseAddress,
  parseDocumentId,
  parseRequestId,
  type ReceiptFileBody,
  type RequestId,
  type SigningDomain,
} from "@keyquorum/wire";
import { summaryOf } from "../chain/chainCalls.ts";
import type { WatchedEvent, WatchOptions } from "../chain/watch.ts";
import type { ClientContext } from "../clientContext.ts";
import type { ChallengeCost, ProvedFault } from "../evidence/challenge.ts";
import type { PostedEvidence, ReceiptEvidence } from "../evidence/evidence.ts";
import type { VerifiedReceipts } from "../evidence/verifiedReceipts.ts";
import { readKey } from "../keys/keys.ts";
import { milliseconds, numbersOf, wholeNumber } from "../numbers.ts";
import type { OnChainRequest } from "../onChain/findRequest.ts";
import { type OnChainMode, requestContractOf } from "../onChain/requestContract.ts";
import type { RequestsInFlight } from "../onChain/requestsInFlight.ts";
import type { CallOptions, OffChainOptions, OnChainOptions } from "../options.ts";
import { requestOffChain } from "../read/requestOffChain.ts";
import { sessionRequestSigner, walletRequestSigner } from "../read/requestSigner.ts";
import type { Session, SessionOptions } from "../read/sessions.ts";
import { abortable, limitedSignal } from "../time/abortable.ts";
import type { DocumentSource, RetrievalReport, RetrievedDocument, TransactionSummary } from "../types.ts";
import { withinWalletTime } from "../wallets/walletTime.ts";

/** Asking keepers for a document. */
export type ReadingMethods = {
  /**
   * Reads a document by HTTP, without gas: asks the keepers, verifies and combines their answers, decrypts. With a session, the wallet is not asked.
   * Throws RetrievalError ACCESS_DENIED (final), PERMISSION_NOT_FINAL or UNAVAILABLE (try again) with what each keeper said; NO_SIGNER;
   * what a wallet does that does not sign (ACTION_REJECTED, WALLET_TIMEOUT and others);
   * SESSION_EXPIRED and SESSION_OUT_OF_SCOPE before anybody is asked; and what finding and opening the ciphertext throws.
   */
  readonly requestOffChain: (source: DocumentSource, options?: OffChainOptions) => Promise<RetrievedDocument>;
  /**
   * Reads a published document by a transaction that pays q times the price; the keepers answer on chain. Where it ends without an outcome (no answer
   * of the chain, too little time, `signal`), the key that opens the answers stays in this client's memory, and the same call goes on: nothing is paid twice.
   * Throws as `requestOffChain`, and TRANSACTION_REFUSED.
   */
  readonly requestOnChain: (
    source: DocumentSource,
    options?: OnChainOptions,
  ) => Promise<RetrievedDocument & { readonly transaction: TransactionSummary }>;
  /**
   * Asks the wallet once, and from then on a key in memory signs requests in its name: for up to 32 documents or one owner's, for 24 hours at most.
   * Throws INVALID_VALUE, NO_SIGNER, ACTION_REJECTED and other words of wallets, CHAIN_UNAVAILABLE.
   */
  readonly openSession: (options: SessionOptions) => Promise<Session>;
  /** Ends all sessions of the signer's account, by a transaction. Throws NO_SIGNER, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE. */
  readonly endSessions: (options?: CallOptions) => Promise<TransactionSummary>;
  /** Returns a session that `exportSecret` wrote down. Throws INVALID_VALUE, SESSION_EXPIRED. */
  readonly importSession: (secretFile: unknown) => Promise<Session>;
  /** Returns what one answer costs on chain now, in wei; a request pays q of them. Default: of the verified mode. Throws CHAIN_UNAVAILABLE. */
  readonly price: (options?: CallOptions & { readonly mode?: OnChainMode }) => Promise<bigint>;
  /** Returns what the chain recorded of a request of either mode. Throws UNKNOWN_REQUEST, CHAIN_UNAVAILABLE. */
  readonly onChainRequest: (requestId: RequestId | string, options?: CallOptions) => Promise<OnChainRequest>;
  /**
   * Pays back, to who asked, what a request that is over paid for answers that did not come; anyone may call it.
   * Throws UNKNOWN_REQUEST, NO_SIGNER, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE.
   */
  readonly refund: (requestId: RequestId | string, options?: CallOptions) => Promise<TransactionSummary>;
  /** Settles an optimistic request after its window; anyone may. Throws as `refund`, and INVALID_VALUE for a verified one. */
  readonly settle: (requestId: RequestId | string, options?: CallOptions) => Promise<TransactionSummary>;
  /**
   * Proves an answer to an optimistic request wrong, within its window: takes `report.challenges[i].evidence`, or any request id and slot. Nobody is
   * paid for it.
   * Throws UNKNOWN_REQUEST, NOTHING_TO_PROVE, NO_SIGNER, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE.
   */
  readonly challenge: (
    posted: PostedEvidence | { readonly requestId: RequestId | string; readonly slot: number },
    options?: CallOptions,
  ) => Promise<ProvedFault>;
  /** Returns what `challenge` would cost the signer's account now. Throws as `challenge`. */
  readonly estimateChallenge: (
    posted: PostedEvidence | { readonly requestId: RequestId | string; readonly slot: number },
    options?: CallOptions,
  ) => Promise<ChallengeCost>;
  /**
   * Proves that a keeper signed for a wrong answer by HTTP: takes `report.failed[i].evidence`, or that as parsed JSON.
   * Throws INVALID_RECEIPTS, NOTHING_TO_PROVE, NO_SIGNER, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE.
   */
  readonly proveFault: (evidence: ReceiptEvidence | unknown, options?: CallOptions) => Promise<ProvedFault>;
  /** Makes a file of a retrieval's receipts, as JSON data: takes its report. Throws CHAIN_UNAVAILABLE. */
  readonly exportReceipts: (report: RetrievalReport, options?: CallOptions) => Promise<ReceiptFileBody>;
  /**
   * Verifies a file of receipts and compares it with this client's chain; the function `verifyReceipts` does without a network what can be done so.
   * Throws INVALID_RECEIPTS, CHAIN_UNAVAILABLE.
   */
  readonly confirmReceipts: (file: ReceiptFileBody | unknown, options?: CallOptions) => Promise<VerifiedReceipts>;
  /** Watches the contracts: their events, final ones by default, for as long as the loop runs. Throws CHAIN_UNAVAILABLE, INVALID_VALUE. */
  readonly watch: (options?: WatchOptions) => AsyncGenerator<WatchedEvent, never>;
};

export const createReadingMethods = (client: ClientContext): ReadingMethods => {
  const { chain, deployment, clock, random, fetchAt, limits, timeouts, signing, prepare, open } = client;
  const domain: SigningDomain = { chainId: deployment.chainId, shareRequests: deployment.contracts.shareRequests as Address }; // lower case

  const inFlight: RequestsInFlight = new Map();

  return {
    requestOffChain: async (source, { timeoutMs: givenMs, signal, session, ...given } = {}) => {
      if (givenMs !== undefined) milliseconds("timeoutMs", givenMs);
      const policy = numbersOf("policy", client.policy, given.policy);
      const document = typeof source === "string" ? source : "document" in source ? source.document : undefined;
      if (document !== undefined) session?.check({ document: parseDocumentId(document) });
      const stopAt = givenMs === undefined ? undefined : clock.now() + givenMs;
      const early = limitedSignal({
        ...{ signal, clock, timeoutMs: givenMs ?? timeouts.transactMs },
        onTimeout: () => new KeyquorumError("UNAVAILABLE", "The time was over before the keepers were asked."),
      });
      const { patienceOf, withTimeLeft } = await import("../chain/finalityLag.ts");
      const prepareAll = async () => {
        const signer =
          session === undefined
            ? await walletRequestSigner((await abortable(signing(signal), early.signal)).signer, early.signal)
            : sessionRequestSigner(session);
        const patience = givenMs ?? timeouts.retrievalMs ?? patienceOf(chain, early.signal);
        const [prepared, timeoutMs] = await Promise.all([prepare(source, early.signal), patience]);
        return { signer, timeoutMs, ...prepared };
      };
      const { signer, timeoutMs, found, header, key, keepers } = await prepareAll().finally(early.dispose);
      session?.check(header);
      const context = { domain, signer, fetchAt, clock, random, policy, limits };
      const lookAgain = async (limited: AbortSignal) => {
        const now = await readKey(chain, key.keyId, limited);
        return { key: now, keepers: await client.keepersOf(now, limited) };
      };
      const asked = { ...given, header, key, keepers, lookAgain, timeoutMs, stopAt, signal };
      const started = clock.now();
      const { contentSecret, report } = await requestOffChain(context, asked).catch(async (error: unknown) => {
        throw await withTimeLeft(chain, error, { milliseconds: clock.now() - started });
      });
      given.onEvent?.({ kind: "decrypting", document: header.document });
      return { ...(await open(found, contentSecret, signal)), report, contentSecret };
    },
    requestOnChain: async (source, { timeoutMs = timeouts.onChainMs, mode = "verified", signal, agreement: terms, ...given } = {}) => {
      milliseconds("timeoutMs", timeoutMs);
      const agreement = terms === undefined ? undefined : { address: parseAddress(terms.address), price: terms.price };
      if (agreement !== undefined && (mode !== "verified" || given.contextHash !== undefined))
        throw new KeyquorumError("INVALID_VALUE", "An agreement asks in the verified mode and without context.");
      if (agreement !== undefined && (typeof agreement.price !== "bigint" || agreement.price < 0n || agreement.price >> 256n !== 0n))
        throw new KeyquorumError("INVALID_VALUE", "agreement.price is not an amount of wei: a bigint.");
      const contract = requestContractOf(chain, mode);
      const { requestOnChain } = await import("../rest.ts");
      const { contracts, account } = await signing(signal);
      const { found, header, key, keepers } = await prepare(source, signal);
      const requester = agreement?.address ?? account;
      const asked = { ...given, contract, header, key, keepers, requester, agreement, timeoutMs, signal };
      const context = { chain, contracts, clock, random, pollMs: timeouts.pollMs, inFlight };
      const { contentSecret, report, transaction } = await requestOnChain(context, asked);
      given.onEvent?.({ kind: "decrypting", document: header.document });
      return { ...(await open(found, contentSecret, signal)), report, contentSecret, transaction };
    },
    openSession: async (options) => {
      const { openSession } = await import("../rest.ts");
      const { signal } = options;
      const { signer } = await signing(signal);
      const generationOf = (requester: Address): Promise<bigint> =>
        chain.calls.read("Reading the sessions", () => chain.contracts.readerSessions.generationOf(requester), signal);
      return withinWalletTime({ clock, limitMs: timeouts.transactMs, signal }, (limited) =>
        openSession({ signer, domain, clock, random, generationOf }, { ...options, signal: limited }),
      );
    },
    endSessions: async ({ signal } = {}) => {
      const { contracts } = await signing(signal);
      return summaryOf(await chain.calls.transact("Ending the sessions", () => contracts.readerSessions.endSessions(), signal));
    },
    importSession: async (secretFile) => {
      const { importSession } = await import("../rest.ts");
      return importSession(secretFile, { clock });
    },
    price: async ({ mode = "verified", signal } = {}) => {
      const { readPrice } = await import("../rest.ts");
      return readPrice(chain, requestContractOf(chain, mode), signal);
    },
    // What comes from rest.ts is loaded when it is called.
    onChainRequest: async (requestId, { signal } = {}) => {
      const { findRequest } = await import("../rest.ts");
      return findRequest(chain, parseRequestId(requestId), signal);
    },
    refund: async (requestId, { signal } = {}) => {
      const { refundRequest } = await import("../rest.ts");
      return refundRequest(await signing(signal), parseRequestId(requestId), signal);
    },
    settle: async (requestId, { signal } = {}) => {
      const { settleRequest } = await import("../rest.ts");
      return settleRequest(await signing(signal), parseRequestId(requestId), signal);
    },
    challenge: async ({ requestId, slot }, { signal } = {}) => {
      const { challengeAnswer } = await import("../rest.ts");
      const answer = { requestId: parseRequestId(requestId), slot: wholeNumber("slot", slot, [1, 255]) };
      return challengeAnswer(await signing(signal), answer, signal);
    },
    estimateChallenge: async ({ requestId, slot }, { signal } = {}) => {
      const { estimateChallenge } = await import("../rest.ts");
      const answer = { requestId: parseRequestId(requestId), slot: wholeNumber("slot", slot, [1, 255]) };
      return estimateChallenge(await signing(signal), answer, signal);
    },
    proveFault: async (evidence, { signal } = {}) => {
      const { proveFault } = await import("../rest.ts");
      return proveFault({ ...(await signing(signal)), domain }, evidence, signal);
    },
    exportReceipts: async (report, { signal } = {}) => {
      const { exportReceipts } = await import("../rest.ts");
      return exportReceipts(chain, report, signal);
    },
    confirmReceipts: async (file, { signal } = {}) => {
      const { confirmReceipts } = await import("../rest.ts");
      return confirmReceipts(chain, file, signal);
    },
    watch: async function* (options) {
      const { watchEvents } = await import("../rest.ts");
      return yield* watchEvents({ chain, clock, pollMs: timeouts.pollMs }, options);
    },
  };
};
