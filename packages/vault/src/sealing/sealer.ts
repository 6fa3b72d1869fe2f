/**
 * AES-256-GCM for records at rest: PROTOCOL section 7. Every record has a random data key; the key-encryption key wraps it. Both
 * ciphertexts are bound to the record's place, so a row that was moved, renamed or given back an older version does not open.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { VaultError } from "../errors.ts";
import type { VaultPin } from "../pin.ts";
import { associatedDataOf, type RecordPlace } from "./associatedData.ts";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** A sealed body is so much longer than what is in it. */
export const SEALED_OVERHEAD = NONCE_BYTES + TAG_BYTES;

/** nonce 12 || ciphertext || tag 16 each. Public. */
export type SealedParts = { readonly wrappedKey: Uint8Array; readonly body: Uint8Array };

export type Sealer = {
  seal(place: RecordPlace, plaintext: Uint8Array): SealedParts;
  /** Throws VAULT_TAMPERED when the parts do not belong to this place. */
  open(place: RecordPlace, parts: SealedParts): Uint8Array;
  /** Key of the MACs of the roll and of marks, 32 bytes, secret. As an object: Node takes five times as long over bytes, and there is one for each row. */
  readonly rollKey: KeyObject;
  /** The same key for records that are bound to another pin. */
  boundTo(pin: VaultPin): Sealer;
};

/** `keyEncryptionKey`: 32 bytes, secret. */
export const createSealer = (options: {
  readonly keyEncryptionKey: Uint8Array;
  readonly pin: VaultPin;
  readonly random: (length: number) => Uint8Array;
}): Sealer => {
  const { keyEncryptionKey, pin, random } = options;
  const wrapping = createSecretKey(keyEncryptionKey);
  return {
    rollKey: rollKeyOf(keyEncryptionKey),
    seal: (place, plaintext) => {
      const dataKey = drawBytes(random, KEY_BYTES);
      try {
        const body = encrypt(createSecretKey(dataKey), drawBytes(random, NONCE_BYTES), plaintext, associatedDataOf("body", place, pin));
        const wrappedKey = encrypt(wrapping, drawBytes(random, NONCE_BYTES), dataKey, associatedDataOf("key", place, pin));
        return { wrappedKey, body };
      } finally {
        dataKey.fill(0);
      }
    },
    open: (place, { wrappedKey, body }) => {
      const dataKey = decrypt(wrapping, wrappedKey, associatedDataOf("key", place, pin), place);
      try {
        return decrypt(createSecretKey(dataKey), body, associatedDataOf("body", place, pin), place);
      } finally {
        dataKey.fill(0);
      }
    },
    boundTo: (other) => createSealer({ ...options, pin: other }),
  };
};

const rollKeyOf = (keyEncryptionKey: Uint8Array): KeyObject => {
  const bytes = new Uint8Array(hkdfSync("sha256", keyEncryptionKey, new Uint8Array(0), "keyquorum/v1/at-rest/roll", KEY_BYTES));
  try {
    return createSecretKey(bytes);
  } finally {
    bytes.fill(0);
  }
};

const drawBytes = (random: (length: number) => Uint8Array, length: number): Uint8Array => {
  const bytes = Uint8Array.from(random(length));
  if (bytes.length !== length) throw new TypeError(`random source gave ${bytes.length} bytes instead of ${length}`);
  return bytes;
};

/** `key`: as an object, because Node takes four times as long over bytes. */
const encrypt = (key: KeyObject, nonce: Uint8Array, plaintext: Uint8Array, associatedData: Uint8Array): Uint8Array => {
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES }).setAAD(associatedData);
  return Uint8Array.from(Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]));
};

const decrypt = (key: KeyObject, sealed: Uint8Array, associatedData: Uint8Array, place: RecordPlace): Uint8Array => {
  try {
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES }).setAAD(associatedData);
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    const ciphertext = sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES);
    const opened = decipher.update(ciphertext); // in this mode all of it
    try {
      decipher.final();
      return Uint8Array.from(opened);
    } finally {
      opened.fill(0);
    }
  } catch (cause) {
    throw new VaultError(
      "VAULT_TAMPERED",
      "A sealed record cannot be opened in its place: it was moved, replaced, rolled back or damaged. Restore the vault from a backup.",
      { kind: place.kind, id: place.id, version: place.version },
      { cause },
    );
  }
};
