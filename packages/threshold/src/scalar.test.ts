import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../test/random/cases.ts";
import { codeOf } from "../test/fixtures.ts";
import { integerToWord } from "./bytes.ts";
import {
  assertNonZeroScalar,
  assertScalar,
  CURVE_ORDER,
  encodeScalar,
  invertScalar,
  isProofScalar,
  parseScalar,
  reduceScalar,
} from "./scalar.ts";

const WRONG = [Number.NaN, "3", 2.5, -0, 3, -1n, null, undefined, {}, [1n], CURVE_ORDER, 2n ** 256n] as const;

describe("scalar", () => {
  it("reads what it wrote, 0 and n-1 too", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: CURVE_ORDER - 1n }), (s) => parseScalar(encodeScalar(s)) === s),
      { numRuns: casesFor(50), examples: [[0n], [1n], [CURVE_ORDER - 1n]] },
    );
  });

  it("refuses n and above, and every length but 32", () => {
    for (const value of [CURVE_ORDER, CURVE_ORDER + 1n, 2n ** 256n - 1n])
      expect(codeOf(() => parseScalar(integerToWord(value)))).to.equal("INVALID_SCALAR");
    for (const length of [0, 31, 33]) expect(codeOf(() => parseScalar(new Uint8Array(length)))).to.equal("INVALID_BYTES");
  });

  for (const value of WRONG) {
    it(`refuses ${typeof value} ${Object.is(value, -0) ? "-0" : String(value)}`, () => {
      expect(codeOf(() => assertScalar(value))).to.equal("INVALID_SCALAR");
      expect(codeOf(() => encodeScalar(value as bigint))).to.equal("INVALID_SCALAR");
    });
  }

  it("tells a wrong challenge from a wrong type", () => {
    for (const value of [0n, CURVE_ORDER, 2n ** 256n - 1n]) expect(isProofScalar(value, "c")).to.equal(false);
    expect(isProofScalar(1n, "c")).to.equal(true);
    for (const value of [-1n, 2n ** 256n, 1, null]) expect(codeOf(() => isProofScalar(value, "c"))).to.equal("INVALID_SCALAR");
  });

  it("inverts, but not 0", () => {
    expect(reduceScalar(invertScalar(7n) * 7n)).to.equal(1n);
    expect(codeOf(() => invertScalar(0n))).to.equal("INVALID_SCALAR");
    expect(codeOf(() => assertNonZeroScalar(0n))).to.equal("INVALID_SCALAR");
  });
});
