import { extensionTag } from "@keyquorum/wire";
import { concatBytes } from "@noble/hashes/utils.js";

/** What an author's wallet signed (EIP-712), as it stands where Parity's clients have 65 bytes over the bare id. */
export type WalletProof = { readonly deadline: bigint; readonly signature: Uint8Array };

/** Of an author's wallet, at most: it is stored with the session of its key. Contract accounts of a dozen owners, or with a passkey, need less. */
export const MAX_AUTHOR_SIGNATURE_BYTES = 1_024;

const TAG = extensionTag("parity/wallet");
const TAG_BYTES = 32;
const DEADLINE_END = TAG_BYTES + 32;
const LENGTH_END = DEADLINE_END + 2;

export const MAX_WALLET_PROOF_BYTES = LENGTH_END + MAX_AUTHOR_SIGNATURE_BYTES;

/** tag, deadline (a word), length (2 bytes), signature: 66 bytes or more, so never as long as a raw signature. */
export const encodeWalletProof = ({ deadline, signature }: WalletProof): Uint8Array => {
  const middle = new DataView(new ArrayBuffer(LENGTH_END - TAG_BYTES));
  middle.setBigUint64(24, deadline);
  middle.setUint16(32, signature.length);
  return concatBytes(TAG, new Uint8Array(middle.buffer), signature);
};

/** Undefined: it is no such proof, or longer than one may be. */
export const parseWalletProof = (bytes: Uint8Array): WalletProof | undefined => {
  if (bytes.length < LENGTH_END || bytes.length > MAX_WALLET_PROOF_BYTES) return undefined;
  if (!TAG.every((byte, i) => byte === bytes[i])) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isCanonical = bytes.subarray(TAG_BYTES, DEADLINE_END - 8).every((byte) => byte === 0);
  if (!isCanonical || view.getUint16(DEADLINE_END) !== bytes.length - LENGTH_END) return undefined;
  return { deadline: view.getBigUint64(DEADLINE_END - 8), signature: bytes.slice(LENGTH_END) };
};
