import { expect } from "chai";
import { ZeroHash } from "ethers";
import { network } from "hardhat";
import { complaintOf, forgeDealing } from "../../fixtures/dealings.ts";
import { bitmapOf, openSession, REASON, STATUS } from "../../fixtures/keyGeneration.ts";
import { confirm, dealAll, endPhase, finalize, memberAt, nextStatus, reachFinalizing, readyArguments } from "../../fixtures/keySession.ts";
import { type Stage, stagesBut, stagesOf } from "./stages.ts";

const connection = await network.create();
const { networkHelpers } = connection;
const stages = stagesOf(connection);

/** The phase ends with block `end`: a transaction in it still meets `status`, one in the next block meets `next`. */
const expectPhase = async (stage: Stage, status: bigint, end: bigint, next: bigint): Promise<void> => {
  const { setup, session } = stage;
  const current = { blockTag: "pending" };
  expect(await setup.keyGeneration.phaseEndOf(session.sid, current)).to.equal(end);
  await networkHelpers.mineUpTo(end - 1n);
  expect(await nextStatus(setup, session)).to.equal(status);
  await networkHelpers.mine();
  expect(await nextStatus(setup, session)).to.equal(next);
};

/** Nobody else deals: the DEAL window runs out. */
const dealtBy = async (...slots: readonly number[]): Promise<Stage> => {
  const stage = await networkHelpers.loadFixture(stages.dealing);
  const except = [1, 2, 4, 5, 9].filter((slot) => !slots.includes(slot));
  return { ...stage, dealings: await dealAll(stage.setup, stage.session, { except }) };
};
const dealtByTwo = () => dealtBy(1, 2);
const dealtByThree = () => dealtBy(1, 2, 4);

describe("KeyGeneration: statusOf and phaseEndOf", () => {
  it("know nothing of a session that was never opened", async () => {
    const { setup } = await networkHelpers.loadFixture(stages.dealing);
    expect(await setup.keyGeneration.statusOf(ZeroHash)).to.equal(STATUS.unknown);
    expect(await setup.keyGeneration.phaseEndOf(ZeroHash)).to.equal(0n);
    expect((await setup.keyGeneration.sessionOf(ZeroHash)).openedAt).to.equal(0n);
  });

  it("move at the exact block through every phase, when all have dealt", async () => {
    const stage = await networkHelpers.loadFixture(stages.disputing);
    const { setup, session } = stage;
    const { dealtAt } = await setup.keyGeneration.sessionOf(session.sid);
    const { dispute, finalize: finalizeWindow } = setup.windows;
    await expectPhase(stage, STATUS.disputing, dealtAt + dispute, STATUS.awaitingShift);
    await expectPhase(stage, STATUS.awaitingShift, dealtAt + dispute + 2n, STATUS.finalizing);
    await expectPhase(stage, STATUS.finalizing, dealtAt + dispute + 2n + finalizeWindow, STATUS.overdue);
    expect(await setup.keyGeneration.phaseEndOf(session.sid, { blockTag: "pending" })).to.equal(0n);
  });

  it("move at the exact block through every phase, when some have not dealt", async () => {
    const stage = await networkHelpers.loadFixture(dealtByThree);
    const { setup, session } = stage;
    const { openedAt, shiftBlock } = await setup.keyGeneration.sessionOf(session.sid);
    expect(shiftBlock).to.equal(0n);
    const dealEnd = openedAt + setup.windows.deal;
    await expectPhase(stage, STATUS.dealing, dealEnd, STATUS.disputing);
    await expectPhase(stage, STATUS.disputing, dealEnd + setup.windows.dispute, STATUS.awaitingShift);
    await expectPhase(stage, STATUS.awaitingShift, dealEnd + setup.windows.dispute + 2n, STATUS.finalizing);
    expect((await setup.keyGeneration.sessionOf(session.sid)).shiftBlock).to.equal(dealEnd + setup.windows.dispute + 2n);
  });

  it("run DISPUTE in full, also where too few dealers are left: every wrong dealing can be named", async () => {
    const stage = await networkHelpers.loadFixture(dealtByTwo);
    const { setup, session } = stage;
    const { openedAt } = await setup.keyGeneration.sessionOf(session.sid);
    const dealEnd = openedAt + setup.windows.deal;
    await expectPhase(stage, STATUS.dealing, dealEnd, STATUS.disputing);
    await expectPhase(stage, STATUS.disputing, dealEnd + setup.windows.dispute, STATUS.overdue);
  });

  it("move from AwaitingReady to Overdue at the exact block", async () => {
    const stage = await networkHelpers.loadFixture(stages.awaitingReady);
    const { finalizedAt } = await stage.setup.keyGeneration.sessionOf(stage.session.sid);
    await expectPhase(stage, STATUS.awaitingReady, finalizedAt + stage.setup.windows.ready, STATUS.overdue);
  });

  for (const name of ["active", "failed", "overdue"] as const)
    it(`say ${name} forever: time alone does not change it`, async () => {
      const { setup, session } = await networkHelpers.loadFixture(stages[name]);
      await networkHelpers.mine(10_000);
      expect(await nextStatus(setup, session)).to.equal(STATUS[name]);
      expect(await setup.keyGeneration.phaseEndOf(session.sid)).to.equal(0n);
    });

  it("take a dealing in DEAL's last block and none after it", async () => {
    const { setup, session } = await networkHelpers.loadFixture(dealtByTwo);
    const end = await setup.keyGeneration.phaseEndOf(session.sid);
    await networkHelpers.mineUpTo(end - 1n);
    await dealAll(setup, session, { except: [1, 2, 5, 9] });
    await expect(dealAll(setup, session, { except: [1, 2, 4, 9] }))
      .to.be.revertedWithCustomError(setup.keyGeneration, "KeyGenerationWrongStatus")
      .withArgs(session.sid, STATUS.disputing);
  });
});

