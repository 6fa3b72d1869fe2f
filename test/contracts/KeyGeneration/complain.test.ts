import {
  backend,
  CURVE_ORDER,
  evaluateCommitments,
  G,
  type Point,
  provePossession,
  randomScalar,
  SecretScalar,
} from "@keyquorum/threshold";
import { expect } from "chai";
import { concat, dataSlice, getBytes, hexlify } from "ethers";
import { network } from "hardhat";
import {
  type ComplaintArguments,
  complaintOf,
  decryptShare,
  forgeComplaint,
  forgeDealing,
  forgeParts,
  honestDealing,
  parsed,
} from "../../fixtures/dealings.ts";
import { bitmapOf, epochKeyMessageOf, openSession, STATUS, type TestSession } from "../../fixtures/keyGeneration.ts";
import {
  confirm,
  type Dealings,
  dealAll,
  finalize,
  keyShareOf,
  memberAt,
  reachFinalizing,
  readyArguments,
} from "../../fixtures/keySession.ts";
import { BAD_POINTS, BAD_PROOF_SCALARS, solidityPoint } from "../../fixtures/points.ts";
import { rollDice } from "../../random/dice.ts";
import { withField } from "../libraries/proofCases.ts";
import { type Stage, stagesBut, stagesOf } from "./stages.ts";

const dice = rollDice("contracts/KeyGeneration/complain");

const connection = await network.create();
const { networkHelpers } = connection;
const stages = stagesOf(connection);

/** The dealer gives recipient 4 a share that is one more. */
const wrongFor4 = { shareOf: (slot: number, share: bigint) => (slot === 4 ? (share + 1n) % CURVE_ORDER : share) };

/** All have dealt; dealer 2 is mallory's and wronged recipient 4. */
const wronged = async (): Promise<Stage & { wrong: string }> => {
  const stage = await networkHelpers.loadFixture(stages.dealing);
  const wrong = forgeDealing(stage.session, 2, wrongFor4);
  const dealings = await dealAll(stage.setup, stage.session, { forged: new Map([[2, wrong]]) });
  return { ...stage, dealings, wrong };
};

type Complaint = { dealer: number; recipient: number; dealing: string; given: ComplaintArguments };

/** Bob, who is not a keeper, sends it: evidence needs no sender. */
const complain = ({ setup, session }: Stage, { dealer, recipient, dealing, given }: Complaint) =>
  setup.keyGeneration.connect(setup.bob).complain(session.sid, { dealer, recipient, dealing, ...given });

/** Recipient 4's right complaint against dealer 2. */
const rightComplaint = ({ session, wrong }: Stage & { wrong: string }): Complaint => ({
  dealer: 2,
  recipient: 4,
  dealing: wrong,
  given: complaintOf(session, wrong, 2, memberAt(session, 4)),
});

/** The check that is not enough: whether recipient 4's shares fit the commitments in the sum. */
const sumHolds = (session: TestSession, dealings: Dealings): boolean => {
  const all = [...dealings].map(([dealer, dealing]) => ({
    share: decryptShare(session, dealing, dealer, memberAt(session, 4)),
    point: evaluateCommitments(parsed(dealing, session).commitments, 4),
  }));
  const share = all.reduce((sum, part) => (sum + part.share) % CURVE_ORDER, 0n);
  return backend.mulG(share).equals(all.map(({ point }) => point).reduce((sum, point) => sum.add(point)));
};

