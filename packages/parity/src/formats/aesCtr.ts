// Our bytes never live in a SharedArrayBuffer, which is all that the wider type would allow.
const asBuffer = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;

/** Of an IV, all of which is the first counter. */
export const IV_BYTES = 16;

/** AES-128-CTR, both ways, by WebCrypto: browsers and Node alike. `key`: 16 bytes, secret; `iv`: 16 bytes, the first counter, which wraps as a whole. */
export const aesCtr = async (key: Uint8Array, iv: Uint8Array, text: Uint8Array): Promise<Uint8Array> => {
  const { subtle } = globalThis.crypto;
  const imported = await subtle.importKey("raw", asBuffer(key), "AES-CTR", false, ["encrypt"]);
  return new Uint8Array(await subtle.encrypt({ name: "AES-CTR", counter: asBuffer(iv), length: 128 }, imported, asBuffer(text)));
};
