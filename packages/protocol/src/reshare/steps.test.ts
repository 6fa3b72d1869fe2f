import {
  assembleResharedPublic,
  createReshareDealing,
  DOMAINS,
  encodeDealing,
  encodePoint,
  G,
  keccakWords,
  nobleBackend,
  parseDealing,
  parsePoint,
  provePossession,
  SecretScalar,
  secureRandom,
  verifyComplaint,
  verifyingLeaf,
  verifyMerklePath,
  verifyReshareDealing,
} from "@keyquorum/threshold";
import { bitmapOf, bytesToHex, hexToBytes, parseHash32, parseKeyId, parseSessionId, rankOf } from "@keyquorum/wire";
import { expect } from "chai";
import { isKeepEffect, type SaveShare } from "../session/effects.ts";
import { shiftEncryptedShare } from "../testing/badDealings.ts";
import { dealHashesOf } from "../testing/dealHashes.ts";
import { kindsOf, onlyEffect, secretsMadeBy } from "../testing/effects.ts";
import { dealWrongly } from "../testing/lyingDealer.ts";
import { createIdentity } from "../testing/modelKeeper.ts";
import { nonceSourceOf } from "../testing/random.ts";
import { repeatedNonces, secretOfTwoProofs } from "../testing/repeatedRandom.ts";
import { dealKey } from "../testing/reshareSimulation.ts";
import { performReshareEffect } from "./board.ts";
import { reshareReadyDigestOf } from "./confirm.ts";
import type { ReshareEffect } from "./effects.ts";
import { nextReshareSteps } from "./steps.ts";
import type { OwnReshareMaterial, ReshareView } from "./view.ts";

const hash = (byte: number) => parseHash32(`0x${byte.toString(16).padStart(2, "0").repeat(32)}`);
const SID = parseSessionId(hash(1));
const KEY = parseKeyId(hash(2));
const THRESHOLD = 1;
/** 2 leaves, 3, 7 and 9 stay, 12 joins. */
const OLD = dealKey(5, [2, 3, 7, 9], 1);
const SLOTS = [3, 7, 9, 12];
const IDENTITIES = SLOTS.map((slot) => createIdentity(slot, secureRandom));
const MEMBERS = IDENTITIES.map(({ member }) => member);
const DEALERS = [...OLD.shares].map(([slot, share]) => ({ slot, verifyingShare: nobleBackend.mulG(share) }));
const SETTINGS = { nonces: nonceSourceOf(secureRandom), rankStep: 2 };
const PATH = [hash(7), hash(8)];
const sidBytes = hexToBytes(SID, 32);
const shareOf = (slot: number) => OLD.shares.get(slot) ?? 0n;
const dealingOf = (dealer: number, share = shareOf(dealer)) =>
  createReshareDealing({ sid: sidBytes, dealer, share: SecretScalar.from(share), threshold: THRESHOLD, recipients: MEMBERS });
const DEALINGS = new Map([...OLD.shares.keys()].map((slot) => [slot, dealingOf(slot)]));
const wrongFor = (dealer: number, recipient: number, error = 1n): Uint8Array => {
  const lie = { sid: SID, dealer, share: shareOf(dealer), threshold: THRESHOLD, members: MEMBERS };
  return dealWrongly({ ...lie, errors: new Map([[recipient, error]]) }, secureRandom);
};

const viewOf = (changes: Partial<ReshareView>): ReshareView => ({
  sid: SID,
  keyId: KEY,
  fromEpoch: 4,
  epoch: 6,
  quorum: 2,
  threshold: THRESHOLD,
  jointKey: OLD.jointKey,
  dealers: DEALERS,
  members: MEMBERS,
  removedSlots: [],
  absentSlots: [],
  absentDealers: [],
  status: "Dealing",
  headNumber: 100,
  statusSince: 90,
  dealtSlots: [],
  disqualifiedSlots: [],
  readySlots: [],
  qual: 0n,
  dealings: new Map(),
  dealHashes: changes.dealHashes ?? dealHashesOf(changes.dealings ?? new Map()),
  qualIsFinal: false,
  sessionIsFinal: false,
  ...changes,
});
/** Q is 2 and 3: the first two by slot. */
const fixedView = (changes: Partial<ReshareView> = {}): ReshareView =>
  viewOf({
    status: "AwaitingReady",
    dealtSlots: [2, 3, 7, 9],
    dealings: DEALINGS,
    qual: bitmapOf([2, 3]),
    qualIsFinal: true,
    ...changes,
  });
