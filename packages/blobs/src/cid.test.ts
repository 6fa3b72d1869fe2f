import { expect } from "chai";
import fc from "fast-check";
import { CID } from "multiformats/cid";
import * as identity from "multiformats/hashes/identity";
import { sha512 } from "multiformats/hashes/sha2";
import { cidFromBytes, cidToBytes, parseCid } from "./cid.ts";
import { codeOf } from "./testBytes.ts";

const HELLO = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e";

describe("A content id", () => {
  it("when it is written and read again, it should be the same", () => {
    expect(cidToBytes(HELLO)).to.have.length(36);
    expect(cidFromBytes(cidToBytes(HELLO))).to.equal(HELLO);
    expect(parseCid(HELLO)).to.equal(HELLO);
  });

  it("when any byte of its prefix changes, it should be refused; when one of its hash does, it should be another id", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(35), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = cidToBytes(HELLO);
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        const isDagPb = at === 1 && bytes[1] === 0x70;
        if (at < 4 && !isDagPb) expect(await codeOf(async () => cidFromBytes(bytes))).to.equal("INVALID_CID");
        else expect(cidFromBytes(bytes)).to.not.equal(HELLO);
      }),
    );
  });

  const refused: readonly (readonly [string, unknown])[] = [
    ["a number", 3],
    ["nothing", ""],
    ["another base", CID.parse(HELLO).toString().toUpperCase()],
    ["trailing bits that say nothing", `${HELLO.slice(0, -1)}f`],
    ["a character too many", `${HELLO}a`],
    ["version 0", "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPYJm"],
  ];
  for (const [what, value] of refused) {
    it(`when it is ${what}, it should be refused`, async () => {
      expect(await codeOf(async () => parseCid(value))).to.equal("INVALID_CID");
    });
  }

  it("when its hash is another than sha2-256, or none, it should be refused", async () => {
    const hash = await sha512.digest(new Uint8Array(3));
    expect(await codeOf(async () => cidFromBytes(CID.createV1(0x55, hash).bytes))).to.equal("INVALID_CID");
    expect(await codeOf(async () => cidFromBytes(CID.createV1(0x55, identity.identity.digest(new Uint8Array(32))).bytes))).to.equal(
      "INVALID_CID",
    );
    expect(await codeOf(async () => cidFromBytes(CID.createV1(0x71, CID.parse(HELLO).multihash).bytes))).to.equal("INVALID_CID");
  });
});
