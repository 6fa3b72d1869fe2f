import { drawBytes, type RandomSource, secureRandom } from "@keyquorum/threshold";
import { concatBytes } from "@noble/hashes/utils.js";
import { aesCtr, IV_BYTES } from "./aesCtr.ts";
import { FormatError } from "./errors.ts";
import { POINT64_BYTES } from "./point64.ts";

const KEY_BYTES = 16;

/**
 * Encrypts a document: AES-128-CTR, the random IV at the end. Nothing authenticates it: whoever changes a bit of it changes that bit of the document,
 * and a wrong key gives noise without an error.
 * @param documentKey 64 bytes, secret: a point, of which the first half of x is the key
 */
export const encryptDocument = async (
  documentKey: Uint8Array,
  document: Uint8Array,
  random: RandomSource = secureRandom,
): Promise<Uint8Array> => {
  const iv = drawBytes(random, IV_BYTES);
  return concatBytes(await aesCtr(keyOf(documentKey), iv, document), iv);
};

/** The document again, if the key is the right one. Throws FormatError WRONG_LENGTH. */
export const decryptDocument = async (documentKey: Uint8Array, encrypted: Uint8Array): Promise<Uint8Array> => {
  if (encrypted.length < IV_BYTES) throw new FormatError("WRONG_LENGTH", `An encrypted document has ${IV_BYTES} bytes or more.`);
  return aesCtr(keyOf(documentKey), encrypted.subarray(-IV_BYTES), encrypted.subarray(0, -IV_BYTES));
};

const keyOf = (documentKey: Uint8Array): Uint8Array => {
  if (documentKey.length !== POINT64_BYTES) throw new FormatError("WRONG_LENGTH", `A document key has ${POINT64_BYTES} bytes.`);
  return documentKey.subarray(0, KEY_BYTES);
};
