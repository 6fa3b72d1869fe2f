import { inspect } from "node:util";
import { expect } from "chai";
import { changedBackend, codeOf, pointAboveOrder } from "../../test/fixtures.ts";
import { hedged, knownNonces } from "../../test/frost.ts";
import { withBackend } from "../backend.ts";
import { integerToWord } from "../bytes.ts";
import { nobleBackend } from "../nobleBackend.ts";
import type { HedgedRandom } from "../nonceSource.ts";
import { G, type Point } from "../point.ts";
import { CURVE_ORDER } from "../scalar.ts";
import { drawSigningNonces, SigningNonces } from "./nonces.ts";

/** Gives these scalars first, 32 bytes each, then good ones. */
const drawing = (...first: readonly bigint[]): HedgedRandom => {
  const draws = first.map(integerToWord);
  const rest = hedged("the rest");
  return ((length: number) => draws.shift() ?? rest(length)) as HedgedRandom;
};

describe("signing nonces", () => {
  it("show D = dG and E = eG", () => {
    const { commitment } = knownNonces(5n, 7n);
    expect([commitment.hiding.equals(G.multiply(5n)), commitment.binding.equals(G.multiply(7n))]).to.deep.equal([true, true]);
  });

  it("are taken once, and never again", () => {
    const nonces = knownNonces(5n, 7n);
    expect(nonces.take()).to.deep.equal({ hiding: 5n, binding: 7n });
    expect([nonces.gone, codeOf(() => nonces.take())]).to.deep.equal([true, "ERASED_SECRET"]);
  });

  it("are gone once erased", () => {
    const nonces = knownNonces(5n, 7n);
    nonces.erase();
    expect([nonces.gone, codeOf(() => nonces.take())]).to.deep.equal([true, "ERASED_SECRET"]);
  });

  it("are overwritten where they lie, when they are taken and when they are erased", () => {
    for (const end of ["take", "erase"] as const) {
      const [hiding, binding] = [integerToWord(5n), integerToWord(7n)];
      SigningNonces.of(hiding, binding)?.[end]();
      expect(
        [...hiding, ...binding].every((byte) => byte === 0),
        end,
      ).to.equal(true);
    }
  });

  it("print as <redacted>, and hold nothing else that can be read", () => {
    const nonces = knownNonces(0x5ec2e7n, 7n);
    expect([`${nonces}`, JSON.stringify({ nonces }), inspect(nonces)]).to.deep.equal([
      "<redacted>",
      '{"nonces":"<redacted>"}',
      "<redacted>",
    ]);
    expect(Object.keys(nonces)).to.deep.equal(["commitment"]);
    expect(inspect({ deep: { nonces } }, { showHidden: true })).to.not.match(/5ec2e7|6210279/i);
  });

  it("are drawn again where both would be the same, 0, or n", () => {
    for (const first of [[3n, 3n], [0n], [CURVE_ORDER], [1n, 0n, 1n]]) {
      const { commitment } = drawSigningNonces(drawing(...first));
      expect(commitment.hiding.equals(commitment.binding), `${first}`).to.equal(false);
    }
  });

  it("are drawn again where they would show a point that no decoder takes", () => {
    const bad = pointAboveOrder();
    let calls = 0;
    // No scalar is known whose point has x >= n: the backend makes one up, once.
    const other = changedBackend({
      mulSecret: (p, s) =>
        calls++ === 0 ? (G.constructor as unknown as { fromAffine: (p: object) => Point }).fromAffine(bad) : nobleBackend.mulSecret(p, s),
    });
    const { commitment } = withBackend(other, () => drawSigningNonces(hedged("x >= n")));
    expect([calls, commitment.hiding.x < CURVE_ORDER]).to.deep.equal([4, true]);
  });

  it("not for ever", () => {
    expect(codeOf(() => drawSigningNonces(((length: number) => new Uint8Array(length).fill(9)) as HedgedRandom))).to.equal(
      "INVALID_RANDOM",
    );
  });
});
