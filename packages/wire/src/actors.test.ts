// No tests: the people, keys and documents that the tests beside it share.
import { createCipheriv, createDecipheriv } from "node:crypto";
import { encapsulate, encodePoint, G, type Point, type RandomSource } from "@keyquorum/threshold";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { SigningKey, Wallet } from "ethers";
import type { ChunkCipher } from "./chunks.ts";
import type { SigningDomain } from "./eip712.ts";
import { type DocumentHeader, headerHashOf } from "./header.ts";
import { bytesToHex } from "./hex.ts";
import { type Address, type Hash32, type KeyId, parseAddress, parseHash32, ZERO_HASH } from "./ids.ts";
import { documentIdOf, labelOf } from "./names.ts";
import type { RecoverSigner } from "./receipt.ts";
import type { ShareRequest } from "./shareRequest.ts";

const named = (name: string): Hash32 => parseHash32(bytesToHex(keccak_256(new TextEncoder().encode(name))));

export type Actor = { readonly address: Address; readonly wallet: Wallet };
const actor = (name: string): Actor => {
  const wallet = new Wallet(named(name));
  return { wallet, address: parseAddress(wallet.address) };
};

export const alice = actor("alice");
export const bob = actor("bob");
export const mallory = actor("mallory");
export const keeper = actor("keeper");

export const hashNamed = named;
export const contractNamed = (name: string): Address => parseAddress(`0x${named(name).slice(-40)}`);

/** The joint key of these tests. Nobody shares a key in them. */
export const keySecret = 123456789012345678901234567890n;
export const publicKey: Point = G.multiply(keySecret);
export const keyId = named("key") as KeyId;
export const domain: SigningDomain = { chainId: 31337n, shareRequests: contractNamed("ShareRequests") };

/** The same bytes every time: keccak(seed, counter). */
export const fixedRandom = (seed = "seed"): RandomSource => {
  let counter = 0;
  return (length) => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += 32) {
      const block = keccak_256(new TextEncoder().encode(`${seed} ${counter++}`));
      bytes.set(block.subarray(0, Math.min(32, length - at)), at);
    }
    return bytes;
  };
};

export const encryptFor = (
  owner: Address,
  { chainId = domain.chainId, salt = named("salt"), seed = "document" }: { chainId?: bigint; salt?: Hash32; seed?: string } = {},
): { header: DocumentHeader; contentSecret: Uint8Array } => {
  const names = {
    chainId,
    documentRegistry: contractNamed("DocumentRegistry"),
    keyId,
    document: documentIdOf(owner, salt),
    owner,
    initialPermissions: contractNamed("AccessGrants"),
  };
  const { ciphertext, contentSecret } = encapsulate({ publicKey, label: labelOf(names) }, fixedRandom(seed));
  return { header: { ...names, salt, ciphertext }, contentSecret };
};

/** AES-256-GCM by node:crypto. */
export const nodeCipher: ChunkCipher = {
  seal: async (key, nonce, plaintext, into) => {
    const cipher = createCipheriv("aes-256-gcm", key, nonce);
    into.set(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]));
  },
  open: async (key, nonce, sealed, into) => {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: 16 });
    decipher.setAuthTag(sealed.subarray(-16));
    into.set(Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]));
  },
};

export async function* inPieces(bytes: Uint8Array, size = 5000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

export const readAll = async (source: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Uint8Array.from(Buffer.concat(pieces));
};

/** The code of what `work` throws or rejects with. */
export const codeOf = async (work: () => unknown): Promise<unknown> => {
  try {
    await work();
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
  return "no error";
};

export const readerKey = encodePoint(G.multiply(987654321n));

export const requestOf = (header: DocumentHeader, changes: Partial<ShareRequest> = {}): ShareRequest => ({
  document: header.document,
  headerHash: headerHashOf(header),
  requester: bob.address,
  readerKey,
  contextHash: ZERO_HASH,
  nonce: named("nonce"),
  deadline: 1_800_000_000n,
  ...changes,
});

/** ethers' recovery, as a caller of wire would bring it. */
export const recover: RecoverSigner = (digest, signature) => {
  const publicKeyHex = SigningKey.recoverPublicKey(digest, bytesToHex(signature));
  return parseAddress(`0x${bytesToHex(keccak_256(Buffer.from(publicKeyHex.slice(4), "hex"))).slice(-40)}`);
};

export type Json = { [key: string]: Json } | Json[] | string | number | boolean | null;
export const overJson = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

/** Copies of a JSON value with one thing changed each: every field left out, added to, or of another type or spelling. */
export function* mutantsOf(value: Json, path = ""): Generator<{ readonly path: string; readonly value: Json }> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    yield { path: `${path}.extra`, value: { ...value, extra: 1 } };
    for (const [key, inner] of Object.entries(value)) {
      const { [key]: _, ...rest } = value;
      yield { path: `${path}.${key} missing`, value: rest };
      for (const mutant of mutantsOf(inner, `${path}.${key}`)) yield { path: mutant.path, value: { ...value, [key]: mutant.value } };
    }
    return;
  }
  if (Array.isArray(value)) {
    for (const [i, inner] of value.entries()) {
      for (const mutant of mutantsOf(inner, `${path}[${i}]`)) yield { path: mutant.path, value: value.with(i, mutant.value) };
    }
    return;
  }
  const others: Json[] = [null, true, 2.5, -1, 1e30, "3", "", "0x", [], {}, [value]];
  if (typeof value === "string")
    others.push(
      ` ${value}`,
      `${value}\n`,
      value.toUpperCase(),
      `${value}00`,
      value.slice(0, -1),
      value.slice(0, -2),
      value.replace("0x", ""),
    );
  if (typeof value === "number") others.push(String(value), 0, 256, 2 ** 32, value + 0.5);
  for (const other of others) {
    if (JSON.stringify(other) !== JSON.stringify(value)) yield { path: `${path} = ${JSON.stringify(other).slice(0, 20)}`, value: other };
  }
}
