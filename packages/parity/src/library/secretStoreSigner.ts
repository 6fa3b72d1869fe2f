import { backend, parseScalar, type RandomSource, SecretScalar, secureRandom } from "@keyquorum/threshold";
import { type Address, accountOf } from "@keyquorum/wire";
import { decryptDocument, encryptDocument } from "../formats/documentCipher.ts";
import { createDocumentKey, openDocumentKey } from "../formats/documentKey.ts";
import { decryptEcies, encryptEcies } from "../formats/ecies.ts";
import { FormatError } from "../formats/errors.ts";
import { encodePoint64, POINT64_BYTES, parsePoint64 } from "../formats/point64.ts";
import { signRaw } from "../formats/rawSignature.ts";

/** A document key as its author gets it: two points of 64 bytes, public, and the key encrypted to the author, 177 bytes. */
export type DocumentKeyBytes = {
  readonly commonPoint: Uint8Array;
  readonly encryptedPoint: Uint8Array;
  readonly encryptedKey: Uint8Array;
};

/** What the key server answered to a reader, and the document. */
export type ShadowedDocument = {
  readonly decryptedSecret: Uint8Array;
  readonly commonPoint: Uint8Array;
  /** Encrypted to the reader; one or more. */
  readonly shadows: readonly Uint8Array[];
  readonly document: Uint8Array;
};

/**
 * The `secretstore_*` methods that use an account's key, with a key that the caller holds: no server, no keystore, in browsers and Node alike. All take and
 * give bytes. They throw FormatError and ThresholdError for what they are given.
 */
export type SecretStoreSigner = {
  readonly address: Address;
  /** r, s, v (0 or 1) over 32 bytes as they are. */
  readonly signRawHash: (hash: Uint8Array) => Uint8Array;
  /** A fresh document key for a server key of 64 bytes. */
  readonly generateDocumentKey: (serverKey: Uint8Array) => Promise<DocumentKeyBytes>;
  readonly encrypt: (encryptedKey: Uint8Array, document: Uint8Array) => Promise<Uint8Array>;
  readonly decrypt: (encryptedKey: Uint8Array, document: Uint8Array) => Promise<Uint8Array>;
  readonly shadowDecrypt: (shadowed: ShadowedDocument) => Promise<Uint8Array>;
  /** Overwrites the copy of the key that is held here: every later use throws ThresholdError ERASED_SECRET. */
  readonly erase: () => void;
};

const HASH_BYTES = 32;

/**
 * @param secret an account's key, 32 bytes, secret; the caller's own copy stays the caller's
 * @param random fresh secret bytes
 */
export const createSecretStoreSigner = (secret: Uint8Array, random: RandomSource = secureRandom): SecretStoreSigner => {
  const key = SecretScalar.fromBytes(secret);
  const publicKey = backend.mulG(key.reveal());
  const withKey = async <Result>(encryptedKey: Uint8Array, use: (documentKey: Uint8Array) => Promise<Result>): Promise<Result> => {
    const documentKey = await decryptEcies(key, encryptedKey);
    return usedOnce(documentKey, () => {
      if (documentKey.length !== POINT64_BYTES) throw new FormatError("WRONG_LENGTH", `A document key has ${POINT64_BYTES} bytes.`);
      return use(documentKey);
    });
  };
  return {
    address: accountOf(publicKey),
    signRawHash: (hash) => {
      if (hash.length !== HASH_BYTES) throw new FormatError("WRONG_LENGTH", `A hash has ${HASH_BYTES} bytes.`);
      return signRaw(hash, key);
    },
    generateDocumentKey: async (serverKey) => {
      const { documentKey, commonPoint, encryptedPoint } = createDocumentKey(parsePoint64(serverKey), random);
      return {
        commonPoint: encodePoint64(commonPoint),
        encryptedPoint: encodePoint64(encryptedPoint),
        encryptedKey: await usedOnce(documentKey, () => encryptEcies(publicKey, documentKey, random)),
      };
    },
    encrypt: async (encryptedKey, document) => withKey(encryptedKey, (documentKey) => encryptDocument(documentKey, document, random)),
    decrypt: async (encryptedKey, document) => withKey(encryptedKey, (documentKey) => decryptDocument(documentKey, document)),
    shadowDecrypt: async ({ decryptedSecret, commonPoint, shadows, document }) => {
      const opened = await Promise.all(
        shadows.map(async (shadow) => {
          const bytes = await decryptEcies(key, shadow);
          return usedOnce(bytes, () => parseScalar(bytes));
        }),
      );
      const points = { decryptedSecret: parsePoint64(decryptedSecret), commonPoint: parsePoint64(commonPoint) };
      const documentKey = openDocumentKey({ ...points, shadows: opened });
      return usedOnce(documentKey, () => decryptDocument(documentKey, document));
    },
    erase: () => key.erase(),
  };
};

/** Overwrites secret bytes after their one use, whatever became of it. */
const usedOnce = async <Result>(secret: Uint8Array, use: () => Promise<Result> | Result): Promise<Result> => {
  try {
    return await use();
  } finally {
    secret.fill(0);
  }
};
