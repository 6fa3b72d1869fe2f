// Attack 31: many attempts at once. Without binding factors 256 of them give a signature that nobody asked for (Benhamouda et al., ePrint 2020/945).
import { expect } from "chai";
import { name32 } from "../../test/fixtures.ts";
import { drawFor, frostKey, mod } from "../../test/frost.ts";
import { inverse, lagrange, N } from "../../test/naiveCurve.ts";
import { backend } from "../backend.ts";
import { INFINITY, type Point } from "../point.ts";
import { verifySchnorrSignature } from "../schnorrSignature.ts";
import { openPackage } from "./package.ts";
import { createSignatureShare } from "./share.ts";
import { EVM_SUITE, type FrostSuite } from "./suite.ts";

const ATTEMPTS = 256;
const key = frostKey("parallel", 1);
const [message, wanted] = [name32("what was asked for"), name32("what nobody asked for")];
const corrupt = key.shareOf(2).reveal();
const lambda2 = lagrange([1n, 2n], 2n);

/** Whether keeper 2 alone, coordinating 256 attempts with keeper 1 at once, ends with a signature over `wanted`. All asked shares are over `message`. */
const isForged = (suite: FrostSuite): boolean => {
  const honest = Array.from(
    { length: ATTEMPTS },
    (_, i) => drawFor([1], `parallel ${i}`)[0]?.nonces as NonNullable<ReturnType<typeof drawFor>[number]>["nonces"],
  );
  // Two commitments of its own for each attempt, of which it shows one later.
  const own = [drawFor([2], "parallel a"), drawFor([2], "parallel b")].map(([one]) => one?.nonces as (typeof honest)[number]);
  const attempts = honest.map((nonces) =>
    own.map((mine) => {
      const commitments = [
        { slot: 1, ...nonces.commitment },
        { slot: 2, ...mine.commitment },
      ];
      const attempt = openPackage({ publicKey: key.publicKey, message, quorum: 2, commitments }, suite);
      if (attempt === undefined) throw new Error("a void attempt");
      return attempt;
    }),
  );
  const c = attempts.map((pair) => pair.map(({ challenge }) => challenge)) as [bigint, bigint][];
  const weights = c.map(([c0, c1], i) => mod(2n ** BigInt(i) * inverse(mod(c1 - c0), N)));
  // What keeper 1 will put into R, as it looks while nothing is decided: under the first of both packages.
  const shown = honest.map((nonces, i) =>
    backend.add(nonces.commitment.hiding, backend.mulVar(nonces.commitment.binding, attempts[i]?.[0]?.bindingFactors.get(1) as bigint)),
  );
  const [commitment] = backend.normalize([backend.add(backend.msmVar(shown, weights), INFINITY)]) as [Point];
  const target = suite.challenge(key.publicKey, wanted, commitment);
  const rest = mod(target - c.reduce((sum, [c0], i) => sum + (weights[i] as bigint) * c0, 0n));
  const bits = c.map((_, i) => Number((rest >> BigInt(i)) & 1n));
  const z = honest.reduce((sum, nonces, i) => {
    const attempt = attempts[i]?.[bits[i] as number] as NonNullable<(typeof attempts)[number][number]>;
    const share = createSignatureShare({ attempt, slot: 1, share: key.shareOf(1), offset: 0n, nonces }) as bigint;
    return mod(sum + (weights[i] as bigint) * share);
  }, 0n);
  return verifySchnorrSignature(key.publicKey, wanted, { c: target, z: mod(z + target * lambda2 * corrupt) });
};

describe("256 attempts at once", function () {
  this.timeout(60_000);

  it("attack 31, S6: without binding factors they give a signature over what nobody asked for (the control)", () => {
    expect(isForged({ ...EVM_SUITE, bindingFactor: () => 1n })).to.equal(true);
  });

  it("attack 31, S6: with ours they do not", () => {
    expect(isForged(EVM_SUITE)).to.equal(false);
  });
});
