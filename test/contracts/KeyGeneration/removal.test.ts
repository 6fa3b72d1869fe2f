import { expect } from "chai";
import { ZeroHash } from "ethers";
import { network } from "hardhat";
import { complaintOf, forgeDealing, honestDealing } from "../../fixtures/dealings.ts";
import { generateKey } from "../../fixtures/heldKey.ts";
import { bitmapOf, deployKeyGeneration, openEpoch, openSession, REASON, replaceStolen, STATUS } from "../../fixtures/keyGeneration.ts";
import { confirm, finalizeArguments, memberAt, nextStatus, readyArguments } from "../../fixtures/keySession.ts";
import { type Stage, stagesOf } from "./stages.ts";

const connection = await network.create();
const { networkHelpers } = connection;
const stages = stagesOf(connection);

/** Phases on a session's way, each with what a keeper would send in it. */
const PHASES = {
  dealing: async ({ setup, session }: Stage) =>
    setup.keyGeneration.connect(memberAt(session, 2).operator).deal(session.sid, honestDealing(session, 2)),
  disputing: async ({ setup, session, dealings }: Stage) => {
    const dealing = dealings.get(1) as string; // all have dealt
    const given = complaintOf(session, dealing, 1, memberAt(session, 2));
    return setup.keyGeneration.connect(setup.bob).complain(session.sid, { dealer: 1, recipient: 2, dealing, ...given });
  },
  awaitingShift: async ({ setup, session }: Stage) =>
    setup.keyGeneration.connect(setup.bob).finalize(session.sid, [], [], { x: 0n, y: 0n }),
  finalizing: async ({ setup, session, dealings }: Stage) => {
    const { constants, restHashes, jointKey } = await finalizeArguments(setup, session, dealings);
    return setup.keyGeneration.connect(setup.bob).finalize(session.sid, constants, restHashes, jointKey);
  },
  awaitingReady: async ({ setup, session, dealings }: Stage) =>
    confirm(setup, session, memberAt(session, 2), await readyArguments(setup, session, dealings)),
} as const;

