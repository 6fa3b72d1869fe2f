import { expect } from "chai";
import { ZeroHash } from "ethers";
import { network } from "hardhat";
import { generateKey } from "../../fixtures/heldKey.ts";
import { bitmapOf, deployKeyGeneration, openEpoch, openSession, replaceStolen } from "../../fixtures/keyGeneration.ts";
import { abiHash, domainTag } from "../../fixtures/preimages.ts";
import { RESHARE_STATUS, requestReshare } from "../../fixtures/reshare.ts";
import { NEW_SLOTS, OLD_SLOTS, reshareStagesBut, reshareStagesOf } from "./stages.ts";

const connection = await network.create();
const { networkHelpers, ethers } = connection;
const stages = reshareStagesOf(connection);

/** A key in epoch 1, and no other epoch. */
const oneEpoch = async () => {
  const setup = await deployKeyGeneration(connection, { slots: OLD_SLOTS });
  return { setup, key: await generateKey(setup) };
};

describe("KeyResharing: constructor", () => {
  it("attack 50: refuses to be another contract than the one that KeyGeneration knows forever", async () => {
    const { setup } = await networkHelpers.loadFixture(oneEpoch);
    const { manager, registry, keyGeneration, keyResharing } = setup;
    const expected = await keyResharing.getAddress();
    expect(await keyGeneration.resharing()).to.equal(expected);
    await expect(ethers.deployContract("KeyResharing", [manager, registry, keyGeneration]))
      .to.be.revertedWithCustomError(keyResharing, "KeyResharingMisplaced")
      .withArgs(expected);
  });
});

