import { expect } from "chai";
import { network } from "hardhat";
import { generateKey, heldAt } from "../../fixtures/heldKey.ts";
import { bitmapOf, deployKeyGeneration, openEpoch, replaceStolen } from "../../fixtures/keyGeneration.ts";
import { memberAt } from "../../fixtures/keySession.ts";
import {
  confirmReshare,
  dealReshare,
  deal as dealt,
  endResharePhase,
  nextReshareStatus,
  RESHARE_FAILURE,
  RESHARE_STATUS,
  requestReshare,
  reshareDealing,
  reshareKey,
  reshareReadyArguments,
} from "../../fixtures/reshare.ts";
import { type ReshareStage, reshareStagesOf } from "./stages.ts";

const connection = await network.create();
const { networkHelpers, ethers } = connection;
const stages = reshareStagesOf(connection);

/** Phases on a session's way, each with what a keeper would send in it. */
const PHASES = {
  dealing: async ({ setup, reshare }: ReshareStage) => dealt(setup, reshare, 1, reshareDealing(reshare, 1)),
  disputing: async ({ setup, reshare, dealings }: ReshareStage) =>
    setup.keyResharing.complain(reshare.sid, {
      dealer: 1,
      recipient: 2,
      dealing: dealings.get(1) as string, // all have dealt
      shared: { x: 1n, y: 1n },
      proof: { c: 1n, z: 1n },
      hints: { zU: { x: 1n, y: 1n }, cD: { x: 1n, y: 1n }, inverse: 1n },
    }),
  awaitingReady: async ({ setup, reshare, dealings }: ReshareStage) =>
    confirmReshare(setup, reshare, memberAt(reshare, 4), await reshareReadyArguments(setup, reshare, dealings)),
} as const;

const factsOf = async ({ setup, key }: Pick<ReshareStage, "setup" | "key">) => (await setup.keyGeneration.keyOf(key.keyId)).activeEpoch;

describe("KeyResharing: removed new members", () => {
  it("attack 14: a (5, 2) key reshared to an epoch of 8 of which 6, 7, 8 were removed is refused, and goes to an epoch without them", async () => {
    const setup = await deployKeyGeneration(connection, { slots: [1, 2, 3, 4, 5] });
    const key = await generateKey(setup);
    await openEpoch(setup, [1, 2, 3, 4, 5, 6, 7, 8]);
    for (const slot of [6, 7, 8]) await setup.registry.removeKeeper(slot);
    await expect(setup.keyResharing.requestReshare(key.keyId, 2))
      .to.be.revertedWithCustomError(setup.keyResharing, "DealingMembersRemoved")
      .withArgs(2, bitmapOf([6, 7, 8]));
    await reshareKey(setup, key, await openEpoch(setup, [1, 2, 3, 4, 5]), 2);
    expect(await factsOf({ setup, key })).to.equal(3n);
  });

  for (const [name, send] of Object.entries(PHASES))
    it(`ends a reshare that is ${name} in the block of the removal; the next epoch's begins without waiting for a window`, async () => {
      const stage = await networkHelpers.loadFixture(stages[name as keyof typeof PHASES]);
      const { setup, reshare, key } = stage;
      const { keyResharing, registry } = setup;
      expect(await nextReshareStatus(setup, reshare)).to.equal(RESHARE_STATUS[name as keyof typeof PHASES]);
      await registry.removeKeeper(6); // of the new epoch alone
      expect(await keyResharing.statusOf(reshare.sid)).to.equal(RESHARE_STATUS.overdue);
      expect(await keyResharing.phaseEndOf(reshare.sid)).to.equal(0n);
      await expect(send(stage))
        .to.be.revertedWithCustomError(keyResharing, "KeyResharingWrongStatus")
        .withArgs(reshare.sid, RESHARE_STATUS.overdue);
      await expect(keyResharing.connect(setup.bob).fail(reshare.sid))
        .to.emit(keyResharing, "ReshareFailed")
        .withArgs(key.keyId, reshare.sid, RESHARE_FAILURE.memberRemoved, 0n, 0n, 0n);
      expect(await keyResharing.statusOf(reshare.sid)).to.equal(RESHARE_STATUS.failed);
      expect(await factsOf(stage)).to.equal(1n);

      await reshareKey(setup, key, await openEpoch(setup, [2, 4, 7, 9, 10]), 2);
      expect(await factsOf(stage)).to.equal(3n);
      expect(await keyResharing.statusOf(reshare.sid)).to.equal(RESHARE_STATUS.failed);
    });

  it("names nobody for it, though an old member did not deal in time", async () => {
    const { setup, reshare, key } = await networkHelpers.loadFixture(stages.dealing);
    await dealReshare(setup, reshare, { except: [9] });
    await endResharePhase(setup, reshare);
    expect(await nextReshareStatus(setup, reshare)).to.equal(RESHARE_STATUS.disputing);
    await setup.registry.removeKeeper(6);
    await expect(setup.keyResharing.fail(reshare.sid))
      .to.emit(setup.keyResharing, "ReshareFailed")
      .withArgs(key.keyId, reshare.sid, RESHARE_FAILURE.memberRemoved, 0n, 0n, 0n);
  });

  it("takes a removal and `fail` in one block", async () => {
    const { setup, reshare } = await networkHelpers.loadFixture(stages.dealing);
    await ethers.provider.send("evm_setAutomine", [false]);
    const gasLimit = 500_000n;
    await setup.registry.removeKeeper(6, { gasLimit });
    const failed = await setup.keyResharing.fail(reshare.sid, { gasLimit });
    await networkHelpers.mine();
    await ethers.provider.send("evm_setAutomine", [true]);
    expect((await failed.wait())?.status).to.equal(1);
    expect((await setup.keyResharing.reshareOf(reshare.sid)).failure).to.equal(RESHARE_FAILURE.memberRemoved);
  });

  it("counts no READY of a removed member, and none at all any more", async () => {
    const stage = await networkHelpers.loadFixture(stages.awaitingReady);
    const { setup, reshare, dealings } = stage;
    const given = await reshareReadyArguments(setup, reshare, dealings);
    for (const slot of [2, 4, 6, 7]) await confirmReshare(setup, reshare, memberAt(reshare, slot), given);
    await setup.registry.removeKeeper(10);
    for (const slot of [10, 9])
      await expect(confirmReshare(setup, reshare, memberAt(reshare, slot), given))
        .to.be.revertedWithCustomError(setup.keyResharing, "KeyResharingWrongStatus")
        .withArgs(reshare.sid, RESHARE_STATUS.overdue);
    expect(await factsOf(stage)).to.equal(1n);
  });

  it("leaves a session that is over as it is", async () => {
    for (const name of ["active", "failed"] as const) {
      const { setup, reshare } = await networkHelpers.loadFixture(stages[name]);
      await setup.registry.removeKeeper(6);
      expect(await setup.keyResharing.statusOf(reshare.sid)).to.equal(RESHARE_STATUS[name]);
      await expect(setup.keyResharing.fail(reshare.sid)).to.be.revertedWithCustomError(setup.keyResharing, "KeyResharingWrongStatus");
    }
  });
});

