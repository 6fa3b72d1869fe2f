import { G } from "@keyquorum/threshold";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { network } from "hardhat";
import { bitmapOf } from "../../fixtures/keyGeneration.ts";
import { solidityPoint } from "../../fixtures/points.ts";
import { addKeepers, deployRegistry, EPOCH_DELAY, newKeyPair, postKey, proveEpochKey } from "./registryFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture, time } = networkHelpers;

/** Keepers at slots 1 to 6; `newcomer` is none. */
const admitted = async () => {
  const base = await deployRegistry(ethers);
  const operators = base.operators.slice(0, 6) as [HardhatEthersSigner, HardhatEthersSigner, HardhatEthersSigner, ...HardhatEthersSigner[]];
  const identities = await addKeepers(base.registry, operators);
  return {
    ...base,
    operators,
    identities,
    newcomer: base.operators[7] as HardhatEthersSigner,
    spare: base.operators[8] as HardhatEthersSigner,
  };
};
/** Epoch 1 is proposed for 1, 2, 3 and 5. */
const proposed = async () => {
  const base = await admitted();
  await base.registry.proposeEpoch(bitmapOf([1, 2, 3, 5]));
  return base;
};

describe("KeeperRegistry: candidates", () => {
  for (const [what, slots] of [
    ["0", [0, 1, 2, 3]],
    ["nobody's yet", [1, 2, 3, 7]],
    ["nobody's, the last of all", [1, 2, 3, 255]],
    ["removed", [1, 2, 3, 4]],
  ] as const)
    it(`when a named slot is ${what}, it reverts with KeeperRegistryUnknownKeeper`, async () => {
      const { registry } = await loadFixture(admitted);
      await registry.removeKeeper(4);
      const wrong = what === "0" ? 0 : slots.at(-1);
      await expect(registry.proposeEpoch(bitmapOf(slots)))
        .to.be.revertedWithCustomError(registry, "KeeperRegistryUnknownKeeper")
        .withArgs(wrong);
    });

  it("when fewer than 3 are named or left, it reverts with KeeperRegistryBadMemberCount, and takes 3", async () => {
    const { registry } = await loadFixture(admitted);
    for (const slots of [[1], [1, 2], [5, 6]])
      await expect(registry.proposeEpoch(bitmapOf(slots)))
        .to.be.revertedWithCustomError(registry, "KeeperRegistryBadMemberCount")
        .withArgs(slots.length);
    for (const slot of [1, 2, 3, 4]) await registry.removeKeeper(slot);
    await expect(registry.proposeEpoch(0)).to.be.revertedWithCustomError(registry, "KeeperRegistryBadMemberCount").withArgs(2);
  });

  it("when none is pending, it takes those who are named, and with 0 all that are not removed", async () => {
    const { registry } = await loadFixture(admitted);
    await registry.proposeEpoch(bitmapOf([2, 4, 6]));
    expect(await registry.candidatesOf(1)).to.equal(bitmapOf([2, 4, 6]));
    await registry.cancelEpoch(1);
    await registry.removeKeeper(3);
    await registry.proposeEpoch(0);
    expect(await registry.candidatesOf(2)).to.equal(bitmapOf([1, 2, 4, 5, 6]));
    expect(await registry.candidatesOf(3)).to.equal(0n);
    expect(await registry.removedKeepers()).to.equal(bitmapOf([3]));
  });

  it("when a keeper is no candidate, it posts no key, and is not a member", async () => {
    const { registry, operators } = await loadFixture(proposed);
    const four = operators[3] as HardhatEthersSigner;
    await expect(postKey(registry, 1, four))
      .to.be.revertedWithCustomError(registry, "KeeperRegistryNotKeeper")
      .withArgs(four.address);
    for (const operator of operators.slice(0, 3)) await postKey(registry, 1, operator);
    await time.increase(EPOCH_DELAY);
    await registry.openEpoch(1);
    expect(await registry.membersOf(1)).to.equal(bitmapOf([1, 2, 3]));
    for (const slot of [4, 5])
      expect(await registry.slotIn(1, (operators[slot - 1] as HardhatEthersSigner).address), `slot ${slot}`).to.equal(0);
    expect(await registry.candidatesOf(1)).to.equal(bitmapOf([1, 2, 3, 5]));
  });

  it("attack 50: a keeper admitted during the delay is in no epoch that was proposed before", async () => {
    const { registry, operators, newcomer } = await loadFixture(proposed);
    await addKeepers(registry, [newcomer]);
    await expect(postKey(registry, 1, newcomer)).to.be.revertedWithCustomError(registry, "KeeperRegistryNotKeeper");
    for (const operator of operators.slice(0, 3)) await postKey(registry, 1, operator);
    await time.increase(EPOCH_DELAY);
    await expect(postKey(registry, 1, newcomer)).to.be.revertedWithCustomError(registry, "KeeperRegistryNotKeeper");
    await registry.openEpoch(1);
    expect(await registry.slotIn(1, newcomer)).to.equal(0);
    expect(await registry.membersOf(1)).to.equal(bitmapOf([1, 2, 3]));
  });

  it("attack 50: an operator changed during the delay does not enter, before and after the key is posted; the one that was proposed does", async () => {
    const { registry, operators, newcomer, spare } = await loadFixture(proposed);
    const [one, two, three] = operators;
    await postKey(registry, 1, one);
    await registry.setOperator(1, newcomer); // after it posted
    await registry.setOperator(2, spare); // before
    for (const successor of [newcomer, spare])
      await expect(postKey(registry, 1, successor)).to.be.revertedWithCustomError(registry, "KeeperRegistryNotKeeper");
    for (const operator of [two, three]) await postKey(registry, 1, operator);
    await time.increase(EPOCH_DELAY);
    await registry.openEpoch(1);
    const committee = (await registry.committeeOf(1)).map(({ slot, operator }) => [slot, operator]);
    expect(committee).to.deep.equal([
      [1n, one.address],
      [2n, two.address],
      [3n, three.address],
    ]);
    expect(await Promise.all([one, two, newcomer, spare].map((who) => registry.slotIn(1, who)))).to.deep.equal([1n, 2n, 0n, 0n]);
  });

  it("attack 50: a proof for the pending epoch by a slot's new operator is refused, whoever sends it", async () => {
    const { registry, chainId, address, operators, newcomer } = await loadFixture(proposed);
    await registry.setOperator(1, newcomer);
    const pair = newKeyPair();
    const names = { chainId, registry: address, epoch: 1, slot: 1, operator: newcomer.address };
    await expect(registry.connect(operators[0]).postEpochKey(1, solidityPoint(pair.publicKey), proveEpochKey(pair, names)))
      .to.be.revertedWithCustomError(registry, "KeeperRegistryInvalidProof")
      .withArgs(1, 1);
  });

  it("attack 50: an identity key changed during the delay counts from the next proposal on", async () => {
    const { registry, operators, identities } = await loadFixture(proposed);
    await registry.setIdentityKey(1, solidityPoint(G));
    for (const operator of operators.slice(0, 3)) await postKey(registry, 1, operator);
    await time.increase(EPOCH_DELAY);
    await registry.openEpoch(1);
    const { x, y } = solidityPoint(identities[0]?.publicKey ?? G);
    expect([...(await registry.memberOf(1, 1)).identityKey]).to.deep.equal([x, y]);

    await registry.proposeEpoch(0);
    for (const operator of operators.slice(0, 3)) await postKey(registry, 2, operator);
    await time.increase(EPOCH_DELAY);
    await registry.openEpoch(2);
    expect([...(await registry.memberOf(2, 1)).identityKey]).to.deep.equal(Object.values(solidityPoint(G)));
  });

  it("attack 50: when a candidate was removed since, the epoch does not open, with its key posted or not: what was announced is what opens", async () => {
    const { registry, operators } = await loadFixture(proposed);
    for (const operator of operators.slice(0, 3)) await postKey(registry, 1, operator);
    await registry.removeKeeper(3);
    await registry.removeKeeper(5); // it has posted none
    await registry.removeKeeper(6); // no candidate
    await time.increase(EPOCH_DELAY);
    await expect(registry.openEpoch(1))
      .to.be.revertedWithCustomError(registry, "KeeperRegistryCandidatesGone")
      .withArgs(1, bitmapOf([3, 5]));
    await registry.cancelEpoch(1);
    await registry.proposeEpoch(0);
    for (const slot of [1, 2, 4]) await postKey(registry, 2, operators[slot - 1] as HardhatEthersSigner);
    await time.increase(EPOCH_DELAY);
    await registry.openEpoch(2);
    expect(await registry.membersOf(2)).to.equal(bitmapOf([1, 2, 4]));
  });

  it("when another keeper was removed since, the epoch opens", async () => {
    const { registry, operators } = await loadFixture(proposed);
    for (const operator of operators.slice(0, 3)) await postKey(registry, 1, operator);
    for (const slot of [4, 6]) await registry.removeKeeper(slot);
    await time.increase(EPOCH_DELAY);
    await expect(registry.openEpoch(1)).to.emit(registry, "EpochOpened");
  });

  it("attack 50: nothing shortens the delay: no function sets it, and cancelling and proposing again begins it again", async () => {
    const { registry } = await loadFixture(proposed);
    const writes = registry.interface.fragments.flatMap((fragment) =>
      fragment.type === "function" && "stateMutability" in fragment && fragment.stateMutability === "nonpayable" ? [fragment] : [],
    );
    const names = writes.map((fragment) => ("name" in fragment ? String(fragment.name) : "")).sort();
    expect(names).to.deep.equal([
      "addKeeper",
      "cancelEpoch",
      "moveKeeper",
      "openEpoch",
      "postEpochKey",
      "proposeEpoch",
      "removeKeeper",
      "replaceStolenIdentity",
      "replaceStolenOperator",
      "revokeFormerIdentity",
      "revokeFormerOperator",
      "setAuthority",
      "setIdentityKey",
      "setOperator",
    ]);
    await time.increase(EPOCH_DELAY);
    await registry.cancelEpoch(1);
    await registry.proposeEpoch(0);
    expect(await registry.opensAt(2)).to.equal(BigInt(await time.latest()) + EPOCH_DELAY);
    expect(await registry.minEpochDelay()).to.equal(EPOCH_DELAY);
  });
});
