import { createECDH } from "node:crypto";

/** The public key of a secret of secp256k1, by OpenSSL: 33 bytes; empty for what is no private key (0, or not below the order). */
export const publicKeyOf = (secret: Uint8Array): Uint8Array => {
  const ecdh = createECDH("secp256k1");
  try {
    ecdh.setPrivateKey(secret);
    return Uint8Array.from(ecdh.getPublicKey(null, "compressed"));
  } catch {
    return new Uint8Array(0);
  }
};
