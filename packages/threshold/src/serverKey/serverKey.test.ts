import { expect } from "chai";
import { codeOf, keyPair, name32, seededRandom } from "../../test/fixtures.ts";
import { powers, rank, subsets } from "../../test/linearAlgebra.ts";
import { combineShares } from "../combine.ts";
import { createDealing, verifyDealing } from "../dkg/deal.ts";
import { dealingLength, parseDealing } from "../dkg/dealing.ts";
import { openShare } from "../dkg/open.ts";
import { nobleBackend } from "../nobleBackend.ts";
import type { Point } from "../point.ts";
import { assertServerKeyThreshold } from "../slot.ts";
import { assembleServerKey, assembleServerKeyShare } from "./assemble.ts";
import { createServerKeyDealing } from "./deal.ts";
import { parseServerKeyDealing } from "./dealing.ts";

const sid = name32("server key session");
const SLOTS = [1, 2, 5, 9];
const pairs = SLOTS.map((slot) => keyPair(`member ${slot}`));
const members = SLOTS.map((slot, i) => ({ slot, encryptionKey: (pairs[i] as (typeof pairs)[number]).publicKey }));

const generate = (threshold: number) => {
  const dealings = SLOTS.map((dealer) => {
    const bytes = createServerKeyDealing({ sid, dealer, threshold, members }, seededRandom(`dealer ${dealer}`));
    expect(bytes.length).to.equal(dealingLength({ threshold, members: SLOTS.length }));
    return { dealer, dealing: parseServerKeyDealing(bytes, { threshold, members: SLOTS.length }) };
  });
  const keys = SLOTS.map((slot, i) => {
    const opened = dealings.map(({ dealer, dealing }) => {
      const encryptionSecret = (pairs[i] as (typeof pairs)[number]).secret;
      const share = openShare({ sid, dealer, recipient: slot, encryptionSecret, members, dealing });
      if (share.kind === "invalid") throw new Error("an honest dealing");
      return { dealer, dealing, share: share.share };
    });
    return assembleServerKeyShare({ sid, epoch: 2, threshold, members, slot, dealings: opened });
  });
  return { dealings, keys };
};

describe("server keys", () => {
  it("their threshold may be anything from 0 to n-1, with 3 members at least; the chain's rule stays", () => {
    for (const [t, n] of [
      [0, 3],
      [2, 3],
      [3, 4],
      [63, 64],
    ] as const)
      expect(
        codeOf(() => assertServerKeyThreshold(t, n)),
        `${t} of ${n}`,
      ).to.equal("nothing");
    for (const [t, n] of [
      [-1, 3],
      [3, 3],
      [0.5, 3],
      [0, 2],
      [1, 65],
      [Number.NaN, 3],
    ] as const)
      expect(
        codeOf(() => assertServerKeyThreshold(t, n)),
        `${t} of ${n}`,
      ).to.equal("INVALID_THRESHOLD");
    expect(codeOf(() => createDealing({ sid, dealer: 1, threshold: 0, members }))).to.equal("INVALID_THRESHOLD");
    expect(codeOf(() => createDealing({ sid, dealer: 1, threshold: 2, members }))).to.equal("INVALID_THRESHOLD");
    expect(codeOf(() => parseDealing(new Uint8Array(dealingLength({ threshold: 2, members: 4 })), { threshold: 2, members: 4 }))).to.equal(
      "INVALID_THRESHOLD",
    );
    expect(codeOf(() => createServerKeyDealing({ sid, dealer: 1, threshold: 4, members }))).to.equal("INVALID_THRESHOLD");
  });

  for (const threshold of [0, 1, 2, 3])
    it(`attack 49: with t = ${threshold} of 4, any ${threshold + 1} shares give the key, fewer do not`, () => {
      const { dealings, keys } = generate(threshold);
      const observer = assembleServerKey({ sid, epoch: 2, threshold, members, dealings });
      for (const [i, key] of keys.entries()) {
        expect(key.jointKey.equals(observer.jointKey)).to.equal(true);
        expect([key.commitmentsHash, key.verifyingRoot]).to.deep.equal([observer.commitmentsHash, observer.verifyingRoot]);
        expect(nobleBackend.mulG(key.share.reveal()).equals(observer.verifyingShares.get(SLOTS[i] as number) as Point)).to.equal(true);
      }
      const sharesOf = (slots: readonly number[]) =>
        slots.map((slot) => ({ slot, share: keys[SLOTS.indexOf(slot)]?.share.reveal() as bigint }));
      for (const group of subsets(SLOTS, threshold + 1))
        expect(nobleBackend.mulG(combineShares(sharesOf(group))).equals(observer.jointKey)).to.equal(true);
      if (threshold > 1)
        for (const group of subsets(SLOTS, threshold))
          expect(nobleBackend.mulG(combineShares(sharesOf(group))).equals(observer.jointKey)).to.equal(false);
    });

  it("t members of any t below n, with all that they are dealt, know nothing of one honest dealer's constant", () => {
    // Their equations about one polynomial of degree t: f(slot) for t slots. f(0) is independent of them; t+1 fix it.
    for (const threshold of [0, 1, 2, 3])
      for (const few of subsets(SLOTS, threshold)) {
        const rows = few.map((slot) => powers(slot, threshold + 1));
        expect(rank([...rows, powers(0, threshold + 1)])).to.equal(threshold + 1);
        expect(rows.length === 0 ? 0 : rank(rows)).to.equal(threshold);
      }
  });

  it("a dealing of another session, dealer or shape proves nothing here", () => {
    const { dealings } = generate(1);
    const [first] = dealings;
    if (first === undefined) throw new Error("there is one");
    expect(verifyDealing({ sid, ...first })).to.equal(true);
    expect(verifyDealing({ sid: name32("another"), ...first })).to.equal(false);
    expect(verifyDealing({ sid, ...first, dealer: 2 })).to.equal(false);
    const input = { sid, epoch: 2, threshold: 1, members };
    expect(codeOf(() => assembleServerKey({ ...input, dealings: dealings.slice(1) }))).to.equal("INVALID_MEMBERS");
    expect(codeOf(() => assembleServerKey({ ...input, dealings: dealings.toReversed() }))).to.equal("INVALID_MEMBERS");
    expect(codeOf(() => assembleServerKey({ ...input, threshold: 2, dealings }))).to.equal("INVALID_THRESHOLD");
  });
});
