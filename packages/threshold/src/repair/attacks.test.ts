// A helper that lies, a keeper that asks helpers different things, and every check by itself. PROTOCOL section 3.10.
import { expect } from "chai";
import { codeOf, invalidPoints, keyPair, name32, network, pointAboveOrder, seededRandom } from "../../test/fixtures.ts";
import { mod, N } from "../../test/naiveCurve.ts";
import { REPAIR_ID, repairOf } from "../../test/repair.ts";
import { patched } from "../../test/session.ts";
import { integerToWord } from "../bytes.ts";
import { dealingMessage, padOf } from "../dkg/transcript.ts";
import { nobleBackend } from "../nobleBackend.ts";
import { G, INFINITY } from "../point.ts";
import { evaluatePolynomial } from "../polynomial.ts";
import { CURVE_ORDER } from "../scalar.ts";
import { provePossession } from "../schnorr.ts";
import { SecretScalar } from "../secret.ts";
import { type ContributionInput, createContribution, openContribution } from "./contribution.ts";
import { createRepairDealing } from "./deal.ts";
import { encodeRepairDealing, parseRepairDealing, type RepairDealing } from "./dealing.ts";
import { openRepairShare } from "./open.ts";
import { recoverShare } from "./recover.ts";
import { repairRandomOf, repairSessionOf } from "./session.ts";

const repair = repairOf({});
const { sid, lost, helpers, helperSlots, shape, toOpen, toContribute, toReceive, pointOf } = repair;
const dealingOf = (helper: number): RepairDealing => repair.dealings.get(helper) as RepairDealing;
const bytesOf = (helper: number): Uint8Array => repair.bytes.get(helper) as Uint8Array;
const open = (helper: number, recipient: number, dealing: RepairDealing): string =>
  openRepairShare(toOpen(helper, recipient, dealing)).kind;

