import { ThresholdError } from "@keyquorum/threshold";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import { FormatError } from "../formats/errors.ts";
import { bareHex } from "../formats/hexText.ts";
import * as vectors from "../testing/vectors.ts";
import { createSecretStoreSigner } from "./secretStoreSigner.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

describe("the signing agent as a library", () => {
  const dice = rollDice("library");
  const signer = createSecretStoreSigner(bytes(vectors.A2_ACCOUNT), dice.bytes);
  const codeOf = async (work: () => unknown): Promise<string> => {
    try {
      await work();
      return "none";
    } catch (error) {
      return error instanceof FormatError || error instanceof ThresholdError ? error.code : String(error);
    }
  };

  it("does with a key in hand what the agent does with a keystore", async () => {
    expect(signer.address).to.equal("0x00dfe63b22312ab4329ad0d28cad8af987a01932");
    const document = await signer.shadowDecrypt({
      ...{ decryptedSecret: bytes(vectors.A2_SECRET), commonPoint: bytes(vectors.A2_COMMON) },
      ...{ shadows: [bytes(vectors.A2_SHADOW)], document: bytes(vectors.A2_DOCUMENT) },
    });
    expect(bareHex(document)).to.equal("deadbeef");
    const { encryptedKey } = await signer.generateDocumentKey(bytes(vectors.A1_M));
    const encrypted = await signer.encrypt(encryptedKey, document);
    expect(await signer.decrypt(encryptedKey, encrypted)).to.deep.equal(document);
    const account = createSecretStoreSigner(bytes(vectors.A3_ACCOUNT));
    expect(bareHex(account.signRawHash(bytes("1".padStart(64, "0"))))).to.equal(vectors.A3_SIGNATURE);
  });

  it("overwrites every key and document key that it used, also where it fails", async () => {
    const { subtle } = globalThis.crypto;
    const importKey = subtle.importKey.bind(subtle) as (...given: readonly unknown[]) => Promise<unknown>;
    const keys: Uint8Array[] = [];
    Object.defineProperty(subtle, "importKey", {
      configurable: true,
      value: (...given: readonly unknown[]) => {
        keys.push(given[1] as Uint8Array); // true: all keys here are bytes
        return importKey(...given);
      },
    });
    try {
      const { encryptedKey } = await signer.generateDocumentKey(bytes(vectors.A1_M));
      await signer.decrypt(encryptedKey, await signer.encrypt(encryptedKey, bytes("00")));
      await signer.shadowDecrypt({
        ...{ decryptedSecret: bytes(vectors.A2_SECRET), commonPoint: bytes(vectors.A2_COMMON) },
        ...{ shadows: [bytes(vectors.A2_SHADOW)], document: bytes(vectors.A2_DOCUMENT) },
      });
      expect(await codeOf(() => signer.decrypt(encryptedKey, bytes("00")))).to.equal("WRONG_LENGTH");
      expect(await codeOf(() => signer.decrypt(bytes(vectors.A2_SHADOW), bytes("00".repeat(16))))).to.equal("WRONG_LENGTH");
    } finally {
      Reflect.deleteProperty(subtle, "importKey");
    }
    expect(keys.length).to.be.at.least(8);
    for (const key of keys) expect(bareHex(key)).to.match(/^0{32}$/);
  });

  it("takes a copy of the key, and refuses none, 0 and what is too large", async () => {
    const secret = bytes(vectors.A3_ACCOUNT);
    const account = createSecretStoreSigner(secret);
    secret.fill(0);
    expect(bareHex(account.signRawHash(bytes("1".padStart(64, "0"))))).to.equal(vectors.A3_SIGNATURE);
    account.erase();
    expect(await codeOf(() => account.signRawHash(new Uint8Array(32)))).to.equal("ERASED_SECRET");
    for (const wrong of [new Uint8Array(32), new Uint8Array(32).fill(255), new Uint8Array(31)])
      expect(await codeOf(() => createSecretStoreSigner(wrong))).to.match(/^INVALID_/);
  });

  it("says what it was given wrong", async () => {
    const point = bytes(vectors.A2_SECRET);
    for (const [work, code] of [
      [() => signer.signRawHash(new Uint8Array(31)), "WRONG_LENGTH"],
      [() => signer.generateDocumentKey(new Uint8Array(64)), "INVALID_POINT"],
      [() => signer.encrypt(bytes(vectors.A2_KEY_BLOB), point), "NOT_FOR_THIS_KEY"],
      [() => signer.encrypt(bytes(vectors.A2_SHADOW), point), "WRONG_LENGTH"],
      [() => signer.decrypt(bytes(vectors.A2_KEY_BLOB).subarray(0, 112), point), "WRONG_LENGTH"],
      [() => signer.shadowDecrypt({ decryptedSecret: point, commonPoint: point, shadows: [], document: point }), "WRONG_SCALAR"],
    ] as const)
      expect(await codeOf(work)).to.equal(code);
  });
});
