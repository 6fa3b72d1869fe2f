import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import { expect } from "chai";
import { alice, codeOf, encryptFor, fixedRandom, inPieces, nodeCipher, readAll } from "./actors.test.ts";
import { openBody, sealBody } from "./body.ts";
import { createByteReader } from "./byteReader.ts";
import { headerHashOf } from "./header.ts";
import { hexToBytes } from "./hex.ts";

const headerHash = headerHashOf(encryptFor(alice.address).header);
const salt = fixedRandom("salt")(24);

/** HKDF-SHA256-Expand by hand, so that the derivation has a second implementation. RFC 5869. */
const deriveByHand = (secret: Uint8Array): { key: Buffer; nonce: Buffer; commitment: Buffer } => {
  const info = Buffer.concat([Buffer.from("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0"), salt, hexToBytes(headerHash)]);
  let block = Buffer.alloc(0);
  let okm = Buffer.alloc(0);
  for (let i = 1; okm.length < 76; i++) {
    block = createHmac("sha256", secret)
      .update(Buffer.concat([block, info, Buffer.of(i)]))
      .digest();
    okm = Buffer.concat([okm, block]);
  }
  return { key: okm.subarray(0, 32), nonce: okm.subarray(32, 44), commitment: okm.subarray(44, 76) };
};

// GHASH in GF(2^128), bit 0 leftmost: NIST SP 800-38D.
const toField = (block: Uint8Array): bigint => BigInt(`0x${Buffer.from(block).toString("hex")}`);
const fromField = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(32, "0"), "hex");
const multiply = (x: bigint, y: bigint): bigint => {
  let product = 0n;
  let v = y;
  for (let bit = 127n; bit >= 0n; bit--) {
    if ((x >> bit) & 1n) product ^= v;
    v = v & 1n ? (v >> 1n) ^ (0xe1n << 120n) : v >> 1n;
  }
  return product;
};
const power = (x: bigint, exponent: bigint): bigint => {
  let result = 1n << 127n;
  for (let e = exponent, base = x; e > 0n; e >>= 1n) {
    if (e & 1n) result = multiply(result, base);
    base = multiply(base, base);
  }
  return result;
};
const invert = (x: bigint): bigint => power(x, 2n ** 128n - 2n);
const encryptBlock = (key: Uint8Array, block: Uint8Array): bigint => {
  const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  return toField(cipher.update(block));
};

/**
 * Mallory's chunk: one ciphertext and one tag that AES-256-GCM accepts under two keys. The tag is affine in the last ciphertext block under each key, so
 * one block can be chosen to make both tags equal ("invisible salamanders", Dodis, Grubbs, Ristenpart, Woodage 2018).
 */
const craftForTwoKeys = (one: { key: Buffer; nonce: Buffer }, other: { key: Buffer; nonce: Buffer }): Buffer => {
  const free = [fixedRandom("block 1")(16), fixedRandom("block 2")(16)].map(toField);
  const lengths = 48n * 8n; // no associated data, three blocks of ciphertext
  const parts = [one, other].map(({ key, nonce }) => {
    const h = encryptBlock(key, new Uint8Array(16));
    const mask = encryptBlock(key, Buffer.concat([nonce, Buffer.of(0, 0, 0, 1)]));
    const known = multiply(free[0] ?? 0n, power(h, 4n)) ^ multiply(free[1] ?? 0n, power(h, 3n)) ^ multiply(lengths, h) ^ mask;
    return { factor: power(h, 2n), known };
  });
  const [a, b] = parts as [(typeof parts)[0], (typeof parts)[0]];
  const last = multiply(a.known ^ b.known, invert(a.factor ^ b.factor));
  const tag = a.known ^ multiply(last, a.factor);
  return Buffer.concat([...free, last, tag].map(fromField));
};

const opens = (key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): boolean => {
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: 16 });
  decipher.setAuthTag(sealed.subarray(-16));
  decipher.update(sealed.subarray(0, -16));
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
};

const openWith = (contentSecret: Uint8Array, body: Uint8Array): Promise<unknown> =>
  codeOf(async () => readAll(await openBody({ contentSecret, headerHash, reader: createByteReader(inPieces(body)), cipher: nodeCipher })));

describe("A body commits to its key", () => {
  const secrets = [fixedRandom("for bob")(32), fixedRandom("for carol")(32)] as const;
  const [bobs, carols] = [deriveByHand(secrets[0]), deriveByHand(secrets[1])] as const;

  it("when its keys are derived by another implementation, they should be the same (PROTOCOL 4.3)", async () => {
    const plaintext = fixedRandom("plaintext")(100);
    const body = await readAll(
      sealBody({ contentSecret: secrets[0], headerHash, plaintext: inPieces(plaintext), cipher: nodeCipher, random: () => salt }),
    );
    expect(Buffer.compare(body.subarray(0, 24), salt)).to.equal(0);
    expect(Buffer.compare(body.subarray(24, 56), bobs.commitment)).to.equal(0);
    const cipher = createCipheriv("aes-256-gcm", bobs.key, bobs.nonce);
    expect(Buffer.compare(body.subarray(56), Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]))).to.equal(0);
  });

  it("when a chunk is crafted to open under two keys, only the reader that it commits to should open it (attack 44)", async () => {
    const chunk = craftForTwoKeys(bobs, carols);
    // Control: plain AES-256-GCM accepts it under both.
    expect(opens(bobs.key, bobs.nonce, chunk)).to.equal(true);
    expect(opens(carols.key, carols.nonce, chunk)).to.equal(true);
    expect(opens(fixedRandom("nobody")(32), carols.nonce, chunk)).to.equal(false);

    const forBob = Buffer.concat([salt, bobs.commitment, chunk]);
    const forCarol = Buffer.concat([salt, carols.commitment, chunk]);
    expect(await openWith(secrets[0], forBob)).to.equal("no error");
    expect(await openWith(secrets[1], forBob)).to.equal("WRONG_CONTENT_SECRET");
    expect(await openWith(secrets[1], forCarol)).to.equal("no error");
    expect(await openWith(secrets[0], forCarol)).to.equal("WRONG_CONTENT_SECRET");
  });
});