describe("KeyGeneration: complain", () => {
  for (const name of stagesBut("dealing", "disputing"))
    it(`refuses while the session is ${name}`, async () => {
      const stage = await networkHelpers.loadFixture(stages[name]);
      const dealing = stage.dealings.get(2) as string; // all have dealt
      const given = complaintOf(stage.session, dealing, 2, memberAt(stage.session, 4));
      await expect(complain(stage, { dealer: 2, recipient: 4, dealing, given }))
        .to.be.revertedWithCustomError(stage.setup.keyGeneration, "KeyGenerationWrongStatus")
        .withArgs(stage.session.sid, STATUS[name]);
    });

  for (const slot of [0, 3, 10, 255])
    it(`refuses slot ${slot} as dealer and as recipient: it is not a member (attack 24)`, async () => {
      const stage = await networkHelpers.loadFixture(wronged);
      for (const complaint of [
        { ...rightComplaint(stage), dealer: slot },
        { ...rightComplaint(stage), recipient: slot },
      ])
        await expect(complain(stage, complaint))
          .to.be.revertedWithCustomError(stage.setup.keyGeneration, "DealingUnknownSlot")
          .withArgs(stage.session.sid, slot);
    });

  it("refuses a dealer that has not dealt", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    const wrong = forgeDealing(stage.session, 2, wrongFor4);
    await expect(complain(stage, rightComplaint({ ...stage, wrong })))
      .to.be.revertedWithCustomError(stage.setup.keyGeneration, "DealingNotDealt")
      .withArgs(stage.session.sid, 2);
  });

  it("refuses a dealer that is disqualified already", async () => {
    const stage = await networkHelpers.loadFixture(wronged);
    await complain(stage, rightComplaint(stage));
    await expect(complain(stage, rightComplaint(stage)))
      .to.be.revertedWithCustomError(stage.setup.keyGeneration, "DealingAlreadyDisqualified")
      .withArgs(stage.session.sid, 2);
  });

  it("refuses bytes that were not dealt (attack 27)", async () => {
    const stage = await networkHelpers.loadFixture(wronged);
    const right = rightComplaint(stage);
    const another = hexlify(honestDealing(stage.session, 2));
    const flipped = concat([dataSlice(right.dealing, 0, -1), "0x00"]);
    const longer = concat([right.dealing, "0x00"]);
    const others = stage.dealings.get(1) as string; // all have dealt
    for (const dealing of [another, flipped, longer, others, dataSlice(right.dealing, 0, 64), "0x"])
      await expect(complain(stage, { ...right, dealing }))
        .to.be.revertedWithCustomError(stage.setup.keyGeneration, "DealingForeignBytes")
        .withArgs(stage.session.sid, 2);
  });

  describe("proof", () => {
    const refuses = async (stage: Stage & { wrong: string }, complaint: Complaint): Promise<void> => {
      const { dealer, recipient } = complaint;
      await expect(complain(stage, complaint))
        .to.be.revertedWithCustomError(stage.setup.keyGeneration, "DealingInvalidComplaint")
        .withArgs(stage.session.sid, dealer, recipient);
    };

    for (const [name, point] of BAD_POINTS)
      it(`refuses a shared point and hints ${name} (attacks 25, 26, 39, 40)`, async () => {
        const stage = await networkHelpers.loadFixture(wronged);
        const right = rightComplaint(stage);
        for (const path of ["shared", "hints.zU", "hints.cD"])
          await refuses(stage, { ...right, given: withField(right.given, path, () => point) });
      });

    for (const path of ["proof.c", "proof.z", "hints.inverse"])
      for (const [how, change] of BAD_PROOF_SCALARS)
        it(`refuses ${path} when it is ${how} (attacks 25, 28, 40)`, async () => {
          const stage = await networkHelpers.loadFixture(wronged);
          const right = rightComplaint(stage);
          await refuses(stage, { ...right, given: withField(right.given, path, change as never) });
        });

    it("refuses a shared point that is not the recipient's, though its proof is right for another key (attack 28)", async () => {
      const stage = await networkHelpers.loadFixture(wronged);
      const base = parsed(stage.wrong, stage.session).ephemeral;
      const secret = memberAt(stage.session, 5).encryptionSecret.reveal();
      const given = forgeComplaint(stage.session, { dealer: 2, recipient: 4, secret, base });
      await refuses(stage, { dealer: 2, recipient: 4, dealing: stage.wrong, given });
    });

    it("refuses a shared point made with another base than E (attack 28)", async () => {
      const stage = await networkHelpers.loadFixture(wronged);
      const secret = memberAt(stage.session, 4).encryptionSecret.reveal();
      const given = forgeComplaint(stage.session, { dealer: 2, recipient: 4, secret, base: G.double() });
      await refuses(stage, { dealer: 2, recipient: 4, dealing: stage.wrong, given });
    });

    it("refuses a proof made for another dealer, recipient or session (attacks 28, 29)", async () => {
      const stage = await networkHelpers.loadFixture(wronged);
      const base = parsed(stage.wrong, stage.session).ephemeral;
      const secret = memberAt(stage.session, 4).encryptionSecret.reveal();
      const other = await openSession(stage.setup, { salt: `0x${"07".repeat(32)}` });
      for (const given of [
        forgeComplaint(stage.session, { dealer: 1, recipient: 4, secret, base }),
        forgeComplaint(stage.session, { dealer: 2, recipient: 5, secret, base }),
        forgeComplaint(other, { dealer: 2, recipient: 4, secret, base }),
      ])
        await refuses(stage, { dealer: 2, recipient: 4, dealing: stage.wrong, given });
    });

    it("refuses recipient 4's proof in the name of recipient 5", async () => {
      const stage = await networkHelpers.loadFixture(wronged);
      await refuses(stage, { ...rightComplaint(stage), recipient: 5 });
    });
  });

  describe("a right share", () => {
    it("refuses the complaint: it cost its sender gas and nobody else anything (attack 18)", async () => {
      const stage = await networkHelpers.loadFixture(stages.disputing);
      const { setup, session } = stage;
      for (const recipient of session.members) {
        const dealing = stage.dealings.get(1) as string; // all have dealt
        const given = complaintOf(session, dealing, 1, recipient);
        await expect(complain(stage, { dealer: 1, recipient: recipient.slot, dealing, given }))
          .to.be.revertedWithCustomError(setup.keyGeneration, "DealingShareIsValid")
          .withArgs(session.sid, 1, recipient.slot);
      }
      expect((await setup.keyGeneration.sessionOf(session.sid)).disqualified).to.equal(0n);
    });

    it("may be 0, where the sum of commitments is infinite (attack 25)", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      // f(4) = 0: the constant is -(4 a1 + 16 a2).
      const vanishing = [(CURVE_ORDER - 4n * 3n - 16n * 5n) % CURVE_ORDER, 3n, 5n];
      const dealing = forgeDealing(stage.session, 2, { coefficients: vanishing });
      await stage.setup.keyGeneration.connect(memberAt(stage.session, 2).operator).deal(stage.session.sid, dealing);
      const given = complaintOf(stage.session, dealing, 2, memberAt(stage.session, 4));
      await expect(complain(stage, { dealer: 2, recipient: 4, dealing, given })).to.be.revertedWithCustomError(
        stage.setup.keyGeneration,
        "DealingShareIsValid",
      );
    });
  });

  describe("a wrong share", () => {
    it("disqualifies its dealer alone, and the rest proceeds (attack 17)", async () => {
      const stage = await networkHelpers.loadFixture(wronged);
      const { setup, session } = stage;
      await expect(complain(stage, rightComplaint(stage)))
        .to.emit(setup.keyGeneration, "DealerDisqualified")
        .withArgs(session.sid, 2, 4, setup.bob.address);
      const { disqualified, dealt } = await setup.keyGeneration.sessionOf(session.sid);
      expect([disqualified, dealt]).to.deep.equal([bitmapOf([2]), bitmapOf([1, 2, 4, 5, 9])]);
      expect(await setup.keyGeneration.statusOf(session.sid)).to.equal(STATUS.disputing);

      await reachFinalizing(setup, session);
      const qual = new Map([...stage.dealings].filter(([dealer]) => dealer !== 2));
      await finalize(setup, session, qual);
      const given = await readyArguments(setup, session, qual);
      for (const member of session.members) await confirm(setup, session, member, given);
      expect(await setup.keyGeneration.statusOf(session.sid)).to.equal(STATUS.active);
    });

    it("may be complained about by anyone: the evidence names no sender (attack 38)", async () => {
      const stage = await networkHelpers.loadFixture(wronged);
      const { setup, session } = stage;
      const { dealer, recipient, dealing, given } = rightComplaint(stage);
      const relayed = setup.keyGeneration.connect(setup.mallory).complain(session.sid, { dealer, recipient, dealing, ...given });
      await expect(relayed).to.emit(setup.keyGeneration, "DealerDisqualified").withArgs(session.sid, 2, 4, setup.mallory.address);
    });

    it("disqualifies while others are still dealing", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const wrong = forgeDealing(stage.session, 2, wrongFor4);
      await dealAll(stage.setup, stage.session, { except: [1, 9], forged: new Map([[2, wrong]]) });
      await complain(stage, rightComplaint({ ...stage, wrong }));
      expect(await stage.setup.keyGeneration.statusOf(stage.session.sid)).to.equal(STATUS.dealing);
    });

    const lies: readonly (readonly [string, (share: bigint) => bigint])[] = [
      ["0, where it is not", () => 0n],
      ["negated", (share) => (CURVE_ORDER - share) % CURVE_ORDER],
      ["random", () => randomScalar(dice.bytes)],
    ];
    for (const [how, lie] of lies)
      it(`disqualifies for a share that is ${how} (attacks 25, 39)`, async () => {
        const stage = await networkHelpers.loadFixture(stages.dealing);
        const wrong = forgeDealing(stage.session, 2, { shareOf: (_slot, share) => lie(share) });
        await stage.setup.keyGeneration.connect(memberAt(stage.session, 2).operator).deal(stage.session.sid, wrong);
        await complain(stage, rightComplaint({ ...stage, wrong }));
      });

    it("disqualifies also where commitments are equal, opposite or sum to infinity: no revert shields a dealer (attacks 25, 40)", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const crafted: readonly (readonly [number, readonly bigint[]])[] = [
        [1, [1n, 1n, 1n]],
        [2, [CURVE_ORDER - 4n * 3n - 16n * 5n, 3n, 5n]], // infinite at 4
        [5, [7n, CURVE_ORDER - 20n, 5n]], // infinite on the way at 4
        [9, [1n, CURVE_ORDER - 1n, 1n]],
      ];
      for (const [dealer, coefficients] of crafted) {
        const shareOf = (_slot: number, share: bigint): bigint => (share + 1n) % CURVE_ORDER;
        const dealing = forgeDealing(stage.session, dealer, { coefficients, shareOf });
        await stage.setup.keyGeneration.connect(memberAt(stage.session, dealer).operator).deal(stage.session.sid, dealing);
        await complain(stage, {
          dealer,
          recipient: 4,
          dealing,
          given: complaintOf(stage.session, dealing, dealer, memberAt(stage.session, 4)),
        });
      }
      const { disqualified } = await stage.setup.keyGeneration.sessionOf(stage.session.sid);
      expect(disqualified).to.equal(bitmapOf([1, 2, 5, 9]));
    });

    it("is found dealer by dealer, also where two colluding dealers' errors cancel in the sum (attack 18a)", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const { setup, session } = stage;
      const off = (difference: bigint) => (slot: number, share: bigint) => (slot === 4 ? (share + difference) % CURVE_ORDER : share);
      const forged = new Map([
        [1, forgeDealing(session, 1, { shareOf: off(77n) })],
        [2, forgeDealing(session, 2, { shareOf: off(CURVE_ORDER - 77n) })],
      ]);
      const dealings = await dealAll(setup, session, { forged });
      expect(sumHolds(session, dealings)).to.equal(true);
      expect(sumHolds(session, new Map([...dealings].filter(([dealer]) => dealer !== 1)))).to.equal(false);
      for (const dealer of [1, 2]) {
        const dealing = dealings.get(dealer) as string; // both have dealt
        await complain(stage, { dealer, recipient: 4, dealing, given: complaintOf(session, dealing, dealer, memberAt(session, 4)) });
      }
      const { disqualified } = await setup.keyGeneration.sessionOf(session.sid);
      expect(disqualified).to.equal(bitmapOf([1, 2]));

      // Recipient 4's share of what is left is right.
      await networkHelpers.mine(40);
      const honest = new Map([...dealings].filter(([dealer]) => dealer > 2));
      await keyShareOf(setup, session, honest, memberAt(session, 4));
    });
  });

  describe("a related key (attack 19)", () => {
    it("cannot be registered: nobody proves the secret of PK_i + dG, with the victim's proof or without", async () => {
      const { setup } = await networkHelpers.loadFixture(stages.dealing);
      await setup.registry.proposeEpoch(0);
      const operator = await setup.operatorOf(2);
      const victim = SecretScalar.from(randomScalar(dice.bytes));
      const d = 5n;
      const related = backend.mulG(victim.reveal()).add(backend.mulG(d));
      const message = getBytes(await epochKeyMessageOf(setup.registry, 2, 2, operator));
      const victims = provePossession(victim, message);
      for (const proof of [
        victims,
        { c: victims.c, z: (victims.z + victims.c * d) % CURVE_ORDER },
        provePossession(SecretScalar.from(d), message),
      ])
        await expect(setup.registry.connect(operator).postEpochKey(2, solidityPoint(related), proof)).to.be.revertedWithCustomError(
          setup.registry,
          "KeeperRegistryInvalidProof",
        );
    });

    it("cannot be dealt with: a dealer of E_i + dG proves nothing, so no complaint opens the honest dealer's pad", async () => {
      const { setup, session } = await networkHelpers.loadFixture(stages.dealing);
      const honest = forgeParts(session, 1, { ephemeralSecret: 1234n });
      const related = backend.mulG(1234n).add(backend.mulG(5n)) as Point;
      const forged = forgeDealing(session, 2, { coefficients: [1n, 2n, 3n], ephemeralSecret: 99n });
      const offset = 2 * 96;
      const ephemeral = solidityPoint(related);
      const words = [ephemeral.x, ephemeral.y].map((word) => `0x${word.toString(16).padStart(64, "0")}`);
      const dealing = concat([dataSlice(forged, 0, offset), ...words, dataSlice(forged, offset + 64)]);
      expect(parsed(dealing, session).ephemeral.equals(related)).to.equal(true);
      expect(honest.ephemeral).not.to.deep.equal(ephemeral);
      await expect(setup.keyGeneration.connect(memberAt(session, 2).operator).deal(session.sid, dealing)).to.be.revertedWithCustomError(
        setup.keyGeneration,
        "DealingInvalidPossession",
      );
    });
  });
});
