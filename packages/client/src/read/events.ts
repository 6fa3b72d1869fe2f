import type { Address, DocumentId, RequestId } from "@keyquorum/wire";
import type { KeeperFailure, TransactionSummary } from "../types.ts";

/**
 * Events of one retrieval, by HTTP or on chain. Public.
 *
 * - `signing`: the requester's wallet, or a session's key, is asked for a signature
 * - `requested`: the request is on chain and paid for; emitted again if a reorganisation gives it another id
 * - `reshared`: the key has moved to a later epoch; its keepers are asked, and the answers of the former epoch are dropped
 * - `asking`, `answered`, `retrying`, `rejected`: about one keeper; `rejected` is its last event
 * - `combined`: q answers were combined to the content secret
 * - `decrypting`: the ciphertext is being decrypted
 */
export type RetrievalEvent =
  | { readonly kind: "signing"; readonly requester: Address; readonly by: "wallet" | "session" }
  | {
      readonly kind: "requested";
      readonly requestId: RequestId;
      /** Seconds of block time. */
      readonly deadline: bigint;
      /** Wei that were sent with it. */
      readonly fee: bigint;
      readonly transaction: TransactionSummary;
    }
  | { readonly kind: "reshared"; readonly epoch: number; readonly previousEpoch: number }
  | { readonly kind: "asking"; readonly slot: number; readonly name: string; readonly attempt: number }
  | { readonly kind: "answered"; readonly slot: number; readonly name: string; readonly have: number; readonly need: number }
  | ({ readonly kind: "retrying"; readonly afterMs: number } & KeeperFailure)
  | ({ readonly kind: "rejected" } & KeeperFailure)
  | { readonly kind: "combined"; readonly requestId: RequestId; readonly used: readonly number[] }
  | { readonly kind: "decrypting"; readonly document: DocumentId };

/** Told of each event as it happens. What it throws ends the retrieval. */
export type RetrievalListener = (event: RetrievalEvent) => void;
