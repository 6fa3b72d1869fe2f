import type { ChunkCipher } from "@keyquorum/wire";

type Subtle = typeof globalThis.crypto.subtle;
type ImportedKey = Awaited<ReturnType<Subtle["importKey"]>>;

/** AES-256-GCM by WebCrypto: browsers and Node alike. */
export const createWebCipher = (subtle: Subtle = globalThis.crypto.subtle): ChunkCipher => {
  // One key seals many chunks, and importing it costs as much as a chunk does.
  const imported = new WeakMap<Uint8Array, Promise<ImportedKey>>();
  const keyOf = (key: Uint8Array): Promise<ImportedKey> => {
    const known = imported.get(key) ?? subtle.importKey("raw", asBuffer(key), "AES-GCM", false, ["encrypt", "decrypt"]);
    imported.set(key, known);
    return known;
  };
  return {
    seal: async (key, nonce, plaintext, into) =>
      into.set(new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv: asBuffer(nonce) }, await keyOf(key), asBuffer(plaintext)))),
    open: async (key, nonce, sealed, into) =>
      into.set(new Uint8Array(await subtle.decrypt({ name: "AES-GCM", iv: asBuffer(nonce) }, await keyOf(key), asBuffer(sealed)))),
  };
};

// Our bytes never live in a SharedArrayBuffer, which is all that the wider type would allow.
const asBuffer = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;
