import { backend, isValidPoint, type Point, type SecretScalar } from "@keyquorum/threshold";
import { type Address, accountOf } from "@keyquorum/wire";

/** r, s and v, which is 0 or 1. */
export const RAW_SIGNATURE_BYTES = 65;

const FIRST_V = 27;

/** Who asks: recovered from the signature. */
export type Requester = { readonly publicKey: Point; readonly address: Address };

/**
 * Signs the 32 bytes of a server key's id as they are: no prefix, no hash, nothing else in it. What it permits, it permits for ever and to everybody who
 * sees it. RFC 6979, low s, v 0 or 1.
 */
export const signRaw = (hash: Uint8Array, secret: SecretScalar): Uint8Array => {
  const bytes = secret.toBytes();
  try {
    const signature = Uint8Array.from(backend.sign(hash, bytes));
    signature[64] = (signature[64] ?? 0) - FIRST_V;
    return signature;
  } finally {
    bytes.fill(0);
  }
};

/** Who signed these 32 bytes. `v` may be 27 or 28, as wallets write it. Undefined: nobody did, or a key whose x is not below the curve's order (D10). */
export const recoverRequester = (hash: Uint8Array, signature: Uint8Array): Requester | undefined => {
  const v = signature[64];
  if (signature.length !== RAW_SIGNATURE_BYTES || v === undefined) return undefined;
  const canonical = Uint8Array.from(signature);
  if (v === 0 || v === 1) canonical[64] = v + FIRST_V;
  const publicKey = backend.recover(hash, canonical);
  if (publicKey === undefined || !isValidPoint(publicKey)) return undefined;
  return { publicKey, address: accountOf(publicKey) };
};
