import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BlobStore, type BlockStorage, copying, createBlobStore, createMemoryBlobStore } from "@keyquorum/blobs";
import { openFileBlobStore } from "@keyquorum/blobs/node";
import { createWebCipher, decryptDocument, encryptDocument } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { deriveContentSecret, G, randomScalar } from "@keyquorum/threshold";
import { type Address, borrowed, type ChunkCipher, headerLabelOf, type KeyId, openEnvelopeRange } from "@keyquorum/wire";
import { type Figure, median } from "./figures.ts";

const MIB = 2 ** 20;
const BYTES = 128 * MIB;
const PART_BYTES = 64 * 1024;
const RUNS = 5;
const PARTS = 40;

const piece = new Uint8Array(256 * 1024).map((_, i) => (i * 2_654_435_761) >>> 13);
async function* content(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < BYTES; at += piece.length) yield piece;
}

const secretKey = randomScalar();
const address = (digit: string): Address => `0x${digit.repeat(40)}` as Address;
const encrypt = (cipher: ChunkCipher) =>
  encryptDocument(
    { file: content(), size: BYTES },
    {
      chainId: 31337n,
      documentRegistry: address("4"),
      keyId: `0x${"11".repeat(32)}` as KeyId,
      publicKey: G.multiply(secretKey),
      owner: address("a"),
      initialPermissions: address("5"),
    },
    { cipher },
  );

/** Reads as whoever writes to a file or a store does: each piece is done with before the next one is asked for. */
const drain = async (source: AsyncIterable<Uint8Array>): Promise<void> => {
  let bytes = 0;
  for await (const chunk of borrowed(source)) bytes += chunk.length;
  if (bytes < BYTES) throw new Error(`only ${bytes} bytes came`);
};

/** Hashes and forgets: the content id without a disk. */
const nowhere: BlockStorage = {
  put: copying(async () => undefined),
  get: async () => undefined,
  has: async () => false,
  remove: async () => undefined,
  addRoot: async () => undefined,
  removeRoot: async () => undefined,
  roots: async () => [],
};

/** Median MB/s of several runs over all of the content, after one to warm up. */
const speedOf = async (work: () => Promise<unknown>): Promise<number> => {
  const speeds: number[] = [];
  for (let run = -1; run < RUNS; run += 1) {
    const started = performance.now();
    await work();
    if (run >= 0) speeds.push(BYTES / 1e6 / ((performance.now() - started) / 1000));
  }
  return median(speeds);
};

/** A stored ciphertext and what opens it. */
const stored = async (store: BlobStore) => {
  const encrypted = encrypt(nodeChunkCipher);
  const cid = await store.add(encrypted.envelope);
  const { header } = encrypted;
  const { u } = header.ciphertext;
  const contentSecret = deriveContentSecret({ shared: u.multiply(secretKey), label: headerLabelOf(header), u });
  return { store, cid, contentSecret };
};
type Stored = Awaited<ReturnType<typeof stored>>;

const decryptAll = async ({ contentSecret }: Stored, envelope: AsyncIterable<Uint8Array>, cipher: ChunkCipher): Promise<void> =>
  drain((await decryptDocument({ envelope, contentSecret, cipher })).content);

/** Milliseconds of one part, the head of the ciphertext read before. */
const partLatency = async ({ store, cid, contentSecret }: Stored): Promise<readonly [opening: number, part: number]> => {
  const open = async () =>
    openEnvelopeRange({
      source: { size: await store.size(cid), read: (range) => store.get(cid, { ...range, lends: true }) },
      contentSecret,
      cipher: nodeChunkCipher,
    });
  const [openings, parts]: [number[], number[]] = [[], []];
  for (let i = 0; i < PARTS; i += 1) {
    const started = performance.now();
    const ranges = await open();
    const opened = performance.now();
    for await (const _ of ranges.read({ offset: Math.floor((BYTES - PART_BYTES) * (i / PARTS)), length: PART_BYTES }));
    openings.push(opened - started);
    parts.push(performance.now() - opened);
  }
  return [median(openings), median(parts)];
};

