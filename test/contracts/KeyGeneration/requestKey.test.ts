import { expect } from "chai";
import { AbiCoder, keccak256, toBeHex, ZeroAddress, ZeroHash } from "ethers";
import { network } from "hardhat";
import { bitmapOf, deployKeyGeneration, openSession, STATUS, WINDOWS } from "../../fixtures/keyGeneration.ts";
import { abiHash, domainTag } from "../../fixtures/preimages.ts";
import { stagesBut, stagesOf } from "./stages.ts";

const connection = await network.create();
const { ethers, networkHelpers } = connection;
const stages = stagesOf(connection);
const salt = domainTag("salt");
const deployed = async () => deployKeyGeneration(connection);

describe("KeyGeneration: constructor", () => {
  const deploy = async (windows: Record<keyof typeof WINDOWS, bigint>) => {
    const { manager, registry } = await networkHelpers.loadFixture(deployed);
    return ethers.deployContract("KeyGeneration", [await manager.getAddress(), await registry.getAddress(), ZeroAddress, windows]);
  };
  const minimums = { deal: 2n, dispute: 4n, finalize: 8n, ready: 4n };

  for (const [name, minimum] of Object.entries(minimums))
    it(`refuses a window ${name} below ${minimum} blocks`, async () => {
      const factory = await ethers.getContractFactory("KeyGeneration");
      await expect(deploy({ ...minimums, [name]: minimum - 1n }))
        .to.be.revertedWithCustomError(factory, "KeyGenerationWindowTooShort")
        .withArgs(minimum - 1n, minimum);
    });

  it("says its windows, each at its minimum", async () => {
    const { deal, dispute, finalize, ready } = await (await deploy(minimums)).windows();
    expect({ deal, dispute, finalize, ready }).to.deep.equal(minimums);
  });
});

