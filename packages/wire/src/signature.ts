import { addressOfPoint, backend, CURVE_ORDER, type Point, SecretScalar, ThresholdError } from "@keyquorum/threshold";
import { bytesToHex, hexToBytes } from "./hex.ts";
import type { Address, Hash32 } from "./ids.ts";

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

/** The account of a public key. Throws ThresholdError INVALID_POINT for infinity. */
export const accountOf = (publicKey: Point): Address => bytesToHex(addressOfPoint(publicKey)) as Address; // 20 bytes in lower-case hex

/** The account of a secret key: 32 bytes, secret, which stay the caller's. Throws ThresholdError INVALID_SCALAR for 0 and what is not below the curve's order. */
export const accountOfSecret = (secret: Uint8Array): Address => {
  const scalar = SecretScalar.fromBytes(secret);
  try {
    const publicKey = backend.mulG(scalar.reveal());
    if (publicKey.is0()) throw new ThresholdError("INVALID_SCALAR", "The secret key is 0.");
    return accountOf(publicKey);
  } finally {
    scalar.erase();
  }
};

/** Who signed, by recovery from a canonical signature; undefined when the bytes are no such signature, or nobody signed. */
export const recoverSigner = (digest: Hash32, signature: Uint8Array): Address | undefined => {
  if (!isCanonicalSignature(signature)) return undefined;
  const publicKey = backend.recover(hexToBytes(digest, 32), signature);
  return publicKey === undefined ? undefined : accountOf(publicKey);
};

/** A canonical signature over a digest by a secret key of 32 bytes, which stay the caller's. RFC 6979: one digest, one signature. */
export const signDigest = (digest: Hash32, secret: Uint8Array): Uint8Array => backend.sign(hexToBytes(digest, 32), secret);
