import { keccak_256 } from "@noble/hashes/sha3.js";
import { expect } from "chai";
import { kernelUnderTest } from "../../../../scripts/kernel/kernelUnderTest.ts";
import { casesFor } from "../../../../test/random/cases.ts";
import { rollDice } from "../../../../test/random/dice.ts";
import { rollPoint } from "../../test/kernelCases.ts";
import { addressOfPoint, INFINITY, type Point } from "../point.ts";
import { Arena } from "./arena.ts";

const arena = Arena.create(kernelUnderTest) as Arena; // Node has WebAssembly
const dice = rollDice("kernel keccak");

describe("the kernel's hashes", () => {
  it("are noble's: of nothing, of less than a block, of exactly one, of several", () => {
    const lengths = Array.from({ length: 101 }, (_, i) => 8 * i);
    for (const length of lengths)
      for (const message of [new Uint8Array(length), new Uint8Array(length).fill(255), dice.bytes(length)])
        expect(arena.keccak256(message), `${length} bytes`).to.deep.equal(keccak_256(message));
  });

  it("of a message that has no room or is no multiple of 8 bytes are left to noble", () => {
    for (const length of [1, 7, 9, 801, 808]) expect(arena.keccak256(new Uint8Array(length))).to.equal(undefined);
  });

  it("leave nothing of a message and touch no register", () => {
    const held = new Uint8Array((arena.wasm as unknown as { memory: { buffer: ArrayBuffer } }).memory.buffer);
    arena.run(() => {
      const register = dice.bytes(32);
      arena.putBytes(arena.word(31), register);
      arena.keccak256(dice.bytes(800));
      expect(arena.copyBytes(arena.word(31))).to.deep.equal(register);
      arena.putBytes(arena.word(31), new Uint8Array(32));
      expect(held.subarray(arena.wasm.SECRET_START.value, arena.wasm.SECRET_END.value).every((byte) => byte === 0)).to.equal(true);
    });
  });

  it("give the addresses of points together, and none where one of them is infinity", () => {
    for (let i = 0; i < casesFor(40); i++) {
      const points = Array.from({ length: 1 + (i % 4) }, (): Point => {
        const point = rollPoint(dice);
        return point.is0() ? rollPoint(dice) : point;
      });
      points.forEach((point, j) => {
        arena.putPoint(j, point);
      });
      const wanted = points.some((point) => point.is0()) ? undefined : points.map(addressOfPoint);
      expect(arena.takeAddresses(0, points.length)).to.deep.equal(wanted);
    }
    arena.putPoint(1, INFINITY);
    expect(arena.takeAddresses(0, 2)).to.equal(undefined);
    expect(() => arena.takeAddresses(0, 17)).to.throw("At most 16");
  });
});
