/**
 * What keepers say to each other while they make a Schnorr signature, as wire has it. PROTOCOL section 10.2. A coordinator asks, signers answer, and both
 * sign with the identity key that the epoch froze for their slot. All public.
 */
import type { NonceAsk, NonceMessage, ShareAsk, ShareMessage } from "@keyquorum/wire";

export type { BootId, NonceAsk, NonceMessage, ShareAsk, ShareMessage, SigningKeeper, SigningMessage } from "@keyquorum/wire";

/** How a signer is asked: itself, or through a transport. */
export type FrostAnswers = {
  /** Throws KeyquorumError: the signer's refusal, or what counts as its silence. */
  readonly nonce: (ask: NonceAsk) => Promise<NonceMessage>;
  readonly share: (ask: ShareAsk) => Promise<ShareMessage>;
};
