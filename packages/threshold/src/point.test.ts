import { hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { codeOf, invalidPoints, pointAboveOrder } from "../test/fixtures.ts";
import { addr, base, compressed, mul } from "../test/naiveCurve.ts";
import { HASH_TO_CURVE, WYCHEPROOF_ECDH } from "../test/vectors.ts";
import { integerToWord } from "./bytes.ts";
import { nobleBackend } from "./nobleBackend.ts";
import { parsePoint } from "./parsePoint.ts";
import {
  addressOfPoint,
  encodePoint,
  FIELD_PRIME,
  G,
  hashToPoint,
  INFINITY,
  isValidPoint,
  pointFromXY,
  SECOND_BASE,
  SECOND_BASE_DST,
  toXY,
} from "./point.ts";
import { CURVE_ORDER } from "./scalar.ts";

const encode = (prefix: number, x: bigint): Uint8Array => Uint8Array.of(prefix, ...integerToWord(x));

describe("point", () => {
  describe("SECOND_BASE", () => {
    for (const { message, x, y } of HASH_TO_CURVE.cases) {
      it(`hashes "${message.slice(0, 16)}" as RFC 9380 J.8.1 does`, () => {
        expect(toXY(hashToPoint(utf8ToBytes(message), HASH_TO_CURVE.dst))).to.deep.equal({ x, y });
      });
    }

    it("is hash_to_curve of its name under its own tag", () => {
      expect(SECOND_BASE.equals(hashToPoint(utf8ToBytes("second base"), SECOND_BASE_DST))).to.equal(true);
      expect(isValidPoint(SECOND_BASE)).to.equal(true);
    });
  });

  describe("multiplication", () => {
    for (const { id, publicKey, secret, x } of WYCHEPROOF_ECDH) {
      it(`agrees with Wycheproof case ${id}`, () => {
        const point = pointFromXY(BigInt(`0x${publicKey.slice(0, 64)}`), BigInt(`0x${publicKey.slice(64)}`));
        expect(nobleBackend.mulSecret(point, secret).x).to.equal(x);
        expect(nobleBackend.mulVar(point, secret).x).to.equal(x);
      });
    }
  });

  describe("encoding", () => {
    it("reads what it wrote, for both signs of y", () => {
      for (const k of [1n, 2n, 3n, 7n, CURVE_ORDER - 1n]) {
        const point = nobleBackend.mulG(k);
        expect(parsePoint(encodePoint(point)).equals(point)).to.equal(true);
        expect(encodePoint(point)).to.deep.equal(compressed(mul(base, k) as { x: bigint; y: bigint }));
        const { x, y } = toXY(point);
        expect(pointFromXY(x, y).equals(point)).to.equal(true);
      }
    });

    it("takes the address of Ethereum", () => {
      // The address of private key 1, known to every Ethereum tool.
      expect(addressOfPoint(G)).to.deep.equal(hexToBytes("7e5f4552091a69125d5dfcb7b8c2659029395bdf"));
      expect(addressOfPoint(nobleBackend.mulG(5n))).to.deep.equal(addr(mul(base, 5n)));
      expect(codeOf(() => addressOfPoint(INFINITY))).to.equal("INVALID_POINT");
    });
  });

  describe("attack 26: invalid-curve and non-canonical points are refused by the decoder", () => {
    for (const prefix of [0, 1, 4, 5, 6, 7, 0x82, 255]) {
      it(`refuses prefix ${prefix}`, () => {
        expect(codeOf(() => parsePoint(encode(prefix, G.x)))).to.equal("INVALID_POINT");
      });
    }

    it("refuses 65 bytes: uncompressed 04, hybrid 06 and 07", () => {
      for (const prefix of [4, 6, 7])
        expect(codeOf(() => parsePoint(Uint8Array.of(prefix, ...integerToWord(G.x), ...integerToWord(G.y))))).to.equal("INVALID_BYTES");
    });

    it("refuses every other length", () => {
      for (const length of [0, 1, 32, 34, 64, 65])
        expect(codeOf(() => parsePoint(new Uint8Array(length).fill(2)))).to.equal("INVALID_BYTES");
      expect(codeOf(() => parsePoint(Array.from(encodePoint(G)) as unknown as Uint8Array))).to.equal("INVALID_BYTES");
    });

    it("refuses x = 0, x that is on no point, and x >= p", () => {
      for (const x of [0n, 5n, FIELD_PRIME, FIELD_PRIME + 1n, FIELD_PRIME + G.x - FIELD_PRIME + 4n, 2n ** 256n - 1n])
        expect(codeOf(() => parsePoint(encode(2, x)))).to.equal("INVALID_POINT");
    });

    it("refuses a curve point with n <= x < p, and takes one below n", () => {
      const { x, y } = pointAboveOrder();
      expect(x >= CURVE_ORDER && x < FIELD_PRIME).to.equal(true);
      for (const prefix of [2, 3]) expect(codeOf(() => parsePoint(encode(prefix, x)))).to.equal("INVALID_POINT");
      expect(codeOf(() => pointFromXY(x, y))).to.equal("INVALID_POINT");
      expect(codeOf(() => parsePoint(encode(2, 1n)))).to.equal("nothing");
    });

    it("refuses coordinates that are off the curve, of the twist, negative, zero or unreduced", () => {
      const { x, y } = toXY(G);
      for (const [a, b] of [
        [x, y + 1n],
        [y, x],
        [x, 0n],
        [0n, 0n],
        [0n, y],
        [-x, y],
        [x + FIELD_PRIME, y],
        [x, y + FIELD_PRIME],
        [x, -y],
      ] as const)
        expect(codeOf(() => pointFromXY(a, b))).to.equal("INVALID_POINT");
      expect(codeOf(() => pointFromXY(1 as unknown as bigint, y))).to.equal("INVALID_POINT");
    });

    it("refuses to encode or to take apart an invalid point", () => {
      for (const point of Object.values(invalidPoints())) {
        expect(isValidPoint(point)).to.equal(false);
        expect(codeOf(() => encodePoint(point))).to.equal("INVALID_POINT");
        expect(codeOf(() => toXY(point))).to.equal("INVALID_POINT");
      }
    });
  });
});
