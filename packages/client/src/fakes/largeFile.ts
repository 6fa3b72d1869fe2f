// A program: encrypts generated data into a file store, copies it to a second one if asked, decrypts it, compares every byte, reads parts.
// argv: bytes, folder (its stores are made in it and removed). Progress on stderr; prints JSON on stdout. `scripts/large.ts` and a test run it.
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseCid } from "@keyquorum/blobs";
import { openFileBlobStore } from "@keyquorum/blobs/node";
import { deriveContentSecret, G, randomScalar } from "@keyquorum/threshold";
import { type Address, headerLabelOf, type KeyId } from "@keyquorum/wire";
import { rollDice } from "../../../../test/random/dice.ts";
import { openDocument } from "../documents/openDocument.ts";
import { rangesOfBlob } from "../documents/source.ts";
import { nodeChunkCipher } from "../node/nodeChunkCipher.ts";
import { encryptDocument } from "../publish/encrypt.ts";

const dice = rollDice("largeFile");

const BLOCK = 256 * 1024;
const pattern = new Uint8Array(BLOCK).map((_, i) => (i * 2_654_435_761) >>> 13);

/** Block i of the generated data: no two are the same. */
const blockAt = (index: number, into: Uint8Array): Uint8Array => {
  into.set(pattern);
  new DataView(into.buffer, into.byteOffset).setFloat64(0, index);
  return into;
};

async function* generate(bytes: number): AsyncGenerator<Uint8Array> {
  const block = new Uint8Array(BLOCK);
  for (let at = 0; at < bytes; at += BLOCK) yield blockAt(at / BLOCK, block).subarray(0, Math.min(BLOCK, bytes - at));
}

/** Compares with the generated data from `offset` on. Throws at the first difference. Returns the number of bytes. */
const compare = async (content: AsyncIterable<Uint8Array>, offset = 0): Promise<number> => {
  const block = new Uint8Array(BLOCK);
  let at = offset;
  let index = -1;
  for await (const piece of content) {
    for (let used = 0; used < piece.length; ) {
      if (Math.floor(at / BLOCK) !== index) {
        index = Math.floor(at / BLOCK);
        blockAt(index, block);
      }
      const expected = block.subarray(at % BLOCK, (at % BLOCK) + piece.length - used);
      if (Buffer.compare(piece.subarray(used, used + expected.length), expected) !== 0) throw new Error(`A byte after ${at} differs.`);
      used += expected.length;
      at += expected.length;
    }
  }
  return at - offset;
};

const secondsOf = async <T>(work: () => Promise<T>): Promise<readonly [T, number]> => {
  const started = performance.now();
  return [await work(), (performance.now() - started) / 1000];
};

const peakRssMiB = (): number => process.resourceUsage().maxRSS / 1024;

const roundTrip = async (bytes: number, folder: string) => {
  const directory = await mkdtemp(join(folder, "large-"));
  try {
    const store = await openFileBlobStore(directory);
    const secretKey = randomScalar(dice.bytes);
    const address = (digit: string): Address => `0x${digit.repeat(40)}` as Address;
    const encrypted = encryptDocument(
      { file: generate(bytes), size: bytes },
      {
        chainId: 31337n,
        documentRegistry: address("4"),
        keyId: `0x${"11".repeat(32)}` as KeyId,
        publicKey: G.multiply(secretKey),
        owner: address("a"),
        initialPermissions: address("5"),
      },
      { cipher: nodeChunkCipher },
    );
    const tell = (what: string): ((done: number) => void) => {
      let told = -1;
      return (done) => {
        const percent = Math.floor((done / bytes) * 100);
        if (percent > told && process.stderr.isTTY) process.stderr.write(`\r${what} ${percent} %   `);
        told = percent;
      };
    };
    const [cid, encryptSeconds] = await secondsOf(() => store.add(encrypted.envelope, { onProgress: tell("encrypting and storing") }));
    const { header } = encrypted;
    const { u } = header.ciphertext;
    const contentSecret = deriveContentSecret({ shared: u.multiply(secretKey), label: headerLabelOf(header), u });
    const found = {
      header,
      author: async () => "unverified" as const,
      open: () => store.get(cid),
      ranges: () => rangesOfBlob(store, parseCid(cid)),
    };
    const opened = await openDocument({ found, contentSecret, cipher: nodeChunkCipher, onProgress: tell("reading and decrypting") });
    const [compared, decryptSeconds] = await secondsOf(() => compare(opened.content));
    if (compared !== bytes) throw new Error(`${compared} bytes came back.`);
    const partBytes = Math.min(65_536, bytes);
    const offsets = Array.from({ length: 20 }, (_, i) => Math.floor(((bytes - partBytes) * i) / 19));
    const [, rangeSeconds] = await secondsOf(async () => {
      for (const offset of offsets) await compare(opened.range({ offset, length: partBytes }), offset);
    });
    return { encryptSeconds, decryptSeconds, rangeMilliseconds: (rangeSeconds * 1000) / offsets.length };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

const [bytesText = "", folder = ""] = process.argv.slice(2);
const bytes = Number(bytesText);
if (!Number.isSafeInteger(bytes) || bytes < 0 || folder === "") throw new Error("usage: largeFile.ts BYTES FOLDER");
await roundTrip(32 * 1024 * 1024, folder); // so that code and buffers are there before memory is looked at
const before = peakRssMiB();
const figures = await roundTrip(bytes, folder);
if (process.stderr.isTTY) process.stderr.write("\n");
console.log(JSON.stringify({ bytes, ...figures, peakBeforeMiB: before, peakMiB: peakRssMiB() }));
