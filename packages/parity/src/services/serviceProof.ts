import { type Address, bytesToHex, extensionTag, hexToBytes, parseAddress } from "@keyquorum/wire";
import { concatBytes } from "@noble/hashes/utils.js";

const TAG = extensionTag("parity/service");
const PROOF_BYTES = 52;

/**
 * What shows members that an author asked by a service contract, as it stands where Parity's clients have 65 bytes over the bare id: which contract. Each
 * member looks at the chain itself. Tag and address: 52 bytes, so neither a raw signature nor a wallet's proof.
 */
export const encodeServiceProof = (contract: Address): Uint8Array => concatBytes(TAG, hexToBytes(contract, 20));

/** The contract. Undefined: it is no such proof. */
export const parseServiceProof = (bytes: Uint8Array): Address | undefined =>
  bytes.length === PROOF_BYTES && TAG.every((byte, i) => byte === bytes[i]) ? parseAddress(bytesToHex(bytes.slice(TAG.length))) : undefined;
