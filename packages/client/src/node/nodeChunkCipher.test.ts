import { CHUNK_BYTES, SEALED_CHUNK_BYTES, TAG_BYTES } from "@keyquorum/wire";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import { nodeChunkCipher } from "./nodeChunkCipher.ts";

const dice = rollDice("client/node/nodeChunkCipher");
const { seal, open, batch } = nodeChunkCipher;

describe("A batch of chunks by node:crypto", () => {
  const key = dice.bytes(32);
  /** Whole chunks and a shorter one, which may be empty. */
  const made = (whole: number, rest: number) => {
    const nonces = Array.from({ length: whole + 1 }, () => dice.bytes(12));
    const plaintext = dice.bytes(whole * CHUNK_BYTES + rest);
    return { nonces, plaintext, sealedBytes: plaintext.length + nonces.length * TAG_BYTES };
  };

  for (const [whole, rest] of [
    [0, 0],
    [0, 1],
    [1, 0],
    [2, CHUNK_BYTES - 1],
    [15, 77],
  ] as const) {
    it(`of ${whole} whole ones and one of ${rest} bytes should be what they are one by one, and open to the same`, async () => {
      const { nonces, plaintext, sealedBytes } = made(whole, rest);
      const [together, apart] = [new Uint8Array(sealedBytes), new Uint8Array(sealedBytes)];
      batch?.seal(key, nonces, plaintext, together);
      for (const [i, nonce] of nonces.entries())
        await seal(
          key,
          nonce,
          plaintext.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES),
          apart.subarray(i * SEALED_CHUNK_BYTES, (i + 1) * SEALED_CHUNK_BYTES),
        );
      expect(Buffer.compare(together, apart)).to.equal(0);
      const opened = new Uint8Array(plaintext.length);
      expect(batch?.open(key, nonces, together, opened)).to.equal(undefined);
      expect(Buffer.compare(opened, plaintext)).to.equal(0);
    });
  }

  it("should name the first chunk that is wrong: changed, under another nonce, or shorter than its tag", async () => {
    const { nonces, plaintext, sealedBytes } = made(3, 9);
    const sealed = new Uint8Array(sealedBytes);
    batch?.seal(key, nonces, plaintext, sealed);
    const into = (): Uint8Array => new Uint8Array(plaintext.length);
    for (const chunk of [0, 1, 3]) {
      const changed = sealed.slice();
      changed[chunk * SEALED_CHUNK_BYTES + 5] = (changed[chunk * SEALED_CHUNK_BYTES + 5] ?? 0) ^ 1;
      expect(batch?.open(key, nonces, changed, into())).to.equal(chunk);
      const swapped = nonces.map((nonce, i) => (i === chunk ? dice.bytes(12) : nonce));
      expect(batch?.open(key, swapped, sealed, into())).to.equal(chunk);
    }
    expect(batch?.open(key, nonces, sealed.subarray(0, 3 * SEALED_CHUNK_BYTES + 15), into())).to.equal(3);
    const one = sealed.subarray(0, SEALED_CHUNK_BYTES);
    await open(key, nonces[0] ?? key, one, new Uint8Array(CHUNK_BYTES));
  });
});
