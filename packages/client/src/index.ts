export { type Deployment, parseDeployment } from "@keyquorum/bindings";
export { KeyquorumError } from "@keyquorum/wire";
export type { KeyquorumClient } from "./client.ts";
export { createClient } from "./client.ts";
export { type Clock, systemClock } from "./clock.ts";
export { type CollectPolicy, DEFAULT_COLLECT_POLICY } from "./collect.ts";
export type { KeeperContact } from "./committee.ts";
export { DEFAULT_MAX_CONTENT_BYTES, decryptDocument } from "./decrypt.ts";
export type { DocumentSummary } from "./documents.ts";
export { type ContentOptions, type EncryptionContext, encryptDocument } from "./encrypt.ts";
export { DEFAULT_EXCHANGE_LIMITS, type ExchangeLimits, type Fetch } from "./exchange.ts";
export type { GrantEnd } from "./grants.ts";
export type { KeyInfo } from "./keys.ts";
export type {
  CallOptions,
  ClientOptions,
  EncryptOptions,
  GrantOptions,
  ListOptions,
  PublishOptions,
  RetrievalOptions,
  Timeouts,
} from "./options.ts";
export { RetrievalError } from "./outcome.ts";
export type {
  DecryptedDocument,
  DocumentContent,
  DocumentSource,
  EncryptedDocument,
  KeeperFailure,
  KeeperReceipt,
  PublishedDocument,
  RetrievalReport,
  RetrievedDocument,
  TransactionSummary,
} from "./types.ts";
export { createWebCipher } from "./webCipher.ts";
