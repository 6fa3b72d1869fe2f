import { expect } from "chai";
import { ZeroHash } from "ethers";
import { network } from "hardhat";
import { generateKey } from "../../fixtures/heldKey.ts";
import { bitmapOf, deployKeyGeneration, openEpoch, openSession, replaceStolen, STATUS } from "../../fixtures/keyGeneration.ts";
import { confirm, dealAll, endPhase, finalize, memberAt, reachFinalizing, readyArguments } from "../../fixtures/keySession.ts";

const connection = await network.create();
const { networkHelpers, ethers } = connection;

/** Six keepers, a key of t = 2 and one of t = 1 in epoch 1, and epoch 2 with four of them open. `resharing` acts as the contract does. */
const twoKeys = async () => {
  const setup = await deployKeyGeneration(connection, { slots: [1, 2, 3, 4, 5, 6] });
  const two = await generateKey(setup);
  const one = await generateKey(setup, { salt: ZeroHash, threshold: 1 });
  const next = await openEpoch(setup, [1, 2, 3, 4]);
  const address = await setup.keyResharing.getAddress();
  await networkHelpers.setBalance(address, 10n ** 18n);
  return { setup, two, one, next, resharing: await ethers.getImpersonatedSigner(address) };
};

const moved = (threshold: number, slots: readonly number[]) => ({
  threshold,
  members: slots.length,
  committee: bitmapOf(slots),
  commitmentsHash: ZeroHash,
  verifyingRoot: ZeroHash,
});

describe("KeyGeneration: moveKey", () => {
  it("attack 50: refuses everybody but the contract that it knows forever", async () => {
    const { setup, two } = await networkHelpers.loadFixture(twoKeys);
    const { keyGeneration, governance, alice, mallory } = setup;
    for (const caller of [governance, alice, mallory, await setup.operatorOf(1)])
      await expect(keyGeneration.connect(caller).moveKey(two.keyId, 2, moved(1, [1, 2, 3, 4])))
        .to.be.revertedWithCustomError(keyGeneration, "KeyGenerationNotResharing")
        .withArgs(caller.address);
    const writes = keyGeneration.interface.fragments.filter(({ type }) => type === "function").map((f) => f.format("sighash"));
    expect(writes.filter((name) => /resharing/i.test(name))).to.deep.equal(["resharing()"]); // read, never set
  });

  it("moves the key, retires the epoch at that time, and keeps everything else", async () => {
    const { setup, two, resharing } = await networkHelpers.loadFixture(twoKeys);
    const { keyGeneration } = setup;
    const before = await keyGeneration.keyOf(two.keyId);
    const response = await keyGeneration.connect(resharing).moveKey(two.keyId, 2, moved(1, [1, 2, 3, 4]));
    await expect(response).to.emit(keyGeneration, "KeyMoved").withArgs(two.keyId, 2, 1);
    const block = await response.getBlock();
    expect(await keyGeneration.retiredAtOf(two.keyId, 1)).to.equal(BigInt(block?.timestamp ?? 0));
    expect(await keyGeneration.retiredAtOf(two.keyId, 2)).to.equal(0n);
    const after = await keyGeneration.keyOf(two.keyId);
    expect([after.activeEpoch, String(after.publicKey), after.session]).to.deep.equal([2n, String(before.publicKey), before.session]);
    expect((await keyGeneration.keyEpochOf(two.keyId, 1)).threshold).to.equal(2n);
    expect((await keyGeneration.keyEpochOf(two.keyId, 2)).threshold).to.equal(1n);
  });

  it("quorumIn is t+1 of the highest threshold in use, and falls as keys leave", async () => {
    const { setup, two, one, resharing } = await networkHelpers.loadFixture(twoKeys);
    const { keyGeneration } = setup;
    const quorums = async () => [await keyGeneration.quorumIn(0), await keyGeneration.quorumIn(1), await keyGeneration.quorumIn(2)];
    expect(await quorums()).to.deep.equal([0n, 3n, 0n]);
    await keyGeneration.connect(resharing).moveKey(two.keyId, 2, moved(1, [1, 2, 3, 4]));
    expect((await quorums()).slice(1)).to.deep.equal([2n, 2n]);
    await keyGeneration.connect(resharing).moveKey(one.keyId, 2, moved(1, [1, 2, 3, 4]));
    expect((await quorums()).slice(1)).to.deep.equal([0n, 2n]);
  });

  it("keeps an epoch in use while one of two keys of the same threshold is left in it", async () => {
    const setup = await deployKeyGeneration(connection, { slots: [1, 2, 3, 4, 5] });
    const keys = [await generateKey(setup), await generateKey(setup, { salt: ZeroHash })];
    await openEpoch(setup, [1, 2, 3, 4, 5]);
    const address = await setup.keyResharing.getAddress();
    await networkHelpers.setBalance(address, 10n ** 18n);
    const resharing = await ethers.getImpersonatedSigner(address);
    for (const [key, left] of [
      [keys[0], 3n],
      [keys[1], 0n],
    ] as const) {
      await setup.keyGeneration.connect(resharing).moveKey(key?.keyId ?? ZeroHash, 2, moved(2, [1, 2, 3, 4, 5]));
      expect(await setup.keyGeneration.quorumIn(1)).to.equal(left);
    }
  });

  it("refuses an epoch in which too few keepers are left for the key, and takes exactly t+1", async () => {
    const { setup, two, one, resharing } = await networkHelpers.loadFixture(twoKeys);
    const { keyGeneration, registry } = setup;
    for (const slot of [1, 2]) await registry.removeKeeper(slot);
    await expect(keyGeneration.connect(resharing).moveKey(two.keyId, 2, moved(2, [1, 2, 3, 4])))
      .to.be.revertedWithCustomError(keyGeneration, "KeyGenerationQuorumInDanger")
      .withArgs(2, 2, 3);
    await keyGeneration.connect(resharing).moveKey(one.keyId, 2, moved(1, [1, 2, 3, 4]));
    // Also where a key of the same threshold is there already, the guard holds: a further removal is refused.
    await expect(registry.removeKeeper(3)).to.be.revertedWithCustomError(keyGeneration, "KeyGenerationQuorumInDanger").withArgs(2, 1, 2);
  });
});