describe("a helper that lies in repair", () => {
  it("with a wrong mask for one helper is named by that one, and by no other", () => {
    const { encryptedShares } = dealingOf(3);
    const bad = { ...dealingOf(3), encryptedShares: encryptedShares.map((share, i) => (i === 2 ? mod(share + 1n, N) : share)) };
    expect(helperSlots.map((recipient) => open(3, recipient, bad))).to.deep.equal(["valid", "valid", "invalid"]);
  });

  it("with a mask that is not 0 at m cannot commit to it: the commitments are of q_h, and m's factor is everybody's own", () => {
    // Mallory deals r = (x - m) q + 1: the shift is seen by every recipient.
    const { encryptedShares } = dealingOf(3);
    const shifted = { ...dealingOf(3), encryptedShares: encryptedShares.map((share) => mod(share + 1n, N)) };
    for (const recipient of helperSlots) expect(open(3, recipient, shifted)).to.equal("invalid");
  });

  it("with a mask for another lost slot is named", () => {
    const random = repairRandomOf({ secret: name32("mallory"), sid, use: "dealing" });
    const bytes = createRepairDealing({ sid, helper: 3, lost: 5, threshold: 2, helpers }, random);
    for (const recipient of helperSlots) expect(open(3, recipient, parseRepairDealing(bytes, shape))).to.equal("invalid");
  });

  it("attack 23: with a mask of a higher or lower degree is named, and its bytes are not read", () => {
    const { commitments } = dealingOf(3);
    for (const wrong of [commitments.slice(0, 1), [...commitments, G], []])
      expect(open(3, 1, { ...dealingOf(3), commitments: wrong })).to.equal("invalid");
    for (const length of [0, 64, bytesOf(3).length - 1, bytesOf(3).length + 1, bytesOf(3).length + 64])
      expect(codeOf(() => parseRepairDealing(new Uint8Array(length), shape))).to.equal("INVALID_ENCODING");
    expect(codeOf(() => parseRepairDealing(bytesOf(3), { threshold: 3, helpers: 4 }))).to.equal("INVALID_ENCODING");
  });

  it("attack 23: with a polynomial of another shape is named, though it proves and opens right", () => {
    const e = keyPair("mallory's e");
    const deal = (coefficients: readonly bigint[]): RepairDealing => {
      const commitments = coefficients.map((coefficient) => nobleBackend.mulG(coefficient));
      const maskAt = (x: number): bigint => mod(BigInt(x - lost) * evaluatePolynomial(coefficients, BigInt(x)), N);
      return {
        commitments,
        ephemeral: e.publicKey,
        encryptedShares: helperSlots.map((slot) => mod(maskAt(slot) + padFor(slot, e.secret), N)),
        possessionOfEphemeral: provePossession(e.secret, dealingMessage(sid, 3, commitments, e.publicKey)),
      };
    };
    expect(open(3, 1, deal([5n, 6n])), "control").to.equal("valid");
    for (const wrong of [[5n], [5n, 6n, 7n], [0n, 6n], [5n, 0n]]) expect(open(3, 1, deal(wrong)), `${wrong}`).to.equal("invalid");
  });

  it("attack 20: with another's dealing, or one of another session, is named", () => {
    expect(open(3, 1, dealingOf(4))).to.equal("invalid");
    const other = repairOf({ repairId: name32("another repair") });
    expect(open(3, 1, other.dealings.get(3) as RepairDealing)).to.equal("invalid");
    expect(openRepairShare({ ...toOpen(3, 1), sid: other.sid }).kind).to.equal("invalid");
  });

  it("attack 19: with an ephemeral key that it does not know is named, though every mask is right", () => {
    const e = keyPair("an ephemeral of someone else");
    const { commitments, possessionOfEphemeral } = dealingOf(3);
    const masks = helperSlots.map((recipient) => {
      const opened = openRepairShare(toOpen(3, recipient));
      return opened.kind === "valid" ? opened.share.reveal() : 0n;
    });
    const dealing = (proof: RepairDealing["possessionOfEphemeral"]): RepairDealing => ({
      commitments,
      ephemeral: e.publicKey,
      encryptedShares: masks.map((mask, i) => mod(mask + padFor(helperSlots[i] as number, e.secret), N)),
      possessionOfEphemeral: proof,
    });
    const proven = provePossession(e.secret, dealingMessage(sid, 3, commitments, e.publicKey));
    expect(open(3, 1, dealing(proven)), "control").to.equal("valid");
    for (const proof of [possessionOfEphemeral, { ...proven, z: mod(proven.z + 1n, N) }, { ...proven, c: mod(proven.c + 1n, N) }])
      expect(open(3, 1, dealing(proof))).to.equal("invalid");
  });

  it("attack 26: with points off the curve, infinite or with x >= n is not read, and named where they are given", () => {
    const { x, y } = pointAboveOrder();
    for (const at of [0, 64, 128])
      for (const [a, b] of [
        [0n, 0n],
        [x, y],
        [1n, 1n],
      ] as const)
        expect(
          codeOf(() => parseRepairDealing(patched(patched(bytesOf(3), at, integerToWord(a)), at + 32, integerToWord(b)), shape)),
        ).to.equal("INVALID_POINT");
    for (const point of Object.values(invalidPoints())) {
      expect(open(3, 1, { ...dealingOf(3), ephemeral: point })).to.equal("invalid");
      expect(open(3, 1, { ...dealingOf(3), commitments: [point, G] })).to.equal("invalid");
      expect(codeOf(() => encodeRepairDealing({ ...dealingOf(3), ephemeral: point }))).to.equal("INVALID_POINT");
    }
  });

  it("with encrypted masks >= n, or challenges and responses of 0 or >= n, is not read", () => {
    for (let at = 192; at < bytesOf(3).length; at += 32) {
      const isShare = at < 192 + 96;
      expect(codeOf(() => parseRepairDealing(patched(bytesOf(3), at, integerToWord(CURVE_ORDER)), shape))).to.equal("INVALID_SCALAR");
      expect(codeOf(() => parseRepairDealing(patched(bytesOf(3), at, integerToWord(0n)), shape))).to.equal(
        isShare ? "nothing" : "INVALID_SCALAR",
      );
    }
    const other = { ...dealingOf(3), encryptedShares: dealingOf(3).encryptedShares.slice(1) };
    expect(codeOf(() => openRepairShare(toOpen(3, 1, other)))).to.equal("INVALID_MEMBERS");
  });

  it("with a wrong contribution is named: another value, another helper's, another session's, no contribution at all", () => {
    const right = repair.contribute(3);
    const receive = (change: object): string => openContribution({ ...toReceive(3), ...change }).kind;
    expect(receive({})).to.equal("valid");
    const encrypted = right.slice(64);
    const plusOne = integerToWord(mod(BigInt(`0x${Buffer.from(encrypted).toString("hex")}`) + 1n, N));
    expect(receive({ bytes: patched(right, 64, plusOne) })).to.equal("invalid");
    expect(receive({ bytes: repair.contribute(4) })).to.equal("invalid");
    expect(receive({ bytes: repairOf({ repairId: name32("another repair") }).contribute(3) })).to.equal("invalid");
    for (const bytes of [right.slice(1), new Uint8Array(97), new Uint8Array(96), patched(right, 64, integerToWord(CURVE_ORDER)), null])
      expect(receive({ bytes })).to.equal("invalid");
    const naked = createContribution(
      { ...toContribute(3), maskShares: toContribute(3).maskShares.map(({ helper }) => ({ helper, share: SecretScalar.from(0n) })) },
      seededRandom("naked"),
    );
    expect(receive({ bytes: naked }), "its share without masks").to.equal("invalid");
  });
});

