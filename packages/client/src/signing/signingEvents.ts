import type { Hash32 } from "@keyquorum/wire";
import type { TransactionSummary } from "../types.ts";

/** What happens while a key is asked to sign. */
export type SigningEvent =
  | { readonly kind: "signing"; readonly requester: string; readonly requestId: Hash32 }
  | { readonly kind: "asking"; readonly slot: number; readonly name: string }
  | { readonly kind: "failed"; readonly slot: number; readonly name: string; readonly code: string; readonly reason: string }
  | { readonly kind: "requested"; readonly requestId: Hash32; readonly deadline: bigint; readonly transaction: TransactionSummary }
  | { readonly kind: "signed"; readonly requestId: Hash32 };

export type SigningListener = (event: SigningEvent) => void;
