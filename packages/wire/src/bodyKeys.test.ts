import { expect } from "chai";
import { codeOf, fixedRandom } from "./actors.test.ts";
import { chunkNonce, deriveBodyKeys } from "./bodyKeys.ts";
import { bytesToHex } from "./hex.ts";
import { ZERO_HASH } from "./ids.ts";

describe("The keys of a body", () => {
  const base = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 0xff, 0, 0xff, 0]);
  const expected: readonly (readonly [number, string])[] = [
    [0, "ff00ff00"],
    [1, "ff00ff01"],
    [0x0102_0304, "fe02fc04"],
    [0x8000_0001, "7f00ff01"],
    [0xffff_ffff, "00ff00ff"],
  ];
  for (const [index, end] of expected) {
    it(`when a chunk's number is ${index}, its nonce should be the base nonce XOR that, big-endian`, () => {
      expect(bytesToHex(chunkNonce(base, index))).to.equal(`0x0102030405060708${end}`);
      expect(base[11]).to.equal(0);
    });
  }

  it("when a chunk's number does not fit the counter, it should be refused", async () => {
    expect(await codeOf(() => chunkNonce(base, 2 ** 32))).to.equal("CONTENT_TOO_LARGE");
  });

  it("when the salt, the header or the secret differs, all of them should differ", () => {
    const random = fixedRandom();
    const [secret, salt] = [random(32), random(24)];
    const keys = [
      deriveBodyKeys(secret, salt, ZERO_HASH),
      deriveBodyKeys(random(32), salt, ZERO_HASH),
      deriveBodyKeys(secret, random(24), ZERO_HASH),
      deriveBodyKeys(secret, salt, bytesToHex(random(32)) as typeof ZERO_HASH),
    ];
    for (const part of ["key", "baseNonce", "commitment"] as const) {
      expect(new Set(keys.map((each) => bytesToHex(each[part]))).size).to.equal(4);
    }
  });

  it("when the secret or the salt has another length, it should be refused", async () => {
    expect(await codeOf(() => deriveBodyKeys(new Uint8Array(31), new Uint8Array(24), ZERO_HASH))).to.equal("INVALID_VALUE");
    expect(await codeOf(() => deriveBodyKeys(new Uint8Array(32), new Uint8Array(23), ZERO_HASH))).to.equal("INVALID_VALUE");
  });
});
