import {
  backend,
  CURVE_ORDER,
  evaluateCommitments,
  G,
  lagrangeAtZero,
  provePossession,
  randomScalar,
  SecretScalar,
} from "@keyquorum/threshold";
import { expect } from "chai";
import { concat, dataSlice, getBytes, ZeroHash } from "ethers";
import { network } from "hardhat";
import { type ComplaintArguments, complaintOf, decryptShare, forgeComplaint, forgeDealing, parsed } from "../../fixtures/dealings.ts";
import { heldAt } from "../../fixtures/heldKey.ts";
import { bitmapOf, epochKeyMessageOf } from "../../fixtures/keyGeneration.ts";
import { memberAt } from "../../fixtures/keySession.ts";
import { BAD_POINTS, BAD_PROOF_SCALARS } from "../../fixtures/points.ts";
import {
  confirmReshare,
  dealReshare,
  endResharePhase,
  RESHARE_STATUS,
  reshareDealing,
  reshareReadyArguments,
} from "../../fixtures/reshare.ts";
import { rollDice } from "../../random/dice.ts";
import { withField } from "../libraries/proofCases.ts";
import { type ReshareStage, reshareStagesBut, reshareStagesOf } from "./stages.ts";

const dice = rollDice("contracts/KeyResharing/complain");

const connection = await network.create();
const { networkHelpers } = connection;
const stages = reshareStagesOf(connection);

/** A dealing of the dealer's own share with wrong shares in it. */
const lyingDealing = (
  { reshare, key }: ReshareStage,
  dealer: number,
  shareOf: (slot: number, share: bigint) => bigint = (slot, share) => (slot === 6 ? (share + 1n) % CURVE_ORDER : share),
): string =>
  forgeDealing(reshare, dealer, {
    coefficients: [heldAt(key, dealer).share.reveal(), randomScalar(dice.bytes), randomScalar(dice.bytes)],
    shareOf,
  });

/** All have dealt; dealer 2 is mallory's and wronged new member 6. */
const wronged = async (): Promise<ReshareStage & { wrong: string }> => {
  const stage = await networkHelpers.loadFixture(stages.dealing);
  const wrong = lyingDealing(stage, 2);
  return { ...stage, dealings: await dealReshare(stage.setup, stage.reshare, { forged: new Map([[2, wrong]]) }), wrong };
};

type Complaint = { dealer: number; recipient: number; dealing: string; given: ComplaintArguments };

/** Bob, who is not a keeper, sends it: evidence needs no sender. */
const complain = ({ setup, reshare }: ReshareStage, { dealer, recipient, dealing, given }: Complaint) =>
  setup.keyResharing.connect(setup.bob).complain(reshare.sid, { dealer, recipient, dealing, ...given });

/** New member 6's right complaint against dealer 2. */
const rightComplaint = ({ reshare, wrong }: ReshareStage & { wrong: string }): Complaint => ({
  dealer: 2,
  recipient: 6,
  dealing: wrong,
  given: complaintOf(reshare, wrong, 2, memberAt(reshare, 6)),
});