describe("KeyGeneration: removed keepers", () => {
  it("attack 14: n = 5, t = 1, slots 1 and 2 removed, then a key is asked for: it is refused, and asked of an epoch without them", async () => {
    const setup = await deployKeyGeneration(connection, { slots: [1, 2, 3, 4, 5] });
    for (const slot of [1, 2]) await setup.registry.removeKeeper(slot);
    await expect(openSession(setup, { threshold: 1 }))
      .to.be.revertedWithCustomError(setup.keyGeneration, "DealingMembersRemoved")
      .withArgs(1, bitmapOf([1, 2]));
    const next = await openEpoch(setup, [3, 4, 5]);
    await generateKey({ ...setup, ...next }, { threshold: 1 });
  });

  it("does not mind the removal of a keeper that is no member of the newest epoch", async () => {
    const setup = await deployKeyGeneration(connection, { slots: [1, 2, 3, 4, 5] });
    const next = await openEpoch(setup, [1, 2, 3]);
    await setup.registry.removeKeeper(5);
    await openSession({ ...setup, ...next }, { threshold: 1 });
  });

  for (const [name, send] of Object.entries(PHASES))
    it(`ends a session that is ${name} in the block of the removal; the key is asked for again in the next epoch`, async () => {
      const stage = await networkHelpers.loadFixture(stages[name as keyof typeof PHASES]);
      const { setup, session } = stage;
      const { keyGeneration, registry } = setup;
      expect(await nextStatus(setup, session)).to.equal(STATUS[name as keyof typeof PHASES]);
      await registry.removeKeeper(4);
      expect(await keyGeneration.statusOf(session.sid)).to.equal(STATUS.overdue);
      expect(await keyGeneration.phaseEndOf(session.sid)).to.equal(0n);
      await expect(send(stage))
        .to.be.revertedWithCustomError(keyGeneration, "KeyGenerationWrongStatus")
        .withArgs(session.sid, STATUS.overdue);
      await expect(keyGeneration.connect(setup.bob).fail(session.sid))
        .to.emit(keyGeneration, "KeyFailed")
        .withArgs(session.keyId, session.sid, REASON.memberRemoved, 0n, 0n, 0n);
      expect(await keyGeneration.statusOf(session.sid)).to.equal(STATUS.failed);
      await expect(openSession(setup))
        .to.be.revertedWithCustomError(keyGeneration, "DealingMembersRemoved")
        .withArgs(1, bitmapOf([4]));

      const next = await openEpoch(setup, [1, 2, 5, 9, 10]);
      await generateKey({ ...setup, ...next });
      expect((await keyGeneration.keyOf(session.keyId)).activeEpoch).to.equal(next.epoch);
      expect(await keyGeneration.statusOf(session.sid)).to.equal(STATUS.failed);
    });

  it("takes a removal and `fail` in one block", async () => {
    const { setup, session } = await networkHelpers.loadFixture(stages.dealing);
    await connection.ethers.provider.send("evm_setAutomine", [false]);
    const gasLimit = 500_000n;
    await setup.registry.removeKeeper(4, { gasLimit });
    const failed = await setup.keyGeneration.fail(session.sid, { gasLimit });
    await networkHelpers.mine();
    await connection.ethers.provider.send("evm_setAutomine", [true]);
    const receipt = await failed.wait();
    expect([receipt?.status, receipt?.blockNumber]).to.deep.equal([1, await connection.ethers.provider.getBlockNumber()]);
    expect((await setup.keyGeneration.sessionOf(session.sid)).failure).to.equal(REASON.memberRemoved);
  });

  it("counts no READY of a removed keeper, and none at all any more: no key becomes active that it has a share of", async () => {
    const { setup, session, dealings } = await networkHelpers.loadFixture(stages.awaitingReady);
    const given = await readyArguments(setup, session, dealings);
    for (const slot of [1, 2, 4, 5]) await confirm(setup, session, memberAt(session, slot), given);
    await setup.registry.removeKeeper(9);
    for (const slot of [9, 1])
      await expect(confirm(setup, session, memberAt(session, slot), given))
        .to.be.revertedWithCustomError(setup.keyGeneration, "KeyGenerationWrongStatus")
        .withArgs(session.sid, STATUS.overdue);
    expect((await setup.keyGeneration.keyOf(session.keyId)).activeEpoch).to.equal(0n);
  });

  it("leaves a session that is Failed, or a key that is active, as it is", async () => {
    for (const name of ["active", "failed"] as const) {
      const { setup, session } = await networkHelpers.loadFixture(stages[name]);
      const before = await setup.keyGeneration.sessionOf(session.sid);
      await setup.registry.removeKeeper(4);
      expect(await setup.keyGeneration.statusOf(session.sid)).to.equal(STATUS[name]);
      expect([...(await setup.keyGeneration.sessionOf(session.sid))]).to.deep.equal([...before]);
      await expect(setup.keyGeneration.fail(session.sid)).to.be.revertedWithCustomError(setup.keyGeneration, "KeyGenerationWrongStatus");
    }
  });

  it("names MemberRemoved also where a window is over as well", async () => {
    const { setup, session } = await networkHelpers.loadFixture(stages.overdue);
    await setup.registry.removeKeeper(4);
    await expect(setup.keyGeneration.fail(session.sid))
      .to.emit(setup.keyGeneration, "KeyFailed")
      .withArgs(session.keyId, session.sid, REASON.memberRemoved, 0n, 0n, 0n);
  });
});