describe("a keeper that asks for more than its share in repair", () => {
  it("and shows helpers different masks of an accomplice gets no point that fits both, and nothing but its own share", () => {
    // Helper 3 helps mallory (slot 2): 1 sees one dealing of 3, 4 sees another.
    const random = repairRandomOf({ secret: name32("the other face of 3"), sid, use: "dealing" });
    const second = parseRepairDealing(createRepairDealing({ sid, helper: 3, lost, threshold: 2, helpers }, random), shape);
    const maskOf = (recipient: number, dealing: RepairDealing): SecretScalar => {
      const opened = openRepairShare(toOpen(3, recipient, dealing));
      if (opened.kind === "invalid") throw new Error("both faces are right by themselves");
      return opened.share;
    };
    const shown4 = toContribute(4).maskShares.map((mask) => (mask.helper === 3 ? { helper: 3, share: maskOf(4, second) } : mask));
    const bytes4 = createContribution({ ...toContribute(4), maskShares: shown4 }, seededRandom("equivocating"));
    // Checked against what 1 saw, 4's contribution is wrong; against what 4 saw, it is right.
    expect(openContribution({ ...toReceive(4), bytes: bytes4 }).kind).to.equal("invalid");
    const dealings = [dealingOf(1), second, dealingOf(4)];
    const opened = openContribution({ ...toReceive(4), bytes: bytes4, dealings });
    expect(opened.kind).to.equal("valid");
    const value4 = opened.kind === "valid" ? opened.value : SecretScalar.from(0n);
    const mixed = [pointOf(1), pointOf(3), { slot: 4, value: value4 }];
    const toRecover = { lost, threshold: 2, verifyingShare: repair.verifyingShareOf(lost) };
    expect(codeOf(() => recoverShare({ ...toRecover, points: mixed }))).to.equal("SHARE_MISMATCH");
    // The accomplice knows the difference of its two masks, and mallory learns just the point she would have had.
    const difference = maskOf(4, dealingOf(3)).reveal() - maskOf(4, second).reveal();
    expect(mod(value4.reveal() + difference, N)).to.equal(pointOf(4).value.reveal());
  });

  it("cannot have a helper leave a mask out, take one twice, or take one of a stranger", () => {
    const contribute = (change: Partial<ContributionInput>): string =>
      codeOf(() => createContribution({ ...toContribute(1), ...change }, seededRandom("x")));
    const { maskShares } = toContribute(1);
    const [first, second, third] = maskShares as [(typeof maskShares)[number], (typeof maskShares)[number], (typeof maskShares)[number]];
    expect(contribute({})).to.equal("nothing");
    expect(contribute({ maskShares: [] })).to.equal("INVALID_MEMBERS");
    expect(contribute({ maskShares: [first, second] })).to.equal("INVALID_MEMBERS");
    expect(contribute({ maskShares: [first, second, { ...third, helper: 5 }] })).to.equal("INVALID_MEMBERS");
    expect(contribute({ maskShares: [first, second, second] })).to.equal("DUPLICATE_SLOT");
    expect(contribute({ maskShares: [first], helperSlots: [1] }), "alone").to.equal("INVALID_MEMBERS");
    expect(contribute({ maskShares: [second, third], helperSlots: [3, 4] }), "without its own").to.equal("INVALID_MEMBERS");
    expect(contribute({ maskShares: [first, second], helperSlots: [1, 3, 3] })).to.equal("DUPLICATE_SLOT");
  });

  it("cannot be a helper itself: all masks are 0 at m", () => {
    const withLost = [1, 2, 3, 4].flatMap((slot) => network().committee.members.filter((member) => member.slot === slot));
    const random = seededRandom("x");
    const dealing = { sid, helper: 1, lost, threshold: 2, helpers: withLost };
    expect(codeOf(() => createRepairDealing(dealing, random))).to.equal("INVALID_SLOT");
    expect(codeOf(() => openRepairShare({ ...toOpen(1, 3), helpers: withLost }))).to.equal("INVALID_SLOT");
    const { maskShares } = toContribute(1);
    const own = { helper: 2, share: SecretScalar.from(0n) };
    const input = { ...toContribute(1), helperSlots: [1, 2, 3, 4], maskShares: [...maskShares, own] };
    expect(codeOf(() => createContribution(input, random))).to.equal("INVALID_SLOT");
    expect(codeOf(() => openContribution({ ...toReceive(1), helper: 2, bytes: repair.contribute(1) }))).to.equal("INVALID_SLOT");
    const points = [pointOf(1), pointOf(3), { slot: 2, value: SecretScalar.from(1n) }];
    expect(codeOf(() => recoverShare({ lost, threshold: 2, verifyingShare: G, points }))).to.equal("INVALID_SLOT");
  });
});