describe("KeyResharing: complain", () => {
  for (const name of reshareStagesBut("dealing", "disputing"))
    it(`refuses while the session is ${name}`, async () => {
      const stage = await networkHelpers.loadFixture(stages[name]);
      const dealing = stage.dealings.get(2) as string; // all have dealt
      const given = complaintOf(stage.reshare, dealing, 2, memberAt(stage.reshare, 6));
      await expect(complain(stage, { dealer: 2, recipient: 6, dealing, given }))
        .to.be.revertedWithCustomError(stage.setup.keyResharing, "KeyResharingWrongStatus")
        .withArgs(stage.reshare.sid, RESHARE_STATUS[name]);
    });

  it("attack 24: refuses dealers that are no old, and recipients that are no new members", async () => {
    const stage = await networkHelpers.loadFixture(wronged);
    const right = rightComplaint(stage);
    for (const [slot, complaint] of [
      ...[0, 3, 6, 10, 255].map((dealer) => [dealer, { ...right, dealer }] as const),
      ...[0, 1, 3, 5, 255].map((recipient) => [recipient, { ...right, recipient }] as const),
    ])
      await expect(complain(stage, complaint))
        .to.be.revertedWithCustomError(stage.setup.keyResharing, "DealingUnknownSlot")
        .withArgs(stage.reshare.sid, slot);
  });

  it("refuses a dealer that has not dealt", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    await expect(complain(stage, rightComplaint({ ...stage, wrong: lyingDealing(stage, 2) })))
      .to.be.revertedWithCustomError(stage.setup.keyResharing, "DealingNotDealt")
      .withArgs(stage.reshare.sid, 2);
  });

  it("refuses a dealer that is disqualified already", async () => {
    const stage = await networkHelpers.loadFixture(wronged);
    await complain(stage, rightComplaint(stage));
    await expect(complain(stage, rightComplaint(stage)))
      .to.be.revertedWithCustomError(stage.setup.keyResharing, "DealingAlreadyDisqualified")
      .withArgs(stage.reshare.sid, 2);
  });

  it("attack 27: refuses bytes that were not dealt", async () => {
    const stage = await networkHelpers.loadFixture(wronged);
    const right = rightComplaint(stage);
    const flipped = concat([dataSlice(right.dealing, 0, -1), "0x00"]);
    const others = stage.dealings.get(1) as string; // all have dealt
    const another = reshareDealing(stage.reshare, 2);
    for (const dealing of [another, flipped, concat([right.dealing, "0x00"]), others, dataSlice(right.dealing, 0, 64), "0x"])
      await expect(complain(stage, { ...right, dealing }))
        .to.be.revertedWithCustomError(stage.setup.keyResharing, "DealingForeignBytes")
        .withArgs(stage.reshare.sid, 2);
  });

  describe("proof", () => {
    const refuses = async (stage: ReshareStage, complaint: Complaint): Promise<void> => {
      await expect(complain(stage, complaint))
        .to.be.revertedWithCustomError(stage.setup.keyResharing, "DealingInvalidComplaint")
        .withArgs(stage.reshare.sid, complaint.dealer, complaint.recipient);
    };

    for (const [name, point] of BAD_POINTS)
      it(`attacks 25, 26, 39, 40: refuses a shared point and hints ${name}`, async () => {
        const stage = await networkHelpers.loadFixture(wronged);
        const right = rightComplaint(stage);
        for (const path of ["shared", "hints.zU", "hints.cD"])
          await refuses(stage, { ...right, given: withField(right.given, path, () => point) });
      });

    for (const path of ["proof.c", "proof.z", "hints.inverse"])
      for (const [how, change] of BAD_PROOF_SCALARS)
        it(`attacks 25, 28, 40: refuses ${path} when it is ${how}`, async () => {
          const stage = await networkHelpers.loadFixture(wronged);
          const right = rightComplaint(stage);
          await refuses(stage, { ...right, given: withField(right.given, path, change as never) });
        });

    it("attacks 28, 29: refuses a proof made for another dealer, recipient, session, base or key", async () => {
      const stage = await networkHelpers.loadFixture(wronged);
      const { reshare, wrong } = stage;
      const base = parsed(wrong, reshare).ephemeral;
      const secret = memberAt(reshare, 6).encryptionSecret.reveal();
      const right = { dealer: 2, recipient: 6, secret, base };
      for (const given of [
        forgeComplaint(reshare, { ...right, dealer: 1 }),
        forgeComplaint(reshare, { ...right, recipient: 7 }),
        forgeComplaint({ ...reshare, sid: ZeroHash }, right),
        forgeComplaint(reshare, { ...right, base: G.double() }),
        forgeComplaint(reshare, { ...right, secret: memberAt(reshare, 7).encryptionSecret.reveal() }),
      ])
        await refuses(stage, { dealer: 2, recipient: 6, dealing: wrong, given });
    });

    it("refuses a recipient's key of the old epoch: dealings are for the new one's", async () => {
      const stage = await networkHelpers.loadFixture(wronged);
      const old = stage.setup.keepers.find(({ slot }) => slot === 4);
      const given = forgeComplaint(stage.reshare, {
        dealer: 2,
        recipient: 4, // a member of both epochs
        secret: old?.encryptionSecret.reveal() ?? 1n,
        base: parsed(stage.wrong, stage.reshare).ephemeral,
      });
      await refuses(stage, { dealer: 2, recipient: 4, dealing: stage.wrong, given });
    });

    it("refuses member 6's proof in the name of member 7", async () => {
      const stage = await networkHelpers.loadFixture(wronged);
      await refuses(stage, { ...rightComplaint(stage), recipient: 7 });
    });

    it("attack 29: a recipient's possession of its epoch key is no complaint", async () => {
      const stage = await networkHelpers.loadFixture(wronged);
      const { setup, reshare } = stage;
      const member = memberAt(reshare, 6);
      const message = await epochKeyMessageOf(setup.registry, 2, 6, member.operator);
      const proof = provePossession(SecretScalar.from(member.encryptionSecret.reveal()), getBytes(message));
      const { given } = rightComplaint(stage);
      await refuses(stage, { ...rightComplaint(stage), given: { ...given, proof } });
    });
  });

  describe("a right share", () => {
    it("attack 18: refuses the complaint of every recipient: it cost its sender gas and nobody else anything", async () => {
      const stage = await networkHelpers.loadFixture(stages.disputing);
      const { setup, reshare } = stage;
      for (const recipient of reshare.members) {
        const dealing = stage.dealings.get(1) as string; // all have dealt
        const given = complaintOf(reshare, dealing, 1, recipient);
        await expect(complain(stage, { dealer: 1, recipient: recipient.slot, dealing, given }))
          .to.be.revertedWithCustomError(setup.keyResharing, "DealingShareIsValid")
          .withArgs(reshare.sid, 1, recipient.slot);
      }
      expect((await setup.keyResharing.reshareOf(reshare.sid)).disqualified).to.equal(0n);
    });

    it("attack 25: may be 0, where the sum of commitments is infinite", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const s = heldAt(stage.key, 2).share.reveal();
      // g(6) = s + 6 a + 36 = 0: a = -(s + 36) / 6.
      const inverseOf6 = lagrangeAtZero([1, 7], 1) - 1n; // 7/6 - 1
      const a = ((CURVE_ORDER - ((s + 36n) % CURVE_ORDER)) * inverseOf6) % CURVE_ORDER;
      const dealing = forgeDealing(stage.reshare, 2, { coefficients: [s, a, 1n] });
      await stage.setup.keyResharing.deal(stage.reshare.sid, 2, dealing, heldAt(stage.key, 2).path);
      const given = complaintOf(stage.reshare, dealing, 2, memberAt(stage.reshare, 6));
      await expect(complain(stage, { dealer: 2, recipient: 6, dealing, given })).to.be.revertedWithCustomError(
        stage.setup.keyResharing,
        "DealingShareIsValid",
      );
    });
  });

  describe("a wrong share", () => {
    it("attack 17: disqualifies its dealer alone, and the rest proceeds without it", async () => {
      const stage = await networkHelpers.loadFixture(wronged);
      const { setup, reshare, dealings } = stage;
      await expect(complain(stage, rightComplaint(stage)))
        .to.emit(setup.keyResharing, "ReshareDealerDisqualified")
        .withArgs(reshare.sid, 2, 6, setup.bob.address);
      const { disqualified, dealt } = await setup.keyResharing.reshareOf(reshare.sid);
      expect([disqualified, dealt]).to.deep.equal([bitmapOf([2]), bitmapOf([1, 2, 4, 5, 9])]);
      expect(await setup.keyResharing.statusOf(reshare.sid)).to.equal(RESHARE_STATUS.disputing);

      await endResharePhase(setup, reshare);
      const given = await reshareReadyArguments(setup, reshare, dealings);
      expect(given.qual).to.equal(bitmapOf([1, 4, 5]));
      for (const member of reshare.members.slice(0, 5)) await confirmReshare(setup, reshare, member, given);
      expect(await setup.keyResharing.statusOf(reshare.sid)).to.equal(RESHARE_STATUS.active);
    });

    it("attack 38: may be complained about by anyone: the evidence names no sender", async () => {
      const stage = await networkHelpers.loadFixture(wronged);
      const { setup, reshare } = stage;
      const { dealer, recipient, dealing, given } = rightComplaint(stage);
      const relayed = setup.keyResharing.connect(setup.mallory).complain(reshare.sid, { dealer, recipient, dealing, ...given });
      await expect(relayed).to.emit(setup.keyResharing, "ReshareDealerDisqualified").withArgs(reshare.sid, 2, 6, setup.mallory.address);
    });

    it("disqualifies while others are still dealing", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const wrong = lyingDealing(stage, 2);
      await dealReshare(stage.setup, stage.reshare, { except: [1, 9], forged: new Map([[2, wrong]]) });
      await complain(stage, rightComplaint({ ...stage, wrong }));
      expect(await stage.setup.keyResharing.statusOf(stage.reshare.sid)).to.equal(RESHARE_STATUS.dealing);
    });

    for (const [how, lie] of [
      ["0, where it is not", () => 0n],
      ["negated", (share: bigint) => (CURVE_ORDER - share) % CURVE_ORDER],
      ["random", () => randomScalar(dice.bytes)],
    ] as const)
      it(`attacks 25, 39: disqualifies for a share that is ${how}`, async () => {
        const stage = await networkHelpers.loadFixture(stages.dealing);
        const wrong = lyingDealing(stage, 2, (_slot, share) => lie(share));
        await stage.setup.keyResharing.deal(stage.reshare.sid, 2, wrong, heldAt(stage.key, 2).path);
        await complain(stage, rightComplaint({ ...stage, wrong }));
      });

    it("attack 18a: finds every dealer whose errors cancel in the sum of Q, and all are out before Q is fixed", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const { setup, reshare } = stage;
      const off = (difference: bigint) => (slot: number, share: bigint) => (slot === 6 ? (share + difference) % CURVE_ORDER : share);
      const forged = new Map([
        [1, lyingDealing(stage, 1, off(77n))],
        [2, lyingDealing(stage, 2, off(CURVE_ORDER - 77n))],
      ]);
      const dealings = await dealReshare(setup, reshare, { forged });
      const errorOf = (dealer: number): bigint => {
        const dealing = dealings.get(dealer) as string; // all have dealt
        const share = decryptShare(reshare, dealing, dealer, memberAt(reshare, 6));
        return backend.mulG(share).equals(evaluateCommitments(parsed(dealing, reshare).commitments, 6)) ? 0n : 1n;
      };
      expect([1, 2, 4, 5, 9].map(errorOf)).to.deep.equal([1n, 1n, 0n, 0n, 0n]);
      for (const dealer of [1, 2]) {
        const dealing = forged.get(dealer) as string; // both are forged
        await complain(stage, { dealer, recipient: 6, dealing, given: complaintOf(reshare, dealing, dealer, memberAt(reshare, 6)) });
      }
      await endResharePhase(setup, reshare);
      expect(await setup.keyResharing.qualOf(reshare.sid, { blockTag: "pending" })).to.equal(bitmapOf([4, 5, 9]));
    });
  });
});
