import { type Address, bytesToHex, type Hash32, parseAddress } from "@keyquorum/wire";
import { recoverAddress } from "ethers";

/** The account whose 65-byte signature over a digest this is; undefined when it is nobody's. */
export const recoverSigner = (digest: Hash32, signature: Uint8Array): Address | undefined => {
  if (signature.length !== 65) return undefined;
  try {
    return parseAddress(recoverAddress(digest, bytesToHex(signature)));
  } catch {
    return undefined; // its r is not a point's
  }
};
