import { expect } from "chai";
import { ZeroHash } from "ethers";
import { network } from "hardhat";
import { complaintOf, forgeDealing } from "../../fixtures/dealings.ts";
import { heldAt } from "../../fixtures/heldKey.ts";
import { bitmapOf } from "../../fixtures/keyGeneration.ts";
import { memberAt } from "../../fixtures/keySession.ts";
import {
  confirmReshare,
  deal,
  dealReshare,
  endResharePhase,
  nextReshareStatus,
  RESHARE_FAILURE,
  RESHARE_STATUS,
  requestReshare,
  reshareDealing,
  reshareReadyArguments,
} from "../../fixtures/reshare.ts";
import { OLD_SLOTS, type ReshareStage, reshareStagesBut, reshareStagesOf } from "./stages.ts";

const connection = await network.create();
const { networkHelpers } = connection;
const stages = reshareStagesOf(connection);
const next = { blockTag: "pending" };

/** The phase ends with block `end`: a transaction in it still meets `status`, one in the next block meets `following`. */
const expectPhase = async ({ setup, reshare }: ReshareStage, status: bigint, end: bigint, following: bigint): Promise<void> => {
  expect(await setup.keyResharing.phaseEndOf(reshare.sid, next)).to.equal(end);
  await networkHelpers.mineUpTo(end - 1n);
  expect(await nextReshareStatus(setup, reshare)).to.equal(status);
  await networkHelpers.mine();
  expect(await nextReshareStatus(setup, reshare)).to.equal(following);
};

/** Nobody else deals: the DEAL window runs out. */
const dealtBy = async (...slots: readonly number[]): Promise<ReshareStage> => {
  const stage = await networkHelpers.loadFixture(stages.dealing);
  const except = OLD_SLOTS.filter((slot) => !slots.includes(slot));
  return { ...stage, dealings: await dealReshare(stage.setup, stage.reshare, { except }) };
};
const dealtByTwo = () => dealtBy(1, 9);
const dealtByThree = () => dealtBy(1, 5, 9);
const dealtByFour = () => dealtBy(2, 4, 5, 9);

/** Dealers of mallory's give recipient 6 a share that is one more, and are complained about. */
const disqualify = async ({ setup, reshare, key }: ReshareStage, ...dealers: readonly number[]): Promise<void> => {
  for (const dealer of dealers) {
    const coefficients = [heldAt(key, dealer).share.reveal(), 5n, 7n];
    const wrong = forgeDealing(reshare, dealer, { coefficients, shareOf: (slot, share) => (slot === 6 ? share + 1n : share) });
    await deal(setup, reshare, dealer, wrong);
    const given = complaintOf(reshare, wrong, dealer, memberAt(reshare, 6));
    await setup.keyResharing.complain(reshare.sid, { dealer, recipient: 6, dealing: wrong, ...given });
  }
};
const passDispute = async ({ setup, reshare }: ReshareStage): Promise<void> => {
  if ((await nextReshareStatus(setup, reshare)) === RESHARE_STATUS.dealing) await endResharePhase(setup, reshare);
  await endResharePhase(setup, reshare);
};

