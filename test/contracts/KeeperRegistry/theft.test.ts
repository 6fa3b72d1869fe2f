import { FIELD_PRIME } from "@keyquorum/threshold";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { network } from "hardhat";
import { bitmapOf } from "../../fixtures/keyGeneration.ts";
import { type SolidityPoint, solidityPoint } from "../../fixtures/points.ts";
import { addKeepers, deployRegistry, EPOCH_DELAY, newKeyPair, postKey } from "./registryFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture, time } = networkHelpers;

type Signers = [HardhatEthersSigner, HardhatEthersSigner, HardhatEthersSigner, HardhatEthersSigner, HardhatEthersSigner];
const anyKey = (): SolidityPoint => solidityPoint(newKeyPair().publicKey);

/** Keepers at slots 1 to 4. `spare` and `other` are nobody's accounts. */
const admitted = async () => {
  const base = await deployRegistry(ethers);
  const operators = base.operators.slice(0, 4) as [HardhatEthersSigner, HardhatEthersSigner, HardhatEthersSigner, HardhatEthersSigner];
  const identities = (await addKeepers(base.registry, operators)).map(({ publicKey }) => solidityPoint(publicKey)) as SolidityPoint[];
  const [spare, other] = base.operators.slice(7, 9) as [HardhatEthersSigner, HardhatEthersSigner];
  return { ...base, operators, identities, spare, other };
};
/** Epoch 1 is proposed for all four, and all have posted a key. */
const proposed = async () => {
  const base = await admitted();
  await base.registry.proposeEpoch(0);
  for (const operator of base.operators) await postKey(base.registry, 1, operator);
  return base;
};
const opened = async () => {
  const base = await proposed();
  await time.increase(EPOCH_DELAY);
  await base.registry.openEpoch(1);
  return base;
};

describe("KeeperRegistry: replaceStolenOperator", () => {
  it("when there is no such keeper, it reverts with KeeperRegistryUnknownKeeper", async () => {
    const { registry, spare } = await loadFixture(admitted);
    for (const slot of [0, 5, 255])
      await expect(registry.replaceStolenOperator(slot, spare))
        .to.be.revertedWithCustomError(registry, "KeeperRegistryUnknownKeeper")
        .withArgs(slot);
  });

  it("when the successor is zero, a keeper's, the stolen account itself or another that was stolen, it reverts with KeeperRegistryInvalidOperator", async () => {
    const { registry, operators, spare } = await loadFixture(admitted);
    await registry.replaceStolenOperator(3, spare);
    for (const account of [ZeroAddress, operators[0].address, operators[1].address, operators[2].address, spare.address])
      await expect(registry.replaceStolenOperator(1, account))
        .to.be.revertedWithCustomError(registry, "KeeperRegistryInvalidOperator")
        .withArgs(account);
    expect(await registry.isRevoked(operators[0])).to.equal(false);
  });

  it("when all is well, it revokes the account for good, names the successor and says both", async () => {
    const { registry, operators, spare } = await loadFixture(opened);
    const call = registry.replaceStolenOperator(2, spare);
    await expect(call).to.emit(registry, "KeeperOperatorRevoked").withArgs(2, operators[1].address);
    await expect(call).to.emit(registry, "KeeperOperatorChanged").withArgs(2, spare.address);
    expect((await registry.keeperAt(2)).operator).to.equal(spare.address);
    expect(await Promise.all([operators[1], spare].map((account) => registry.isRevoked(account)))).to.deep.equal([true, false]);
    expect(await Promise.all([operators[1], spare].map((account) => registry.slotOf(account)))).to.deep.equal([2n, 2n]);
    for (const [slot, what] of [
      [2, "its own slot"],
      [1, "another"],
    ] as const)
      await expect(registry.setOperator(slot, operators[1]), what).to.be.revertedWithCustomError(registry, "KeeperRegistryInvalidOperator");
    await registry.removeKeeper(2);
    await expect(registry.addKeeper(operators[1], anyKey(), "", "", "")).to.be.revertedWithCustomError(
      registry,
      "KeeperRegistryInvalidOperator",
    );
  });

  it("when an epoch is open, the account has no slot in it any more, the successor has none either, and its slot is absent; what is frozen stays", async () => {
    const { registry, operators, spare, other } = await loadFixture(opened);
    const before = [await registry.committeeRootOf(1), await registry.membersOf(1), (await registry.memberOf(1, 2)).operator];
    await registry.setOperator(1, other);
    expect(await registry.absentIn(1, ethers.MaxUint256), "rotation").to.equal(0n);
    await registry.replaceStolenOperator(2, spare);
    expect(await Promise.all([operators[0], operators[1], spare, other].map((who) => registry.slotIn(1, who)))).to.deep.equal([
      1n,
      0n,
      0n,
      0n,
    ]);
    expect(await registry.absentIn(1, ethers.MaxUint256)).to.equal(bitmapOf([2]));
    expect(await registry.absentIn(1, bitmapOf([1, 3]))).to.equal(0n);
    expect(await registry.operatorIn(1, 2)).to.equal(operators[1].address);
    expect([await registry.committeeRootOf(1), await registry.membersOf(1), (await registry.memberOf(1, 2)).operator]).to.deep.equal(
      before,
    );
  });

  it("when an epoch is proposed later, the slot is there again with its successor", async () => {
    const { registry, operators, spare } = await loadFixture(opened);
    await registry.replaceStolenOperator(2, spare);
    await registry.proposeEpoch(0);
    for (const operator of [operators[0], spare, operators[2]]) await postKey(registry, 2, operator);
    await time.increase(EPOCH_DELAY);
    await registry.openEpoch(2);
    expect([await registry.slotIn(2, spare), await registry.slotIn(2, operators[1])]).to.deep.equal([2n, 0n]);
    expect([await registry.absentIn(1, bitmapOf([2])), await registry.absentIn(2, bitmapOf([2]))]).to.deep.equal([bitmapOf([2]), 0n]);
  });

  it("attack 50: when the account is frozen in a proposed epoch, that does not open, though a key was posted: it may be the thief's", async () => {
    const { registry, spare } = await loadFixture(proposed);
    await registry.replaceStolenOperator(2, spare);
    await time.increase(EPOCH_DELAY);
    await expect(registry.openEpoch(1))
      .to.be.revertedWithCustomError(registry, "KeeperRegistryCandidatesGone")
      .withArgs(1, bitmapOf([2]));
    await registry.cancelEpoch(1);
    await registry.proposeEpoch(0);
  });

  it("when the keeper was removed, it takes the theft all the same: its fees have an owner", async () => {
    const { registry, operators, spare } = await loadFixture(opened);
    await registry.removeKeeper(2);
    await registry.replaceStolenOperator(2, spare);
    expect(await registry.payeeOf(operators[1])).to.equal(spare.address);
    expect((await registry.keeperAt(2)).removed).to.equal(true);
  });
});