describe("KeyGeneration: fail", () => {
  for (const name of stagesBut("overdue"))
    it(`refuses while the session is ${name}`, async () => {
      const { setup, session } = await networkHelpers.loadFixture(stages[name]);
      await expect(setup.keyGeneration.fail(session.sid))
        .to.be.revertedWithCustomError(setup.keyGeneration, "KeyGenerationWrongStatus")
        .withArgs(session.sid, STATUS[name]);
    });

  const expectFailed = async ({ setup, session }: Stage, reason: bigint, notDealt: bigint, disqualified: bigint, notReady: bigint) => {
    await expect(setup.keyGeneration.connect(setup.bob).fail(session.sid))
      .to.emit(setup.keyGeneration, "KeyFailed")
      .withArgs(session.keyId, session.sid, reason, notDealt, disqualified, notReady);
    expect(await setup.keyGeneration.statusOf(session.sid)).to.equal(STATUS.failed);
    expect((await setup.keyGeneration.sessionOf(session.sid)).failure).to.equal(reason);
    expect((await setup.keyGeneration.keyOf(session.keyId)).activeEpoch).to.equal(0n);
  };

  /** Past DEAL and DISPUTE, by their windows. */
  const passDispute = async ({ setup, session }: Stage): Promise<void> => {
    await endPhase(setup, session);
    await endPhase(setup, session);
  };

  it("records TooFewDealers and who did not deal", async () => {
    const stage = await networkHelpers.loadFixture(dealtByTwo);
    await passDispute(stage);
    await expectFailed(stage, REASON.tooFewDealers, bitmapOf([4, 5, 9]), 0n, 0n);
  });

  it("records TooFewDealers where disqualified dealers are missing, and names them", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    const { setup, session } = stage;
    const wrong = forgeDealing(session, 2, { shareOf: () => 1n });
    await dealAll(setup, session, { except: [5, 9], forged: new Map([[2, wrong]]) });
    const given = complaintOf(session, wrong, 2, memberAt(session, 4));
    await setup.keyGeneration.complain(session.sid, { dealer: 2, recipient: 4, dealing: wrong, ...given });
    await passDispute(stage);
    await expectFailed(stage, REASON.tooFewDealers, bitmapOf([5, 9]), bitmapOf([2]), 0n);
  });

  it("records NotFinalized", async () => {
    const stage = await networkHelpers.loadFixture(stages.finalizing);
    await endPhase(stage.setup, stage.session);
    await expectFailed(stage, REASON.notFinalized, 0n, 0n, 0n);
  });

  it("records NotReady and who did not confirm", async () => {
    const stage = await networkHelpers.loadFixture(stages.awaitingReady);
    const { setup, session, dealings } = stage;
    const given = await readyArguments(setup, session, dealings);
    for (const slot of [1, 4]) await confirm(setup, session, memberAt(session, slot), given);
    await endPhase(setup, session);
    await expectFailed(stage, REASON.notReady, 0n, 0n, bitmapOf([2, 5, 9]));
  });

  it("leaves the key to a later session, which nothing of the failed one enters (attack 29)", async () => {
    const stage = await networkHelpers.loadFixture(stages.failed);
    const { setup, session, dealings } = stage;
    const again = await openSession(setup);
    await expect(setup.keyGeneration.connect(memberAt(session, 1).operator).deal(again.sid, dealings.get(1) as string))
      .to.be.revertedWithCustomError(setup.keyGeneration, "DealingInvalidPossession")
      .withArgs(0);
    const fresh = await dealAll(setup, again);
    await reachFinalizing(setup, again);
    await finalize(setup, again, fresh);
    const given = await readyArguments(setup, again, fresh);
    for (const member of again.members) await confirm(setup, again, member, given);
    const { session: sid, activeEpoch } = await setup.keyGeneration.keyOf(again.keyId);
    expect([sid, activeEpoch]).to.deep.equal([again.sid, BigInt(setup.epoch)]);
  });
});
