import { CURVE_ORDER } from "@keyquorum/threshold";
import { bytesToHex } from "./hex.ts";

/**
 * Longest signature, in bytes: room for contract accounts (ERC-1271, ERC-6492), such as one of 64 owners, each with 65 bytes, and for what wraps them. An
 * account's own has 65 bytes. A contract account may take an empty one, for what it approved on chain.
 */
export const MAX_SIGNATURE_BYTES = 5_120;

/** 65 bytes r, s, v with 0 < r < n, 0 < s <= n/2 and v 27 or 28: the one form in which version 1 accepts an account's own signature. */
export const isCanonicalSignature = (signature: Uint8Array): boolean => {
  if (signature.length !== 65) return false;
  const r = BigInt(bytesToHex(signature.subarray(0, 32)));
  const s = BigInt(bytesToHex(signature.subarray(32, 64)));
  const v = signature[64];
  return r > 0n && r < CURVE_ORDER && s > 0n && s <= CURVE_ORDER / 2n && (v === 27 || v === 28);
};