describe("KeeperRegistry: what a rotated and a stolen account do", () => {
  it("postEpochKey: a rotated one posts for an epoch proposed before, a stolen one does not", async () => {
    const { registry, operators, spare, other } = await loadFixture(admitted);
    await registry.proposeEpoch(0);
    await registry.setOperator(1, spare);
    await postKey(registry, 1, operators[0]);
    await registry.replaceStolenOperator(2, other);
    for (const account of [operators[1], other])
      await expect(postKey(registry, 1, account))
        .to.be.revertedWithCustomError(registry, "KeeperRegistryNotKeeper")
        .withArgs(account.address);
  });

  it("moveKeeper: neither does; the successor does", async () => {
    const { registry, operators, spare, other } = await loadFixture(admitted);
    await registry.setOperator(1, spare);
    await registry.replaceStolenOperator(2, other);
    for (const account of operators.slice(0, 2))
      await expect(registry.connect(account).moveKeeper("https://thief.example", ""))
        .to.be.revertedWithCustomError(registry, "KeeperRegistryNotKeeper")
        .withArgs(account.address);
    for (const account of [spare, other]) await registry.connect(account).moveKeeper("https://own.example", "");
  });

  it("payeeOf: a rotated one is paid itself, a stolen one's successor, to the end of a chain of thefts, and who is not a keeper itself", async () => {
    const { registry, operators, spare, other, mallory } = await loadFixture(admitted);
    const third = (await ethers.getSigners()).at(-1) as HardhatEthersSigner;
    await registry.setOperator(1, spare);
    await registry.replaceStolenOperator(2, other);
    await registry.replaceStolenOperator(2, third);
    const payees = await Promise.all([operators[0], operators[1], other, third, mallory].map((account) => registry.payeeOf(account)));
    expect(payees).to.deep.equal([operators[0], third, third, third, mallory].map(({ address }) => address));
  });
});

describe("KeeperRegistry: revokeFormerOperator", () => {
  it("when the account is no former operator, it reverts with KeeperRegistryInvalidOperator: nobody's, the current one, revoked already", async () => {
    const { registry, operators, spare, other, mallory } = await loadFixture(admitted);
    await registry.replaceStolenOperator(1, spare);
    for (const account of [mallory, other, operators[0], spare, operators[1]] as Signers)
      await expect(registry.revokeFormerOperator(account))
        .to.be.revertedWithCustomError(registry, "KeeperRegistryInvalidOperator")
        .withArgs(account.address);
    await expect(registry.revokeFormerOperator(ZeroAddress)).to.be.revertedWithCustomError(registry, "KeeperRegistryInvalidOperator");
  });

  it("when it was rotated away, it is revoked where it still acted, and the slot's later epochs are as they were", async () => {
    const { registry, operators, spare } = await loadFixture(opened);
    await registry.setOperator(2, spare);
    await registry.proposeEpoch(0);
    for (const operator of [operators[0], spare, operators[2]]) await postKey(registry, 2, operator);
    await expect(registry.revokeFormerOperator(operators[1])).to.emit(registry, "KeeperOperatorRevoked").withArgs(2, operators[1].address);
    await time.increase(EPOCH_DELAY);
    await registry.openEpoch(2);
    expect([await registry.slotIn(1, operators[1]), await registry.slotIn(2, spare)]).to.deep.equal([0n, 2n]);
    expect([await registry.absentIn(1, bitmapOf([2])), await registry.absentIn(2, bitmapOf([2]))]).to.deep.equal([bitmapOf([2]), 0n]);
    expect((await registry.keeperAt(2)).operator).to.equal(spare.address);
  });
});

