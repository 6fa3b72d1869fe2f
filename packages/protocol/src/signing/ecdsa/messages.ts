/**
 * What keepers say to each other while they make an ECDSA signature. PROTOCOL section 11.3. The coordinator asks each of the 2t+1 signers in six rounds and
 * carries what the others signed; both sign with the identity key that the epoch froze for their slot. All public: what is private is padded.
 *
 * A session is one attempt by one set: its id stands where other messages have their attempt. Points are 33 bytes and scalars 32, decoded by nobody yet.
 */
import type { Hash32, KeyId } from "@keyquorum/wire";
import type { SigningKeeper } from "../messages.ts";

/** Follow FROST's 1 to 4. */
export const ECDSA_KINDS = {
  askDeal: 11,
  deal: 12,
  askNonce: 13,
  nonce: 14,
  askProduct: 15,
  product: 16,
  askCheck: 17,
  check: 18,
  askAgreement: 19,
  agreement: 20,
  askShare: 21,
  share: 22,
  askOpening: 23,
  opening: 24,
  complaint: 25,
} as const;

/** Of a presignature made ahead of its request, `requestId` is zero until the check round names one. `signature`: 65 bytes. */
type About = { readonly session: Hash32; readonly requestId: Hash32; readonly epoch: number; readonly signature: Uint8Array };
type Asked = About & { readonly coordinator: SigningKeeper };
type Said = About & { readonly signer: SigningKeeper };

/** Kind 11. `slots`: exactly 2t+1, ascending. `salt`: 32 bytes that the coordinator drew for this session. `asked`: what shows a request that came by HTTP. */
export type EcdsaDealAsk<Shown = unknown> = Asked & {
  readonly keyId: KeyId;
  readonly slots: readonly number[];
  readonly salt: Uint8Array;
  readonly asked?: Shown;
};

/** Kind 12. `fresh`: 32 bytes; a part for each other signer by ascending slot: six padded words (192 bytes) and what binds the dealer to them (32 bytes). */
export type EcdsaDeal = Said & {
  readonly fresh: Uint8Array;
  readonly parts: readonly { readonly slot: number; readonly words: Uint8Array; readonly commit: Uint8Array }[];
};

/** Kind 13: all deals by ascending slot. The later questions likewise carry all messages of the round before. */
export type EcdsaNonceAsk = Asked & { readonly deals: readonly EcdsaDeal[] };

/** Kind 14: R_i, w_i, and the hash of all deals as this signer saw them. */
export type EcdsaNonce = Said & { readonly point: Uint8Array; readonly w: Uint8Array; readonly hash: Uint8Array };

/** Kind 25, in place of 14: the part of `against` does not fit its commitment. One of the two lies. */
export type EcdsaComplaint = Said & { readonly against: number };

/** Kind 15. */
export type EcdsaProductAsk = Asked & { readonly nonces: readonly EcdsaNonce[] };

/** Kind 16: W_i, and the hash of all nonce messages. */
export type EcdsaProduct = Said & { readonly point: Uint8Array; readonly hash: Uint8Array };

/** Kind 17. Of a presignature it is the first question that names a request. */
export type EcdsaCheckAsk = Asked & { readonly products: readonly EcdsaProduct[] };

/** Kind 18: A_i, B_i, E_i, and the hash of all product messages. */
export type EcdsaCheckMessage = Said & {
  readonly a: Uint8Array;
  readonly b: Uint8Array;
  readonly e: Uint8Array;
  readonly hash: Uint8Array;
};

/** Kind 19. */
export type EcdsaAgreementAsk = Asked & { readonly checks: readonly EcdsaCheckMessage[] };

/** What all signers must say alike before any share leaves: 32 bytes each. `hash` is that of all check messages. */
export type EcdsaAgreed = {
  readonly digest: Uint8Array;
  readonly offset: Uint8Array;
  readonly delta: Uint8Array;
  readonly hash: Uint8Array;
};

/** Kind 20. Who has sent it opens nothing in this session. */
export type EcdsaAgreement = Said & EcdsaAgreed;

/** Kind 21. */
export type EcdsaShareAsk = Asked & { readonly agreements: readonly EcdsaAgreement[] };

/** Kind 22: s_i, with what its sender agreed to. */
export type EcdsaShare = Said & EcdsaAgreed & { readonly s: Uint8Array };

/** Kind 23. */
export type EcdsaOpeningAsk = Asked;

/** Kind 24: the six polynomials, 10t+2 words; and the pad keys, 32 bytes for each other signer by ascending slot. Who has sent it agrees to nothing. */
export type EcdsaOpeningMessage = Said & { readonly polynomials: Uint8Array; readonly padKeys: Uint8Array };

export type EcdsaAsk = EcdsaDealAsk | EcdsaNonceAsk | EcdsaProductAsk | EcdsaCheckAsk | EcdsaAgreementAsk | EcdsaShareAsk | EcdsaOpeningAsk;

/**
 * How a signer is asked: itself, or through a transport. What it throws is its refusal (KeyquorumError), or what counts as its silence; SIGNING_ABORTED
 * {round, check} says that a check of what it was shown fails.
 */
export type EcdsaAnswers = {
  readonly deal: (ask: EcdsaDealAsk) => Promise<EcdsaDeal>;
  readonly nonce: (ask: EcdsaNonceAsk) => Promise<EcdsaNonce | EcdsaComplaint>;
  readonly product: (ask: EcdsaProductAsk) => Promise<EcdsaProduct>;
  readonly check: (ask: EcdsaCheckAsk) => Promise<EcdsaCheckMessage>;
  readonly agree: (ask: EcdsaAgreementAsk) => Promise<EcdsaAgreement>;
  readonly share: (ask: EcdsaShareAsk) => Promise<EcdsaShare>;
  /** Who has agreed shows its agreement instead. */
  readonly open: (ask: EcdsaOpeningAsk) => Promise<EcdsaOpeningMessage | EcdsaAgreement>;
};
