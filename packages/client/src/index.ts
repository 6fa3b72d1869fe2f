export { type Deployment, parseDeployment } from "@keyquorum/bindings";
export {
  type DocumentCard,
  type DocumentCardBody,
  type KeyFile,
  type KeyFileBody,
  KeyquorumError,
  parseDocumentCard,
  parseKeyFile,
} from "@keyquorum/wire";
export type { AvailableDocument, AvailableDocuments, AvailableOptions } from "./access/availableDocuments.ts";
export type { Candidate, DocumentIndex, DocumentIndexOptions } from "./access/documentIndex.ts";
export type { DocumentIndexState } from "./access/indexState.ts";
export type { ReaderTerm } from "./access/readerTerms.ts";
export type { SignGrantOptions, SubmittedGrant } from "./access/signedGrants.ts";
export type { AccountToSign, SignDigest } from "./accountToSign.ts";
export type { KeyquorumClient } from "./client.ts";
export { createClient } from "./client.ts";
export { type Clock, systemClock } from "./clock.ts";
export { type CollectPolicy, DEFAULT_COLLECT_POLICY } from "./collect.ts";
export type { KeeperContact } from "./committee.ts";
export { type ContractWallet, coinbaseSmartWallet, contractWalletSigner, erc7739Account, safeAccount } from "./contractWallet.ts";
export { DEFAULT_MAX_CONTENT_BYTES, decryptDocument } from "./decrypt.ts";
export { type DiscoveredWallet, type DiscoverOptions, type DroppedWallet, discoverWallets } from "./discoverWallets.ts";
export type { DeleteOptions, DeletionReport, DeletionStep } from "./documents/deleteDocument.ts";
export type { DocumentDescription } from "./documents/describe.ts";
export { encryptOffline, type OfflineOptions } from "./documents/encryptOffline.ts";
export type { DocumentSummary, StoredContent } from "./documents/listPublished.ts";
export { loadEncrypted } from "./documents/loadEncrypted.ts";
export { signAuthorship } from "./documents/signAuthorship.ts";
export type { DocumentVersion } from "./documents/versions.ts";
export { type ContentOptions, type EncryptionContext, encryptDocument } from "./encrypt.ts";
export type { EpochInfo } from "./epochs/readEpoch.ts";
export type { KeeperHealth } from "./epochs/readHealth.ts";
export type { KeyEpoch } from "./epochs/readKeyEpochs.ts";
export type { ReshareInfo } from "./epochs/readReshare.ts";
export type { RetrievalEvent, RetrievalListener } from "./events.ts";
export { DEFAULT_EXCHANGE_LIMITS, type ExchangeLimits, type Fetch } from "./exchange.ts";
export type { ChallengeCost, ProvedFault } from "./faults/challenge.ts";
export type { FaultEvidence, PostedEvidence, ReceiptEvidence } from "./faults/evidence.ts";
export { defaultFinality, finalBlockOf } from "./finality.ts";
export type { GrantEnd } from "./grants.ts";
export type { KeyInfo } from "./keys.ts";
export type { OnScan, ScanProgress } from "./logs.ts";
export type { UploadOptions } from "./methods/publishing.ts";
export type {
  AgreementTerms,
  CallOptions,
  ClientOptions,
  DecryptOptions,
  EncryptOptions,
  GrantOptions,
  ListOptions,
  OffChainOptions,
  OnBytes,
  OnChainOptions,
  PublishOptions,
  RetrievalOptions,
  StoreOptions,
  Timeouts,
} from "./options.ts";
export { RetrievalError } from "./outcome.ts";
export type { RetrievalRecord } from "./receipts/record.ts";
export type { DiscountedReceipt, NamedBlock, ReceiptTrust, VerifiedReceipt, VerifiedReceipts } from "./receipts/verifiedReceipts.ts";
export type { VerifyReceiptsOptions } from "./receipts/verifyReceipts.ts";
export { verifyReceipts } from "./receipts/verifyReceiptsOffline.ts";
export type { OnChainMode, RequestContract } from "./requestContract.ts";
export type { OnChainRequest } from "./requests/findRequest.ts";
export type { SessionFile } from "./sessionFile.ts";
export type { Session, SessionOptions } from "./sessions.ts";
export type { TransactionEvent, TransactionListener } from "./transactionEvents.ts";
export type {
  Author,
  ChallengeOffer,
  ContentPart,
  ContentRange,
  DecryptedDocument,
  DocumentContent,
  DocumentSource,
  EncryptedDocument,
  KeeperBlocks,
  KeeperFailure,
  KeeperReceipt,
  OpenedDocument,
  PublishedDocument,
  RetrievalReport,
  RetrievedDocument,
  TransactionSummary,
} from "./types.ts";
export { signerFromProvider } from "./wallets.ts";
export type { WatchedEvent, WatchOptions } from "./watch.ts";
export { createWebCipher } from "./webCipher.ts";
