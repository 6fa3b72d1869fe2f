import { parseAddress, parseHash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import { bytes, codeOf, hex, PIN } from "../testing/fixtures.ts";
import { associatedDataOf, digestOf } from "./associatedData.ts";
import { createSealer } from "./sealer.ts";

const { bytes: random } = rollDice("sealer");
const sealer = createSealer({ keyEncryptionKey: bytes(7), pin: PIN, random });
const place = { kind: "key_share", id: "a", version: 1 };
const secret = bytes(9);

describe("sealer", () => {
  it("opens what it sealed, where it was sealed", () => {
    expect(sealer.open(place, sealer.seal(place, secret))).to.deep.equal(secret);
  });

  it("uses a fresh data key and nonces each time", () => {
    const [one, two] = [sealer.seal(place, secret), sealer.seal(place, secret)];
    expect(one.body).to.not.deep.equal(two.body);
    expect(one.wrappedKey).to.not.deep.equal(two.wrappedKey);
  });

  for (const [what, elsewhere] of [
    ["another table", { ...place, kind: "epoch_secret" }],
    ["another primary key", { ...place, id: "b" }],
    ["an older version", { ...place, version: 0 }],
    ["a newer version", { ...place, version: 2 }],
  ] as const) {
    it(`does not open at ${what} (attacks 41, 42)`, async () => {
      expect(await codeOf(() => sealer.open(elsewhere, sealer.seal(place, secret)))).to.equal("VAULT_TAMPERED");
    });
  }

  for (const [what, pin] of [
    ["another chain", { ...PIN, chainId: 1n }],
    ["another genesis", { ...PIN, genesisHash: parseHash32(hex(9)) }],
    ["another registry", { ...PIN, registry: parseAddress(hex(9, 20)) }],
    ["another keeper", { ...PIN, operator: parseAddress(hex(9, 20)) }],
  ] as const) {
    it(`does not open on ${what} (attack 42)`, async () => {
      const foreign = createSealer({ keyEncryptionKey: bytes(7), pin, random });
      expect(await codeOf(() => foreign.open(place, sealer.seal(place, secret)))).to.equal("VAULT_TAMPERED");
    });
  }

  it("does not open under another key", async () => {
    const other = createSealer({ keyEncryptionKey: bytes(8), pin: PIN, random });
    expect(await codeOf(() => other.open(place, sealer.seal(place, secret)))).to.equal("VAULT_TAMPERED");
  });

  it("does not open with any byte changed or cut, in either part", async () => {
    const sealed = sealer.seal(place, secret);
    for (const part of ["wrappedKey", "body"] as const) {
      for (let index = 0; index < sealed[part].length; index += 1) {
        const changed = Uint8Array.from(sealed[part]);
        changed[index] = (changed[index] ?? 0) ^ 1;
        expect(await codeOf(() => sealer.open(place, { ...sealed, [part]: changed })), `${part} ${index}`).to.equal("VAULT_TAMPERED");
        const cut = sealed[part].subarray(0, index);
        expect(await codeOf(() => sealer.open(place, { ...sealed, [part]: cut })), `${part} cut ${index}`).to.equal("VAULT_TAMPERED");
      }
    }
  });

  it("does not take the body of one record with the key of another", async () => {
    const [one, two] = [sealer.seal(place, secret), sealer.seal(place, secret)];
    expect(await codeOf(() => sealer.open(place, { wrappedKey: one.wrappedKey, body: two.body }))).to.equal("VAULT_TAMPERED");
  });

  it("refuses a random source that gives too little", () => {
    const short = createSealer({ keyEncryptionKey: bytes(7), pin: PIN, random: () => bytes(1, 3) });
    expect(() => short.seal(place, secret)).to.throw(TypeError);
  });
});

describe("associatedDataOf", () => {
  it("tells the parts of a record apart, and fields whose concatenation is equal", () => {
    expect(associatedDataOf("key", place, PIN)).to.not.deep.equal(associatedDataOf("body", place, PIN));
    expect(digestOf("ab", "c")).to.not.deep.equal(digestOf("a", "bc"));
  });
});