describe("KeeperRegistry: identity keys", () => {
  it("when a key is or was another keeper's, it reverts with KeeperRegistryInvalidIdentity: one key, one slot, ever; its negative is the same", async () => {
    const { registry, identities, spare } = await loadFixture(admitted);
    const [one, two] = identities as [SolidityPoint, SolidityPoint];
    const negative = { x: one.x, y: FIELD_PRIME - one.y };
    await registry.setIdentityKey(2, anyKey());
    for (const key of [one, two, negative])
      await expect(registry.addKeeper(spare, key, "", "", ""))
        .to.be.revertedWithCustomError(registry, "KeeperRegistryInvalidIdentity")
        .withArgs(key.x, key.y);
    await expect(registry.setIdentityKey(3, two)).to.be.revertedWithCustomError(registry, "KeeperRegistryInvalidIdentity");
    await registry.setIdentityKey(2, two); // its own of before
  });

  it("replaceStolenIdentity records when, says both keys, and no slot gets the stolen one again", async () => {
    const { registry, identities } = await loadFixture(admitted);
    const [stolen, fresh] = [identities[1] as SolidityPoint, anyKey()];
    expect(await registry.identityRevokedAt(stolen)).to.equal(0n);
    const call = registry.replaceStolenIdentity(2, fresh);
    await expect(call).to.emit(registry, "KeeperIdentityRevoked").withArgs(2, [stolen.x, stolen.y]);
    await expect(call).to.emit(registry, "KeeperIdentityChanged").withArgs(2, [fresh.x, fresh.y]);
    expect(await registry.identityRevokedAt(stolen)).to.equal(await time.latest());
    expect(await registry.identityRevokedAt(fresh)).to.equal(0n);
    for (const key of [stolen, { x: stolen.x, y: FIELD_PRIME - stolen.y }])
      for (const slot of [1, 2])
        await expect(registry.setIdentityKey(slot, key)).to.be.revertedWithCustomError(registry, "KeeperRegistryInvalidIdentity");
    await expect(registry.replaceStolenIdentity(2, fresh)).to.be.revertedWithCustomError(registry, "KeeperRegistryInvalidIdentity");
    await registry.removeKeeper(2);
    await registry.replaceStolenIdentity(2, anyKey()); // a removed keeper's receipts are worth something, too
    await expect(registry.replaceStolenIdentity(9, anyKey())).to.be.revertedWithCustomError(registry, "KeeperRegistryUnknownKeeper");
  });

  it("revokeFormerIdentity takes a key that was rotated away, and no other", async () => {
    const { registry, identities } = await loadFixture(admitted);
    const [former, present] = [identities[1] as SolidityPoint, identities[0] as SolidityPoint];
    await registry.setIdentityKey(2, anyKey());
    for (const key of [present, anyKey()])
      await expect(registry.revokeFormerIdentity(key))
        .to.be.revertedWithCustomError(registry, "KeeperRegistryInvalidIdentity")
        .withArgs(key.x, key.y);
    await expect(registry.revokeFormerIdentity(former)).to.emit(registry, "KeeperIdentityRevoked").withArgs(2, [former.x, former.y]);
    await expect(registry.revokeFormerIdentity(former)).to.be.revertedWithCustomError(registry, "KeeperRegistryInvalidIdentity");
    expect(await registry.identityRevokedAt(former)).to.equal(await time.latest());
  });

  it("attack 50: when the key is frozen in a proposed epoch, that does not open; when it was rotated away before the proposal, it does", async () => {
    const { registry, identities } = await loadFixture(proposed);
    await registry.replaceStolenIdentity(2, anyKey());
    await registry.setIdentityKey(3, anyKey());
    await time.increase(EPOCH_DELAY);
    await expect(registry.openEpoch(1))
      .to.be.revertedWithCustomError(registry, "KeeperRegistryCandidatesGone")
      .withArgs(1, bitmapOf([2]));
    await registry.cancelEpoch(1);
    await registry.proposeEpoch(0);
    for (const slot of [1, 2, 3]) await postKey(registry, 2, (await ethers.getSigners())[slot + 1] as HardhatEthersSigner);
    await registry.revokeFormerIdentity(identities[2] as SolidityPoint);
    await time.increase(EPOCH_DELAY);
    await expect(registry.openEpoch(2)).to.emit(registry, "EpochOpened");
    expect(await registry.absentIn(2, ethers.MaxUint256), "an identity says nothing about the account").to.equal(0n);
  });
});
