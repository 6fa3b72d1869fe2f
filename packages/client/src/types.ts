import type { Cid } from "@keyquorum/blobs";
import type { Address, DocumentHeader, DocumentId, DocumentMetadata, Hash32, KeyId, RequestId, SignedReceipt } from "@keyquorum/wire";
import type { FaultEvidence } from "./faults/evidence.ts";
import type { RetrievalRecord } from "./receipts/record.ts";

/** What a document is made of: bytes, text, a JSON value, or a file as a stream of bytes. */
export type DocumentContent =
  | string
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | { readonly json: unknown }
  | { readonly file: AsyncIterable<Uint8Array> | Uint8Array; readonly name?: string; readonly mediaType?: string };

/** An encrypted document that is nowhere yet: `publish` stores it, or anyone may carry its bytes. */
export type EncryptedDocument = {
  readonly document: DocumentId;
  readonly keyId: KeyId;
  readonly owner: Address;
  readonly salt: Hash32;
  readonly initialPermissions: Address;
  readonly header: DocumentHeader;
  readonly headerHash: Hash32;
  readonly metadata: DocumentMetadata;
  /** The key's public point, compressed: 33 bytes. */
  readonly publicKey: Uint8Array;
  /** The ciphertext, made while it is read. It can be read once: throws `INVALID_VALUE` the second time. */
  readonly envelope: AsyncIterable<Uint8Array>;
};

/** A published version of a document. */
export type PublishedDocument = {
  readonly document: DocumentId;
  readonly owner: Address;
  readonly keyId: KeyId;
  readonly headerHash: Hash32;
  readonly version: number;
  readonly cid: Cid;
  readonly transaction: TransactionSummary;
};

/** A mined transaction. */
export type TransactionSummary = { readonly hash: Hash32; readonly blockNumber: number; readonly gasUsed: bigint };

/** Where a document comes from: its id (published), its ciphertext's CID, or the ciphertext itself. */
export type DocumentSource =
  | DocumentId
  | { readonly document: DocumentId; readonly version?: number }
  | { readonly cid: string }
  | { readonly envelope: () => AsyncIterable<Uint8Array> };

/** A decrypted document. Everything in it is secret. */
export type DecryptedDocument = {
  readonly document: DocumentId;
  readonly header: DocumentHeader;
  readonly metadata: DocumentMetadata;
  /** The plaintext, verified chunk by chunk while it is read; only its end proves that it is complete. It can be read once. */
  readonly content: AsyncIterable<Uint8Array>;
  /** Reads all of the content. Throws `CONTENT_TOO_LARGE` above `maxBytes` (default 256 MiB). */
  bytes(maxBytes?: number): Promise<Uint8Array>;
  /** Reads all of the content as UTF-8. */
  text(maxBytes?: number): Promise<string>;
  /** Reads all of the content as JSON. */
  json(maxBytes?: number): Promise<unknown>;
};

/** The newest final block and the newest head that a keeper decided at, by its own word. */
export type KeeperBlocks = { readonly finalBlock?: Hash32; readonly headBlock?: Hash32 };

/** Why a keeper's answer is missing. `code` is the keeper's own code, or one of the client's. */
export type KeeperFailure = KeeperBlocks & {
  readonly slot: number;
  readonly name: string;
  readonly code: string;
  readonly reason: string;
  /** Where the keeper can be convicted of it: `proveFault` and `challenge` take this to the chain. */
  readonly evidence?: FaultEvidence;
};

/** One keeper's signed statement of what it answered: PROTOCOL section 5.4. */
export type KeeperReceipt = SignedReceipt & { readonly slot: number; readonly name: string };

/** How a retrieval went: whose answers were used and which keepers failed, and why. */
export type RetrievalReport = {
  readonly requestId: RequestId;
  readonly epoch: number;
  readonly quorum: number;
  readonly used: readonly number[];
  readonly failed: readonly KeeperFailure[];
  /** By HTTP: what the keepers signed. On chain the accepted answers are the receipts. */
  readonly receipts: readonly KeeperReceipt[];
  /** What was asked and answered, for `exportReceipts`. Public. */
  readonly record: RetrievalRecord;
};

/** A document that keepers opened for this reader. */
export type RetrievedDocument = DecryptedDocument & {
  readonly report: RetrievalReport;
  /** 32 bytes, secret: opens this version's ciphertext again without asking (`decryptDocument`). */
  readonly contentSecret: Uint8Array;
};
