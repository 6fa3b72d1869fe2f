/**
 * What keepers say to each other while they make a Schnorr signature. PROTOCOL section 10.2. A coordinator asks, signers answer, and both sign with the
 * identity key that the epoch froze for their slot. All public.
 */
import type { Hash32 } from "@keyquorum/wire";

/** One life of a keeper: 16 bytes of a count that each start raises durably, then 16 random bytes. */
export type BootId = Hash32;

/** A keeper in one of its lives. */
export type SigningKeeper = { readonly slot: number; readonly boot: BootId };

/** What a signature under a message covers; the shell adds tag, chain and contract. The same for FROST and ECDSA. */
export type SigningMessage = {
  /** 1 to 4 here, from 11 on ECDSA's. */
  readonly kind: number;
  readonly requestId: Hash32;
  /** Absent: zero. */
  readonly attempt?: Hash32;
  readonly epoch: number;
  /** Who says it, in which of its lives. */
  readonly slot: number;
  readonly boot: BootId;
  /** 32 bytes: the hash of what is said; 0 where the rest says it all. */
  readonly content: Uint8Array | 0;
};

export const FROST_KINDS = { askNonce: 1, nonce: 2, askShare: 3, share: 4 } as const;

type Signed = { readonly requestId: Hash32; readonly epoch: number /** 65 bytes. */; readonly signature: Uint8Array };

/** Kind 1. `to`: the signer that is asked. `askId`: the same question, sent again, has the same one. `asked`: what shows a request that came by HTTP. */
export type NonceAsk<Asked = unknown> = Signed & {
  readonly coordinator: SigningKeeper;
  readonly to: number;
  readonly askId: Hash32;
  readonly asked?: Asked;
};

/** Kind 2: a signer's commitment, for one coordinator in one life. `d`, `e`: D and E as 33 bytes; nobody decoded them yet. */
export type NonceMessage = Signed & {
  readonly signer: SigningKeeper;
  readonly coordinator: SigningKeeper;
  readonly d: Uint8Array;
  readonly e: Uint8Array;
};

/** Kind 3: t+1 commitments by ascending slot. */
export type ShareAsk = Signed & { readonly attempt: Hash32; readonly coordinator: SigningKeeper; readonly nonces: readonly NonceMessage[] };

/** Kind 4: `z`, 32 bytes, under the commitment that `nonceId` names; and the signer's next commitment. */
export type ShareMessage = Signed & {
  readonly attempt: Hash32;
  readonly signer: SigningKeeper;
  readonly nonceId: Hash32;
  readonly z: Uint8Array;
  readonly next?: NonceMessage;
};

/** How a signer is asked: itself, or through a transport. */
export type FrostAnswers = {
  /** Throws KeyquorumError: the signer's refusal, or what counts as its silence. */
  readonly nonce: (ask: NonceAsk) => Promise<NonceMessage>;
  readonly share: (ask: ShareAsk) => Promise<ShareMessage>;
};
