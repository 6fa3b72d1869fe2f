import { backend, encodePoint, encodeScalar, nobleBackend, type Point, withBackend } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import { type Hash32, hexToBytes } from "@keyquorum/wire";
import { expect } from "chai";
import { loadIdentities } from "./identity.ts";

const DIGEST = `0x${"5a".repeat(32)}` as Hash32;
const secret = encodeScalar(123_456_789n);
const key = backend.mulG(123_456_789n);
const vault = {
  directory: "nowhere",
  secrets: { load: async () => new Uint8Array(32) },
  identities: { list: async () => [encodePoint(key)], load: async () => Uint8Array.from(secret) },
} as unknown as Pick<Vault, "secrets" | "identities" | "directory">;

describe("a keeper's identity", () => {
  it("signs what its key is recovered from, and nothing by a key that it does not hold", async () => {
    const { signerOf } = await loadIdentities(vault);
    const signature = signerOf(key)?.(DIGEST) ?? new Uint8Array(0);
    expect(backend.recover(hexToBytes(DIGEST, 32), signature)?.equals(key)).to.equal(true);
    expect(signerOf(backend.mulG(2n))).to.equal(undefined);
  });

  it("gives out no signature that a fault made wrong: beside the right one of the same digest it tells the key", async () => {
    const { signerOf } = await loadIdentities(vault);
    const sign = signerOf(key as Point);
    const right = nobleBackend.sign(hexToBytes(DIGEST, 32), secret);
    for (const at of [0, 31, 40, 63]) {
      const made: Uint8Array[] = [];
      const faulty = {
        ...nobleBackend,
        sign: () => {
          const wrong = Uint8Array.from(right, (byte, i) => (i === at ? byte ^ 1 : byte));
          made.push(wrong);
          return wrong;
        },
      };
      expect(() => withBackend(faulty, () => sign?.(DIGEST)))
        .to.throw()
        .with.property("code", "BACKEND_FAILED");
      expect(made[0]?.every((byte) => byte === 0)).to.equal(true);
    }
  });
});
