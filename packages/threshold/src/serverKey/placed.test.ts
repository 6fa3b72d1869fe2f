import { expect } from "chai";
import { codeOf, keyPair, name32, seededRandom } from "../../test/fixtures.ts";
import { subsets } from "../../test/linearAlgebra.ts";
import { combineShares } from "../combine.ts";
import { verifyDealing } from "../dkg/deal.ts";
import { openShare } from "../dkg/open.ts";
import { nobleBackend } from "../nobleBackend.ts";
import { evaluatePolynomial } from "../polynomial.ts";
import { CURVE_ORDER } from "../scalar.ts";
import { SecretScalar } from "../secret.ts";
import { assembleServerKey } from "./assemble.ts";
import { createServerKeyDealingOf } from "./deal.ts";
import { parseServerKeyDealing } from "./dealing.ts";
import { commitmentsAtZero, pointAtZero, scaledSecret, shareAtZero } from "./placed.ts";
import { createServerKeyRedealing, verifyServerKeyRedealing } from "./redeal.ts";
import { weightsAtZero } from "./weights.ts";

const sidOf = (place: bigint): Uint8Array => name32(`old share ${place}`);
const SLOTS = [1, 3, 4, 9];
const pairs = SLOTS.map((slot) => keyPair(`member ${slot}`));
const members = SLOTS.map((slot, i) => ({ slot, encryptionKey: (pairs[i] as (typeof pairs)[number]).publicKey }));
const SECRET = 0x5ec4e7n;
/** Random id numbers, as the old nodes drew theirs; one is close to the order. */
const PLACES = [17n, CURVE_ORDER - 1n, 2n ** 255n + 12345n, 99n];

/** Textbook Shamir at these places, dealt again to the members. */
const redeal = (threshold: number) => {
  const coefficients = [SECRET, ...Array.from({ length: threshold }, (_, k) => 7n ** BigInt(k + 5))];
  return PLACES.map((place) => {
    const share = SecretScalar.from(evaluatePolynomial(coefficients, place));
    const input = { sid: sidOf(place), dealer: 1, share, threshold, recipients: members };
    const dealing = parseServerKeyDealing(createServerKeyRedealing(input, seededRandom(`old ${place}`)), {
      threshold,
      members: SLOTS.length,
    });
    return { place, dealing };
  });
};

const partOf = (slot: number, { place, dealing }: ReturnType<typeof redeal>[number]): SecretScalar => {
  const { secret } = pairs[SLOTS.indexOf(slot)] as (typeof pairs)[number];
  const opened = openShare({ sid: sidOf(place), dealer: 1, recipient: slot, encryptionSecret: secret, members, dealing });
  if (opened.kind === "invalid") throw new Error("an honest dealing");
  return opened.share;
};

describe("shares of a server key at places that are no slots", () => {
  for (const threshold of [0, 1, 2, 3])
    it(`any t+1 old shares should give the members shares of the same key: t = ${threshold}`, () => {
      const dealt = redeal(threshold);
      for (const chosen of subsets([0, 1, 2, 3], threshold + 1)) {
        const used = chosen.map((i) => dealt[i] as (typeof dealt)[number]);
        const commitments = commitmentsAtZero(used);
        expect(commitments[0]?.equals(nobleBackend.mulG(SECRET))).to.equal(true);
        const points = used.map(({ place, dealing }) => ({ place, point: dealing.commitments[0] as (typeof commitments)[number] }));
        expect(pointAtZero(points).equals(nobleBackend.mulG(SECRET))).to.equal(true);
        const shares = SLOTS.map((slot) => ({
          slot,
          share: shareAtZero(used.map((one) => ({ place: one.place, share: partOf(slot, one) }))),
        }));
        for (const { slot, share } of shares)
          expect(nobleBackend.mulG(share.reveal()).equals(nobleBackend.evaluate(commitments, slot)), `slot ${slot}`).to.equal(true);
        expect(combineShares(shares.slice(0, threshold + 1).map(({ slot, share }) => ({ slot, share: share.reveal() })))).to.equal(SECRET);
      }
    });

  it("one wrong old share should make another key, and show only there", () => {
    const dealt = redeal(2);
    const wrong = { sid: sidOf(99n), dealer: 1, share: SecretScalar.from(4n), threshold: 2, recipients: members };
    const dealing = parseServerKeyDealing(createServerKeyRedealing(wrong), { threshold: 2, members: SLOTS.length });
    expect(verifyServerKeyRedealing({ sid: sidOf(99n), dealer: 1, dealing, verifyingShare: undefined })).to.equal(true);
    const [first, second] = dealt;
    if (first === undefined || second === undefined) throw new Error("there are four");
    expect(commitmentsAtZero([first, second, { place: 99n, dealing }])[0]?.equals(nobleBackend.mulG(SECRET))).to.equal(false);
  });

  it("should be proved for its session, over every encrypted share", () => {
    const [{ place, dealing }] = redeal(1) as [ReturnType<typeof redeal>[number]];
    const about = { sid: sidOf(place), dealer: 1, dealing, verifyingShare: undefined };
    expect(verifyServerKeyRedealing(about)).to.equal(true);
    expect(verifyServerKeyRedealing({ ...about, sid: sidOf(18n) })).to.equal(false);
    const [c = 0n, ...others] = dealing.encryptedShares;
    expect(verifyServerKeyRedealing({ ...about, dealing: { ...dealing, encryptedShares: [c + 1n, ...others] } })).to.equal(false);
    expect(verifyDealing(about), "no dealing of a generation").to.equal(false);
  });

  it("places of 0, beyond the order, or twice are refused, and so is a share of 0", () => {
    for (const places of [[0n, 1n], [CURVE_ORDER, 1n], [-1n]]) expect(codeOf(() => weightsAtZero(places))).to.equal("INVALID_SCALAR");
    expect(codeOf(() => weightsAtZero([5n, 6n, 5n]))).to.equal("DUPLICATE_SLOT");
    expect(codeOf(() => scaledSecret(SecretScalar.from(1n), 0n))).to.equal("INVALID_SCALAR");
    expect(codeOf(() => commitmentsAtZero([]))).to.equal("INVALID_THRESHOLD");
    const zero = { sid: sidOf(1n), dealer: 1, share: SecretScalar.from(0n), threshold: 1, recipients: members };
    expect(codeOf(() => createServerKeyRedealing(zero))).to.equal("INVALID_SCALAR");
    expect(codeOf(() => createServerKeyRedealing({ ...zero, share: SecretScalar.from(1n), threshold: 4 }))).to.equal("INVALID_THRESHOLD");
  });

  it("dealings of a generation with given constants should add up to their sum", () => {
    const constants = [11n, 22n, 33n, 44n];
    const dealings = SLOTS.map((dealer, i) => {
      const constant = SecretScalar.from(constants[i] ?? 0n);
      const bytes = createServerKeyDealingOf({ sid: name32("s"), dealer, threshold: 1, members, constant });
      const dealing = parseServerKeyDealing(bytes, { threshold: 1, members: SLOTS.length });
      expect(verifyDealing({ sid: name32("s"), dealer, dealing })).to.equal(true);
      return { dealer, dealing };
    });
    const key = assembleServerKey({ sid: name32("s"), epoch: 1, threshold: 1, members, dealings });
    expect(key.jointKey.equals(nobleBackend.mulG(110n))).to.equal(true);
  });
});