describe("KeyGeneration: requestKey", () => {
  it("refuses who lacks the role", async () => {
    const { keyGeneration, mallory } = await networkHelpers.loadFixture(deployed);
    await expect(keyGeneration.connect(mallory).requestKey(0, 2, salt))
      .to.be.revertedWithCustomError(keyGeneration, "AccessManagedUnauthorized")
      .withArgs(mallory.address);
  });

  it("refuses while no epoch is open", async () => {
    const { manager, governance } = await networkHelpers.loadFixture(deployed);
    const authority = await manager.getAddress();
    const registry = await ethers.deployContract("KeeperRegistry", [authority, 0n, ZeroAddress]);
    const keyGeneration = await ethers.deployContract("KeyGeneration", [authority, await registry.getAddress(), ZeroAddress, WINDOWS]);
    await expect(keyGeneration.connect(governance).requestKey(0, 2, salt)).to.be.revertedWithCustomError(
      keyGeneration,
      "KeyGenerationNoEpoch",
    );
  });

  for (const threshold of [0, 3, 127, 128, 255])
    it(`refuses t = ${threshold} among five`, async () => {
      const { keyGeneration, alice } = await networkHelpers.loadFixture(deployed);
      await expect(keyGeneration.connect(alice).requestKey(0, threshold, salt))
        .to.be.revertedWithCustomError(keyGeneration, "DealingBadThreshold")
        .withArgs(threshold, 5);
    });

  it("refuses more than 64 members, should a registry have them (attack 37)", async () => {
    const { keyGeneration, registry, alice, epoch } = await networkHelpers.loadFixture(deployed);
    const address = await registry.getAddress();
    const members = Array.from({ length: 65 }, (_, i) => i + 1);
    const slotAt = (root: number): bigint =>
      BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(["uint32", "uint256"], [epoch, root]))) + 2n;
    const roots = Array.from({ length: 12 }, (_, root) => root);
    for (const root of roots) {
      const isMembers = (await networkHelpers.getStorageAt(address, slotAt(root))) === toBeHex(await registry.membersOf(epoch), 32);
      if (isMembers) await networkHelpers.setStorageAt(address, slotAt(root), bitmapOf(members));
    }
    expect(await registry.membersOf(epoch)).to.equal(bitmapOf(members));
    await expect(keyGeneration.connect(alice).requestKey(0, 2, salt))
      .to.be.revertedWithCustomError(keyGeneration, "DealingBadThreshold")
      .withArgs(2, 65);
  });

  for (const name of stagesBut("failed"))
    it(`refuses a second session while the first is ${name}`, async () => {
      const { setup, session } = await networkHelpers.loadFixture(stages[name]);
      await expect(setup.keyGeneration.connect(setup.alice).requestKey(0, 2, salt))
        .to.be.revertedWithCustomError(setup.keyGeneration, "KeyGenerationKeyExists")
        .withArgs(session.keyId, session.sid);
    });

  it("opens another session of the same key once the first has failed, also with another purpose and threshold", async () => {
    const { setup, session } = await networkHelpers.loadFixture(stages.failed);
    const again = await openSession(setup, { threshold: 1, purpose: 1 });
    expect(again.keyId).to.equal(session.keyId);
    expect(again.sid).not.to.equal(session.sid);
    const { number, purpose, threshold } = await setup.keyGeneration.sessionOf(again.sid);
    expect([number, purpose, threshold]).to.deep.equal([2n, 1n, 1n]);
    expect((await setup.keyGeneration.keyOf(session.keyId)).purpose).to.equal(1n);
    expect(await setup.keyGeneration.statusOf(session.sid)).to.equal(STATUS.failed);
  });

  for (const purpose of [0, 1, 2, 3])
    it(`opens a session of purpose ${purpose} and names it (PROTOCOL 3.1, 3.2)`, async () => {
      const { keyGeneration, registry, alice, epoch, keepers } = await networkHelpers.loadFixture(deployed);
      const address = await keyGeneration.getAddress();
      const { chainId } = await ethers.provider.getNetwork();
      const keyId = abiHash(
        ["bytes32", "uint256", "address", "address", "bytes32"],
        [domainTag("key"), chainId, address, alice.address, salt],
      );
      const previous = await ethers.provider.getBlock("latest");
      const sid = abiHash(
        ["bytes32", "uint256", "address", "uint64", "bytes32", "uint8", "uint32", "uint8", "uint8", "bytes32", "bytes32"],
        [domainTag("dkg"), chainId, address, 1, keyId, purpose, epoch, 5, 2, await registry.committeeRootOf(epoch), previous?.hash],
      );

      await expect(keyGeneration.connect(alice).requestKey(purpose, 2, salt))
        .to.emit(keyGeneration, "KeyRequested")
        .withArgs(keyId, sid, alice.address, purpose, 2, epoch, 1, salt);

      const openedAt = BigInt(previous?.number ?? 0) + 1n;
      const committee = bitmapOf(keepers.map(({ slot }) => slot));
      const infinity = [0n, 0n];
      expect([...(await keyGeneration.sessionOf(sid))].map((fact) => (typeof fact === "object" ? [...fact] : fact))).to.deep.equal([
        keyId,
        BigInt(purpose),
        2n,
        5n,
        BigInt(epoch),
        1n,
        openedAt,
        ...[0n, 0n, 0n, false, 0n],
        committee,
        ...[0n, 0n, 0n, 0n, infinity, 0n, infinity],
      ]);
      const key = await keyGeneration.keyOf(keyId);
      expect([key.purpose, key.activeEpoch, key.requester, key.session]).to.deep.equal([BigInt(purpose), 0n, alice.address, sid]);
      expect(await keyGeneration.statusOf(sid)).to.equal(STATUS.dealing);
    });

  it("gives every requester and salt a key of its own", async () => {
    const { keyGeneration, alice, bob } = await networkHelpers.loadFixture(deployed);
    const ids = [
      await keyGeneration.keyIdOf(alice.address, salt),
      await keyGeneration.keyIdOf(bob.address, salt),
      await keyGeneration.keyIdOf(alice.address, ZeroHash),
    ];
    expect(new Set(ids).size).to.equal(3);
  });

  it("names the session otherwise when a reorg changes the block before (attack 29)", async () => {
    const setup = await networkHelpers.loadFixture(deployed);
    const sids: string[] = [];
    for (const randao of [1, 2]) {
      const snapshot = await networkHelpers.takeSnapshot();
      await networkHelpers.setPrevRandao(randao);
      await networkHelpers.mine();
      sids.push((await openSession(setup)).sid);
      await snapshot.restore();
    }
    expect(sids[0]).not.to.equal(sids[1]);
  });

  it("names sessions of another deployment otherwise (attack 29)", async () => {
    const setup = await networkHelpers.loadFixture(deployed);
    const { manager, registry, alice } = setup;
    const other = await ethers.deployContract("KeyGeneration", [
      await manager.getAddress(),
      await registry.getAddress(),
      ZeroAddress,
      WINDOWS,
    ]);
    expect(await other.keyIdOf(alice.address, salt)).not.to.equal(await setup.keyGeneration.keyIdOf(alice.address, salt));
  });
});