describe("KeyResharing: statusOf and phaseEndOf", () => {
  it("know nothing of a session that was never opened", async () => {
    const { setup } = await networkHelpers.loadFixture(stages.twoEpochs);
    expect(await setup.keyResharing.statusOf(ZeroHash)).to.equal(RESHARE_STATUS.unknown);
    expect(await setup.keyResharing.phaseEndOf(ZeroHash)).to.equal(0n);
    expect(await setup.keyResharing.qualOf(ZeroHash)).to.equal(0n);
    expect((await setup.keyResharing.reshareOf(ZeroHash)).openedAt).to.equal(0n);
  });

  it("move at the exact block through every phase, when all have dealt", async () => {
    const stage = await networkHelpers.loadFixture(stages.disputing);
    const { dispute, ready } = stage.setup.windows;
    const { dealtAt } = await stage.setup.keyResharing.reshareOf(stage.reshare.sid);
    await expectPhase(stage, RESHARE_STATUS.disputing, dealtAt + dispute, RESHARE_STATUS.awaitingReady);
    await expectPhase(stage, RESHARE_STATUS.awaitingReady, dealtAt + dispute + ready, RESHARE_STATUS.overdue);
    expect(await stage.setup.keyResharing.phaseEndOf(stage.reshare.sid, next)).to.equal(0n);
  });

  it("move at the exact block through every phase, when some have not dealt", async () => {
    const stage = await networkHelpers.loadFixture(dealtByThree);
    const { deal: dealWindow, dispute, ready } = stage.setup.windows;
    const { openedAt } = await stage.setup.keyResharing.reshareOf(stage.reshare.sid);
    const end = openedAt + dealWindow;
    await expectPhase(stage, RESHARE_STATUS.dealing, end, RESHARE_STATUS.disputing);
    await expectPhase(stage, RESHARE_STATUS.disputing, end + dispute, RESHARE_STATUS.awaitingReady);
    await expectPhase(stage, RESHARE_STATUS.awaitingReady, end + dispute + ready, RESHARE_STATUS.overdue);
  });

  it("run DISPUTE in full, also where too few have dealt: every wrong dealing can be named", async () => {
    const stage = await networkHelpers.loadFixture(dealtByTwo);
    const { deal: dealWindow, dispute } = stage.setup.windows;
    const { openedAt } = await stage.setup.keyResharing.reshareOf(stage.reshare.sid);
    await expectPhase(stage, RESHARE_STATUS.dealing, openedAt + dealWindow, RESHARE_STATUS.disputing);
    await expectPhase(stage, RESHARE_STATUS.disputing, openedAt + dealWindow + dispute, RESHARE_STATUS.overdue);
  });

  for (const name of ["active", "failed", "overdue"] as const)
    it(`say ${name} forever: time alone does not change it`, async () => {
      const { setup, reshare } = await networkHelpers.loadFixture(stages[name]);
      await networkHelpers.mine(10_000);
      expect(await nextReshareStatus(setup, reshare)).to.equal(RESHARE_STATUS[name]);
      expect(await setup.keyResharing.phaseEndOf(reshare.sid)).to.equal(0n);
    });

  it("take a dealing in DEAL's last block and none after it", async () => {
    const { setup, reshare } = await networkHelpers.loadFixture(dealtByTwo);
    await networkHelpers.mineUpTo((await setup.keyResharing.phaseEndOf(reshare.sid)) - 1n);
    await deal(setup, reshare, 4, reshareDealing(reshare, 4));
    await expect(deal(setup, reshare, 5, reshareDealing(reshare, 5)))
      .to.be.revertedWithCustomError(setup.keyResharing, "KeyResharingWrongStatus")
      .withArgs(reshare.sid, RESHARE_STATUS.disputing);
  });

  it("take a complaint in DISPUTE's last block and none after it", async () => {
    const stage = await networkHelpers.loadFixture(stages.disputing);
    const { setup, reshare } = stage;
    await networkHelpers.mineUpTo((await setup.keyResharing.phaseEndOf(reshare.sid, next)) - 1n);
    const dealing = stage.dealings.get(1) as string; // all have dealt
    const given = complaintOf(reshare, dealing, 1, memberAt(reshare, 6));
    const complain = () =>
      setup.keyResharing.complain(reshare.sid, { dealer: 1, recipient: 6, dealing, ...given }, { gasLimit: 1_000_000n });
    // In the last block the judge looks at the share, after it at the phase.
    await expect(complain()).to.be.revertedWithCustomError(setup.keyResharing, "DealingShareIsValid");
    await expect(complain())
      .to.be.revertedWithCustomError(setup.keyResharing, "KeyResharingWrongStatus")
      .withArgs(reshare.sid, RESHARE_STATUS.awaitingReady);
  });

  it("take READY in its window's last block and none after it", async () => {
    const { setup, reshare, dealings } = await networkHelpers.loadFixture(stages.awaitingReady);
    const given = await reshareReadyArguments(setup, reshare, dealings);
    await networkHelpers.mineUpTo((await setup.keyResharing.phaseEndOf(reshare.sid, next)) - 1n);
    await confirmReshare(setup, reshare, memberAt(reshare, 2), given);
    await expect(confirmReshare(setup, reshare, memberAt(reshare, 4), given))
      .to.be.revertedWithCustomError(setup.keyResharing, "KeyResharingWrongStatus")
      .withArgs(reshare.sid, RESHARE_STATUS.overdue);
  });
});

describe("KeyResharing: qualOf", () => {
  it("is 0 while dealing and disputing: it may change", async () => {
    for (const name of ["dealing", "disputing"] as const) {
      const { setup, reshare } = await networkHelpers.loadFixture(stages[name]);
      expect(await setup.keyResharing.qualOf(reshare.sid, next)).to.equal(0n);
    }
  });

  it("attack 36: is the first t+1 by slot when all have dealt, and the same in every later phase", async () => {
    for (const name of reshareStagesBut("dealing", "disputing")) {
      const { setup, reshare } = await networkHelpers.loadFixture(stages[name]);
      expect(await setup.keyResharing.qualOf(reshare.sid, next), name).to.equal(bitmapOf([1, 2, 4]));
    }
  });

  it("attack 36: passes over who has not dealt", async () => {
    const stage = await networkHelpers.loadFixture(dealtByFour);
    await passDispute(stage);
    expect(await stage.setup.keyResharing.qualOf(stage.reshare.sid, next)).to.equal(bitmapOf([2, 4, 5]));
  });

  it("attack 36: passes over who is disqualified, also in the middle", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    await disqualify(stage, 1, 4);
    await dealReshare(stage.setup, stage.reshare, { except: [1, 4] });
    await passDispute(stage);
    expect(await stage.setup.keyResharing.qualOf(stage.reshare.sid, next)).to.equal(bitmapOf([2, 5, 9]));
  });

  it("is exactly t+1, where exactly t+1 have dealt, and 0 where there are fewer", async () => {
    for (const [fixture, expected] of [
      [dealtByThree, bitmapOf([1, 5, 9])],
      [dealtByTwo, 0n],
    ] as const) {
      const stage = await networkHelpers.loadFixture(fixture);
      await passDispute(stage);
      expect(await stage.setup.keyResharing.qualOf(stage.reshare.sid, next)).to.equal(expected);
    }
  });
});

