import type { Cid } from "@keyquorum/blobs";
import type {
  Address,
  DocumentCardBody,
  DocumentHeader,
  DocumentId,
  DocumentMetadata,
  Hash32,
  KeyId,
  RequestId,
  SignedReceipt,
} from "@keyquorum/wire";
import type { FaultEvidence, PostedEvidence } from "./evidence/evidence.ts";
import type { RetrievalRecord } from "./evidence/record.ts";

/**
 * What a document is made of: bytes, text, a JSON value, or a file as a stream of bytes. Every byte comes back, or it is refused: text with half a
 * character, what JSON cannot keep, and pieces that are no Uint8Array (a Buffer is one) are INVALID_VALUE.
 */
export type DocumentContent =
  | string
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | { readonly json: unknown }
  | {
      readonly file: Uint8Array | Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;
      readonly name?: string;
      readonly mediaType?: string;
      /** Bytes of the file, where they are known before it is read. */
      readonly size?: number;
    };

/** An encrypted document that is nowhere yet: `publish` stores it, or anyone may carry its bytes. */
export type EncryptedDocument = {
  readonly document: DocumentId;
  readonly keyId: KeyId;
  readonly owner: Address;
  readonly salt: Hash32;
  readonly initialPermissions: Address;
  readonly header: DocumentHeader;
  readonly headerHash: Hash32;
  /** Undefined when the document was loaded (`loadEncrypted`) and its metadata is not public. */
  readonly metadata?: DocumentMetadata;
  /** Whether everybody may read the metadata. */
  readonly isMetadataPublic: boolean;
  /** The key's public point, compressed: 33 bytes. */
  readonly publicKey: Uint8Array;
  /** The ciphertext, made while it is read. It can be read once: throws `INVALID_VALUE` the second time. */
  readonly envelope: AsyncIterable<Uint8Array>;
  /** Bytes of the ciphertext, where they are known before it is read. */
  readonly envelopeBytes?: number;
  /** Where the ciphertext is stored, when it was loaded from a store. */
  readonly cid?: Cid;
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

/**
 * Where a document comes from: its id (published), its ciphertext's CID, the card of a document that is not published (`signAuthorship`), or the
 * ciphertext itself: parts of a Blob (a File) or of bytes are read where they lie; a function is read from the start.
 */
export type DocumentSource =
  | string
  | { readonly document: string; readonly version?: number }
  | { readonly cid: string }
  | { readonly card: DocumentCardBody | unknown }
  | { readonly envelope: (() => AsyncIterable<Uint8Array>) | Blob | Uint8Array };

/** Whether what was found is the owner's statement: published by it, or signed. Anybody else could have made an `unverified` one. PROTOCOL section 4.8. */
export type Author = "verified" | "unverified";

/** A part of a content: `length` bytes from `offset` on. Default: from the start, and all that follows. */
export type ContentRange = { readonly offset?: number; readonly length?: number };

/** A decrypted part, verified chunk by chunk while it is read. Secret. It can be read once. */
export type ContentPart = AsyncIterable<Uint8Array> & {
  /** Reads all of the part. Throws `CONTENT_TOO_LARGE` above `maxBytes` (default 256 MiB). */
  bytes(maxBytes?: number): Promise<Uint8Array>;
};

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

/** A document that was found and decrypted. */
export type OpenedDocument = DecryptedDocument & {
  /** Whose it is: `header.owner` is the author only when this says `verified`. */
  readonly author: Author;
  /**
   * A part of the content, by itself and as often as wanted: only the blocks and chunks that hold it are fetched.
   * Throws, when it is read, INVALID_RANGE, INVALID_ENVELOPE, WRONG_CONTENT_SECRET and what reading the ciphertext throws.
   */
  range(range?: ContentRange & { readonly signal?: AbortSignal }): ContentPart;
};

/** The newest final block and the newest head that a keeper decided at, by its own word. */
export type KeeperBlocks = { readonly finalBlock?: Hash32; readonly headBlock?: Hash32 };

/** Why a keeper's answer is missing. `code` is the keeper's own code, or one of the client's. */
export type KeeperFailure = KeeperBlocks & {
  readonly slot: number;
  readonly name: string;
  readonly code: string;
  readonly reason: string;
  /** Of UNAVAILABLE: why the keeper could not ask the chain, in its word (`STALE_HEAD`, `DISAGREEMENT`, `TIMEOUT`, ...). */
  readonly chain?: string;
  /** Where the keeper can be convicted of it: `proveFault` and `challenge` take this to the chain. */
  readonly evidence?: FaultEvidence;
};

/** One keeper's signed statement of what it answered: PROTOCOL section 5.4. */
export type KeeperReceipt = SignedReceipt & { readonly slot: number; readonly name: string };

/**
 * A wrong answer to an optimistic request that this reader can prove, by `challenge(evidence)`. It costs the sender gas, and nobody is paid for it; the
 * liar's fee goes to the next answer that stands, or back to the requester. Keepers whose fee it is challenge by themselves.
 */
export type ChallengeOffer = {
  readonly slot: number;
  readonly name: string;
  readonly evidence: PostedEvidence;
  /** An estimate, with what it is in wei at the gas price of then; missing where the chain could not be asked. */
  readonly gas?: bigint;
  readonly wei?: bigint;
  /** Block time in seconds until which the contract takes it. */
  readonly until?: bigint;
};

/** How a retrieval went: whose answers were used and which keepers failed, and why. */
export type RetrievalReport = {
  readonly requestId: RequestId;
  readonly epoch: number;
  readonly quorum: number;
  readonly used: readonly number[];
  readonly failed: readonly KeeperFailure[];
  /** Of an optimistic request: the rejected answers that can be challenged. */
  readonly challenges?: readonly ChallengeOffer[];
  /** By HTTP: what the keepers signed. On chain the accepted answers are the receipts. */
  readonly receipts: readonly KeeperReceipt[];
  /** What was asked and answered, for `exportReceipts`. Public. */
  readonly record: RetrievalRecord;
};

/** A document that keepers opened for this reader. */
export type RetrievedDocument = OpenedDocument & {
  readonly report: RetrievalReport;
  /** 32 bytes, secret: opens this version's ciphertext again without asking (`decryptDocument`). */
  readonly contentSecret: Uint8Array;
};
