import {
  CURVE_ORDER,
  createDealing,
  DOMAINS,
  encodeDealing,
  encodePoint,
  G,
  keccakWords,
  keyShiftOf,
  nobleBackend,
  openShare,
  type Point,
  parseDealing,
  parsePoint,
  provePossession,
  SecretScalar,
  secureRandom,
  verifyComplaint,
  verifyingLeaf,
  verifyMerklePath,
} from "@keyquorum/threshold";
import { bitmapOf, hexToBytes, parseHash32, parseKeyId, parseSessionId, rankOf } from "@keyquorum/wire";
import { expect } from "chai";
import { isKeepEffect, type SaveShare } from "../session/effects.ts";
import { trackStatus } from "../session/view.ts";
import { shiftEncryptedShare } from "../testing/badDealings.ts";
import { dealHashesOf } from "../testing/dealHashes.ts";
import { kindsOf, onlyEffect, secretsMadeBy } from "../testing/effects.ts";
import { createIdentity } from "../testing/modelKeeper.ts";
import { nonceSourceOf } from "../testing/random.ts";
import { repeatedNonces, secretOfTwoProofs } from "../testing/repeatedRandom.ts";
import { nextKeyGenerationSteps } from "./steps.ts";
import type { KeyGenerationView, OwnKeyMaterial } from "./view.ts";

const hash = (byte: number) => parseHash32(`0x${byte.toString(16).padStart(2, "0").repeat(32)}`);
const SID = parseSessionId(hash(1));
const KEY = parseKeyId(hash(2));
const THRESHOLD = 1;
const SLOTS = [2, 3, 7, 9];
const IDENTITIES = SLOTS.map((slot) => createIdentity(slot, secureRandom));
const MEMBERS = IDENTITIES.map(({ member }) => member);
const SETTINGS = { nonces: nonceSourceOf(secureRandom), rankStep: 2 };
const dealingOf = (dealer: number) => createDealing({ sid: hexToBytes(SID, 32), dealer, threshold: THRESHOLD, members: MEMBERS });
const DEALINGS = new Map(SLOTS.map((slot) => [slot, dealingOf(slot)]));

const viewOf = (changes: Partial<KeyGenerationView>): KeyGenerationView => ({
  sid: SID,
  keyId: KEY,
  epoch: 4,
  purpose: "Decrypt",
  threshold: THRESHOLD,
  members: MEMBERS,
  removedSlots: [],
  absentSlots: [],
  status: "Dealing",
  shiftBlock: 5_000_000n,
  headNumber: 100,
  statusSince: 90,
  dealtSlots: [],
  disqualifiedSlots: [],
  readySlots: [],
  qual: 0n,
  dealings: new Map(),
  dealHashes: changes.dealHashes ?? dealHashesOf(changes.dealings ?? new Map()),
  finalizedIsFinal: false,
  sessionIsFinal: false,
  ...changes,
});
const ownOf = (slot: number, changes: Partial<OwnKeyMaterial> = {}): OwnKeyMaterial => ({
  slot,
  encryptionSecret: IDENTITIES.find((identity) => identity.slot === slot)?.secret,
  storedShares: [],
  verdicts: new Map(),
  ...changes,
});
const steps = (view: KeyGenerationView, own: OwnKeyMaterial) => nextKeyGenerationSteps(view, own, SETTINGS);

/** KeyFinalized over all dealings, by what a finalize effect says. */
const finalizedView = (changes: Partial<KeyGenerationView> = {}): KeyGenerationView => {
  const shiftBlockHash = hash(9);
  const inTurn = { status: "Finalizing", headNumber: 1000, dealtSlots: SLOTS, dealings: DEALINGS, shiftBlockHash } as const;
  const finalize = onlyEffect(steps(viewOf(inTurn), ownOf(2)), "finalize");
  const unshifted = finalize.constants.reduce((sum, point) => nobleBackend.add(sum, point));
  const shift = keyShiftOf({ sid: hexToBytes(SID, 32), unshifted, blockHash: hexToBytes(shiftBlockHash, 32) });
  return viewOf({
    status: "AwaitingReady",
    dealtSlots: SLOTS,
    dealings: DEALINGS,
    shiftBlockHash,
    qual: finalize.qual,
    unshifted,
    shift,
    jointKey: finalize.jointKey,
    finalizedIsFinal: true,
    ...changes,
  });
};
const storedAs = ({ content }: SaveShare) => [content];

