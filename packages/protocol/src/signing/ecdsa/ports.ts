/** What an ECDSA signer and coordinator need of their keeper, beside what FROST's need. */
import type { HedgedRandom, NonceUse, PairKeys, SecretScalar } from "@keyquorum/threshold";
import type { Hash32, KeyId } from "@keyquorum/wire";
import type { BootId } from "../messages.ts";
import type { SigningClock, SigningContext, SigningRequest } from "../ports.ts";
import type { SigningDomain } from "./statements.ts";

/** `blockHash`: 32 bytes of the block in which the request was made; zeros where it came by HTTP. */
export type EcdsaRequest = SigningRequest & { readonly blockHash: Uint8Array };

/** A share that may have left: written down before it does, once for each session. Nothing of it is secret. */
export type EcdsaRelease = {
  readonly session: Hash32;
  readonly requestId: Hash32;
  readonly digest: Uint8Array;
  /** s_i, 32 bytes. */
  readonly share: Uint8Array;
};

export type EcdsaSignerPorts = {
  readonly boot: BootId;
  readonly clock: SigningClock;
  readonly domain: SigningDomain;
  /** Throws where this keeper is no member of that epoch, or does not sign in it. */
  readonly contextOf: (epoch: number) => Promise<SigningContext>;
  /** Notes the newest life of a slot, durably. Throws OLDER_BOOT for an older one. */
  readonly admitBoot: (epoch: number, slot: number, boot: BootId) => Promise<void>;
  /** Finds the request, on the chain or in `asked`, and what its key is in that epoch. Throws where there is none. */
  readonly requestOf: (ask: { readonly requestId: Hash32; readonly epoch: number; readonly asked?: unknown }) => Promise<EcdsaRequest>;
  /** This keeper's with the members of an epoch: made once, and kept by the caller until the epoch ends. */
  readonly pairKeysOf: (epoch: number) => Promise<PairKeys>;
  /** Durable before it resolves. Throws SIGNING_CONFLICT where the session has a marker already. */
  readonly store: (release: EcdsaRelease) => Promise<void>;
  /** x_i of the request's key and epoch. The caller erases it. */
  readonly shareOf: (request: EcdsaRequest) => Promise<SecretScalar>;
  /** `session` names the session; the purpose is "ecdsa-deal". */
  readonly randomOf: (use: Omit<NonceUse, "purpose">) => HedgedRandom;
  /** Presignatures ahead of need: none where it is absent. `most`: live ones of each key and coordinator. Throws where the key makes no such signatures. */
  readonly pool?: {
    readonly most: number;
    readonly keyOf: (key: { readonly keyId: KeyId; readonly epoch: number }) => Promise<{ readonly threshold: number }>;
  };
};