describe("KeyResharing: absent old members", () => {
  it("ends DEAL when all have dealt that are not absent", async () => {
    const { setup, reshare } = await networkHelpers.loadFixture(stages.dealing);
    await setup.registry.removeKeeper(1);
    await replaceStolen(setup, 5);
    await dealReshare(setup, reshare, { except: [1, 5, 9] });
    expect(await nextReshareStatus(setup, reshare)).to.equal(RESHARE_STATUS.dealing);
    await dealt(setup, reshare, 9, reshareDealing(reshare, 9));
    expect(await setup.keyResharing.statusOf(reshare.sid)).to.equal(RESHARE_STATUS.disputing);
  });

  it("keeps what one dealt before it was removed or robbed: Q does not change, and the key moves", async () => {
    const stage = await networkHelpers.loadFixture(stages.disputing);
    const { setup, reshare, dealings } = stage;
    await setup.registry.removeKeeper(1); // of the old epoch alone
    await replaceStolen(setup, 5);
    await endResharePhase(setup, reshare);
    const given = await reshareReadyArguments(setup, reshare, dealings);
    expect(given.qual).to.equal(bitmapOf([1, 2, 4]));
    for (const slot of [2, 4, 6, 7, 9]) await confirmReshare(setup, reshare, memberAt(reshare, slot), given);
    expect(await factsOf(stage)).to.equal(2n);
  });

  it("is over at once where fewer than t+1 have dealt or can: the next attempt need not wait", async () => {
    const { setup, reshare, key } = await networkHelpers.loadFixture(stages.dealing);
    const { keyResharing } = setup;
    await dealt(setup, reshare, 1, reshareDealing(reshare, 1));
    for (const slot of [5, 9]) await replaceStolen(setup, slot);
    await replaceStolen(setup, 1); // it has dealt, so 1, 2 and 4 make a Q
    expect(await nextReshareStatus(setup, reshare)).to.equal(RESHARE_STATUS.dealing);
    await replaceStolen(setup, 4);
    expect(await keyResharing.statusOf(reshare.sid)).to.equal(RESHARE_STATUS.overdue);
    await expect(dealt(setup, reshare, 2, reshareDealing(reshare, 2)))
      .to.be.revertedWithCustomError(keyResharing, "KeyResharingWrongStatus")
      .withArgs(reshare.sid, RESHARE_STATUS.overdue);
    await expect(keyResharing.fail(reshare.sid))
      .to.emit(keyResharing, "ReshareFailed")
      .withArgs(key.keyId, reshare.sid, RESHARE_FAILURE.tooFewDealers, bitmapOf([4, 5, 9]), 0n, 0n);
    await networkHelpers.mine(200);
    expect(await keyResharing.statusOf(reshare.sid)).to.equal(RESHARE_STATUS.failed);
  });

  it("stays over when the window of DEAL has passed: `fail` waits for no DISPUTE", async () => {
    const { setup, reshare } = await networkHelpers.loadFixture(stages.dealing);
    await dealt(setup, reshare, 1, reshareDealing(reshare, 1));
    for (const slot of [4, 5, 9]) await replaceStolen(setup, slot);
    expect(await nextReshareStatus(setup, reshare)).to.equal(RESHARE_STATUS.overdue);
    const { deal } = await setup.keyGeneration.windows();
    await networkHelpers.mine(deal + 1n);
    expect(await nextReshareStatus(setup, reshare)).to.equal(RESHARE_STATUS.overdue);
    await setup.keyResharing.fail(reshare.sid);
    expect((await setup.keyResharing.reshareOf(reshare.sid)).failure).to.equal(RESHARE_FAILURE.tooFewDealers);
  });

  it("a dealer of whom the share is its own is refused all the same, with the successor of its account as sender, too", async () => {
    const { setup, reshare, key } = await networkHelpers.loadFixture(stages.dealing);
    const successor = await replaceStolen(setup, 2);
    await expect(setup.keyResharing.connect(successor).deal(reshare.sid, 2, reshareDealing(reshare, 2), heldAt(key, 2).path))
      .to.be.revertedWithCustomError(setup.keyResharing, "KeyResharingAbsentDealer")
      .withArgs(reshare.sid, 2);
  });

  it("asks who is absent from the old epoch: a former account that was revoked deals nothing, its successor's epoch is as it was", async () => {
    const setup = await deployKeyGeneration(connection, { slots: [1, 2, 3] });
    const key = await generateKey(setup, { threshold: 1 });
    await setup.registry.setOperator(2, setup.alice);
    const operatorOf = async (slot: number) => (slot === 2 ? setup.alice : setup.operatorOf(slot));
    const next = await openEpoch({ ...setup, operatorOf }, [1, 2, 3]);
    const reshare = await requestReshare(setup, key, next, 1);
    await setup.registry.revokeFormerOperator(await setup.operatorOf(2));
    await expect(dealt(setup, reshare, 2, reshareDealing(reshare, 2)))
      .to.be.revertedWithCustomError(setup.keyResharing, "KeyResharingAbsentDealer")
      .withArgs(reshare.sid, 2);
    const dealings = await dealReshare(setup, reshare, { except: [2] });
    expect(await nextReshareStatus(setup, reshare)).to.equal(RESHARE_STATUS.disputing);
    await endResharePhase(setup, reshare);
    const given = await reshareReadyArguments(setup, reshare, dealings);
    for (const slot of [1, 2, 3]) await confirmReshare(setup, reshare, memberAt(reshare, slot), given);
    expect(await factsOf({ setup, key })).to.equal(2n);
  });

  it("a rotated account's slot deals", async () => {
    const { setup, reshare } = await networkHelpers.loadFixture(stages.dealing);
    await setup.registry.setOperator(2, setup.alice);
    await dealt(setup, reshare, 2, reshareDealing(reshare, 2));
  });

  it("all old members but t+1 may be absent", async () => {
    const { setup, key, next } = await networkHelpers.loadFixture(stages.twoEpochs);
    await setup.registry.removeKeeper(1);
    await setup.registry.removeKeeper(5);
    const reshare = await requestReshare(setup, key, next, 2);
    await dealReshare(setup, reshare, { except: [1, 5] });
    expect(await nextReshareStatus(setup, reshare)).to.equal(RESHARE_STATUS.disputing);
  });
});

describe("KeyResharing: accounts of new members that were replaced", () => {
  it("an account that was rotated away confirms, its successor does not; a stolen one does not, nor its successor", async () => {
    const stage = await networkHelpers.loadFixture(stages.awaitingReady);
    const { setup, reshare, dealings } = stage;
    const given = await reshareReadyArguments(setup, reshare, dealings);
    const refused = async (operator: Awaited<ReturnType<typeof replaceStolen>>) =>
      expect(confirmReshare(setup, reshare, { ...memberAt(reshare, 6), operator }, given))
        .to.be.revertedWithCustomError(setup.keyResharing, "DealingNotMember")
        .withArgs(reshare.sid, operator.address);
    await setup.registry.setOperator(4, setup.alice);
    await expect(confirmReshare(setup, reshare, { ...memberAt(reshare, 4), operator: setup.alice }, given))
      .to.be.revertedWithCustomError(setup.keyResharing, "DealingNotMember")
      .withArgs(reshare.sid, setup.alice.address);
    await confirmReshare(setup, reshare, memberAt(reshare, 4), given);
    const successor = await replaceStolen(setup, 6);
    await refused(await setup.operatorOf(6));
    await refused(successor);
  });
});
