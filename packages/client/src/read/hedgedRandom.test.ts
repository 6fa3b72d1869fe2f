import { encapsulate, nobleBackend, type RandomSource, secureRandom, type Tdh2Ciphertext } from "@keyquorum/threshold";
import { expect } from "chai";
import { hedgedRandom } from "./hedgedRandom.ts";

const clockAt = (now: number) => ({ now: () => now });
/** Gives the same unknown stream in every process. */
const secret = secureRandom(32);
const repeated: RandomSource = (length) => Uint8Array.from({ length }, (_, i) => secret[i % 32] ?? 0);
const publicKey = nobleBackend.mulG(5n);
const seal = (random: RandomSource, label: number): Tdh2Ciphertext =>
  encapsulate({ publicKey, label: new Uint8Array(32).fill(label) }, random).ciphertext;

describe("hedgedRandom", () => {
  it("attack 8: without it, a random source that repeats itself seals two documents with one key (the control)", () => {
    expect(seal(repeated, 1).u.equals(seal(repeated, 2).u)).to.equal(true);
  });

  it("attack 8: two documents of one client, and of two clients one after the other, have nothing in common", () => {
    const first = hedgedRandom(repeated, clockAt(1_000));
    const second = hedgedRandom(repeated, clockAt(1_001));
    const points = [seal(first, 1), seal(first, 1), seal(second, 1), seal(second, 2)].map(({ u }) => u.toHex());
    expect(new Set(points).size).to.equal(4);
  });

  it("takes a clock that tells parts of a millisecond", () => {
    expect(hedgedRandom(secureRandom, clockAt(1_000.25))(5)).to.have.length(5);
  });
});
