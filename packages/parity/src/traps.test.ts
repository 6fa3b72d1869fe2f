import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";

/** What implementers of Parity Secret Store's formats get wrong, in the order of likelihood. A test of each says its number. */
const TRAPS = [
  "hex in paths has no 0x, in bodies and results it has",
  "v is 0 or 1; what is signed is the raw id",
  "the common point's sign for odd t: in answers, never in storage",
  "ECIES: two zero bytes in the MAC, counter first, MAC key hashed, IV in the MAC",
  "the document's key is the first 16 bytes of X, its IV stands at the end",
  "every way to post no body",
  "200 for a storing, JSON strings, errors quoted twice",
  "RPC: no `error` member with a result, hex with 0x, status 200",
  "404, 400 and 403 where the original has them",
  "403 for a refusal of the contract, and for who is not the author",
  "t not below the number of nodes is 500; t = 0 is what clients ask for",
  "ECDSA needs 2t+1 nodes",
  "ids are bytes, in either case",
  "leading zeros are kept",
  "shadows in any order, one at least",
  "the administrator's body: ids with 0x, hashed sorted and once",
  "an id twice: 400 when it is there, 500 while it is on its way",
  "reason phrases and content types",
  "callers on ethers ask for the chain's id first",
  "a preflight, and no 404 for an Origin",
];

describe("traps of the reference", () => {
  it("each has a test that says its number", () => {
    const tests = globSync(join(import.meta.dirname, "**/*.test.ts")).map((file) => readFileSync(file, "utf8"));
    const isNamed = (number: number): boolean => tests.some((text) => new RegExp(`\\btrap ${number}\\b`).test(text));
    const without = TRAPS.map((trap, index) => `${index + 1}: ${trap}`).filter((_, index) => !isNamed(index + 1));
    expect(without).to.deep.equal([]);
  });
});