describe("KeyResharing: fail", () => {
  for (const name of reshareStagesBut("overdue"))
    it(`refuses while the session is ${name}`, async () => {
      const { setup, reshare } = await networkHelpers.loadFixture(stages[name]);
      await expect(setup.keyResharing.fail(reshare.sid))
        .to.be.revertedWithCustomError(setup.keyResharing, "KeyResharingWrongStatus")
        .withArgs(reshare.sid, RESHARE_STATUS[name]);
    });

  it("refuses a session that was never opened", async () => {
    const { setup } = await networkHelpers.loadFixture(stages.twoEpochs);
    await expect(setup.keyResharing.fail(ZeroHash))
      .to.be.revertedWithCustomError(setup.keyResharing, "KeyResharingWrongStatus")
      .withArgs(ZeroHash, RESHARE_STATUS.unknown);
  });

  const expectFailed = async (stage: ReshareStage, reason: bigint, ...[notDealt, disqualified, notReady]: readonly bigint[]) => {
    const { setup, reshare, key } = stage;
    const before = [...(await setup.keyGeneration.keyOf(key.keyId))].join();
    await expect(setup.keyResharing.connect(setup.mallory).fail(reshare.sid))
      .to.emit(setup.keyResharing, "ReshareFailed")
      .withArgs(key.keyId, reshare.sid, reason, notDealt, disqualified, notReady);
    expect(await setup.keyResharing.statusOf(reshare.sid)).to.equal(RESHARE_STATUS.failed);
    expect((await setup.keyResharing.reshareOf(reshare.sid)).failure).to.equal(reason);
    // Nothing has changed.
    expect([...(await setup.keyGeneration.keyOf(key.keyId))].join()).to.equal(before);
    expect(await setup.keyGeneration.retiredAtOf(key.keyId, 1)).to.equal(0n);
    expect((await setup.keyGeneration.keyEpochOf(key.keyId, 2)).members).to.equal(0n);
    expect([await setup.keyGeneration.quorumIn(1), await setup.keyGeneration.quorumIn(2)]).to.deep.equal([3n, 0n]);
  };

  it("records TooFewDealers and who did not deal", async () => {
    const stage = await networkHelpers.loadFixture(dealtByTwo);
    await passDispute(stage);
    await expectFailed(stage, RESHARE_FAILURE.tooFewDealers, bitmapOf([2, 4, 5]), 0n, 0n);
  });

  it("records TooFewDealers where disqualified dealers are missing, and names them", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    await disqualify(stage, 2, 9);
    await dealReshare(stage.setup, stage.reshare, { except: [2, 5, 9] });
    await passDispute(stage);
    await expectFailed(stage, RESHARE_FAILURE.tooFewDealers, bitmapOf([5]), bitmapOf([2, 9]), 0n);
  });

  it("records NotReady and who did not confirm", async () => {
    const stage = await networkHelpers.loadFixture(stages.awaitingReady);
    const { setup, reshare } = stage;
    const given = await reshareReadyArguments(setup, reshare, stage.dealings);
    for (const slot of [2, 4, 6, 10]) await confirmReshare(setup, reshare, memberAt(reshare, slot), given);
    await endResharePhase(setup, reshare);
    await expectFailed(stage, RESHARE_FAILURE.notReady, 0n, 0n, bitmapOf([7, 9]));
  });

  it("attack 29: the key is reshared again, to the same epoch, and nothing of the failed session enters the new one", async () => {
    const stage = await networkHelpers.loadFixture(stages.failed);
    const { setup, key, reshare: failed, next: nextEpoch, dealings } = stage;
    const again = await requestReshare(setup, key, nextEpoch, 2);
    expect(again.sid).not.to.equal(failed.sid);
    expect((await setup.keyResharing.reshareOf(again.sid)).number).to.equal(2n);
    await expect(deal(setup, again, 1, dealings.get(1) as string)) // it had dealt
      .to.be.revertedWithCustomError(setup.keyResharing, "DealingInvalidPossession")
      .withArgs(0);
    const fresh = await dealReshare(setup, again, { except: [1] });
    await endResharePhase(setup, again);
    await endResharePhase(setup, again);
    const given = await reshareReadyArguments(setup, again, fresh);
    for (const slot of [2, 4, 6, 7, 10]) await confirmReshare(setup, again, memberAt(again, slot), given);
    expect(await setup.keyResharing.statusOf(again.sid)).to.equal(RESHARE_STATUS.active);
    expect(await setup.keyResharing.statusOf(failed.sid)).to.equal(RESHARE_STATUS.failed);
    expect((await setup.keyGeneration.keyOf(key.keyId)).activeEpoch).to.equal(2n);
  });
});