describe("KeyResharing: requestReshare", () => {
  it("refuses everybody but governance, and keepers too", async () => {
    const { setup, key, next } = await networkHelpers.loadFixture(stages.twoEpochs);
    const keeper = next.keepers[0]?.operator ?? setup.mallory;
    for (const caller of [setup.mallory, setup.alice, keeper])
      await expect(setup.keyResharing.connect(caller).requestReshare(key.keyId, 2))
        .to.be.revertedWithCustomError(setup.keyResharing, "AccessManagedUnauthorized")
        .withArgs(await caller.getAddress());
  });

  it("refuses a key that nobody asked for, and one that is not active yet", async () => {
    const { setup } = await networkHelpers.loadFixture(stages.twoEpochs);
    const pending = await openSession({ ...setup }, { salt: ZeroHash });
    for (const keyId of [ZeroHash, pending.keyId])
      await expect(setup.keyResharing.requestReshare(keyId, 2))
        .to.be.revertedWithCustomError(setup.keyResharing, "KeyResharingUnusableKey")
        .withArgs(keyId);
  });

  it("refuses while no later epoch is open: none, a proposed one, a cancelled one", async () => {
    const { setup, key } = await networkHelpers.loadFixture(oneEpoch);
    const refuses = async (): Promise<void> => {
      await expect(setup.keyResharing.requestReshare(key.keyId, 2))
        .to.be.revertedWithCustomError(setup.keyResharing, "KeyResharingNoLaterEpoch")
        .withArgs(key.keyId, 1);
    };
    await refuses();
    await setup.registry.proposeEpoch(0);
    await refuses();
    await setup.registry.cancelEpoch(2);
    await refuses();
  });

  it("refuses a key that is in the newest epoch already", async () => {
    const { setup, key } = await networkHelpers.loadFixture(stages.active);
    await expect(setup.keyResharing.requestReshare(key.keyId, 2))
      .to.be.revertedWithCustomError(setup.keyResharing, "KeyResharingNoLaterEpoch")
      .withArgs(key.keyId, 2);
  });

  for (const threshold of [0, 3, 127, 128, 255])
    it(`refuses t' = ${threshold} among six`, async () => {
      const { setup, key } = await networkHelpers.loadFixture(stages.twoEpochs);
      await expect(setup.keyResharing.requestReshare(key.keyId, threshold))
        .to.be.revertedWithCustomError(setup.keyResharing, "DealingBadThreshold")
        .withArgs(threshold, 6);
    });

  it("takes t' = 1, and 2t'+1 = n'", async () => {
    const { setup, key } = await networkHelpers.loadFixture(stages.twoEpochs);
    const snapshot = await networkHelpers.takeSnapshot();
    await setup.keyResharing.requestReshare(key.keyId, 1);
    await snapshot.restore();
    const five = await openEpoch(setup, [1, 2, 3, 4, 5]);
    const { sid } = await requestReshare(setup, key, five, 2);
    const { threshold, members, epoch } = await setup.keyResharing.reshareOf(sid);
    expect([threshold, members, epoch]).to.deep.equal([2n, 5n, 3n]);
  });

  it("refuses with DealingMembersRemoved while the newest epoch has a removed member, whatever is left", async () => {
    const { setup, key } = await networkHelpers.loadFixture(stages.twoEpochs);
    const epoch = await setup.registry.currentEpoch();
    for (const slot of [6, 7]) await setup.registry.removeKeeper(slot);
    await expect(setup.keyResharing.requestReshare(key.keyId, 1))
      .to.be.revertedWithCustomError(setup.keyResharing, "DealingMembersRemoved")
      .withArgs(epoch, bitmapOf([6, 7]));
  });

  it("takes an epoch to deal from that has removed members", async () => {
    const { setup, key } = await networkHelpers.loadFixture(stages.twoEpochs);
    await setup.registry.removeKeeper(1);
    await setup.keyResharing.requestReshare(key.keyId, 2);
  });

  it("counts no member whose account was revoked", async () => {
    const { setup, key } = await networkHelpers.loadFixture(stages.twoEpochs);
    for (const slot of [6, 7]) await replaceStolen(setup, slot);
    await expect(setup.keyResharing.requestReshare(key.keyId, 2))
      .to.be.revertedWithCustomError(setup.keyResharing, "DealingBadThreshold")
      .withArgs(2, 4);
    await setup.keyResharing.requestReshare(key.keyId, 1);
  });

  for (const name of reshareStagesBut("active", "failed"))
    it(`refuses while the key's reshare is ${name}`, async () => {
      const { setup, key, reshare } = await networkHelpers.loadFixture(stages[name]);
      await expect(setup.keyResharing.requestReshare(key.keyId, 2))
        .to.be.revertedWithCustomError(setup.keyResharing, "KeyResharingPending")
        .withArgs(key.keyId, reshare.sid);
    });

  it("opens a session and names it (PROTOCOL 3.9)", async () => {
    const { setup, key } = await networkHelpers.loadFixture(stages.twoEpochs);
    const { keyResharing, keyGeneration, registry } = setup;
    const { chainId } = await ethers.provider.getNetwork();
    const previous = await ethers.provider.getBlock("latest");
    const { verifyingRoot } = await keyGeneration.keyEpochOf(key.keyId, 1);
    const sid = abiHash(
      ["bytes32", "uint256", "address", "uint64", "bytes32", "uint32", "bytes32", "uint32", "uint8", "bytes32", "bytes32"],
      [
        domainTag("reshare"),
        chainId,
        await keyResharing.getAddress(),
        1,
        key.keyId,
        1,
        verifyingRoot,
        2,
        1,
        await registry.committeeRootOf(2),
        previous?.hash,
      ],
    );
    expect(await keyResharing.sessionOf(key.keyId)).to.equal(ZeroHash);
    await expect(keyResharing.requestReshare(key.keyId, 1)).to.emit(keyResharing, "ReshareRequested").withArgs(key.keyId, sid, 2, 1, 1, 1);

    expect(await keyResharing.sessionOf(key.keyId)).to.equal(sid);
    const openedAt = BigInt(previous?.number ?? 0) + 1n;
    expect([...(await keyResharing.reshareOf(sid))]).to.deep.equal([
      key.keyId,
      ...[1n, 2n],
      ...[3n, 1n, 6n], // q of the old epoch; t' and n'
      ...[1n, openedAt, 0n, false, 0n],
      bitmapOf(OLD_SLOTS),
      bitmapOf(NEW_SLOTS),
      ...[0n, 0n, 0n],
    ]);
    expect(await keyResharing.statusOf(sid)).to.equal(RESHARE_STATUS.dealing);
    expect(await keyResharing.phaseEndOf(sid)).to.equal(openedAt + setup.windows.deal);
  });

  it("moves to the newest open epoch, over epochs between that the key never was in", async () => {
    const { setup, key } = await networkHelpers.loadFixture(stages.twoEpochs);
    const third = await openEpoch(setup, [1, 2, 3]);
    const { sid } = await requestReshare(setup, key, third, 1);
    const { fromEpoch, epoch, committee } = await setup.keyResharing.reshareOf(sid);
    expect([fromEpoch, epoch, committee]).to.deep.equal([1n, 3n, bitmapOf([1, 2, 3])]);
  });

  it("attack 29: names the session otherwise when a reorg changes the block before, and the next time", async () => {
    const { setup, key, next } = await networkHelpers.loadFixture(stages.twoEpochs);
    const sids: string[] = [];
    for (const randao of [1, 2]) {
      const snapshot = await networkHelpers.takeSnapshot();
      await networkHelpers.setPrevRandao(randao);
      await networkHelpers.mine();
      sids.push((await requestReshare(setup, key, next, 2)).sid);
      await snapshot.restore();
    }
    expect(new Set(sids).size).to.equal(2);
  });
});
