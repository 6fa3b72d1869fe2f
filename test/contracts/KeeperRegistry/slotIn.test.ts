import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { network } from "hardhat";
import { deployKeyGeneration, postKey } from "../../fixtures/keyGeneration.ts";

const connection = await network.create();
const { networkHelpers } = connection;

/** Keepers at slots 1 to 4; epoch 1 has 1, 2 and 4. */
const deployed = async () => deployKeyGeneration(connection, { slots: [1, 2, 4] });

describe("KeeperRegistry: slotIn", () => {
  it("names the slots of an open epoch's members, and 0 for all others", async () => {
    const { registry, operatorOf, mallory } = await networkHelpers.loadFixture(deployed);
    for (const slot of [1, 2, 4]) expect(await registry.slotIn(1, (await operatorOf(slot)).address)).to.equal(slot);
    for (const other of [(await operatorOf(3)).address, mallory.address, ZeroAddress]) expect(await registry.slotIn(1, other)).to.equal(0);
  });

  it("says 0 for epochs that are not open", async () => {
    const { registry, operatorOf } = await networkHelpers.loadFixture(deployed);
    const operator = await operatorOf(1);
    await registry.proposeEpoch(0);
    await postKey(registry, 2, 1, operator);
    for (const epoch of [0, 2, 3]) expect(await registry.slotIn(epoch, operator.address)).to.equal(0);
  });

  it("stays as the epoch froze it when operators change or keepers are removed", async () => {
    const { registry, operatorOf, bob } = await networkHelpers.loadFixture(deployed);
    await registry.setOperator(1, bob.address);
    await registry.removeKeeper(2);
    expect(await registry.slotIn(1, (await operatorOf(1)).address)).to.equal(1);
    expect(await registry.slotIn(1, bob.address)).to.equal(0);
    expect(await registry.slotIn(1, (await operatorOf(2)).address)).to.equal(2);
  });
});
