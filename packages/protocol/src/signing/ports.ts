/** What the pure machines of signing need of their keeper. FROST and ECDSA share it. */
import type { HedgedRandom, NonceUse, Point, SecretScalar } from "@keyquorum/threshold";
import type { Hash32, KeyId, SignedHttpSigningRequest } from "@keyquorum/wire";
import type { BootId, SigningMessage } from "./messages.ts";

/** This keeper's place in an epoch. */
export type SigningContext = {
  readonly epoch: number;
  /** This keeper's. */
  readonly slot: number;
  /** Slots that may sign and coordinate, ascending: of the epoch, and not removed at the final block or the head (D56). */
  readonly members: readonly number[];
  /** By this keeper's identity key of the epoch: 65 bytes. */
  readonly sign: (message: SigningMessage) => Uint8Array;
  /** Whether the identity key that the epoch froze for `message.slot` signed it. False for a slot that is none. */
  readonly isSignedBy: (message: SigningMessage, signature: Uint8Array) => boolean;
};

/** What is to be signed, as this keeper sees it: the digest is computed by itself from the statement, never taken from another one. Public. */
export type SigningRequest = {
  readonly requestId: Hash32;
  readonly keyId: KeyId;
  readonly epoch: number;
  /** 32 bytes. */
  readonly digest: Uint8Array;
  /** e, and S' = S + eG. */
  readonly offset: bigint;
  readonly publicKey: Point;
  /** t of the key in this epoch. */
  readonly threshold: number;
  /** S_i by slot, authentic. */
  readonly verifyingShares: ReadonlyMap<number, Point>;
};

/**
 * Whether this keeper signs that now, by its own rules and its own view of the chain, looked at anew. Throws the refusal. It is an argument of its own of
 * every signer, so that nobody builds one without.
 */
export type Authorise = (request: SigningRequest) => Promise<void>;

/** Milliseconds. `monotonic` never goes back, and may stand still while the machine does; `wall` is the time of day. */
export type SigningClock = { readonly monotonic: () => number; readonly wall: () => number };

/** A share that may have left: written down before it does, once for each nonce. Nothing of it is secret. */
export type SigningShareMarker = {
  readonly nonceId: Hash32;
  readonly requestId: Hash32;
  readonly attempt: Hash32;
  /** B. */
  readonly packageHash: Hash32;
  /** z, 32 bytes. */
  readonly share: Uint8Array;
};

export type SignerPorts = {
  readonly boot: BootId;
  readonly clock: SigningClock;
  /** Throws where this keeper is no member of that epoch, or does not sign in it. */
  readonly contextOf: (epoch: number) => Promise<SigningContext>;
  /** Notes the newest life of a slot, durably. Throws OLDER_BOOT for an older one. */
  readonly admitBoot: (epoch: number, slot: number, boot: BootId) => Promise<void>;
  /** Finds the request, on the chain or in `asked`, and what its key is in that epoch. Throws where there is none. */
  readonly requestOf: (ask: {
    readonly requestId: Hash32;
    readonly epoch: number;
    readonly asked?: SignedHttpSigningRequest;
  }) => Promise<SigningRequest>;
  /** Durable before it resolves. Throws SIGNING_CONFLICT where the nonce has a marker already. */
  readonly store: (marker: SigningShareMarker) => Promise<void>;
  /** s_i of the request's key and epoch. The caller erases it. */
  readonly shareOf: (request: SigningRequest) => Promise<SecretScalar>;
  readonly randomOf: (use: Omit<NonceUse, "purpose">) => HedgedRandom;
};
