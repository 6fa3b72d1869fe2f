import { expect } from "chai";
import { getAddress } from "ethers";
import fc from "fast-check";
import { casesFor } from "../../../test/random/cases.ts";
import { codeOf } from "./actors.test.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { checksumAddress, parseAddress, parseDocumentId, parseHash32, parseKeyId, parseRequestId, parseSessionId } from "./ids.ts";

const wrong: readonly unknown[] = [
  undefined,
  null,
  3,
  Number.NaN,
  2.5,
  "3",
  "",
  "0x",
  {},
  [],
  new Uint8Array(32),
  `0x${"g".repeat(64)}`,
  `0x${"0".repeat(63)}`,
];

describe("Ids", () => {
  const parsers = { parseHash32, parseKeyId, parseSessionId, parseDocumentId, parseRequestId };
  for (const [name, parse] of Object.entries(parsers)) {
    it(`${name}: when it is 32 bytes of hex in any case, it should be given in lower case`, () => {
      expect(parse(`0x${"Ab".repeat(32)}`)).to.equal(`0x${"ab".repeat(32)}`);
    });
    it(`${name}: when it is anything else, it should be refused`, async () => {
      for (const value of [
        ...wrong,
        `0x${"0".repeat(66)}`,
        ` 0x${"0".repeat(64)}`,
        `0x${"0".repeat(64)}\n`,
        "0".repeat(64),
        `0X${"0".repeat(64)}`,
      ]) {
        expect(await codeOf(() => parse(value)), String(value)).to.equal("INVALID_VALUE");
      }
    });
  }

  it("when an address has a checksum, it should agree with ethers; when the checksum is wrong, it should be refused", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.nat(39), async (bytes, at) => {
        const hex = bytesToHex(bytes);
        const checked = getAddress(hex);
        expect(checksumAddress(parseAddress(hex))).to.equal(checked);
        expect(parseAddress(checked)).to.equal(hex);
        expect(parseAddress(`0x${hex.slice(2).toUpperCase()}`)).to.equal(hex);
        const letter = checked.charAt(2 + at);
        const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
        const broken = checked.slice(0, 2 + at) + other + checked.slice(3 + at);
        const isOneCase = broken.slice(2) === broken.slice(2).toLowerCase() || broken.slice(2) === broken.slice(2).toUpperCase();
        if (broken !== checked && !isOneCase) expect(await codeOf(() => parseAddress(broken))).to.equal("INVALID_VALUE");
      }),
      { numRuns: casesFor(50) },
    );
  });

  it("when an address is anything else, it should be refused", async () => {
    for (const value of wrong) expect(await codeOf(() => parseAddress(value))).to.equal("INVALID_VALUE");
  });
});

describe("Hex", () => {
  it("when bytes are written and read, they should be the same, and the other way round (attack 27)", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect([...hexToBytes(bytesToHex(bytes))]).to.deep.equal([...bytes]);
        expect(bytesToHex(hexToBytes(bytesToHex(bytes)))).to.equal(bytesToHex(bytes));
      }),
    );
  });

  it("when it is spelt any other way, it should be refused (attack 27)", async () => {
    for (const bad of ["", "0", "0x0", "0xAB", "ab", "0xg0", "0x00 ", "0x00\n", "0X00"])
      expect(await codeOf(() => hexToBytes(bad))).to.equal("INVALID_VALUE");
    expect(await codeOf(() => hexToBytes("0x00", 2))).to.equal("INVALID_VALUE");
  });
});
