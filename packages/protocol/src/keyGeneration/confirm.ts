import { assembleKeyShare, DOMAINS, type KeyPublic, keccakWords, type Point } from "@keyquorum/threshold";
import { type Hash32, hexToBytes, type SessionId } from "@keyquorum/wire";
import { asHash, type ShareMaking } from "../session/confirm.ts";
import type { KeyGenerationView } from "./view.ts";

/** A view in which KeyFinalized is known. */
export type FinalizedView = KeyGenerationView & { readonly jointKey: Point; readonly shift: bigint };
export const isFinalized = (view: KeyGenerationView): view is FinalizedView =>
  view.qual !== 0n && view.jointKey !== undefined && view.shift !== undefined;

/** What READY confirms. PROTOCOL section 3.6. */
export const readyDigestOf = (parts: {
  readonly sid: SessionId;
  readonly jointKey: Point;
  readonly qual: bigint;
  readonly commitmentsHash: Uint8Array;
  readonly verifyingRoot: Uint8Array;
}): Hash32 =>
  asHash(keccakWords(DOMAINS.ready, hexToBytes(parts.sid, 32), parts.jointKey, parts.qual, parts.commitmentsHash, parts.verifyingRoot));

/** A new key's share is the sum of what QUAL dealt, shifted. PROTOCOL section 3.6. */
export const generationOf = ({ sid, keyId, epoch, members, qual: qualBitmap, shift }: FinalizedView): ShareMaking => ({
  assemble: (slot, qual) => assembleKeyShare({ keyId: hexToBytes(keyId, 32), epoch, slot, qual, shift, members }),
  digestOf: (key: KeyPublic) => readyDigestOf({ ...key, sid, qual: qualBitmap }),
});
