import { backend, randomScalar } from "@keyquorum/threshold";
import { expect } from "chai";
import { type Signer, ZeroHash } from "ethers";
import { network } from "hardhat";
import { openSession, replaceStolen } from "../../fixtures/keyGeneration.ts";
import { BAD_POINTS, type SolidityPoint, solidityPoint } from "../../fixtures/points.ts";
import { abiHash, domainTag } from "../../fixtures/preimages.ts";
import { rollDice } from "../../random/dice.ts";
import { reshareStagesOf, type TwoEpochs } from "../KeyResharing/stages.ts";

const dice = rollDice("contracts/ShareRepairs/requestRepair");

const connection = await network.create();
const { networkHelpers, ethers } = connection;
const stages = reshareStagesOf(connection);

const anyPoint = (): SolidityPoint => solidityPoint(backend.mulG(randomScalar(dice.bytes)));

const ask = ({ setup, key }: Pick<TwoEpochs, "setup" | "key">, caller: Signer, epoch = 1, point = anyPoint(), keyId = key.keyId) =>
  setup.shareRepairs.connect(caller).requestRepair(keyId, epoch, point);

describe("ShareRepairs: requestRepair", () => {
  it("refuses a key that is not active in that epoch", async () => {
    const stage = await networkHelpers.loadFixture(stages.awaitingReady);
    const { setup, key } = stage;
    const two = await setup.operatorOf(2); // a member of both epochs
    const { keyId: generated } = await openSession({ ...setup, ...stage.next }, { salt: ZeroHash });
    for (const [epoch, keyId] of [
      [1, ZeroHash],
      [0, ZeroHash],
      [0, key.keyId],
      [2, key.keyId], // it is on its way there
      [3, key.keyId],
      [2, generated],
      [0, generated],
    ] as const)
      await expect(ask(stage, two, epoch, anyPoint(), keyId))
        .to.be.revertedWithCustomError(setup.shareRepairs, "ShareRepairsNotActive")
        .withArgs(keyId, epoch);
  });

  it("refuses the retired epoch once the key has moved, and takes the new one's members", async () => {
    const stage = await networkHelpers.loadFixture(stages.active);
    const { setup, key } = stage;
    for (const slot of [1, 2])
      await expect(ask(stage, await setup.operatorOf(slot), 1))
        .to.be.revertedWithCustomError(setup.shareRepairs, "ShareRepairsNotActive")
        .withArgs(key.keyId, 1);
    await expect(ask(stage, await setup.operatorOf(10), 2)).to.emit(setup.shareRepairs, "RepairRequested");
    await expect(ask(stage, await setup.operatorOf(1), 2))
      .to.be.revertedWithCustomError(setup.shareRepairs, "ShareRepairsNotMember")
      .withArgs(2, (await setup.operatorOf(1)).address);
  });

  it("attack 50: refuses strangers, governance, a member of another epoch, and an operator that its slot got later", async () => {
    const stage = await networkHelpers.loadFixture(stages.twoEpochs);
    const { setup } = stage;
    await setup.registry.setOperator(1, setup.bob.address);
    for (const caller of [setup.mallory, setup.governance, await setup.operatorOf(10), setup.bob])
      await expect(ask(stage, caller))
        .to.be.revertedWithCustomError(setup.shareRepairs, "ShareRepairsNotMember")
        .withArgs(1, caller.address);
    await expect(ask(stage, await setup.operatorOf(1))).to.emit(setup.shareRepairs, "RepairRequested"); // the epoch's own
  });

  it("refuses a keeper that was removed", async () => {
    const stage = await networkHelpers.loadFixture(stages.twoEpochs);
    await stage.setup.registry.removeKeeper(9);
    await expect(ask(stage, await stage.setup.operatorOf(9)))
      .to.be.revertedWithCustomError(stage.setup.shareRepairs, "ShareRepairsRemovedKeeper")
      .withArgs(9);
  });

  it("refuses an account that was revoked as stolen, and its successor", async () => {
    const stage = await networkHelpers.loadFixture(stages.twoEpochs);
    const successor = await replaceStolen(stage.setup, 9);
    for (const caller of [await stage.setup.operatorOf(9), successor])
      await expect(ask(stage, caller))
        .to.be.revertedWithCustomError(stage.setup.shareRepairs, "ShareRepairsNotMember")
        .withArgs(1, caller.address);
  });

  it("refuses a keeper whose identity key of that epoch was revoked as stolen, and takes one that rotated its own", async () => {
    const stage = await networkHelpers.loadFixture(stages.twoEpochs);
    const { registry, shareRepairs } = stage.setup;
    await registry.replaceStolenIdentity(9, anyPoint());
    await registry.setIdentityKey(5, anyPoint());
    await expect(ask(stage, await stage.setup.operatorOf(9)))
      .to.be.revertedWithCustomError(shareRepairs, "ShareRepairsRevokedIdentity")
      .withArgs(9);
    await expect(ask(stage, await stage.setup.operatorOf(5))).to.emit(shareRepairs, "RepairRequested");
  });

  for (const [name, point] of BAD_POINTS)
    it(`attacks 25, 26: refuses a key ${name}`, async () => {
      const stage = await networkHelpers.loadFixture(stages.twoEpochs);
      await expect(ask(stage, await stage.setup.operatorOf(1), 1, point))
        .to.be.revertedWithCustomError(stage.setup.shareRepairs, "InvalidPoint")
        .withArgs(point.x, point.y);
    });

  it("counts, emits RepairRequested and names the repair as PROTOCOL 3.10 says", async () => {
    const stage = await networkHelpers.loadFixture(stages.twoEpochs);
    const { setup, key } = stage;
    const { chainId } = await ethers.provider.getNetwork();
    const operator = await setup.operatorOf(4);
    const { x, y } = anyPoint();
    expect(await setup.shareRepairs.repairCount()).to.equal(0n);
    const repairId = abiHash(
      ["bytes32", "uint256", "address", "uint64", "bytes32", "uint32", "uint8", "uint256", "uint256"],
      [domainTag("repair"), chainId, await setup.shareRepairs.getAddress(), 1, key.keyId, 1, 4, x, y],
    );
    await expect(ask(stage, operator, 1, { x, y }))
      .to.emit(setup.shareRepairs, "RepairRequested")
      .withArgs(repairId, key.keyId, 4, 1, 1, operator.address, [x, y]);
    expect(await setup.shareRepairs.repairCount()).to.equal(1n);
  });

  it("attack 29: names every repair otherwise, also of the same key, keeper and point, and on another deployment", async () => {
    const stage = await networkHelpers.loadFixture(stages.twoEpochs);
    const { setup, key } = stage;
    const point = anyPoint();
    const twin = await ethers.deployContract("ShareRepairs", [setup.registry, setup.keyGeneration]);
    const operator = await setup.operatorOf(4);
    const idOf = async (repairs: typeof twin): Promise<string> => {
      const id = await repairs.connect(operator).requestRepair.staticCall(key.keyId, 1, point);
      await repairs.connect(operator).requestRepair(key.keyId, 1, point);
      return id;
    };
    const ids = [await idOf(setup.shareRepairs), await idOf(setup.shareRepairs), await idOf(twin)];
    expect(new Set(ids).size).to.equal(3);
  });

  it("changes nothing of the key: asking gives nobody anything on chain", async () => {
    const stage = await networkHelpers.loadFixture(stages.twoEpochs);
    const { keyGeneration } = stage.setup;
    const facts = async () => [
      [...(await keyGeneration.keyOf(stage.key.keyId))],
      [...(await keyGeneration.keyEpochOf(stage.key.keyId, 1))],
    ];
    const before = String(await facts());
    await ask(stage, await stage.setup.operatorOf(4));
    expect(String(await facts())).to.equal(before);
  });
});
