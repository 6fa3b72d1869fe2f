/** What a keeper has to do next in a session of key generation. */
import type { Point } from "@keyquorum/threshold";
import type { SessionId } from "@keyquorum/wire";
import type { SessionEffect } from "../session/effects.ts";

export type Deal = { readonly kind: "deal"; readonly id: string; readonly sid: SessionId; readonly dealing: Uint8Array };
export type Finalize = {
  readonly kind: "finalize";
  readonly id: string;
  readonly sid: SessionId;
  readonly qual: bigint;
  /** C_0 and rest hash of every dealer in QUAL, by ascending slot. */
  readonly constants: readonly Point[];
  readonly restHashes: readonly Uint8Array[];
  readonly jointKey: Point;
};

export type KeyGenerationEffect = SessionEffect | Deal | Finalize;
