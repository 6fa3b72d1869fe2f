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
export type { GrantEnd } from "./access/grantEnd.ts";
export type { DocumentIndexState } from "./access/indexState.ts";
export type { ReaderTerm } from "./access/readerTerms.ts";
export type { SignGrantOptions, SubmittedGrant } from "./access/signedGrants.ts";
export { type MethodsOf, withActions } from "./action.ts";
export { type Client, createBareClient } from "./bareClient.ts";
export { defaultFinality, finalBlockOf } from "./chain/finality.ts";
export type { OnScan, ScanProgress } from "./chain/logs.ts";
export type { WatchedEvent, WatchOptions } from "./chain/watch.ts";
export type { KeyquorumClient } from "./client.ts";
export { createClient } from "./client.ts";
export { DEFAULT_MAX_CONTENT_BYTES, decryptDocument } from "./content/decrypt.ts";
export { createWebCipher } from "./content/webCipher.ts";
export type { DocumentDescription } from "./documents/describe.ts";
export type { DocumentSummary, StoredContent } from "./documents/listPublished.ts";
export type { ChallengeCost, ProvedFault } from "./evidence/challenge.ts";
export type { FaultEvidence, PostedEvidence, ReceiptEvidence } from "./evidence/evidence.ts";
export type { RetrievalRecord } from "./evidence/record.ts";
export type { DiscountedReceipt, NamedBlock, ReceiptTrust, VerifiedReceipt, VerifiedReceipts } from "./evidence/verifiedReceipts.ts";
export type { VerifyReceiptsOptions } from "./evidence/verifyReceipts.ts";
export { verifyReceipts } from "./evidence/verifyReceiptsOffline.ts";
export type { KeeperContact } from "./keys/committee.ts";
export type { EpochInfo } from "./keys/epoch.ts";
export { currentEpochs, type EpochMembers, readEpochMembers } from "./keys/epochMembers.ts";
export type { KeeperHealth } from "./keys/keeperHealth.ts";
export type { KeyEpoch } from "./keys/keyEpochs.ts";
export type { KeyInfo } from "./keys/keys.ts";
export type { ReshareInfo } from "./keys/reshareOf.ts";
export type { OnChainRequest } from "./onChain/findRequest.ts";
export type { OnChainMode, RequestContract } from "./onChain/requestContract.ts";
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
export type { DeleteOptions, DeletionReport, DeletionStep } from "./publish/deleteDocument.ts";
export { type ContentOptions, type EncryptionContext, encryptDocument } from "./publish/encrypt.ts";
export { encryptOffline, type OfflineOptions } from "./publish/encryptOffline.ts";
export { loadEncrypted } from "./publish/loadEncrypted.ts";
export { signAuthorship } from "./publish/signAuthorship.ts";
export type { UploadOptions } from "./publish/upload.ts";
export type { DocumentVersion } from "./publish/versions.ts";
export { type CollectPolicy, DEFAULT_COLLECT_POLICY } from "./read/collect.ts";
export type { RetrievalEvent, RetrievalListener } from "./read/events.ts";
export { DEFAULT_EXCHANGE_LIMITS, type ExchangeLimits, exchangeJson, type Fetch, type JsonResponse } from "./read/exchange.ts";
export { RetrievalError } from "./read/outcome.ts";
export type { SessionFile } from "./read/sessionFile.ts";
export type { Session, SessionOptions } from "./read/sessions.ts";
export type { TransactionEvent, TransactionListener } from "./sending/transactionEvents.ts";
export type { Derivation, KeySignature, SignOptions } from "./signing/sign.ts";
export type { SigningEvent, SigningListener } from "./signing/signingEvents.ts";
export type { SigningContent, TypedData } from "./signing/statementOf.ts";
export { type Clock, systemClock } from "./time/clock.ts";
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
export type { AccountToSign, SignDigest } from "./wallets/accountToSign.ts";
export { type ContractWallet, coinbaseSmartWallet, contractWalletSigner, erc7739Account, safeAccount } from "./wallets/contractWallet.ts";
export { type DiscoveredWallet, type DiscoverOptions, type DroppedWallet, discoverWallets } from "./wallets/discoverWallets.ts";
export { signTypedData, type ToSign } from "./wallets/signTypedData.ts";
export type { ViemAccount, ViemClient } from "./wallets/viem.ts";
export { signerFromProvider } from "./wallets/wallets.ts";
