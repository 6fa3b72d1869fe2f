import { expect } from "chai";
import { network } from "hardhat";
import { generateKey } from "../../fixtures/heldKey.ts";
import { deployKeyGeneration, openEpoch } from "../../fixtures/keyGeneration.ts";
import { reshareKey } from "../../fixtures/reshare.ts";

const connection = await network.create();
const { networkHelpers } = connection;

/** Five keepers, and a key that three of them are needed for. */
const guarded = async () => {
  const setup = await deployKeyGeneration(connection, { slots: [1, 2, 3, 4, 5] });
  return { setup, key: await generateKey(setup) };
};

describe("KeeperRegistry: removeKeeper, while keys are active", () => {
  it("takes keepers away down to t+1, and refuses the next removal", async () => {
    const { setup } = await networkHelpers.loadFixture(guarded);
    const { registry, keyGeneration } = setup;
    for (const slot of [2, 4]) await expect(registry.removeKeeper(slot)).to.emit(registry, "KeeperRemoved");
    for (const slot of [1, 3, 5])
      await expect(registry.removeKeeper(slot))
        .to.be.revertedWithCustomError(keyGeneration, "KeyGenerationQuorumInDanger")
        .withArgs(1, 2, 3);
    expect((await registry.keeperAt(1)).removed).to.equal(false);
    expect(await registry.removedKeepers()).to.equal(0b10100n);
  });

  it("takes away who is in no epoch in use, whatever is left", async () => {
    const { setup } = await networkHelpers.loadFixture(guarded);
    await openEpoch(setup, [1, 2, 3, 6, 7]); // no key is in it
    for (const slot of [6, 7, 4, 5]) await setup.registry.removeKeeper(slot);
  });

  it("refuses until the key is reshared to an epoch without the keeper, and takes it then", async () => {
    const { setup, key } = await networkHelpers.loadFixture(guarded);
    const { registry, keyGeneration } = setup;
    for (const slot of [4, 5]) await registry.removeKeeper(slot);
    const refused = () => registry.removeKeeper(3);
    await expect(refused()).to.be.revertedWithCustomError(keyGeneration, "KeyGenerationQuorumInDanger");
    const next = await openEpoch(setup, [1, 2, 6, 7, 8]);
    await expect(refused()).to.be.revertedWithCustomError(keyGeneration, "KeyGenerationQuorumInDanger").withArgs(1, 2, 3);
    await reshareKey(setup, key, next, 2);
    await expect(refused()).to.emit(registry, "KeeperRemoved");
    for (const slot of [1, 2]) await registry.removeKeeper(slot);
    await expect(registry.removeKeeper(6)).to.be.revertedWithCustomError(keyGeneration, "KeyGenerationQuorumInDanger").withArgs(2, 2, 3);
  });
});