describe("nextKeyGenerationSteps", () => {
  it("does nothing for a keeper that is no member", () => {
    for (const status of ["Dealing", "Disputing", "Finalizing", "Overdue", "Failed"] as const) {
      expect(steps(viewOf({ status, sessionIsFinal: true }), { ...ownOf(2), slot: 5 })).to.deep.equal([]);
    }
  });

  describe("while dealing", () => {
    it("stores a dealing first and sends exactly those bytes, until they are on the board", () => {
      const saving = onlyEffect(steps(viewOf({}), ownOf(3)), "saveDealing");
      expect(isKeepEffect(saving)).to.equal(true);
      const own = ownOf(3, { storedDealing: saving.dealing });
      const deal = onlyEffect(steps(viewOf({}), own), "deal");
      expect([deal.id, deal.dealing]).to.deep.equal([`deal:${SID}`, saving.dealing]);
      expect(onlyEffect(steps(viewOf({ headNumber: 200 }), own), "deal")).to.deep.equal(deal);
      expect(steps(viewOf({ dealtSlots: [3], dealings: new Map([[3, saving.dealing]]) }), own)).to.deep.equal([]);
    });
    it("attack 8: a random source that repeats itself deals another polynomial in every session, and to other recipients", () => {
      const dealtIn = (changes: Partial<KeyGenerationView>) => {
        const settings = { nonces: repeatedNonces(), rankStep: 2 };
        const saving = onlyEffect(nextKeyGenerationSteps(viewOf(changes), ownOf(3), settings), "saveDealing");
        return parseDealing(saving.dealing, { threshold: THRESHOLD, members: SLOTS.length });
      };
      const one = dealtIn({});
      expect(dealtIn({}), "the control: nothing differs").to.deep.equal(one);
      const others = MEMBERS.map((member, i) => (i === 0 ? createIdentity(member.slot, secureRandom).member : member));
      for (const other of [dealtIn({ sid: parseSessionId(hash(0x51)) }), dealtIn({ members: others })]) {
        for (const [i, point] of [...one.commitments, one.ephemeral].entries())
          expect(point.equals([...other.commitments, other.ephemeral][i] as typeof point)).to.equal(false);
        const found = secretOfTwoProofs(one.possessionOfConstant, other.possessionOfConstant);
        expect(nobleBackend.mulG(found).equals(one.commitments[0] as typeof one.ephemeral)).to.equal(false);
      }
    });
    it("sends the same bytes again when a reorg took them back", () => {
      const own = ownOf(3, { storedDealing: DEALINGS.get(3) as Uint8Array });
      expect(steps(viewOf({ dealtSlots: [3] }), own)).to.deep.equal([]);
      expect(onlyEffect(steps(viewOf({ dealtSlots: [] }), own), "deal").dealing).to.equal(own.storedDealing);
    });
    it("does not deal in any other phase", () => {
      for (const status of ["Unknown", "Disputing", "AwaitingShift", "Finalizing", "AwaitingReady", "Active", "Failed"] as const) {
        expect(kindsOf(steps(viewOf({ status }), ownOf(3)))).to.not.include.members(["saveDealing"]);
      }
    });
  });

  describe("when a member was removed (D56)", () => {
    const removedSlots = [9];
    it("attack 14: deals nothing, neither again nor what is stored", () => {
      expect(steps(viewOf({ removedSlots }), ownOf(3))).to.deep.equal([]);
      expect(steps(viewOf({ removedSlots }), ownOf(3, { storedDealing: DEALINGS.get(3) as Uint8Array }))).to.deep.equal([]);
      onlyEffect(steps(viewOf({ removedSlots: [5] }), ownOf(3)), "saveDealing");
    });
    it("complains about nothing: it would open a share for a key that will not be", () => {
      const bad = shiftEncryptedShare(THRESHOLD, 1, 5n)(DEALINGS.get(9) as Uint8Array);
      const disputing = { status: "Disputing", dealtSlots: SLOTS, dealings: new Map(DEALINGS).set(9, bad) } as const;
      expect(kindsOf(steps(viewOf(disputing), ownOf(3)))).to.deep.equal(["complain"]);
      expect(steps(viewOf({ ...disputing, removedSlots }), ownOf(3))).to.deep.equal([]);
    });
    it("attack 14: neither finalizes, nor stores a share, nor confirms one that is stored", () => {
      const inTurn = { status: "Finalizing", headNumber: 1000, dealtSlots: SLOTS, dealings: DEALINGS, shiftBlockHash: hash(9) } as const;
      expect(steps(viewOf({ ...inTurn, removedSlots }), ownOf(2))).to.deep.equal([]);
      expect(steps(finalizedView({ removedSlots }), ownOf(2))).to.deep.equal([]);
      const saving = onlyEffect(steps(finalizedView(), ownOf(2)), "saveShare");
      const storedShares = storedAs(saving);
      expect(kindsOf(steps(finalizedView(), ownOf(2, { storedShares })))).to.deep.equal(["ready"]);
      expect(steps(finalizedView({ removedSlots }), ownOf(2, { storedShares }))).to.deep.equal([]);
      expect(kindsOf(steps(finalizedView({ status: "Active", removedSlots }), ownOf(2))), "the key is in use").to.deep.equal(["saveShare"]);
    });
    it("records the failure by rank among those who are there", () => {
      const order = SLOTS.toSorted((a, b) => rankOf(SID, a, SLOTS) - rankOf(SID, b, SLOTS));
      const [first, second] = [order[0] as number, order[1] as number];
      const overdue = { status: "Overdue", statusSince: 100, headNumber: 100 } as const;
      expect(steps(viewOf(overdue), ownOf(second))).to.deep.equal([]);
      expect(kindsOf(steps(viewOf({ ...overdue, removedSlots: [first] }), ownOf(second)))).to.deep.equal(["fail"]);
      expect(steps(viewOf({ ...overdue, removedSlots: [first] }), ownOf(first)), "it was removed").to.deep.equal([]);
    });
    it("erases its pending share when the failure is final", () => {
      const storedShares = storedAs(onlyEffect(steps(finalizedView(), ownOf(2)), "saveShare"));
      const failed = viewOf({ status: "Failed", removedSlots, sessionIsFinal: true });
      expect(kindsOf(steps(failed, ownOf(2, { storedShares })))).to.deep.equal(["eraseShare", "done"]);
    });
  });

  describe("when an account was stolen", () => {
    it("its keeper deals, finalizes and confirms nothing, and takes its share; the others continue without waiting for its turn", () => {
      const absentSlots = [2];
      expect(steps(viewOf({ absentSlots }), ownOf(2))).to.deep.equal([]);
      expect(steps(viewOf({ absentSlots }), ownOf(2, { storedDealing: DEALINGS.get(2) as Uint8Array }))).to.deep.equal([]);
      const inTurn = { status: "Finalizing", dealtSlots: SLOTS, dealings: DEALINGS, shiftBlockHash: hash(9) } as const;
      expect(steps(viewOf({ ...inTurn, absentSlots, headNumber: 1000 }), ownOf(2))).to.deep.equal([]);
      const order = SLOTS.toSorted((a, b) => rankOf(SID, a, SLOTS) - rankOf(SID, b, SLOTS));
      const [first, second] = [order[0] as number, order[1] as number];
      const now = { ...inTurn, statusSince: 100, headNumber: 100 };
      expect(steps(viewOf(now), ownOf(second))).to.deep.equal([]);
      expect(kindsOf(steps(viewOf({ ...now, absentSlots: [first] }), ownOf(second)))).to.deep.equal(["finalize"]);
      const storedShares = storedAs(onlyEffect(steps(finalizedView({ absentSlots }), ownOf(2)), "saveShare"));
      expect(steps(finalizedView({ absentSlots }), ownOf(2, { storedShares }))).to.deep.equal([]);
      expect(kindsOf(steps(finalizedView({ absentSlots }), ownOf(3)))).to.deep.equal(["saveShare"]);
    });
  });

  describe("when a share is wrong", () => {
    const bad = shiftEncryptedShare(THRESHOLD, 1, 5n)(DEALINGS.get(9) as Uint8Array);
    const dealings = new Map(DEALINGS).set(9, bad);
    const disputing = (changes: Partial<KeyGenerationView> = {}) =>
      viewOf({ status: "Disputing", dealtSlots: SLOTS, dealings, ...changes });

    it("complains with evidence that the judge accepts (attack 17)", () => {
      const complaint = onlyEffect(steps(disputing(), ownOf(3)), "complain");
      expect([complaint.dealer, complaint.recipient, complaint.dealing]).to.deep.equal([9, 3, bad]);
      const dealing = parseDealing(bad, { threshold: THRESHOLD, members: SLOTS.length });
      const { shared, proof } = complaint;
      const evidence = { sid: hexToBytes(SID, 32), dealer: 9, recipient: 3, members: MEMBERS, dealing, shared, proof };
      expect(verifyComplaint(evidence)).to.equal("DISQUALIFIED");
    });
    it("complains while others still deal, before its own dealing is out too", () => {
      expect(kindsOf(steps(disputing({ status: "Dealing", dealtSlots: [9] }), ownOf(3)))).to.deep.equal(["saveDealing", "complain"]);
    });
    it("does not complain about a right share, a dealer that is out, or too late", () => {
      expect(steps(disputing(), ownOf(2))).to.deep.equal([]);
      expect(steps(disputing({ disqualifiedSlots: [9] }), ownOf(3))).to.deep.equal([]);
      expect(steps(disputing({ status: "AwaitingShift" }), ownOf(3))).to.deep.equal([]);
    });
    it("complains again after a restart, and about other bytes under another id (attack 16)", () => {
      const first = onlyEffect(steps(disputing(), ownOf(3)), "complain");
      expect(onlyEffect(steps(disputing(), ownOf(3)), "complain").id).to.equal(first.id);
      const other = shiftEncryptedShare(THRESHOLD, 1, 6n)(DEALINGS.get(9) as Uint8Array);
      // Same sid, other bytes after a reorg: what was found about the first says nothing about the second.
      const verdicts = ownOf(3).verdicts;
      steps(disputing(), ownOf(3, { verdicts }));
      const second = onlyEffect(steps(disputing({ dealings: new Map(DEALINGS).set(9, other) }), ownOf(3, { verdicts })), "complain");
      expect(second.id).to.not.equal(first.id);
      expect(second.dealing).to.equal(other);
      expect(steps(disputing({ dealings: DEALINGS }), ownOf(3, { verdicts }))).to.deep.equal([]);
    });
    it("checks other bytes of a dealer whose first dealing was right (attack 16)", () => {
      const own = ownOf(3);
      expect(steps(disputing({ dealings: DEALINGS }), own)).to.deep.equal([]);
      expect(onlyEffect(steps(disputing(), own), "complain").dealer).to.equal(9);
    });
    it("sees errors that cancel out in the sum (attack 18a)", () => {
      const offsetting = new Map(DEALINGS)
        .set(7, shiftEncryptedShare(THRESHOLD, 1, 11n)(DEALINGS.get(7) as Uint8Array))
        .set(9, shiftEncryptedShare(THRESHOLD, 1, -11n)(DEALINGS.get(9) as Uint8Array));
      const found = steps(disputing({ dealings: offsetting }), ownOf(3));
      expect(found.map((effect) => (effect.kind === "complain" ? effect.dealer : 0))).to.deep.equal([7, 9]);
    });
    it("leaves bytes alone that are no dealing: the contract never took them", () => {
      const cut = new Map(DEALINGS).set(9, bad.subarray(0, 100));
      const left = onlyEffect(steps(disputing({ dealings: cut, dealHashes: dealHashesOf(DEALINGS) }), ownOf(3)), "disbelieve");
      expect([left.dealer, left.reason]).to.deep.equal([9, "MALFORMED"]);
    });
  });

  describe("when a node shows a dealing that the contract never took", () => {
    const SK = (IDENTITIES[1] as (typeof IDENTITIES)[number]).secret;
    /** A dealing of dealer 9 with E of an old dealing, whose e nobody knows any more: sk E is the old dealing's pad. */
    const forged = (ephemeral: Point, sid = SID): Uint8Array => {
      const dealing = parseDealing(dealingOf(9), { threshold: THRESHOLD, members: SLOTS.length });
      const a = SecretScalar.from(5n);
      const commitments = [nobleBackend.mulG(5n), ...dealing.commitments.slice(1)];
      const message = keccakWords(DOMAINS.dealing, hexToBytes(sid, 32), 9, keccakWords(...commitments), ephemeral);
      const possession = provePossession(a, message, secureRandom);
      return encodeDealing({ ...dealing, commitments, ephemeral, possessionOfConstant: possession, possessionOfEphemeral: possession });
    };
    const old = parseDealing(DEALINGS.get(7) as Uint8Array, { threshold: THRESHOLD, members: SLOTS.length });
    const shown = (bytes: Uint8Array, dealHashes = dealHashesOf(new Map(DEALINGS).set(9, bytes))) =>
      viewOf({ status: "Disputing", dealtSlots: SLOTS, dealings: new Map(DEALINGS).set(9, bytes), dealHashes });

    it("attack 20: publishes no sk E for an E whose e the dealer does not prove to know here, though logs and state both show it", () => {
      const bytes = forged(old.ephemeral);
      const dealing = parseDealing(bytes, { threshold: THRESHOLD, members: SLOTS.length });
      const opened = openShare({ sid: hexToBytes(SID, 32), dealer: 9, recipient: 3, encryptionSecret: SK, members: MEMBERS, dealing });
      expect(opened.kind, "control: its share is wrong, so without the check it is complained about").to.equal("invalid");
      const left = onlyEffect(steps(shown(bytes), ownOf(3)), "disbelieve");
      expect([left.dealer, left.reason]).to.deep.equal([9, "NO_POSSESSION"]);
    });
    it("attack 20: an old dealing with its own proofs, shown as another dealer's or in another session, goes no further", () => {
      expect(onlyEffect(steps(shown(DEALINGS.get(7) as Uint8Array), ownOf(3)), "disbelieve").reason).to.equal("NO_POSSESSION");
      const elsewhere = createDealing({ sid: hexToBytes(hash(6), 32), dealer: 9, threshold: THRESHOLD, members: MEMBERS });
      expect(onlyEffect(steps(shown(elsewhere), ownOf(3)), "disbelieve").reason).to.equal("NO_POSSESSION");
    });
    it("attack 10: a dealer's own dealing with an altered share, which its possessions do not bind, is not that of the stored hash", () => {
      const altered = shiftEncryptedShare(THRESHOLD, 1, 5n)(DEALINGS.get(9) as Uint8Array);
      const left = onlyEffect(steps(shown(altered, dealHashesOf(DEALINGS)), ownOf(3)), "disbelieve");
      expect([left.dealer, left.reason]).to.deep.equal([9, "FOREIGN_HASH"]);
      onlyEffect(steps(shown(altered), ownOf(3)), "complain"); // control: only the hash tells
      const { 9: _none, ...others } = Object.fromEntries(dealHashesOf(DEALINGS));
      const without = new Map(Object.entries(others).map(([slot, stored]) => [Number(slot), stored]));
      expect(onlyEffect(steps(shown(altered, without), ownOf(3)), "disbelieve").reason).to.equal("NOT_STORED");
    });
    it("attack 10: makes no share of a dealing that is not that of the stored hash, and no key of it", () => {
      const dealings = new Map(DEALINGS).set(9, dealingOf(9));
      const view = finalizedView({ dealings, dealHashes: dealHashesOf(DEALINGS) });
      expect(onlyEffect(steps(view, ownOf(7)), "disbelieve").dealer).to.equal(9);
      const finalizing = { status: "Finalizing", headNumber: 1000, dealtSlots: SLOTS, shiftBlockHash: hash(9) } as const;
      const inTurn = viewOf({ ...finalizing, dealings, dealHashes: dealHashesOf(DEALINGS) });
      expect(onlyEffect(steps(inTurn, ownOf(2)), "disbelieve").dealer).to.equal(9);
    });
    it("looks again when the board changes: what is stored now counts", () => {
      const own = ownOf(3);
      const bad = shiftEncryptedShare(THRESHOLD, 1, 5n)(DEALINGS.get(9) as Uint8Array);
      onlyEffect(steps(shown(bad, dealHashesOf(DEALINGS)), own), "disbelieve");
      expect(onlyEffect(steps(shown(bad), own), "complain").dealer).to.equal(9);
    });
  });

  describe("when it is time to finalize", () => {
    const ranked = SLOTS.toSorted((a, b) => rankOf(SID, a, SLOTS) - rankOf(SID, b, SLOTS));
    const finalizing = (headNumber: number, changes: Partial<KeyGenerationView> = {}) =>
      viewOf({
        status: "Finalizing",
        statusSince: 90,
        headNumber,
        dealtSlots: SLOTS,
        dealings: DEALINGS,
        shiftBlockHash: hash(9),
        ...changes,
      });

    it("acts in turn by rank, one step apart (D21)", () => {
      for (const [rank, slot] of ranked.entries()) {
        expect(steps(finalizing(90 + 2 * rank - 1), ownOf(slot)), `rank ${rank} early`).to.deep.equal([]);
        onlyEffect(steps(finalizing(90 + 2 * rank), ownOf(slot)), "finalize");
      }
    });
    it("leaves out who is disqualified", () => {
      const finalize = onlyEffect(steps(finalizing(1000, { disqualifiedSlots: [7] }), ownOf(2)), "finalize");
      expect([finalize.qual, finalize.constants.length]).to.deep.equal([bitmapOf([2, 3, 9]), 3]);
    });
    it("lets the contract fix another block, in turn, where the hash is gone: each block once, and without the dealings", () => {
      const { shiftBlockHash: _gone, ...withoutHash } = finalizing(1000, { dealings: new Map() });
      const rearm = onlyEffect(steps(withoutHash, ownOf(2)), "finalize");
      expect([rearm.constants, rearm.restHashes]).to.deep.equal([[], []]);
      expect(onlyEffect(steps({ ...withoutHash, shiftBlock: 5_000_300n }, ownOf(2)), "finalize").id).to.not.equal(rearm.id);
      const [first, second] = ranked as [number, number];
      onlyEffect(steps({ ...withoutHash, headNumber: 90 }, ownOf(first)), "finalize");
      expect(steps({ ...withoutHash, headNumber: 90 }, ownOf(second))).to.deep.equal([]);
      expect(steps({ ...withoutHash, status: "AwaitingShift" }, ownOf(first)), "not there yet").to.deep.equal([]);
    });
    it("waits for every dealing of QUAL", () => {
      const partly = new Map(DEALINGS);
      partly.delete(9);
      expect(steps(finalizing(1000, { dealings: partly }), ownOf(2))).to.deep.equal([]);
    });
    it("makes another piece of work of another shift block (a re-armed shift)", () => {
      const one = onlyEffect(steps(finalizing(1000), ownOf(2)), "finalize");
      const two = onlyEffect(steps(finalizing(1000, { shiftBlockHash: hash(8) }), ownOf(2)), "finalize");
      expect(one.id).to.not.equal(two.id);
      expect(one.jointKey.equals(two.jointKey)).to.equal(false);
    });
  });

  describe("when the key is finalized", () => {
    it("stores its share first, with everything an answer needs", () => {
      const view = finalizedView();
      const { content } = onlyEffect(steps(view, ownOf(7)), "saveShare");
      expect(nobleBackend.mulG(content.share.reveal()).equals(parsePoint(content.verifyingShare))).to.equal(true);
      expect([content.slot, content.epoch, content.qual]).to.deep.equal([7, 4, bitmapOf(SLOTS)]);
      const keyId = hexToBytes(KEY, 32);
      const leaf = verifyingLeaf({ keyId, epoch: 4, slot: 7, verifyingShare: parsePoint(content.verifyingShare) });
      const path = content.path.map((node) => hexToBytes(node, 32));
      expect(verifyMerklePath({ leaf, index: 2, count: 4, path, root: hexToBytes(content.verifyingRoot, 32) })).to.equal(true);
    });
    it("stores at the head already, but says ready only when durable and final (attack 35)", () => {
      const early = finalizedView({ finalizedIsFinal: false });
      const storedShares = storedAs(onlyEffect(steps(early, ownOf(7)), "saveShare"));
      expect(steps(early, ownOf(7, { storedShares }))).to.deep.equal([]);
      const ready = onlyEffect(steps(finalizedView(), ownOf(7, { storedShares })), "ready");
      expect(ready).to.deep.include({
        id: `ready:${SID}:${storedShares[0]?.digest}`,
        digest: storedShares[0]?.digest,
        qual: bitmapOf(SLOTS),
      });
      expect(steps(finalizedView({ readySlots: [7] }), ownOf(7, { storedShares }))).to.deep.equal([]);
    });
    it("gives the same digest for every keeper (attack 36)", () => {
      const digests = SLOTS.map((slot) => onlyEffect(steps(finalizedView(), ownOf(slot)), "saveShare").content.digest);
      expect(new Set(digests).size).to.equal(1);
    });
    it("does not take a stored share of another result for this one (D18)", () => {
      const stored = onlyEffect(steps(finalizedView(), ownOf(7)), "saveShare").content;
      for (const other of [
        { ...stored, qual: bitmapOf([2, 3, 7]) },
        { ...stored, jointKey: encodePoint(G) },
        { ...stored, dealingsHash: hash(0) },
      ]) {
        expect(kindsOf(steps(finalizedView(), ownOf(7, { storedShares: [other] })))).to.deep.equal(["saveShare"]);
      }
    });
    it("waits for dealings that are not mirrored yet", () => {
      const partly = new Map(DEALINGS);
      partly.delete(9);
      expect(steps(finalizedView({ dealings: partly }), ownOf(7))).to.deep.equal([]);
    });
    it("does not confirm a joint key that its dealings do not give: a board that lies", () => {
      const lie = onlyEffect(steps(finalizedView({ shift: 12n }), ownOf(7)), "unready");
      expect(lie.reason).to.equal("RESULT_MISMATCH");
    });
    it("does not confirm without the epoch's secret, or with another one", () => {
      expect(onlyEffect(steps(finalizedView(), ownOf(7, { encryptionSecret: undefined })), "unready").reason).to.equal("NO_EPOCH_SECRET");
      const wrong = ownOf(7, { encryptionSecret: SecretScalar.from(5n) });
      expect(onlyEffect(steps(finalizedView(), wrong), "unready").reason).to.equal("WRONG_EPOCH_SECRET");
      expect(steps(viewOf({ status: "Disputing", dealtSlots: SLOTS, dealings: DEALINGS }), wrong)).to.deep.equal([]);
    });
    it("erases every share that it opened, also when another one is bad", () => {
      const dealings = new Map(DEALINGS).set(9, shiftEncryptedShare(THRESHOLD, 2, 1n)(DEALINGS.get(9) as Uint8Array));
      const made = secretsMadeBy(() => {
        steps(finalizedView({ dealings }), ownOf(7));
      });
      expect(made.length).to.be.greaterThan(0);
      expect(made.filter(({ erased }) => !erased)).to.deep.equal([]);
    });
    it("names every dealer in QUAL whose share is bad, and does not confirm", () => {
      const dealings = new Map(DEALINGS).set(9, shiftEncryptedShare(THRESHOLD, 2, 1n)(DEALINGS.get(9) as Uint8Array));
      expect(onlyEffect(steps(finalizedView({ dealings }), ownOf(7)), "unready")).to.deep.include({ reason: "BAD_SHARES", dealers: [9] });
    });
  });

  describe("at the end", () => {
    const stored = () => onlyEffect(steps(finalizedView(), ownOf(7)), "saveShare").content;

    it("is done with an active key only when that is final, and erases shares of other forks", () => {
      const share = stored();
      const other = { ...share, digest: hash(5), dealingsHash: hash(5) };
      const own = ownOf(7, { storedShares: [other, share] });
      const { commitmentsHash, verifyingRoot } = share;
      const active = finalizedView({ status: "Active", result: { commitmentsHash, verifyingRoot } });
      expect(steps(active, own)).to.deep.equal([]);
      const end = steps({ ...active, sessionIsFinal: true }, own);
      expect(kindsOf(end)).to.deep.equal(["eraseShare", "done"]);
      expect(end[0]).to.deep.include({ digest: other.digest });
      expect(end[1]).to.deep.include({ outcome: "active", digest: share.digest });
    });
    it("does not use a share that 2t+1 others do not agree with", () => {
      const share = stored();
      const result = { commitmentsHash: share.commitmentsHash, verifyingRoot: hash(6) };
      const end = steps(finalizedView({ status: "Active", sessionIsFinal: true, result }), ownOf(7, { storedShares: [share] }));
      expect(kindsOf(end)).to.deep.equal(["unready", "done"]);
      expect(end[1]).to.not.have.property("digest");
    });
    it("stores the share of a key that became active without this keeper", () => {
      onlyEffect(steps(finalizedView({ status: "Active", sessionIsFinal: true }), ownOf(7)), "saveShare");
    });
    it("is done without a share when it cannot have one", () => {
      const own = ownOf(7, { encryptionSecret: undefined });
      expect(kindsOf(steps(finalizedView({ status: "Active", sessionIsFinal: true }), own))).to.deep.equal(["unready", "done"]);
    });
    it("erases pending shares of a failed session, only when the failure is final (D19)", () => {
      const own = ownOf(7, { storedShares: [stored()] });
      expect(steps(finalizedView({ status: "Failed" }), own)).to.deep.equal([]);
      const end = steps(finalizedView({ status: "Failed", sessionIsFinal: true }), own);
      expect(kindsOf(end)).to.deep.equal(["eraseShare", "done"]);
      expect(end[1]).to.deep.include({ outcome: "failed" });
    });
    it("records a failure in turn by rank", () => {
      const ranked = SLOTS.toSorted((a, b) => rankOf(SID, a, SLOTS) - rankOf(SID, b, SLOTS));
      const overdue = viewOf({ status: "Overdue", statusSince: 100, headNumber: 100 });
      expect(ranked.map((slot) => kindsOf(steps(overdue, ownOf(slot))))).to.deep.equal([["fail"], [], [], []]);
      for (const slot of SLOTS) onlyEffect(steps({ ...overdue, headNumber: 106 }, ownOf(slot)), "fail");
    });
  });

  it("control: offsetting errors add up to nothing, so that a check of the sum would pass (attack 18a)", () => {
    const encryptedTo = (bytes: Uint8Array) =>
      parseDealing(bytes, { threshold: THRESHOLD, members: SLOTS.length }).encryptedShares[1] ?? 0n;
    const [seven, nine] = [DEALINGS.get(7) as Uint8Array, DEALINGS.get(9) as Uint8Array];
    const right = encryptedTo(seven) + encryptedTo(nine);
    const shifted = encryptedTo(shiftEncryptedShare(THRESHOLD, 1, 11n)(seven)) + encryptedTo(shiftEncryptedShare(THRESHOLD, 1, -11n)(nine));
    expect((shifted - right) % CURVE_ORDER).to.equal(0n);
    expect(encryptedTo(shiftEncryptedShare(THRESHOLD, 1, 11n)(seven))).to.not.equal(encryptedTo(seven));
  });
});

describe("trackStatus", () => {
  it("remembers since when a status is seen, and starts again after a change, a restart or a reorg below", () => {
    const first = trackStatus(undefined, "Dealing", 10);
    expect(trackStatus(first, "Dealing", 15)).to.deep.equal({ status: "Dealing", since: 10 });
    expect(trackStatus(first, "Disputing", 15)).to.deep.equal({ status: "Disputing", since: 15 });
    expect(trackStatus(first, "Dealing", 8)).to.deep.equal({ status: "Dealing", since: 8 });
  });
});
