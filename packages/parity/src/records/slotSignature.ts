import { bytesToHex, hexToBytes } from "@keyquorum/wire";

/** What a member signed: 65 bytes by the identity key that the epoch froze for it. Public. */
export type SlotSignature = { readonly slot: number; readonly signature: Uint8Array };

export type SlotSignatureText = { readonly slot: number; readonly signature: string };

export const encodeSlotSignature = ({ slot, signature }: SlotSignature): SlotSignatureText => ({ slot, signature: bytesToHex(signature) });

/** Throws KeyquorumError INVALID_VALUE. */
export const parseSlotSignature = ({ slot, signature }: SlotSignatureText): SlotSignature => ({
  slot,
  signature: hexToBytes(signature, 65),
});
