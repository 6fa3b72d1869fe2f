/** What keepers ask each other about document keys, as the state of one question. Who signed, and whether it is right, is the receiver's to check. */
import type { MaskedContribution } from "@keyquorum/protocol";
import type { Point } from "@keyquorum/threshold";
import type { Address } from "@keyquorum/wire";
import type { DocumentKeyPair } from "../records/serverKeyRecord.ts";
import type { SlotSignature } from "../records/slotSignature.ts";

/** Which server key, of which epoch, and which member asks. The signature is by its identity key of that epoch: 65 bytes. */
type Ask = { readonly serverKeyId: Uint8Array; readonly epoch: number; readonly slot: number; readonly signature: Uint8Array };

/**
 * To hold a pair. `authorSignature`: the author's over the bare id, 65 bytes, or its wallet's proof of this pair (`encodeWalletProof`); empty where a certificate is shown, which says that enough members saw it.
 * Answer: the member's confirmation.
 */
export type StoreAsk = Ask & {
  readonly pair: DocumentKeyPair;
  readonly authorSignature: Uint8Array;
  readonly certificate: readonly SlotSignature[];
};

/** Which pair the member holds. `nonce`: 32 fresh bytes. */
export type FindAsk = Ask & { readonly nonce: Uint8Array };

/** `held`: the pair, the member's confirmation of it, and a certificate where it has one. */
export type Found = SlotSignature & {
  readonly held?: { readonly pair: DocumentKeyPair; readonly confirmation: Uint8Array; readonly certificate: readonly SlotSignature[] };
};

/** Who asked a service contract: it wants the shadows on chain, encrypted to the requester's own key. */
export type RequestReader = { readonly contract: Address; readonly requesterKey: Point };

/** Whom a wallet's reading is for, as the wallet signed it. `readerKey`: of this one reading; its secret stays with the reader. */
export type WalletReader = { readonly account: Address; readonly readerKey: Point; readonly deadline: bigint };

/**
 * For the member's part of one reading. `readerSignature`: the reader's over the bare id, 65 bytes; with `wallet`, that wallet's over its reading; with
 * `request`, which each holder has read on the chain itself, empty.
 * `nonce`: 32 fresh bytes.
 */
export type ContributeAsk = Ask & {
  /** t+1 slots, ascending. */
  readonly holders: readonly number[];
  readonly pair: DocumentKeyPair;
  readonly certificate: readonly SlotSignature[];
  readonly readerSignature: Uint8Array;
  readonly wallet?: WalletReader;
  readonly request?: RequestReader;
  readonly nonce: Uint8Array;
};

/** `shadow`: the mask with the sign of the formats, encrypted to the reader. 145 bytes. */
export type HeldContribution = MaskedContribution & SlotSignature & { readonly shadow: Uint8Array };
