import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { id as hashOf, ZeroAddress, ZeroHash } from "ethers";
import { network } from "hardhat";
import type { KeeperRegistry } from "../../../typechain-types/index.ts";
import { addKeepers, deployRegistry, EPOCH_DELAY, postKey } from "../KeeperRegistry/registryFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture, mine, time } = networkHelpers;

const MIGRATION = hashOf("a migration");
const SPECIFIED: Readonly<Record<string, string>> = {
  ...{ getCurrentLastChange: "6452e821", getCurrentKeyServerIndex: "287fb40c", getCurrentKeyServersCount: "5560c965" },
  ...{ getCurrentKeyServer: "c66198dc", getCurrentKeyServers: "5e9f171d", getCurrentKeyServerPublic: "75de2a06" },
  ...{ getCurrentKeyServerAddress: "a86560be", getMigrationKeyServers: "447f5b18", getMigrationKeyServerPublic: "1455eb9a" },
  ...{ getMigrationKeyServerAddress: "2ac4ecd8", getNewKeyServers: "362b282d", getNewKeyServerPublic: "ab55cb48" },
  ...{ getNewKeyServerAddress: "8416e7c2", getMigrationId: "2b73af52", getMigrationMaster: "0ec71f82", isMigrationConfirmed: "529377d0" },
  ...{ startMigration: "1d7f7673", confirmMigration: "3a3f7201" },
  KeyServerAdded: "f7513afac0a2e66c205ba63d0a611b6ba60fbbc861693aa8c5e197aba23eb3e9",
  KeyServerRemoved: "7af0e7a6072f80f6e718184ff67a09d85fb6855266e2317eccbafa9a7fd15b93",
  MigrationStarted: "882ea0955bd5561a49a52ef27eb0a7b8263561bd890de2ccfbc107df7724f188",
  MigrationCompleted: "d54b6ad1fb1b396d056c6d670ae90d40d49ad3253a6387dc5120c45bfc514534",
};

/** Opens the next epoch with these keepers, slots from 1. */
const openEpoch = async (registry: KeeperRegistry, operators: readonly HardhatEthersSigner[], slots: readonly number[]): Promise<void> => {
  await registry.proposeEpoch(slots.reduce((set, slot) => set | (1n << BigInt(slot)), 0n));
  const epoch = Number(await registry.lastEpoch());
  for (const slot of slots) await postKey(registry, epoch, operators[slot - 1] as HardhatEthersSigner); // true: there are as many
  await time.increase(EPOCH_DELAY);
  await registry.openEpoch(epoch);
};

/** Five keepers, of which 1, 2 and 4 are in the open epoch. */
const deployed = async () => {
  const base = await deployRegistry(ethers);
  const operators = base.operators.slice(0, 5);
  const identities = await addKeepers(base.registry, operators);
  await openEpoch(base.registry, operators, [1, 2, 4]);
  const set = await ethers.deployContract("ParityKeyServerSet", [base.registry]);
  const at = (slot: number): HardhatEthersSigner => operators[slot - 1] as HardhatEthersSigner; // true: as above
  const accounts = (...slots: readonly number[]): string[] => slots.map((slot) => at(slot).address);
  return { ...base, operators, identities, set, at, accounts };
};
/** The next epoch, of 2, 3 and 4, is open, and keeper 2 has started the migration to it. */
const migrating = async () => {
  const base = await deployed();
  await openEpoch(base.registry, base.operators, [2, 3, 4]);
  await base.set.connect(base.at(2)).startMigration(MIGRATION);
  return base;
};

