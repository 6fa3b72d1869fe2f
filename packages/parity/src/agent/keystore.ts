import { createDecipheriv, pbkdf2, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { type Address, accountOfSecret } from "@keyquorum/wire";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { z } from "zod";

/** An account's key in Ethereum's V3 form, encrypted under a password. */
export type Keystore = {
  readonly address: Address;
  /** 32 bytes, secret; the caller overwrites them. Undefined: the password is wrong. Throws an Error where the key is another address's. */
  readonly open: (password: string) => Promise<Uint8Array | undefined>;
};

const KEY_BYTES = 32;
const MAX_SCRYPT_MEMORY = 1_073_741_824;

const hexOf = (bytes?: number) =>
  z
    .string()
    .regex(bytes === undefined ? /^(?:[0-9a-fA-F]{2})*$/ : new RegExp(`^[0-9a-fA-F]{${2 * bytes}}$`))
    .transform((text) => Buffer.from(text, "hex"));
const count = (most: number) => z.int().min(1).max(most);

const scryptParams = z
  .object({ dklen: z.int().min(KEY_BYTES).max(1_024), n: count(2 ** 24), r: count(1_024), p: count(1_024), salt: hexOf() })
  .refine(({ n, r }) => Number.isInteger(Math.log2(n)) && 128 * n * r <= MAX_SCRYPT_MEMORY);
const pbkdf2Params = z.object({
  dklen: z.int().min(KEY_BYTES).max(1_024),
  c: count(100_000_000),
  prf: z.literal("hmac-sha256"),
  salt: hexOf(),
});
const sealed = {
  cipher: z.literal("aes-128-ctr"),
  cipherparams: z.object({ iv: hexOf(16) }),
  ciphertext: hexOf(KEY_BYTES),
  mac: hexOf(32),
};
const crypto = z.discriminatedUnion("kdf", [
  z.object({ ...sealed, kdf: z.literal("scrypt"), kdfparams: scryptParams }),
  z.object({ ...sealed, kdf: z.literal("pbkdf2"), kdfparams: pbkdf2Params }),
]);
const address = z
  .string()
  .regex(/^(0x)?[0-9a-fA-F]{40}$/)
  .transform((text): Address => `0x${text.slice(-40).toLowerCase()}` as Address); // safe: the pattern says so

const schema = z.preprocess(
  // Some programs write "Crypto".
  (file) =>
    typeof file === "object" && file !== null && "Crypto" in file && !("crypto" in file) ? { ...file, crypto: file.Crypto } : file,
  z.object({ version: z.literal(3), address, crypto }),
);

/** Reads a keystore's text. Undefined: it is none that this program opens (V3, an address, aes-128-ctr, scrypt or pbkdf2 with hmac-sha256). */
export const parseKeystore = (text: string): Keystore | undefined => {
  const parsed = schema.safeParse(jsonOf(text));
  if (!parsed.success) return undefined;
  const { address, crypto } = parsed.data;
  return {
    address,
    open: async (password) => {
      const derived = await derive(crypto, password);
      const macInput = Buffer.concat([derived.subarray(16, 32), crypto.ciphertext]);
      try {
        if (!timingSafeEqual(keccak_256(macInput), crypto.mac)) return undefined;
        const secret = decrypted(crypto, derived.subarray(0, 16));
        if (accountOf(secret) === address) return secret;
        secret.fill(0);
        throw new Error("The keystore's key is another address's.");
      } finally {
        derived.fill(0);
        macInput.fill(0);
      }
    },
  };
};

/** In memory of its own: a Buffer may share a pool with others. */
const decrypted = ({ ciphertext, cipherparams }: z.infer<typeof schema>["crypto"], key: Uint8Array): Uint8Array => {
  const opened = createDecipheriv("aes-128-ctr", key, cipherparams.iv).update(ciphertext);
  const secret = Uint8Array.from(opened);
  opened.fill(0);
  return secret;
};

/** Undefined: it is no account's key. */
const accountOf = (secret: Uint8Array): Address | undefined => {
  try {
    return accountOfSecret(secret);
  } catch {
    return undefined; // who reads the keystore says so, and overwrites the bytes
  }
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // JSON says only by throwing that it is none
  }
};

const scryptAsync = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);
const pbkdf2Async = promisify(pbkdf2);

const derive = (crypto: z.infer<typeof schema>["crypto"], password: string): Promise<Buffer> => {
  if (crypto.kdf === "pbkdf2") {
    const { salt, c, dklen } = crypto.kdfparams;
    return pbkdf2Async(password, salt, c, dklen, "sha256");
  }
  const { salt, n, r, p, dklen } = crypto.kdfparams;
  return scryptAsync(password, salt, dklen, { N: n, r, p, maxmem: 2 * MAX_SCRYPT_MEMORY });
};
