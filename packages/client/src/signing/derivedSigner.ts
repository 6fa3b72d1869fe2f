import {
  derivationOffset,
  derivedKey,
  type Point,
  parseSchnorrSignature,
  ThresholdError,
  verifySchnorrSignature,
} from "@keyquorum/threshold";
import {
  type Address,
  accountOf,
  type Hash32,
  hexToBytes,
  KeyquorumError,
  recoverSigner,
  type SigningRequestsDomain,
} from "@keyquorum/wire";
import type { Client } from "../bareClient.ts";
import type { KeyInfo } from "../keys/keys.ts";

/** Who signs: a key, or one of the keys that are derived from it. */
export type DerivedSigner = { readonly key: KeyInfo; readonly derivation: Hash32; readonly publicKey: Point; readonly address: Address };

/** Where signing requests of this deployment go. Throws DEPLOYMENT_MISSING where it has no contract for them. */
export const signingDomainOf = ({ deployment }: Pick<Client, "deployment">): SigningRequestsDomain => {
  const address = deployment.contracts.signingRequests;
  if (address === undefined)
    throw new KeyquorumError("DEPLOYMENT_MISSING", "This deployment was made before keys could sign: it has no SigningRequests.");
  return { chainId: deployment.chainId, signingRequests: address as Address }; // a deployment's addresses are lower case
};

/** S' and its address. Throws INVALID_VALUE for a key that signs nothing, or a derivation that gives no key. */
export const derivedSignerOf = (domain: SigningRequestsDomain, key: KeyInfo, derivation: Hash32): DerivedSigner => {
  if (key.purpose !== "Schnorr" && key.purpose !== "Ecdsa")
    throw new KeyquorumError("INVALID_VALUE", `A key of purpose ${key.purpose} signs nothing; request one of purpose Schnorr or Ecdsa.`, {
      details: { keyId: key.keyId },
    });
  try {
    const offset = derivationOffset({
      ...{ chainId: domain.chainId, signingRequests: hexToBytes(domain.signingRequests, 20), publicKey: key.publicKey },
      ...{ keyId: hexToBytes(key.keyId, 32), derivation: hexToBytes(derivation, 32) },
    });
    const publicKey = derivedKey(key.publicKey, offset);
    return { key, derivation, publicKey, address: accountOf(publicKey) };
  } catch (cause) {
    if (!(cause instanceof ThresholdError)) throw cause;
    throw new KeyquorumError("INVALID_VALUE", "This derivation gives no key; choose another.", { details: { what: "derivation" }, cause });
  }
};

/** Whether these bytes are the signer's signature over a digest: 64 bytes (c, z) of a Schnorr key, 65 bytes (r, s, v) of an ECDSA key. */
export const isSignatureOf = ({ key, publicKey, address }: DerivedSigner, digest: Hash32, signature: Uint8Array): boolean => {
  if (key.purpose === "Ecdsa") return recoverSigner(digest, signature) === address;
  try {
    return verifySchnorrSignature(publicKey, hexToBytes(digest, 32), parseSchnorrSignature(signature));
  } catch (error) {
    if (error instanceof ThresholdError) return false;
    throw error;
  }
};