const ownOf = (slot: number, changes: Partial<OwnReshareMaterial> = {}): OwnReshareMaterial => ({
  slot,
  encryptionSecret: IDENTITIES.find((identity) => identity.slot === slot)?.secret,
  storedShares: [],
  verdicts: new Map(),
  consent: "given",
  ...(OLD.shares.has(slot) ? { oldShare: SecretScalar.from(shareOf(slot)), oldPath: PATH } : {}),
  ...changes,
});
const steps = (view: ReshareView, own: OwnReshareMaterial) => nextReshareSteps(view, own, SETTINGS);
const storedAs = ({ content }: SaveShare) => [content];

describe("nextReshareSteps", () => {
  it("does nothing for a keeper of neither epoch", () => {
    for (const status of ["Dealing", "Disputing", "AwaitingReady", "Active", "Overdue", "Failed"] as const)
      expect(steps(fixedView({ status, sessionIsFinal: true }), { ...ownOf(3), slot: 5 })).to.deep.equal([]);
  });

  describe("while old members deal", () => {
    it("an old member stores a dealing of its share first and sends exactly those bytes, with the path of its share", () => {
      for (const slot of [2, 3]) {
        const saving = onlyEffect(steps(viewOf({}), ownOf(slot)), "saveDealing");
        expect(isKeepEffect(saving)).to.equal(true);
        const dealing = parseDealing(saving.dealing, { threshold: THRESHOLD, members: SLOTS.length });
        expect(verifyReshareDealing({ sid: sidBytes, dealer: slot, dealing })).to.equal(true);
        expect(dealing.commitments[0]?.equals(nobleBackend.mulG(shareOf(slot)))).to.equal(true);
        const own = ownOf(slot, { storedDealing: saving.dealing });
        const deal = onlyEffect(steps(viewOf({}), own), "deal");
        expect(deal).to.deep.include({ id: `deal:${SID}`, dealer: slot, path: PATH });
        expect(deal.dealing).to.equal(saving.dealing);
        expect(steps(viewOf({ dealtSlots: [slot], dealings: new Map([[slot, saving.dealing]]) }), own)).to.deep.equal([]);
      }
    });
    it("attack 8: a random source that repeats itself does not give the share away in two reshares", () => {
      const dealtIn = (changes: Partial<ReshareView>) => {
        const settings = { nonces: repeatedNonces(), rankStep: 2 };
        const saving = onlyEffect(nextReshareSteps(viewOf(changes), ownOf(3), settings), "saveDealing");
        return parseDealing(saving.dealing, { threshold: THRESHOLD, members: SLOTS.length });
      };
      const one = dealtIn({});
      expect(dealtIn({}), "the control: nothing differs").to.deep.equal(one);
      const others = MEMBERS.map((member, i) => (i === 0 ? createIdentity(member.slot, secureRandom).member : member));
      for (const other of [dealtIn({ sid: parseSessionId(hash(0x51)) }), dealtIn({ members: others })]) {
        expect(secretOfTwoProofs(one.possessionOfConstant, other.possessionOfConstant)).to.not.equal(shareOf(3));
        expect(one.commitments[1]?.equals(other.commitments[1] as typeof one.ephemeral)).to.equal(false);
        expect(one.ephemeral.equals(other.ephemeral)).to.equal(false);
      }
    });
    it("attack 8: nor the epoch's secret in two complaints", () => {
      const complainAbout = (dealer: number) => {
        const dealings = new Map([...DEALINGS, [dealer, wrongFor(dealer, 7)]]);
        const view = viewOf({ status: "Disputing", dealtSlots: [...dealings.keys()], dealings });
        const found = nextReshareSteps(view, ownOf(7), { nonces: repeatedNonces(), rankStep: 2 });
        return onlyEffect(found, "complain").proof;
      };
      const secret = IDENTITIES.find(({ slot }) => slot === 7)?.secret.reveal();
      expect(secretOfTwoProofs(complainAbout(2), complainAbout(3))).to.not.equal(secret);
    });
    it("sends the same bytes again when a reorg took them back, also without the share", () => {
      const { oldShare: _erased, ...rest } = ownOf(3, { storedDealing: DEALINGS.get(3) as Uint8Array });
      expect(steps(viewOf({ dealtSlots: [3] }), rest)).to.deep.equal([]);
      expect(onlyEffect(steps(viewOf({}), rest), "deal").dealing).to.equal(DEALINGS.get(3));
    });
    it("attack 50: without consent nothing is dealt, stored or sent", () => {
      expect(steps(viewOf({}), ownOf(3, { consent: "withheld" }))).to.deep.equal([]);
      const storedDealing = DEALINGS.get(3) as Uint8Array;
      expect(steps(viewOf({}), ownOf(3, { consent: "withheld", storedDealing }))).to.deep.equal([]);
      onlyEffect(steps(viewOf({}), ownOf(3, { consent: "given", storedDealing })), "deal");
    });
    it("attack 14: deals nothing to a new member that was removed, neither again nor what is stored (D56)", () => {
      const storedDealing = DEALINGS.get(3) as Uint8Array;
      for (const own of [ownOf(3), ownOf(3, { storedDealing })]) expect(steps(viewOf({ removedSlots: [12] }), own)).to.deep.equal([]);
    });
    it("attack 14: deals nothing when it was removed itself, and deals when another old member was that leaves", () => {
      const absent = { removedSlots: [2], absentDealers: [2] };
      expect(steps(viewOf(absent), ownOf(2))).to.deep.equal([]);
      onlyEffect(steps(viewOf(absent), ownOf(3)), "saveDealing");
    });
    it("attack 14: deals nothing when its account of the old epoch was stolen, neither again nor what is stored", () => {
      for (const own of [ownOf(3), ownOf(3, { storedDealing: DEALINGS.get(3) as Uint8Array })])
        expect(steps(viewOf({ absentDealers: [3] }), own)).to.deep.equal([]);
    });
    it("attack 14: takes its share and confirms nothing when its account of the new epoch was stolen", () => {
      const absent = fixedView({ absentSlots: [3] });
      const storedShares = storedAs(onlyEffect(steps(absent, ownOf(3)), "saveShare"));
      expect(steps(absent, ownOf(3, { storedShares }))).to.deep.equal([]);
    });
    it("attack 14: complains, stores and confirms nothing in an epoch that has lost a member", () => {
      const disputing = { status: "Disputing", dealtSlots: [2, 3, 7, 9], dealings: new Map(DEALINGS).set(7, wrongFor(7, 12)) } as const;
      expect(kindsOf(steps(viewOf(disputing), ownOf(12)))).to.deep.equal(["complain"]);
      expect(steps(viewOf({ ...disputing, removedSlots: [9] }), ownOf(12))).to.deep.equal([]);
      const storedShares = storedAs(onlyEffect(steps(fixedView(), ownOf(3)), "saveShare"));
      expect(steps(fixedView({ removedSlots: [9] }), ownOf(3))).to.deep.equal([]);
      expect(steps(fixedView({ removedSlots: [9] }), ownOf(3, { storedShares }))).to.deep.equal([]);
      expect(kindsOf(steps(fixedView({ removedSlots: [2] }), ownOf(3, { storedShares })))).to.deep.equal(["ready"]);
    });
    it("a new member that was none before deals nothing, nor one that lost its share or its path", () => {
      expect(steps(viewOf({}), ownOf(12))).to.deep.equal([]);
      expect(steps(viewOf({}), { ...ownOf(12), oldShare: SecretScalar.from(5n), oldPath: PATH })).to.deep.equal([]);
      const { oldShare: _share, ...withoutShare } = ownOf(3);
      const { oldPath: _path, ...withoutPath } = ownOf(3);
      for (const own of [withoutShare, withoutPath]) expect(steps(viewOf({}), own)).to.deep.equal([]);
    });
    it("says that it cannot deal a share that is not the chain's, and one that no contract takes", () => {
      const foreign = onlyEffect(steps(viewOf({}), ownOf(3, { oldShare: SecretScalar.from(5n) })), "cannotDeal");
      expect(foreign.reason).to.equal("FOREIGN_SHARE");
      const unknown = viewOf({ dealers: DEALERS.map(({ slot }) => ({ slot })) });
      expect(onlyEffect(steps(unknown, ownOf(3, { oldShare: SecretScalar.from(0n) })), "cannotDeal").reason).to.equal("UNUSABLE_SHARE");
      onlyEffect(steps(unknown, ownOf(3)), "saveDealing");
    });
    it("does not deal in any other phase", () => {
      for (const status of ["Unknown", "Disputing", "AwaitingReady", "Active", "Overdue", "Failed"] as const)
        expect(kindsOf(steps(viewOf({ status }), ownOf(3)))).to.not.include.members(["saveDealing"]);
    });
  });

  describe("when a share is wrong", () => {
    const bad = wrongFor(9, 7);
    const dealings = new Map(DEALINGS).set(9, bad);
    const disputing = (changes: Partial<ReshareView> = {}) =>
      viewOf({ status: "Disputing", dealtSlots: [2, 3, 7, 9], dealings, ...changes });

    it("its new member complains with evidence that the judge accepts, also about a dealer that Q would not need (attack 17)", () => {
      const complaint = onlyEffect(steps(disputing(), ownOf(7)), "complain");
      expect([complaint.dealer, complaint.recipient, complaint.dealing]).to.deep.equal([9, 7, bad]);
      const dealing = parseDealing(bad, { threshold: THRESHOLD, members: SLOTS.length });
      const { shared, proof } = complaint;
      const evidence = { sid: sidBytes, dealer: 9, recipient: 7, members: MEMBERS, dealing, shared, proof };
      expect(verifyComplaint(evidence)).to.equal("DISQUALIFIED");
    });
    it("complains about a dealer that is no new member", () => {
      const about = disputing({ dealings: new Map(DEALINGS).set(2, wrongFor(2, 12)) });
      expect(onlyEffect(steps(about, ownOf(12)), "complain").dealer).to.equal(2);
    });
    it("does not complain as an old member only, about a right share, about a dealer that is out, or too late", () => {
      expect(steps(disputing(), ownOf(2))).to.deep.equal([]);
      expect(steps(disputing(), ownOf(3))).to.deep.equal([]);
      expect(steps(disputing({ disqualifiedSlots: [9] }), ownOf(7))).to.deep.equal([]);
      expect(kindsOf(steps(fixedView({ dealings }), ownOf(7)))).to.not.include("complain");
    });
    it("sees errors that cancel out in the weighted sum (attack 18a)", () => {
      // Q is 2 and 3 with weights 3 and -2: errors of 2 and 3 cancel out.
      const offsetting = new Map(DEALINGS).set(2, wrongFor(2, 7, 2n)).set(3, wrongFor(3, 7, 3n));
      const found = steps(disputing({ dealings: offsetting }), ownOf(7));
      expect(found.map((effect) => (effect.kind === "complain" ? effect.dealer : 0))).to.deep.equal([2, 3]);
    });
    it("leaves a dealing alone that is not of its dealer's share: the contract never took it, so who shows it lies", () => {
      const foreign = new Map(DEALINGS).set(9, dealingOf(9, 5n));
      expect(steps(disputing({ dealings: foreign }), ownOf(7))).to.deep.equal([]);
      const stranger = new Map(DEALINGS).set(11, dealingOf(11, 5n));
      expect(steps(disputing({ dealings: stranger, dealtSlots: [2, 3, 7, 9, 11] }), ownOf(7))).to.deep.equal([]);
      for (const cut of [new Uint8Array(0), bad.subarray(0, 70), new Uint8Array(bad.length)])
        expect(
          kindsOf(steps(disputing({ dealings: new Map(DEALINGS).set(9, cut), dealHashes: dealHashesOf(DEALINGS) }), ownOf(7))),
        ).to.not.include("complain");
    });
  });

  describe("when a node shows a dealing that the contract never took", () => {
    const shape = { threshold: THRESHOLD, members: SLOTS.length };
    /** The keeper does not know S_i of the dealers: the contract has compared. */
    const shown = (dealer: number, bytes: Uint8Array, dealHashes = dealHashesOf(new Map(DEALINGS).set(dealer, bytes))) =>
      viewOf({
        status: "Disputing",
        dealers: DEALERS.map(({ slot }) => ({ slot })),
        dealtSlots: [2, 3, 7, 9],
        dealings: new Map(DEALINGS).set(dealer, bytes),
        dealHashes,
      });

    it("attack 20: publishes no sk E for the E of an old dealing in a forged one, though logs and state both show it", () => {
      const { ephemeral } = parseDealing(DEALINGS.get(3) as Uint8Array, shape);
      const { possessionOfConstant, ...dealing } = parseDealing(dealingOf(9, 5n), shape);
      const body = keccakWords(...dealing.commitments, ephemeral, ...dealing.encryptedShares);
      const message = keccakWords(DOMAINS.reshareDealing, sidBytes, 9, body);
      const constant = provePossession(SecretScalar.from(5n), message, secureRandom);
      for (const possession of [constant, possessionOfConstant, dealing.possessionOfEphemeral]) {
        const forged = encodeDealing({ ...dealing, ephemeral, possessionOfConstant: constant, possessionOfEphemeral: possession });
        expect(onlyEffect(steps(shown(9, forged), ownOf(7)), "disbelieve").reason).to.equal("NO_POSSESSION");
      }
    });
    it("attack 20: an old dealing with its own proofs, shown as another dealer's or in another session, goes no further", () => {
      expect(onlyEffect(steps(shown(9, DEALINGS.get(3) as Uint8Array), ownOf(7)), "disbelieve").reason).to.equal("NO_POSSESSION");
      const share = SecretScalar.from(shareOf(9));
      const sid = hexToBytes(hash(6), 32);
      const elsewhere = createReshareDealing({ sid, dealer: 9, share, threshold: THRESHOLD, recipients: MEMBERS });
      expect(onlyEffect(steps(shown(9, elsewhere), ownOf(7)), "disbelieve").reason).to.equal("NO_POSSESSION");
    });
    it("attack 10: a dealer's own dealing with an altered share is bound by its possessions, whatever hash the node names", () => {
      const altered = shiftEncryptedShare(THRESHOLD, 1, 5n)(DEALINGS.get(9) as Uint8Array);
      expect(onlyEffect(steps(shown(9, altered), ownOf(7)), "disbelieve").reason).to.equal("NO_POSSESSION");
      expect(onlyEffect(steps(shown(9, altered, dealHashesOf(DEALINGS)), ownOf(7)), "disbelieve").reason).to.equal("FOREIGN_HASH");
    });
    it("attack 10: no complaint and no share of a dealing that is not that of the stored hash", () => {
      const bad = wrongFor(9, 7);
      onlyEffect(steps(shown(9, bad), ownOf(7)), "complain"); // control: only the hash tells
      expect(onlyEffect(steps(shown(9, bad, dealHashesOf(DEALINGS)), ownOf(7)), "disbelieve").reason).to.equal("FOREIGN_HASH");
      const without = new Map([...dealHashesOf(DEALINGS)].filter(([slot]) => slot !== 9));
      expect(onlyEffect(steps(shown(9, bad, without), ownOf(7)), "disbelieve").reason).to.equal("NOT_STORED");
      const other = { dealings: new Map(DEALINGS).set(3, dealingOf(3)), dealHashes: dealHashesOf(DEALINGS) };
      expect(onlyEffect(steps(fixedView(other), ownOf(7)), "disbelieve").dealer).to.equal(3);
    });
  });

  describe("when Q is fixed", () => {
    it("a new member stores its share first, with everything an answer needs", () => {
      const { content } = onlyEffect(steps(fixedView(), ownOf(12)), "saveShare");
      expect(nobleBackend.mulG(content.share.reveal()).equals(parsePoint(content.verifyingShare))).to.equal(true);
      expect([content.slot, content.epoch, content.qual]).to.deep.equal([12, 6, bitmapOf([2, 3])]);
      expect(parsePoint(content.jointKey).equals(OLD.jointKey)).to.equal(true);
      const keyId = hexToBytes(KEY, 32);
      const leaf = verifyingLeaf({ keyId, epoch: 6, slot: 12, verifyingShare: parsePoint(content.verifyingShare) });
      const path = content.path.map((node) => hexToBytes(node, 32));
      expect(verifyMerklePath({ leaf, index: 3, count: 4, path, root: hexToBytes(content.verifyingRoot, 32) })).to.equal(true);
    });
    it("attack 35: stores at the head already, but says ready only when durable and Q is that of a final block", () => {
      const early = fixedView({ qualIsFinal: false });
      const storedShares = storedAs(onlyEffect(steps(early, ownOf(7)), "saveShare"));
      expect(steps(early, ownOf(7, { storedShares }))).to.deep.equal([]);
      const ready = onlyEffect(steps(fixedView(), ownOf(7, { storedShares })), "ready");
      expect(ready).to.deep.include({ id: `ready:${SID}:${storedShares[0]?.digest}`, qual: bitmapOf([2, 3]) });
      expect(steps(fixedView({ readySlots: [7] }), ownOf(7, { storedShares }))).to.deep.equal([]);
    });
    it("confirms what PROTOCOL 3.9 says: the digest binds session, Q and both hashes", () => {
      const ids = { keyId: hexToBytes(KEY, 32), epoch: 6, jointKey: OLD.jointKey, members: MEMBERS };
      const qual = [2, 3].map((dealer) => ({
        dealer,
        dealing: parseDealing(DEALINGS.get(dealer) as Uint8Array, { threshold: THRESHOLD, members: SLOTS.length }),
      }));
      const key = assembleResharedPublic({ ...ids, qual });
      const parts = { ...key, sid: SID, qual: bitmapOf([2, 3]) };
      const { digest } = onlyEffect(steps(fixedView(), ownOf(9)), "saveShare").content;
      const formula = keccakWords(DOMAINS.reshareReady, sidBytes, bitmapOf([2, 3]), key.commitmentsHash, key.verifyingRoot);
      expect(digest).to.equal(bytesToHex(formula));
      const others = [
        { qual: bitmapOf([2, 7]) },
        { sid: parseSessionId(hash(3)) },
        { commitmentsHash: key.verifyingRoot },
        { verifyingRoot: key.commitmentsHash },
      ];
      const digests = others.map((change) => reshareReadyDigestOf({ ...parts, ...change }));
      expect(new Set([reshareReadyDigestOf(parts), ...digests]).size).to.equal(5);
    });
    it("attack 36: every new member has the same digest for one Q, and another for another Q", () => {
      const digests = SLOTS.map((slot) => onlyEffect(steps(fixedView(), ownOf(slot)), "saveShare").content.digest);
      expect(new Set(digests).size).to.equal(1);
      const another = onlyEffect(steps(fixedView({ qual: bitmapOf([3, 7]) }), ownOf(7)), "saveShare").content;
      expect(another.digest).to.not.equal(digests[0]);
      // A stored share of one Q is not taken for the other.
      expect(kindsOf(steps(fixedView(), ownOf(7, { storedShares: [another] })))).to.deep.equal(["saveShare"]);
    });
    it("does not take a stored share of other dealings or another key for this one", () => {
      const stored = onlyEffect(steps(fixedView(), ownOf(7)), "saveShare").content;
      for (const other of [
        { ...stored, dealingsHash: hash(0) },
        { ...stored, jointKey: encodePoint(G) },
      ])
        expect(kindsOf(steps(fixedView(), ownOf(7, { storedShares: [other] })))).to.deep.equal(["saveShare"]);
    });
    it("waits for dealings that are not mirrored yet, or shown by a board that lies", () => {
      const partly = new Map(DEALINGS);
      partly.delete(3);
      expect(steps(fixedView({ dealings: partly }), ownOf(7))).to.deep.equal([]);
      expect(steps(fixedView({ dealings: new Map(DEALINGS).set(3, dealingOf(3, 5n)) }), ownOf(7))).to.deep.equal([]);
    });
    it("does not confirm dealings that do not give the key: a board that lies", () => {
      const unknown = { dealers: DEALERS.map(({ slot }) => ({ slot })) };
      const dealings = new Map(DEALINGS).set(3, dealingOf(3, 5n));
      for (const lie of [{ ...unknown, dealings }, { jointKey: G }, { qual: bitmapOf([3]) }])
        expect(onlyEffect(steps(fixedView(lie), ownOf(7)), "unready").reason).to.equal("RESULT_MISMATCH");
    });
    it("does not confirm without the new epoch's secret, or with another one", () => {
      expect(onlyEffect(steps(fixedView(), ownOf(7, { encryptionSecret: undefined })), "unready").reason).to.equal("NO_EPOCH_SECRET");
      const wrong = ownOf(7, { encryptionSecret: SecretScalar.from(5n) });
      expect(onlyEffect(steps(fixedView(), wrong), "unready").reason).to.equal("WRONG_EPOCH_SECRET");
      expect(kindsOf(steps(viewOf({ dealtSlots: [2], dealings: DEALINGS }), wrong)), "but it deals").to.deep.equal(["saveDealing"]);
    });
    it("names every dealer in Q whose share is bad, and does not confirm; a bad one outside of Q does not matter", () => {
      const dealings = new Map(DEALINGS).set(3, wrongFor(3, 7)).set(9, wrongFor(9, 7));
      expect(onlyEffect(steps(fixedView({ dealings }), ownOf(7)), "unready")).to.deep.include({ reason: "BAD_SHARES", dealers: [3] });
      onlyEffect(steps(fixedView({ dealings }), ownOf(12)), "saveShare");
    });
    it("an old member only has nothing to store", () => {
      expect(steps(fixedView(), ownOf(2))).to.deep.equal([]);
    });
    it("erases every share that it opened, and leaves the old share and the epoch's secret alone", () => {
      const dealings = new Map(DEALINGS).set(3, wrongFor(3, 7));
      const own = ownOf(7);
      const made = secretsMadeBy(() => {
        steps(fixedView({ dealings }), own);
        steps(fixedView({ jointKey: G }), own);
      });
      expect(made.length).to.be.greaterThan(2);
      expect(made.filter(({ erased }) => !erased)).to.deep.equal([]);
      expect([own.oldShare?.erased, own.encryptionSecret?.erased]).to.deep.equal([false, false]);
    });
  });

  describe("at the end", () => {
    const stored = () => onlyEffect(steps(fixedView(), ownOf(7)), "saveShare").content;
    const resultOf = ({ commitmentsHash, verifyingRoot }: ReturnType<typeof stored>) => ({ commitmentsHash, verifyingRoot });

    it("is done with the key's move only when that is final, and erases pending shares of other forks, of this session only", () => {
      const share = stored();
      const other = { ...share, digest: hash(5), dealingsHash: hash(5) };
      const own = ownOf(7, { storedShares: [other, share] });
      const active = fixedView({ status: "Active", result: resultOf(share) });
      expect(steps(active, own)).to.deep.equal([]);
      const end = steps({ ...active, sessionIsFinal: true }, own);
      expect(kindsOf(end)).to.deep.equal(["eraseShare", "done"]);
      expect(end[0]).to.deep.include({ sid: SID, epoch: 6, digest: other.digest });
      expect(end[1]).to.deep.include({ outcome: "active", epoch: 6, digest: share.digest });
    });
    it("an old member only is done without a share, when that is final", () => {
      expect(steps(fixedView({ status: "Active" }), ownOf(2))).to.deep.equal([]);
      const done = onlyEffect(steps(fixedView({ status: "Active", sessionIsFinal: true }), ownOf(2)), "done");
      expect(done.outcome).to.equal("active");
      expect(done).to.not.have.property("digest");
    });
    it("does not use a share that 2t'+1 others do not agree with", () => {
      const share = stored();
      const result = { ...resultOf(share), verifyingRoot: hash(6) };
      const end = steps(fixedView({ status: "Active", sessionIsFinal: true, result }), ownOf(7, { storedShares: [share] }));
      expect(kindsOf(end)).to.deep.equal(["unready", "done"]);
      expect(end[1]).to.not.have.property("digest");
    });
    it("a late keeper stores its share of a key that moved without it, then is done", () => {
      const active = fixedView({ status: "Active", sessionIsFinal: true });
      const saved = onlyEffect(steps(active, ownOf(7)), "saveShare");
      expect(onlyEffect(steps(active, ownOf(7, { storedShares: storedAs(saved) })), "done").digest).to.equal(saved.content.digest);
      expect(kindsOf(steps(active, ownOf(7, { encryptionSecret: undefined })))).to.deep.equal(["unready", "done"]);
    });
    it("erases pending shares of a failed session, only when the failure is final; old members are done", () => {
      const own = ownOf(7, { storedShares: [stored()] });
      expect(steps(fixedView({ status: "Failed" }), own)).to.deep.equal([]);
      const end = steps(fixedView({ status: "Failed", sessionIsFinal: true }), own);
      expect(kindsOf(end)).to.deep.equal(["eraseShare", "done"]);
      expect(end[1]).to.deep.include({ outcome: "failed" });
      expect(onlyEffect(steps(fixedView({ status: "Failed", sessionIsFinal: true }), ownOf(2)), "done").outcome).to.equal("failed");
    });
    it("records a failure in turn by rank, among old and new members together", () => {
      const all = [2, 3, 7, 9, 12];
      const ranked = all.toSorted((a, b) => rankOf(SID, a, all) - rankOf(SID, b, all));
      for (const [rank, slot] of ranked.entries()) {
        const at = (headNumber: number) => viewOf({ status: "Overdue", statusSince: 100, headNumber });
        expect(kindsOf(steps(at(100 + 2 * rank - 1), ownOf(slot))), `rank ${rank} early`).to.deep.equal([]);
        onlyEffect(steps(at(100 + 2 * rank), ownOf(slot)), "fail");
      }
    });
  });
});

describe("performReshareEffect", () => {
  it("hands every effect to whom it is for", async () => {
    const done: string[] = [];
    const note =
      (where: string) =>
      async ({ kind }: ReshareEffect) =>
        void done.push(`${where}.${kind}`);
    const names = (list: readonly string[], where: string) => Object.fromEntries(list.map((name) => [name, note(where)]));
    const parts = {
      board: names(["deal", "complain", "ready", "fail"], "board"),
      keep: names(["saveDealing", "saveShare", "eraseShare", "unready", "disbelieve", "done", "cannotDeal"], "keep"),
    } as unknown as Parameters<typeof performReshareEffect>[1];
    const all = [...Object.keys(parts.board).map((kind) => `board.${kind}`), ...Object.keys(parts.keep).map((kind) => `keep.${kind}`)];
    for (const name of all) await performReshareEffect({ kind: name.split(".")[1] } as ReshareEffect, parts);
    expect(done).to.deep.equal(all);
  });
});
