/** Where each signer is, as its coordinator sees it. */
import type { Hash32 } from "@keyquorum/wire";
import type { NonceMessage } from "../messages.ts";
import type { Session } from "./session.ts";

/** Milliseconds: an older nonce is asked for anew before a session is opened, as its signer erases it at 10 s. */
export const FRESH_MILLISECONDS = 8_000;

/** An idle signer's commitment. `askedAt`: when it was asked for, which is before it was drawn. */
export type Offer = { readonly nonce: NonceMessage; readonly nonceId: Hash32; readonly askedAt: number };

export type Seat =
  | { readonly kind: "asked" }
  | ({ readonly kind: "idle" } & Offer)
  | { readonly kind: "signing"; readonly session: Session }
  /** Not asked any more for this request. `reason` is a code. */
  | { readonly kind: "out"; readonly reason: string };