describe("repair refuses", () => {
  const random = () => seededRandom("x");

  it("sessions, committees and slots that are none", () => {
    expect(codeOf(() => repairSessionOf(new Uint8Array(31), [1, 3]))).to.equal("INVALID_BYTES");
    expect(codeOf(() => repairSessionOf(REPAIR_ID, [1, 1]))).to.equal("DUPLICATE_SLOT");
    for (const slot of [0, 256, 1.5, -0]) expect(codeOf(() => repairSessionOf(REPAIR_ID, [slot]))).to.equal("INVALID_SLOT");
    const deal = (change: object): string =>
      codeOf(() => createRepairDealing({ sid, helper: 1, lost, threshold: 2, helpers, ...change }, random()));
    expect(deal({})).to.equal("nothing");
    expect(deal({ sid: new Uint8Array(31) })).to.equal("INVALID_BYTES");
    expect(deal({ helper: 5 })).to.equal("INVALID_MEMBERS");
    for (const slot of [0, 256, 1.5, "1", null]) {
      expect(deal({ helper: slot })).to.equal("INVALID_SLOT");
      expect(deal({ lost: slot })).to.equal("INVALID_SLOT");
    }
    for (const threshold of [0, 3, -1, 1.5, "2", Number.NaN]) expect(deal({ threshold })).to.equal("INVALID_THRESHOLD");
    expect(deal({ helpers: helpers.slice(1) }), "t helpers").to.equal("INVALID_THRESHOLD");
    expect(deal({ helpers: null })).to.equal("INVALID_THRESHOLD");
    expect(deal({ helpers: helpers.toReversed() })).to.equal("INVALID_MEMBERS");
    for (const point of Object.values(invalidPoints()))
      expect(deal({ helpers: [...helpers.slice(0, 2), { slot: 9, encryptionKey: point }] })).to.equal("INVALID_POINT");
    expect(codeOf(() => createRepairDealing({ sid, helper: 1, lost, threshold: 2, helpers }, (n) => new Uint8Array(n)))).to.equal(
      "INVALID_RANDOM",
    );
    for (const wrong of [
      { threshold: 0, helpers: 3 },
      { threshold: 2, helpers: 2 },
      { threshold: 2, helpers: 64 },
    ])
      expect(codeOf(() => parseRepairDealing(bytesOf(1), wrong))).to.equal("INVALID_THRESHOLD");
  });

  it("to open with a secret of another keeper or epoch, or for who is no helper", () => {
    const opened = (change: object): string => codeOf(() => openRepairShare({ ...toOpen(3, 1), ...change }));
    expect(opened({ encryptionSecret: repair.secretOf(4) })).to.equal("KEY_MISMATCH");
    expect(opened({ recipient: 5 })).to.equal("INVALID_MEMBERS");
    expect(opened({ helper: 5 })).to.equal("INVALID_MEMBERS");
    expect(opened({ sid: new Uint8Array(31) })).to.equal("INVALID_BYTES");
    expect(opened({ dealing: null })).to.equal("INVALID_INPUT");
    expect(opened({ threshold: 3 })).to.equal("INVALID_THRESHOLD");
  });

  it("to contribute to a reader key that is none, or with values that are no secrets", () => {
    const contribute = (change: object): string => codeOf(() => createContribution({ ...toContribute(1), ...change }, random()));
    for (const readerKey of [...Object.values(invalidPoints()), null]) expect(contribute({ readerKey })).to.equal("INVALID_POINT");
    expect(contribute({ share: 5n })).to.equal("INVALID_SCALAR");
    expect(contribute({ maskShares: toContribute(1).maskShares.map(({ helper }) => ({ helper, share: 1n })) })).to.equal("INVALID_SCALAR");
    expect(contribute({ sid: new Uint8Array(31) })).to.equal("INVALID_BYTES");
    expect(contribute({ helper: 0 })).to.equal("INVALID_SLOT");
    expect(codeOf(() => createContribution(toContribute(1), (n) => new Uint8Array(n)))).to.equal("INVALID_RANDOM");
  });

  it("to open a contribution with own input that is wrong: that is no fault of the helper", () => {
    const receive = (change: object): string => codeOf(() => openContribution({ ...toReceive(1), ...change }));
    for (const verifyingShare of Object.values(invalidPoints())) expect(receive({ verifyingShare })).to.equal("INVALID_POINT");
    expect(receive({ secret: SecretScalar.from(0n) })).to.equal("INVALID_SCALAR");
    expect(receive({ dealings: null })).to.equal("INVALID_INPUT");
    expect(receive({ dealings: [null] })).to.equal("INVALID_INPUT");
    expect(receive({ helper: 256 })).to.equal("INVALID_SLOT");
    expect(receive({ sid: new Uint8Array(31) })).to.equal("INVALID_BYTES");
  });

  it("to put together what is not a share: too few points, two of one slot, points of two sessions, another keeper's share", () => {
    const points = helperSlots.map(pointOf);
    const verifyingShare = repair.verifyingShareOf(lost);
    const recover = (change: object): string => codeOf(() => recoverShare({ lost, threshold: 2, verifyingShare, points, ...change }));
    expect(recover({})).to.equal("nothing");
    expect(recover({ points: points.slice(1) })).to.equal("TOO_FEW_SHARES");
    expect(recover({ points: [] })).to.equal("TOO_FEW_SHARES");
    for (const threshold of [0, Number.NaN, 3]) expect(recover({ threshold })).to.equal("TOO_FEW_SHARES");
    expect(recover({ points: [points[0], points[0], points[1]] })).to.equal("DUPLICATE_SLOT");
    expect(recover({ points: [...points, points[2]] })).to.equal("DUPLICATE_SLOT");
    const other = repairOf({ repairId: name32("another repair") });
    expect(recover({ points: [points[0], points[1], other.pointOf(4)] })).to.equal("SHARE_MISMATCH");
    expect(recover({ verifyingShare: repair.verifyingShareOf(5) })).to.equal("SHARE_MISMATCH");
    expect(recover({ verifyingShare: INFINITY })).to.equal("INVALID_POINT");
    expect(recover({ points: points.map(({ slot }) => ({ slot, value: 1n })) })).to.equal("INVALID_SCALAR");
    expect(recover({ points: null })).to.equal("INVALID_INPUT");
  });

  it("randomness of the wrong size, and gives the two uses different bytes", () => {
    const secret = name32("secret");
    for (const length of [0, 20, 31, 33]) {
      expect(codeOf(() => repairRandomOf({ secret: new Uint8Array(length), sid, use: "dealing" }))).to.equal("INVALID_BYTES");
      expect(codeOf(() => repairRandomOf({ secret, sid: new Uint8Array(length), use: "dealing" }))).to.equal("INVALID_BYTES");
    }
    const streams = [
      repairRandomOf({ secret, sid, use: "dealing" }),
      repairRandomOf({ secret, sid, use: "contribution" }),
      repairRandomOf({ secret, sid, use: "contribution", statement: name32("other dealings") }),
      repairRandomOf({ secret, sid: REPAIR_ID, use: "dealing" }),
      repairRandomOf({ secret: name32("other"), sid, use: "dealing" }),
    ];
    const drawn = streams.flatMap((stream) => [stream(32), stream(33), stream(5)]).map((bytes) => Buffer.from(bytes).toString("hex"));
    expect(new Set(drawn).size).to.equal(15);
    expect(repairRandomOf({ secret, sid, use: "dealing" })(32)).to.deep.equal(repairRandomOf({ secret, sid, use: "dealing" })(32));
  });
});

/** The pad of helper 3 for a recipient, by someone who knows e. */
function padFor(recipient: number, e: SecretScalar): bigint {
  const { encryptionKey } = helpers.find(({ slot }) => slot === recipient) as (typeof helpers)[number];
  return padOf(sid, 3, recipient, encryptionKey.multiply(e.reveal()));
}
