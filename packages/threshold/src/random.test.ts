import { expect } from "chai";
import { codeOf, seededRandom } from "../test/fixtures.ts";
import { integerToWord } from "./bytes.ts";
import { drawBytes, type RandomSource, randomScalar, secureRandom, untilUsable } from "./random.ts";
import { CURVE_ORDER } from "./scalar.ts";

describe("random", () => {
  it("draws different scalars in 1..n-1 by default", () => {
    const drawn = Array.from({ length: 20 }, () => randomScalar());
    expect(new Set(drawn).size).to.equal(20);
    for (const value of drawn) expect(value > 0n && value < CURVE_ORDER).to.equal(true);
    expect(secureRandom(7).length).to.equal(7);
  });

  it("draws again above n-1 and at 0, instead of reducing", () => {
    const draws = [CURVE_ORDER, 0n, 2n ** 256n - 1n, 9n].map(integerToWord);
    expect(randomScalar(() => draws.shift() ?? new Uint8Array(0))).to.equal(9n);
  });

  it("refuses a source that returns another length, another type, or only zeros", () => {
    const broken: RandomSource[] = [
      (n) => new Uint8Array(n - 1).fill(1),
      (n) => new Uint8Array(n + 1).fill(1),
      () => "x" as unknown as Uint8Array,
      (n) => new Uint8Array(n),
    ];
    for (const source of broken) expect(codeOf(() => randomScalar(source))).to.equal("INVALID_RANDOM");
    expect(codeOf(() => drawBytes(null as unknown as RandomSource, 1))).to.equal("INVALID_RANDOM");
  });

  it("gives up after 16 degenerate attempts", () => {
    let attempts = 0;
    const never = (): undefined => {
      attempts++;
    };
    expect(codeOf(() => untilUsable(never))).to.equal("INVALID_RANDOM");
    expect(attempts).to.equal(16);
  });

  it("is repeatable in tests", () => {
    expect(randomScalar(seededRandom("a"))).to.equal(randomScalar(seededRandom("a")));
    expect(randomScalar(seededRandom("a"))).not.to.equal(randomScalar(seededRandom("b")));
  });
});
