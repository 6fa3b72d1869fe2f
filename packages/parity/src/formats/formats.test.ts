import { createHash } from "node:crypto";
import { CURVE_ORDER, encodePoint, G, type Point, parseScalar, pointFromXY, SecretScalar } from "@keyquorum/threshold";
import { bytesToHex } from "@keyquorum/wire";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import * as vectors from "../testing/vectors.ts";
import { aesCtr } from "./aesCtr.ts";
import { bytesBody, errorBody, shadowsBody } from "./bodies.ts";
import { decryptDocument, encryptDocument } from "./documentCipher.ts";
import { createDocumentKey, openDocumentKey } from "./documentKey.ts";
import { decryptEcies, ECIES_OVERHEAD, encryptEcies } from "./ecies.ts";
import { bareHex, readBareHex, readPrefixedHex } from "./hexText.ts";
import { encodePoint64, parsePoint64 } from "./point64.ts";
import { recoverRequester, signRaw } from "./rawSignature.ts";
import { serversSetHash } from "./serversSetHash.ts";
import { visiblePoint, visibleShadow } from "./signRule.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const point = (hex: string): Point => parsePoint64(bytes(hex));
const secretOf = (hex: string): SecretScalar => SecretScalar.fromBytes(bytes(hex));
const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work();
    return "none";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("formats of Parity Secret Store", () => {
  const dice = rollDice("parity formats");
  const scalar = (): SecretScalar => SecretScalar.from((BigInt(dice.hex(32)) % (CURVE_ORDER - 1n)) + 1n);

  describe("vectors of the reference (Appendix A)", () => {
    it("A.1: the shadow of a real node, its document key and its stored form", async () => {
      const shadow = BigInt(`0x${vectors.A1_SCALAR}`);
      const opened = { decryptedSecret: point(vectors.A1_SECRET), commonPoint: point(vectors.A1_COMMON), shadows: [shadow] };
      expect(bareHex(openDocumentKey(opened))).to.equal(vectors.A1_M);
      expect(point(vectors.A1_ENCRYPTED_POINT).is0()).to.equal(false);
      expect(visiblePoint(point(vectors.A1_COMMON), 0).equals(point(vectors.A1_COMMON)), "t is even").to.equal(true);
    });

    it("A.2: shadowDecrypt of the reference's unit test", async () => {
      const shadow = await decryptEcies(secretOf(vectors.A2_ACCOUNT), bytes(vectors.A2_SHADOW));
      expect(bareHex(shadow)).to.equal(vectors.A2_SCALAR);
      const documentKey = openDocumentKey({
        decryptedSecret: point(vectors.A2_SECRET),
        commonPoint: point(vectors.A2_COMMON),
        shadows: [parseScalar(shadow)],
      });
      expect(bareHex(await decryptDocument(documentKey, bytes(vectors.A2_DOCUMENT)))).to.equal("deadbeef");
    });

    it("A.2: a document key that was encrypted to an account", async () => {
      expect(bareHex(await decryptEcies(secretOf(vectors.A2_KEY_ACCOUNT), bytes(vectors.A2_KEY_BLOB)))).to.equal(vectors.A2_M);
    });

    it("A.2, trap 16: the hash of a set of servers, in any order and with repetitions", () => {
      const nodes = [bytes(vectors.A2_SECRET), bytes(vectors.A2_COMMON)];
      for (const set of [nodes, nodes.toReversed(), [...nodes, ...nodes]])
        expect(bareHex(serversSetHash(set))).to.equal(vectors.A2_SET_HASH);
    });

    it("A.3, trap 2: signatures over a raw hash, made and recovered", () => {
      const one = bytes("1".padStart(64, "0"));
      const account = secretOf(vectors.A3_ACCOUNT);
      expect(bareHex(signRaw(one, account))).to.equal(vectors.A3_SIGNATURE);
      expect(recoverRequester(one, bytes(vectors.A3_SIGNATURE))?.address).to.equal("0x00a329c0648769a73afac7f9381e08fb43dbea72");
      expect(createHash("sha256").update("mySecretDocument").digest("hex")).to.equal(vectors.A3_ID);
      for (const [signature, address] of [
        [vectors.A3_ALICE_SIGNATURE, vectors.A3_ALICE],
        [vectors.A3_BOB_SIGNATURE, vectors.A3_BOB],
      ] as const)
        expect(recoverRequester(bytes(vectors.A3_ID), bytes(signature))?.address).to.equal(`0x${address}`);
    });

    it("A.4, trap 3: the common point of an odd threshold is returned with the other sign", () => {
      const stored = point(vectors.A4_X + vectors.A4_Y_STORED);
      const returned = vectors.A4_X + vectors.A4_Y_RETURNED;
      expect(bareHex(encodePoint64(visiblePoint(stored, 1)))).to.equal(returned);
      expect(bareHex(encodePoint64(visiblePoint(point(returned), 1))), "and back").to.equal(vectors.A4_X + vectors.A4_Y_STORED);
      for (const even of [0, 2, 4]) expect(visiblePoint(stored, even).equals(stored)).to.equal(true);
    });
  });

  describe("points and text", () => {
    it("D10: refuses a point of another length, off the curve, or with x not below the order", async () => {
      const valid = encodePoint64(G);
      expect(parsePoint64(valid).equals(G)).to.equal(true);
      for (const length of [0, 63, 65]) expect(await codeOf(() => parsePoint64(new Uint8Array(length)))).to.equal("INVALID_BYTES");
      const off = Uint8Array.from(valid);
      off[63] = (off[63] ?? 0) ^ 1;
      const beyond = new Uint8Array(64).fill(255);
      for (const wrong of [off, new Uint8Array(64), beyond]) expect(await codeOf(() => parsePoint64(wrong))).to.equal("INVALID_POINT");
    });

    it("trap 14: keeps leading zeros of coordinates", () => {
      // The multiples of G whose x, or y, begins with a zero byte.
      const multiples = Array.from({ length: 2_000 }, (_, i) => i + 1).map((factor) => G.multiplyUnsafe(BigInt(factor)));
      for (const coordinate of ["x", "y"] as const) {
        const short = multiples.find((multiple) => multiple.toAffine()[coordinate] < 1n << 248n);
        if (short === undefined) throw new Error("There is one: these are always the same points.");
        const encoded = encodePoint64(short);
        expect(encoded).to.have.lengthOf(64);
        expect(encoded[coordinate === "x" ? 0 : 32]).to.equal(0);
        expect(parsePoint64(encoded).equals(short)).to.equal(true);
      }
    });

    it("trap 1: reads hex of a path without 0x, and of JSON with 0x, in either case and of whole length only", () => {
      expect(readBareHex("aBCd", 2)).to.deep.equal(bytes("abcd"));
      for (const wrong of ["0xabcd", "abc", "abcdef", "abcg", "ab d", ""]) expect(readBareHex(wrong, 2), wrong).to.equal(undefined);
      expect(readPrefixedHex("0xaBCd")).to.deep.equal(bytes("abcd"));
      expect(readPrefixedHex("0x")).to.deep.equal(new Uint8Array());
      for (const wrong of ["abcd", "0xabc", "0Xabcd", "0xabcg", 12, null, undefined]) expect(readPrefixedHex(wrong)).to.equal(undefined);
      expect(readPrefixedHex("0xabcd", 3)).to.equal(undefined);
    });
  });

  describe("raw signatures", () => {
    it("recovers v of 0 and 1 and of 27 and 28 alike, and nobody from anything else", () => {
      const seen = new Set<number>();
      for (let turn = 0; turn < 64 && seen.size < 2; turn += 1) {
        const [id, secret] = [dice.bytes(32), scalar()];
        const signature = signRaw(id, secret);
        const v = signature[64] as number;
        seen.add(v);
        expect(v).to.be.oneOf([0, 1]);
        const signer = recoverRequester(id, signature)?.address;
        expect(signer).to.match(/^0x/);
        expect(recoverRequester(id, Uint8Array.of(...signature.subarray(0, 64), v + 27))?.address).to.equal(signer);
        for (const other of [2, 3, 4, 26, 29, 255])
          expect(recoverRequester(id, Uint8Array.of(...signature.subarray(0, 64), other)), `v ${other}`).to.equal(undefined);
        for (const length of [0, 64, 66]) expect(recoverRequester(id, new Uint8Array(length))).to.equal(undefined);
      }
      expect(seen.size, "64 signatures have both, but for once in 2^63").to.equal(2);
      for (const nobody of [new Uint8Array(65), new Uint8Array(65).fill(255)])
        expect(recoverRequester(dice.bytes(32), nobody)).to.equal(undefined);
    });
  });

  describe("ECIES", () => {
    it("trap 4: opens what it sealed, with 113 bytes more, and says nothing of the plaintext's length but that", async () => {
      const secret = scalar();
      const publicKey = G.multiplyUnsafe(secret.reveal());
      for (const length of [0, 1, 32, 64, 65, 1_000]) {
        const plaintext = dice.bytes(length);
        const sealed = await encryptEcies(publicKey, plaintext, dice.bytes);
        expect(sealed).to.have.lengthOf(length + ECIES_OVERHEAD);
        expect(await decryptEcies(secret, sealed)).to.deep.equal(plaintext);
      }
    });

    it("refuses another key's, and any byte that was changed", async () => {
      const secret = scalar();
      const sealed = await encryptEcies(G.multiplyUnsafe(secret.reveal()), dice.bytes(4), dice.bytes);
      expect(await codeOf(() => decryptEcies(scalar(), sealed))).to.equal("NOT_FOR_THIS_KEY");
      for (const [at, code] of [
        [0, "WRONG_LENGTH"],
        [1, "INVALID_POINT"],
        [64, "INVALID_POINT"],
        [65, "NOT_FOR_THIS_KEY"],
        [80, "NOT_FOR_THIS_KEY"],
        [81, "NOT_FOR_THIS_KEY"],
        [sealed.length - 1, "NOT_FOR_THIS_KEY"],
      ] as const) {
        const changed = Uint8Array.from(sealed);
        changed[at] = (changed[at] ?? 0) ^ 1;
        const got = await codeOf(() => decryptEcies(secret, changed));
        // Half of all x are of a point, whose y is another one then: it is off the curve all the same.
        expect(got, `byte ${at}`).to.equal(code);
      }
      expect(await codeOf(() => decryptEcies(secret, sealed.subarray(0, ECIES_OVERHEAD - 1)))).to.equal("WRONG_LENGTH");
    });
  });

  describe("documents and their keys", () => {
    it("trap 5: the first 16 bytes of the key, and the IV at the end", async () => {
      const [documentKey, document] = [dice.bytes(64), dice.bytes(45)];
      const encrypted = await encryptDocument(documentKey, document, dice.bytes);
      expect(encrypted).to.have.lengthOf(document.length + 16);
      const again = await aesCtr(documentKey.subarray(0, 16), encrypted.subarray(-16), encrypted.subarray(0, -16));
      expect(again).to.deep.equal(document);
      expect(await decryptDocument(documentKey, encrypted)).to.deep.equal(document);
      expect(await decryptDocument(documentKey, encrypted.subarray(-16)), "an empty one").to.deep.equal(new Uint8Array());
      expect(await codeOf(() => decryptDocument(documentKey, new Uint8Array(15)))).to.equal("WRONG_LENGTH");
      expect(await codeOf(() => decryptDocument(documentKey.subarray(1), encrypted))).to.equal("WRONG_LENGTH");
    });

    it("the counter is all 16 bytes of the IV, and wraps", async () => {
      const [key, text] = [dice.bytes(16), new Uint8Array(32)];
      const [wrapped, zero] = [await aesCtr(key, new Uint8Array(16).fill(255), text), await aesCtr(key, new Uint8Array(16), text)];
      expect(wrapped.subarray(16)).to.deep.equal(zero.subarray(0, 16));
    });

    for (const threshold of [0, 1, 2, 3])
      it(`trap 3, trap 15: what holders of threshold ${threshold} mask, the client's equation opens, in any order`, () => {
        const secret = scalar().reveal();
        const { documentKey, commonPoint, encryptedPoint } = createDocumentKey(G.multiplyUnsafe(secret), dice.bytes);
        const masks = Array.from({ length: threshold + 1 }, () => scalar().reveal());
        const sum = masks.reduce((total, mask) => (total + mask) % CURVE_ORDER, 0n);
        const decryptedSecret = encryptedPoint.add(commonPoint.multiplyUnsafe((2n * CURVE_ORDER - secret - sum) % CURVE_ORDER));
        const [visible, shadows] = [visiblePoint(commonPoint, threshold), masks.map((mask) => visibleShadow(mask, threshold))];
        expect(openDocumentKey({ decryptedSecret, commonPoint: visible, shadows })).to.deep.equal(documentKey);
        expect(openDocumentKey({ decryptedSecret, commonPoint: visible, shadows: shadows.toReversed() })).to.deep.equal(documentKey);
      });

    it("refuses no shadow at all, and one that is 0 or not below the order", async () => {
      const opened = { decryptedSecret: G, commonPoint: G.double() };
      expect(await codeOf(() => openDocumentKey({ ...opened, shadows: [] }))).to.equal("WRONG_SCALAR");
      for (const wrong of [0n, CURVE_ORDER])
        expect(await codeOf(() => openDocumentKey({ ...opened, shadows: [wrong] }))).to.equal("INVALID_SCALAR");
    });
  });

  describe("bodies", () => {
    it("trap 7: bytes are a JSON string, errors a JSON string with quotes in it", () => {
      expect(bytesBody(bytes("00ff"))).to.equal('"0x00ff"');
      expect(errorBody("Access denied")).to.equal('"\\"Access denied\\""');
    });

    it("shadows are an object of three members in their order, and one of ours", () => {
      const body = shadowsBody({
        decryptedSecret: G,
        commonPoint: pointFromXY(G.toAffine().x, G.toAffine().y),
        threshold: 1,
        shadows: [{ slot: 3, encrypted: Uint8Array.of(1, 2), commitment: G }],
      });
      const read = JSON.parse(body) as Record<string, unknown>;
      expect(Object.keys(read)).to.deep.equal(["decrypted_secret", "common_point", "decrypt_shadows", "keyquorum"]);
      expect(read.decrypted_secret).to.equal(bytesToHex(encodePoint64(G)));
      expect(read.common_point).to.equal(bytesToHex(encodePoint64(G.negate())));
      expect(read.decrypt_shadows).to.deep.equal(["0x0102"]);
      expect(read.keyquorum).to.deep.equal({ threshold: 1, shadows: [{ slot: 3, commitment: bytesToHex(encodePoint(G.negate())) }] });
    });
  });
});