describe("KeyGeneration: accounts that were replaced", () => {
  it("an account that was rotated away deals and confirms in its epoch; its successor does not", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    const { setup, session } = stage;
    await setup.registry.setOperator(2, setup.bob);
    await expect(setup.keyGeneration.connect(setup.bob).deal(session.sid, honestDealing(session, 2)))
      .to.be.revertedWithCustomError(setup.keyGeneration, "DealingNotMember")
      .withArgs(session.sid, setup.bob.address);
    await PHASES.dealing(stage);
    const later = await networkHelpers.loadFixture(stages.awaitingReady);
    await later.setup.registry.setOperator(2, later.setup.bob);
    await PHASES.awaitingReady(later);
  });

  for (const name of ["dealing", "awaitingReady"] as const)
    it(`a stolen account is not a member any more while the session is ${name}, nor is its successor; the session continues`, async () => {
      const stage = await networkHelpers.loadFixture(stages[name]);
      const { setup, session } = stage;
      const successor = await replaceStolen(setup, 2);
      await expect(PHASES[name](stage))
        .to.be.revertedWithCustomError(setup.keyGeneration, "DealingNotMember")
        .withArgs(session.sid, memberAt(session, 2).operator.address);
      const inPlace = { ...session, members: session.members.map((one) => (one.slot === 2 ? { ...one, operator: successor } : one)) };
      await expect(PHASES[name]({ ...stage, session: inPlace }))
        .to.be.revertedWithCustomError(setup.keyGeneration, "DealingNotMember")
        .withArgs(session.sid, successor.address);
      expect(await nextStatus(setup, session)).to.equal(STATUS[name]);
    });

  it("what a stolen account dealt before stands, and can be complained about", async () => {
    const { setup, session } = await networkHelpers.loadFixture(stages.dealing);
    const wrong = forgeDealing(session, 2, { shareOf: (slot, share) => (slot === 4 ? share + 1n : share) });
    await setup.keyGeneration.connect(memberAt(session, 2).operator).deal(session.sid, wrong);
    await replaceStolen(setup, 2);
    expect((await setup.keyGeneration.sessionOf(session.sid)).dealt).to.equal(bitmapOf([2]));
    const given = complaintOf(session, wrong, 2, memberAt(session, 4));
    await expect(setup.keyGeneration.complain(session.sid, { dealer: 2, recipient: 4, dealing: wrong, ...given })).to.emit(
      setup.keyGeneration,
      "DealerDisqualified",
    );
  });

  it("a successor deals in an epoch that was proposed after the theft", async () => {
    const setup = await deployKeyGeneration(connection, { slots: [1, 2, 3] });
    const successor = await replaceStolen(setup, 2);
    const operatorOf = async (slot: number) => (slot === 2 ? successor : setup.operatorOf(slot));
    const next = await openEpoch({ ...setup, operatorOf }, [1, 2, 3]);
    await generateKey({ ...setup, ...next }, { threshold: 1, salt: ZeroHash });
  });
});

describe("KeyGeneration: requireQuorums, with accounts that were revoked", () => {
  it("counts no absent member, refuses no removal of one, and refuses none in an epoch that loses nobody by it", async () => {
    const setup = await deployKeyGeneration(connection, { slots: [1, 2, 3, 4, 5, 6] });
    const { registry, keyGeneration } = setup;
    await generateKey({ ...setup, keepers: setup.keepers }, { threshold: 2 });
    for (const slot of [1, 2]) await replaceStolen(setup, slot);
    await registry.removeKeeper(3); // 4, 5 and 6 are left
    await expect(registry.removeKeeper(4)).to.be.revertedWithCustomError(keyGeneration, "KeyGenerationQuorumInDanger").withArgs(1, 2, 3);
    await registry.removeKeeper(1);
    await replaceStolen(setup, 5); // a theft is never refused
    await registry.removeKeeper(2);
    await openEpoch(setup, [4, 6, 7, 8]);
    await registry.removeKeeper(7);
    await expect(registry.removeKeeper(6)).to.be.revertedWithCustomError(keyGeneration, "KeyGenerationQuorumInDanger").withArgs(1, 1, 3);
  });
});