describe("KeyGeneration: requireQuorums", () => {
  it("counts in every epoch in use, and says which one is in danger", async () => {
    const { setup, two, resharing } = await networkHelpers.loadFixture(twoKeys);
    const { keyGeneration } = setup;
    await keyGeneration.requireQuorums(bitmapOf([4, 5, 6])); // three of epoch 1 are left
    await expect(keyGeneration.requireQuorums(bitmapOf([3, 4, 5, 6])))
      .to.be.revertedWithCustomError(keyGeneration, "KeyGenerationQuorumInDanger")
      .withArgs(1, 2, 3);
    await keyGeneration.connect(resharing).moveKey(two.keyId, 2, moved(2, [1, 2, 3, 4]));
    await keyGeneration.requireQuorums(bitmapOf([4, 5, 6])); // two of epoch 1 would do now
    await expect(keyGeneration.requireQuorums(bitmapOf([3, 4])))
      .to.be.revertedWithCustomError(keyGeneration, "KeyGenerationQuorumInDanger")
      .withArgs(2, 2, 3);
  });

  it("asks for nothing while no key is active", async () => {
    const setup = await deployKeyGeneration(connection, { slots: [1, 2, 3] });
    await setup.keyGeneration.requireQuorums(2n ** 256n - 1n);
    await openSession(setup, { threshold: 1 });
    await setup.keyGeneration.requireQuorums(2n ** 256n - 1n);
  });

  it("finds epochs beyond the first 256", async () => {
    const setup = await deployKeyGeneration(connection, { slots: [1, 2, 3] });
    const key = await generateKey(setup, { threshold: 1 });
    for (let epoch = 2; epoch <= 256; epoch++) {
      await setup.registry.proposeEpoch(0, { gasLimit: 1_000_000n });
      await setup.registry.cancelEpoch(epoch, { gasLimit: 1_000_000n });
    }
    const next = await openEpoch(setup, [1, 2, 3]);
    expect(next.epoch).to.equal(257);
    const address = await setup.keyResharing.getAddress();
    await networkHelpers.setBalance(address, 10n ** 18n);
    await setup.keyGeneration.connect(await ethers.getImpersonatedSigner(address)).moveKey(key.keyId, 257, moved(1, [1, 2, 3]));
    await setup.registry.removeKeeper(1);
    await expect(setup.registry.removeKeeper(2))
      .to.be.revertedWithCustomError(setup.keyGeneration, "KeyGenerationQuorumInDanger")
      .withArgs(257, 1, 2);
  });
});

describe("KeyGeneration: accounts revoked on the way", () => {
  it("asks for a key counting only members that are not absent", async () => {
    const setup = await deployKeyGeneration(connection, { slots: [1, 2, 3, 4, 5] });
    await replaceStolen(setup, 5);
    await expect(setup.keyGeneration.connect(setup.alice).requestKey(0, 2, ZeroHash))
      .to.be.revertedWithCustomError(setup.keyGeneration, "DealingBadThreshold")
      .withArgs(2, 4);
    await setup.keyGeneration.connect(setup.alice).requestKey(0, 1, ZeroHash);
  });

  it("refuses the last READY where fewer than t+1 are not absent: no key becomes active that is lost at once", async () => {
    const setup = await deployKeyGeneration(connection, { slots: [1, 2, 3, 4, 5] });
    const session = await openSession(setup);
    const dealings = await dealAll(setup, session);
    await reachFinalizing(setup, session);
    await finalize(setup, session, dealings);
    const given = await readyArguments(setup, session, dealings);
    for (const slot of [1, 2, 3, 4]) await confirm(setup, session, memberAt(session, slot), given);
    for (const slot of [1, 2, 3]) await replaceStolen(setup, slot);
    await expect(confirm(setup, session, memberAt(session, 5), given))
      .to.be.revertedWithCustomError(setup.keyGeneration, "KeyGenerationQuorumInDanger")
      .withArgs(1, 2, 3);
    await endPhase(setup, session);
    await setup.keyGeneration.fail(session.sid);
    expect(await setup.keyGeneration.statusOf(session.sid)).to.equal(STATUS.failed);
    expect(await setup.keyGeneration.quorumIn(1)).to.equal(0n);
  });
});
