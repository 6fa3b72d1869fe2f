import { backend, drawBytes, type Point, type RandomSource, randomScalar, type SecretScalar, secureRandom } from "@keyquorum/threshold";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { aesCtr, IV_BYTES } from "./aesCtr.ts";
import { FormatError } from "./errors.ts";
import { encodePoint64, POINT64_BYTES, parsePoint64 } from "./point64.ts";

/** What encrypting adds: 04, a point, an IV, a tag. */
export const ECIES_OVERHEAD = 113;

const UNCOMPRESSED = 4;
const TAG_BYTES = 32;
const POINT_END = 1 + POINT64_BYTES;
const IV_END = POINT_END + IV_BYTES;
const KEY_BYTES = 16;
/** Counter 1 of the key derivation, which comes first. */
const FIRST_BLOCK = Uint8Array.of(0, 0, 0, 1);
/** Authenticated with every ciphertext that a client sees. */
const MAC_DATA = Uint8Array.of(0, 0);

/**
 * Encrypts to the holder of a key, as Parity does: `04 || R || IV || ciphertext || tag`, R = eG for a fresh e.
 * K = SHA-256(1 as 4 bytes || x of e times the key); AES key = K[0..16], MAC key = SHA-256(K[16..32]); the tag covers IV, ciphertext and two zero bytes.
 * @param plaintext secret; stays the caller's
 * @param random fresh secret bytes: two draws
 */
export const encryptEcies = async (publicKey: Point, plaintext: Uint8Array, random: RandomSource = secureRandom): Promise<Uint8Array> => {
  const ephemeral = randomScalar(random);
  const iv = drawBytes(random, IV_BYTES);
  const keys = keysOf(backend.mulSecret(publicKey, ephemeral));
  try {
    const ciphertext = await aesCtr(keys.encryption, iv, plaintext);
    const tag = tagOf(keys.mac, iv, ciphertext);
    return concatBytes(Uint8Array.of(UNCOMPRESSED), encodePoint64(backend.mulG(ephemeral)), iv, ciphertext, tag);
  } finally {
    keys.erase();
  }
};

/**
 * Opens what was encrypted to `secret`. Throws FormatError WRONG_LENGTH, NOT_FOR_THIS_KEY (another key's, or altered), and ThresholdError INVALID_POINT.
 * @returns secret bytes, which the caller overwrites
 */
export const decryptEcies = async (secret: SecretScalar, sealed: Uint8Array): Promise<Uint8Array> =>
  decryptEciesShared(backend.mulSecret(ephemeralOf(sealed), secret.reveal()), sealed);

/** The ephemeral key R of what was encrypted. Throws FormatError WRONG_LENGTH, ThresholdError INVALID_POINT. */
export const ephemeralOf = (sealed: Uint8Array): Point => {
  if (sealed.length < ECIES_OVERHEAD || sealed[0] !== UNCOMPRESSED)
    throw new FormatError("WRONG_LENGTH", `An encrypted value must start with 04 and have ${ECIES_OVERHEAD} bytes or more.`);
  return parsePoint64(sealed.subarray(1, POINT_END));
};

/** The same with what both keys share, which opens this one value and no other. Throws as `decryptEcies`. */
export const decryptEciesShared = async (shared: Point, sealed: Uint8Array): Promise<Uint8Array> => {
  const iv = sealed.subarray(POINT_END, IV_END);
  const ciphertext = sealed.subarray(IV_END, -TAG_BYTES);
  const keys = keysOf(shared);
  try {
    if (!areEqual(tagOf(keys.mac, iv, ciphertext), sealed.subarray(-TAG_BYTES)))
      throw new FormatError("NOT_FOR_THIS_KEY", "An encrypted value is not for this key, or was altered.");
    return await aesCtr(keys.encryption, iv, ciphertext);
  } finally {
    keys.erase();
  }
};

type Keys = { readonly encryption: Uint8Array; readonly mac: Uint8Array; readonly erase: () => void };

const keysOf = (shared: Point): Keys => {
  const x = encodePoint64(shared);
  const input = concatBytes(FIRST_BLOCK, x.subarray(0, 32));
  const derived = sha256(input);
  const mac = sha256(derived.subarray(KEY_BYTES));
  x.fill(0);
  input.fill(0);
  return {
    encryption: derived.subarray(0, KEY_BYTES),
    mac,
    erase: () => {
      derived.fill(0);
      mac.fill(0);
    },
  };
};

const tagOf = (key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array =>
  hmac(sha256, key, concatBytes(iv, ciphertext, MAC_DATA));

/** In constant time: a tag tells nothing about how much of it was right. */
const areEqual = (a: Uint8Array, b: Uint8Array): boolean => {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i += 1) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
};