/** What any program must do: AES-256-GCM over 256 KiB at a time, then SHA-256 of what came out; the other way round to read. */
const raw = {
  seal: async (): Promise<void> => {
    for (let at = 0; at < BYTES; at += piece.length) {
      const cipher = createCipheriv("aes-256-gcm", RAW_KEY, randomBytes(12));
      const sealed = cipher.update(piece);
      cipher.final();
      createHash("sha256").update(sealed).update(cipher.getAuthTag()).digest();
    }
  },
  open: async (): Promise<void> => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", RAW_KEY, nonce);
    const sealed = cipher.update(piece);
    cipher.final();
    for (let at = 0; at < BYTES; at += piece.length) {
      createHash("sha256").update(sealed).digest();
      const decipher = createDecipheriv("aes-256-gcm", RAW_KEY, nonce).setAuthTag(cipher.getAuthTag());
      decipher.update(sealed);
      decipher.final();
    }
  },
} as const;
const RAW_KEY = randomBytes(32);

/** How many times as much CPU time ours takes as theirs: medians of rounds in turn, after one that does not count. */
const timesOf = async (ours: () => Promise<unknown>, theirs: () => Promise<unknown>): Promise<number> => {
  const spent = { ours: [] as number[], theirs: [] as number[] };
  for (let round = -1; round < RUNS; round += 1)
    for (const [name, work] of Object.entries({ ours, theirs }) as ["ours" | "theirs", () => Promise<unknown>][]) {
      const before = process.cpuUsage();
      await work();
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) spent[name].push(user + system);
    }
  return median(spent.ours) / median(spent.theirs);
};

/** Files: cipher and content id, apart and together, and parts of a file in the default store. */
export const fileFigures = async (): Promise<readonly Figure[]> => {
  const figure = (name: string, value: number, more: Partial<Figure> = {}): Figure => ({ name, value, unit: "MB/s", ...more });
  const web = createWebCipher();
  const memory = await stored(createMemoryBlobStore());
  const pieces: Uint8Array[] = [];
  for await (const bytes of memory.store.get(memory.cid)) pieces.push(bytes);
  async function* envelope(): AsyncGenerator<Uint8Array> {
    yield* pieces;
  }
  const folder = await mkdtemp(join(tmpdir(), "keyquorum-bench-"));
  try {
    const hashing = createBlobStore(nowhere);
    const figures = [
      figure("encrypt: cipher alone, node:crypto", await speedOf(() => drain(encrypt(nodeChunkCipher).envelope)), { target: 500 }),
      figure("encrypt: cipher alone, WebCrypto", await speedOf(() => drain(encrypt(web).envelope))),
      figure("encrypt: content id alone", await speedOf(() => hashing.add(content()))),
      figure("encrypt: cipher and content id", await speedOf(() => hashing.add(encrypt(nodeChunkCipher).envelope))),
      figure("decrypt: cipher alone, node:crypto", await speedOf(() => decryptAll(memory, envelope(), nodeChunkCipher)), { target: 500 }),
      figure("decrypt: cipher alone, WebCrypto", await speedOf(() => decryptAll(memory, envelope(), web))),
      figure("decrypt: content id alone", await speedOf(() => drain(memory.store.get(memory.cid, { lends: true })))),
      figure(
        "decrypt: content id and cipher",
        await speedOf(() => decryptAll(memory, memory.store.get(memory.cid, { lends: true }), nodeChunkCipher)),
      ),
    ];
    const note = "by CPU time, in turn; 2 is half its speed";
    const against: readonly Figure[] = [
      {
        name: "encrypt with content id, times raw AES-GCM then SHA-256",
        value: await timesOf(() => hashing.add(encrypt(nodeChunkCipher).envelope), raw.seal),
        unit: "x",
        target: 2,
        note,
      },
      {
        name: "decrypt with content id, times raw SHA-256 then AES-GCM",
        value: await timesOf(() => decryptAll(memory, memory.store.get(memory.cid, { lends: true }), nodeChunkCipher), raw.open),
        unit: "x",
        target: 2,
        note,
      },
    ];
    const files = await openFileBlobStore(folder);
    const started = performance.now();
    const onDisk = await stored(files);
    const storeSpeed = BYTES / 1e6 / ((performance.now() - started) / 1000);
    const [opening, part] = await partLatency(onDisk);
    return [
      ...figures,
      ...against,
      figure("encrypt, content id, default store on disk", storeSpeed, { note: "each block flushed to the disk" }),
      { name: "open a stored file for reading parts", value: opening, unit: "ms", note: "root, header, first chunk" },
      { name: "read a part of 64 KiB", value: part, unit: "ms", note: `of ${BYTES / MIB} MiB in the default store` },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
