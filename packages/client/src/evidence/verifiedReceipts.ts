import type { Address, DocumentId, Hash32, KeyId, RequestId } from "@keyquorum/wire";

/** A block that a keeper or the chain names. `number` and `time` (seconds) where the chain was asked and still has it. */
export type NamedBlock = { readonly hash: Hash32; readonly number?: number; readonly time?: number };

/**
 * How far the receipts can be trusted:
 * - `file`: all of it fits together, and nothing says that the committee (or, of receipts on chain, the chain) is the real one
 * - `pinned`: the committee is the one whose root the verifier brought along, so its keepers signed
 * - `chain`: the verifier's own node has this committee, key, version and these blocks
 */
export type ReceiptTrust = "file" | "pinned" | "chain";

/** What receipts prove. All public. */
export type VerifiedReceipts = {
  readonly kind: "http" | "chain";
  readonly trust: ReceiptTrust;
  readonly chainId: bigint;
  readonly requestId: RequestId;
  readonly requester: Address;
  /**
   * Who is known to have signed the request: the requester's account, a session's key with the account's leave, nobody (a contract account, whose
   * signature the keepers checked and only a chain can check), or whoever sent the transaction.
   */
  readonly askedBy: "account" | "session" | "contract account" | "transaction";
  readonly document: DocumentId;
  readonly owner: Address;
  readonly headerHash: Hash32;
  /** As the exporter says; the chain was asked where `trust` is `chain`. */
  readonly documentVersion: number | undefined;
  readonly keyId: KeyId;
  readonly epoch: number;
  readonly quorum: number;
  /** The root of the committee in the file, to be compared with one that is known; undefined for receipts on chain. */
  readonly committeeRoot: Hash32 | undefined;
  /** Of receipts on chain: where the request is, which is where it was permitted. */
  readonly request: (NamedBlock & { readonly transaction: Hash32 }) | undefined;
  readonly keepers: readonly VerifiedReceipt[];
  /** Receipts that hold and count for nothing, because their identity key was revoked as stolen. Empty unless `trust` is `chain`: only a chain can tell. */
  readonly discounted: readonly DiscountedReceipt[];
};

/** A receipt that a thief may have signed. `revokedAt`: seconds of block time. */
export type DiscountedReceipt = VerifiedReceipt & { readonly code: "IDENTITY_REVOKED"; readonly revokedAt: number };

/** One keeper's receipt. */
export type VerifiedReceipt = {
  readonly slot: number;
  readonly answerHash: Hash32;
} & (
  | {
      readonly operator: Address;
      readonly identity: Address;
      /** At both blocks the keeper found the request permitted, by its word. */
      readonly finalizedBlock: NamedBlock;
      readonly headBlock: NamedBlock;
    }
  | { readonly answer: NamedBlock & { readonly transaction: Hash32 } }
);