describe("ParityKeyServerSet", () => {
  it("has the selectors and topics of the specification", async () => {
    const { interface: abi } = await ethers.getContractFactory("ParityKeyServerSet");
    for (const [what, hash] of Object.entries(SPECIFIED))
      expect(hash.length === 8 ? abi.getFunction(what)?.selector : abi.getEvent(what)?.topicHash, what).to.equal(`0x${hash}`);
  });

  it("when an epoch is open, it is its members, by ascending slot", async () => {
    const { set, at, accounts, identities } = await loadFixture(deployed);
    expect([...(await set.getCurrentKeyServers())]).to.deep.equal(accounts(1, 2, 4));
    expect([...(await set.getNewKeyServers())]).to.deep.equal(accounts(1, 2, 4));
    expect([...(await set.getMigrationKeyServers())]).to.deep.equal([]);
    expect([
      await set.getCurrentKeyServersCount(),
      await set.getCurrentKeyServerIndex(at(4)),
      await set.getCurrentKeyServer(2),
    ]).to.deep.equal([3n, 2n, at(4).address]);
    await expect(set.getCurrentKeyServerIndex(at(3)))
      .to.be.revertedWithCustomError(set, "ParityKeyServerSetStranger")
      .withArgs(at(3).address);
    expect(await set.getCurrentKeyServerPublic(at(2))).to.equal(`0x${identities[1]?.publicKey.toHex(false).slice(2)}`);
    expect(await set.getCurrentKeyServerAddress(at(2))).to.equal("https://keeper.example");
    for (const asked of [set.getCurrentKeyServerPublic(at(3)), set.getNewKeyServerAddress(at(3)), set.getMigrationKeyServerPublic(at(1))])
      await expect(asked).to.be.revertedWithCustomError(set, "ParityKeyServerSetStranger");
    await expect(set.getMigrationId()).to.be.revertedWithCustomError(set, "ParityKeyServerSetNoMigration");
  });

  it("when none is open, it is empty until a migration", async () => {
    const base = await deployRegistry(ethers);
    const operators = base.operators.slice(0, 3);
    await addKeepers(base.registry, operators);
    const set = await ethers.deployContract("ParityKeyServerSet", [base.registry]);
    expect([await set.getCurrentKeyServersCount(), [...(await set.getNewKeyServers())]]).to.deep.equal([0n, []]);
    await expect(set.connect(operators[0]).startMigration(MIGRATION)).to.be.revertedWithCustomError(set, "ParityKeyServerSetStranger");
    await openEpoch(base.registry, operators, [1, 2, 3]);
    await set.connect(operators[0]).startMigration(MIGRATION);
    for (const one of operators) await set.connect(one).confirmMigration(MIGRATION);
    expect(await set.getCurrentKeyServersCount()).to.equal(3);
  });

  it("when a member is removed, or its account revoked, it is none from that block on, and the change is another one", async () => {
    const { set, registry, at, accounts, council } = await loadFixture(deployed);
    const changes = [await set.getCurrentLastChange()];
    await registry.connect(council).removeKeeper(2);
    changes.push(await set.getCurrentLastChange());
    expect([...(await set.getCurrentKeyServers())]).to.deep.equal(accounts(1, 4));
    expect(await set.getCurrentKeyServerIndex(at(4))).to.equal(1);
    await expect(set.getCurrentKeyServerIndex(at(2))).to.be.revertedWithCustomError(set, "ParityKeyServerSetStranger");
    await registry.connect(council).replaceStolenOperator(4, `0x${"be".repeat(20)}`);
    changes.push(await set.getCurrentLastChange());
    expect([...(await set.getCurrentKeyServers())]).to.deep.equal(accounts(1));
    expect(new Set(changes).size).to.equal(3);
  });

  it("startMigration reverts for strangers, no id, no difference, and while one is under way", async () => {
    const { set, registry, operators, mallory, at } = await loadFixture(deployed);
    await expect(set.connect(at(1)).startMigration(MIGRATION)).to.be.revertedWithCustomError(set, "ParityKeyServerSetNoStart");
    await openEpoch(registry, operators, [2, 3, 4]);
    for (const stranger of [mallory, at(5)])
      await expect(set.connect(stranger).startMigration(MIGRATION))
        .to.be.revertedWithCustomError(set, "ParityKeyServerSetStranger")
        .withArgs(stranger.address);
    await expect(set.connect(at(1)).startMigration(ZeroHash)).to.be.revertedWithCustomError(set, "ParityKeyServerSetNoStart");
    await expect(set.connect(at(3)).startMigration(MIGRATION)).to.emit(set, "MigrationStarted");
    await expect(set.connect(at(2)).startMigration(hashOf("another"))).to.be.revertedWithCustomError(set, "ParityKeyServerSetNoStart");
  });

  it("shows the migration, and completes it when all of its members have confirmed", async () => {
    const { set, at, accounts } = await loadFixture(migrating);
    expect([await set.getMigrationId(), await set.getMigrationMaster()]).to.deep.equal([MIGRATION, at(2).address]);
    expect([...(await set.getMigrationKeyServers())]).to.deep.equal(accounts(2, 3, 4));
    expect([...(await set.getCurrentKeyServers())], "until it is completed").to.deep.equal(accounts(1, 2, 4));
    await expect(set.connect(at(1)).confirmMigration(MIGRATION)).to.be.revertedWithCustomError(set, "ParityKeyServerSetStranger");
    await expect(set.connect(at(2)).confirmMigration(ZeroHash)).to.be.revertedWithCustomError(set, "ParityKeyServerSetNoMigration");
    for (const slot of [2, 4]) await set.connect(at(slot)).confirmMigration(MIGRATION);
    await expect(set.connect(at(4)).confirmMigration(MIGRATION)).to.be.revertedWithCustomError(set, "ParityKeyServerSetConfirmed");
    expect([
      await set.isMigrationConfirmed(at(4)),
      await set.isMigrationConfirmed(at(3)),
      await set.isMigrationConfirmed(at(1)),
    ]).to.deep.equal([true, false, false]);
    const before = await set.getCurrentLastChange();
    const last = set.connect(at(3)).confirmMigration(MIGRATION);
    await expect(last).to.emit(set, "KeyServerRemoved").withArgs(at(1).address);
    await expect(last).to.emit(set, "KeyServerAdded").withArgs(at(3).address);
    await expect(last).to.emit(set, "MigrationCompleted");
    expect([...(await set.getCurrentKeyServers())]).to.deep.equal(accounts(2, 3, 4));
    expect([await set.getMigrationMaster(), await set.migrationEpoch(), await set.currentEpoch()]).to.deep.equal([ZeroAddress, 0n, 2n]);
    expect(await set.getCurrentLastChange()).not.to.equal(before);
    await expect(set.connect(at(3)).confirmMigration(MIGRATION)).to.be.revertedWithCustomError(set, "ParityKeyServerSetNoMigration");
  });

  it("abortMigration reverts while it may end, and for strangers", async () => {
    const { set, at, mallory } = await loadFixture(migrating);
    expect(await set.isMigrationHopeless()).to.equal(false);
    await expect(set.connect(at(2)).abortMigration(MIGRATION)).to.be.revertedWithCustomError(set, "ParityKeyServerSetNoAbort");
    await expect(set.connect(mallory).abortMigration(MIGRATION)).to.be.revertedWithCustomError(set, "ParityKeyServerSetStranger");
    await expect(set.connect(at(2)).abortMigration(hashOf("another"))).to.be.revertedWithCustomError(set, "ParityKeyServerSetNoMigration");
  });

  for (const [what, isHopeless, spoil] of [
    [
      "a member of it was removed",
      true,
      async ({ registry, council }: Awaited<ReturnType<typeof migrating>>) => void (await registry.connect(council).removeKeeper(3)),
    ],
    [
      "a newer epoch is open",
      true,
      async ({ registry, operators }: Awaited<ReturnType<typeof migrating>>) => openEpoch(registry, operators, [1, 2, 5]),
    ],
    ["it is too old", false, async ({ set }: Awaited<ReturnType<typeof migrating>>) => mine(await set.MIGRATION_BLOCKS())],
  ] as const)
    it(`abortMigration gives it up when ${what}, and another one may start`, async () => {
      const base = await loadFixture(migrating);
      const { set, at, accounts } = base;
      await set.connect(at(4)).confirmMigration(MIGRATION);
      await spoil(base);
      expect(await set.isMigrationHopeless()).to.equal(isHopeless);
      await expect(set.connect(at(4)).abortMigration(MIGRATION))
        .to.emit(set, "MigrationAborted")
        .withArgs(MIGRATION);
      expect([...(await set.getCurrentKeyServers())]).to.deep.equal(accounts(1, 2, 4));
      expect(await set.isMigrationHopeless(), "none is under way").to.equal(false);
      await set.connect(at(2)).startMigration(MIGRATION);
      expect(await set.isMigrationConfirmed(at(4)), "what was confirmed before").to.equal(false);
    });

  it("tells changes apart by the epoch and the block, so that two migrations that end in one block are two changes", async () => {
    const { set, registry, operators, at } = await loadFixture(migrating);
    await set.connect(at(2)).confirmMigration(MIGRATION);
    await set.connect(at(3)).confirmMigration(MIGRATION);
    await set.connect(at(4)).confirmMigration(MIGRATION);
    const second = await set.getCurrentLastChange();
    await openEpoch(registry, operators, [3, 4, 5]);
    await set.connect(at(3)).startMigration(hashOf("another"));
    for (const slot of [3, 4, 5]) await set.connect(at(slot)).confirmMigration(hashOf("another"));
    const third = await set.getCurrentLastChange();
    const [EPOCH, BLOCK, ABSENT] = [72n, 8n, 0xffn];
    const partsOf = (change: bigint) => [change >> EPOCH, change & ABSENT];
    expect([partsOf(second), partsOf(third)]).to.deep.equal([
      [2n, 0n],
      [3n, 0n],
    ]);
    const blockOf = (change: bigint): bigint => (change >> BLOCK) & (2n ** 64n - 1n);
    expect(blockOf(third)).to.equal(BigInt(await ethers.provider.getBlockNumber()));
    expect(blockOf(second) < blockOf(third)).to.equal(true);
  });
});
