import { expect } from "chai";
import { network } from "hardhat";
import { BAD_POINTS, solidityPoint } from "../../fixtures/points.ts";
import { addKeepers, deployRegistry, EPOCH_DELAY, newKeyPair, postKey } from "./registryFixture.ts";

const { ethers, networkHelpers } = await network.create();

const fresh = () => deployRegistry(ethers);
const withThreeKeepers = async () => {
  const base = await fresh();
  const identities = await addKeepers(base.registry, base.operators.slice(0, 3));
  return { ...base, identities };
};
const at = (length: number): string => "x".repeat(length);
const anyKey = () => solidityPoint(newKeyPair().publicKey);

describe("KeeperRegistry: constructor", () => {
  it("keeps the authority and the delay, and has no epoch and no keeper", async () => {
    const { registry, manager } = await networkHelpers.loadFixture(fresh);
    expect(await registry.authority()).to.equal(await manager.getAddress());
    expect(await registry.minEpochDelay()).to.equal(EPOCH_DELAY);
    expect(await registry.currentEpoch()).to.equal(0);
    expect(await registry.lastEpoch()).to.equal(0);
    expect(await registry.keepers()).to.deep.equal([]);
  });
});

describe("KeeperRegistry: governance", () => {
  const governed = [
    ["addKeeper", [ethers.ZeroAddress, { x: 1n, y: 1n }, "", "", ""]],
    ["removeKeeper", [1]],
    ["setOperator", [1, ethers.ZeroAddress]],
    ["replaceStolenOperator", [1, ethers.ZeroAddress]],
    ["revokeFormerOperator", [ethers.ZeroAddress]],
    ["setIdentityKey", [1, { x: 1n, y: 1n }]],
    ["replaceStolenIdentity", [1, { x: 1n, y: 1n }]],
    ["revokeFormerIdentity", [{ x: 1n, y: 1n }]],
    ["proposeEpoch", [0]],
    ["openEpoch", [1]],
    ["cancelEpoch", [1]],
  ] as const;

  for (const [name, args] of governed)
    it(`when a stranger calls ${name}, it reverts with AccessManagedUnauthorized`, async () => {
      const { registry, mallory } = await networkHelpers.loadFixture(fresh);
      const call = registry.connect(mallory).getFunction(name)(...args);
      await expect(call).to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized").withArgs(mallory.address);
    });

  const ROLE = 7n;
  const ROLE_DELAY = 600;
  const withDelayedRole = async () => {
    const base = await withThreeKeepers();
    const alice = base.operators[5] as (typeof base.operators)[number];
    await base.manager.setTargetFunctionRole(base.address, [base.registry.interface.getFunction("removeKeeper").selector], ROLE);
    await base.manager.grantRole(ROLE, alice.address, ROLE_DELAY);
    return { ...base, alice };
  };

  it("when the role has a delay and nothing is scheduled, it reverts with AccessManagerNotScheduled", async () => {
    const { registry, manager, alice } = await networkHelpers.loadFixture(withDelayedRole);
    await expect(registry.connect(alice).removeKeeper(2)).to.be.revertedWithCustomError(manager, "AccessManagerNotScheduled");
  });

  it("when the operation is scheduled and not due, it reverts with AccessManagerNotReady", async () => {
    const { registry, manager, alice, address } = await networkHelpers.loadFixture(withDelayedRole);
    const data = registry.interface.encodeFunctionData("removeKeeper", [2]);
    await manager.connect(alice).schedule(address, data, 0);
    await networkHelpers.time.increase(ROLE_DELAY - 10);
    await expect(registry.connect(alice).removeKeeper(2)).to.be.revertedWithCustomError(manager, "AccessManagerNotReady");
  });

  it("when the operation is due, it takes effect, once", async () => {
    const { registry, manager, alice, address } = await networkHelpers.loadFixture(withDelayedRole);
    const data = registry.interface.encodeFunctionData("removeKeeper", [2]);
    await manager.connect(alice).schedule(address, data, 0);
    await networkHelpers.time.increase(ROLE_DELAY);
    await expect(manager.connect(alice).execute(address, data)).to.emit(registry, "KeeperRemoved");
    await expect(registry.connect(alice).removeKeeper(2)).to.be.revertedWithCustomError(manager, "AccessManagerNotScheduled");
  });

  it("when the operation is due, the role's holder may also call directly", async () => {
    const { registry, manager, alice, address } = await networkHelpers.loadFixture(withDelayedRole);
    await manager.connect(alice).schedule(address, registry.interface.encodeFunctionData("removeKeeper", [2]), 0);
    await networkHelpers.time.increase(ROLE_DELAY);
    await expect(registry.connect(alice).removeKeeper(2)).to.emit(registry, "KeeperRemoved");
  });

  it("when the keepers themselves act, no role is needed", async () => {
    const { registry, manager, address, operators } = await networkHelpers.loadFixture(withThreeKeepers);
    await registry.proposeEpoch(0);
    await manager.setTargetClosed(address, true);
    const keeper = operators[0] as (typeof operators)[number];
    await registry.connect(keeper).moveKeeper("https://elsewhere.example", "");
    await postKey(registry, 1, keeper);
    expect((await registry.epochKeyOf(1, 1)).x).to.not.equal(0n);
  });
});

describe("KeeperRegistry: addKeeper", () => {
  it("when the operator is the zero address, it reverts with KeeperRegistryInvalidOperator", async () => {
    const { registry } = await networkHelpers.loadFixture(fresh);
    await expect(registry.addKeeper(ethers.ZeroAddress, anyKey(), "", "", ""))
      .to.be.revertedWithCustomError(registry, "KeeperRegistryInvalidOperator")
      .withArgs(ethers.ZeroAddress);
  });

  it("when the operator is a keeper's, it reverts with KeeperRegistryInvalidOperator", async () => {
    const { registry, operators } = await networkHelpers.loadFixture(withThreeKeepers);
    await expect(registry.addKeeper(operators[1] ?? "", anyKey(), "", "", ""))
      .to.be.revertedWithCustomError(registry, "KeeperRegistryInvalidOperator")
      .withArgs(operators[1]?.address);
  });

  it("when the operator was a keeper's, it reverts with KeeperRegistryInvalidOperator", async () => {
    const { registry, operators } = await networkHelpers.loadFixture(withThreeKeepers);
    await registry.removeKeeper(1);
    await registry.setOperator(2, operators[7] ?? "");
    for (const operator of operators.slice(0, 2))
      await expect(registry.addKeeper(operator, anyKey(), "", "", "")).to.be.revertedWithCustomError(
        registry,
        "KeeperRegistryInvalidOperator",
      );
  });

  for (const [name, point] of BAD_POINTS)
    it(`attacks 25, 26: when the identity key is ${name}, it reverts with InvalidPoint`, async () => {
      const { registry, operators } = await networkHelpers.loadFixture(fresh);
      await expect(registry.addKeeper(operators[0] ?? "", point, "", "", ""))
        .to.be.revertedWithCustomError(registry, "InvalidPoint")
        .withArgs(point.x, point.y);
    });

  for (const [field, limit, texts] of [
    ["endpoint", 256, [at(257), "", ""]],
    ["peer address", 256, ["", at(257), ""]],
    ["name", 64, ["", "", at(65)]],
    ["name in bytes, not characters", 64, ["", "", "é".repeat(33)]],
  ] as const)
    it(`when the ${field} is too long, it reverts with KeeperRegistryTextTooLong`, async () => {
      const { registry, operators } = await networkHelpers.loadFixture(fresh);
      await expect(registry.addKeeper(operators[0] ?? "", anyKey(), ...texts))
        .to.be.revertedWithCustomError(registry, "KeeperRegistryTextTooLong")
        .withArgs(field === "name in bytes, not characters" ? 66 : limit + 1, limit);
    });

  it("when all 255 slots are given out, removed keepers included, it reverts with KeeperRegistryFull", async () => {
    const { registry } = await networkHelpers.loadFixture(fresh);
    const addressAt = (i: number): string => ethers.getAddress(ethers.toBeHex(0x1000 + i, 20));
    for (let i = 1; i <= 255; i++) await registry.addKeeper(addressAt(i), anyKey(), "", "", "");
    await registry.removeKeeper(3);
    await expect(registry.addKeeper(addressAt(256), anyKey(), "", "", "")).to.be.revertedWithCustomError(registry, "KeeperRegistryFull");
    const keepers = await registry.keepers();
    expect(keepers.map(({ slot }) => Number(slot))).to.deep.equal(Array.from({ length: 255 }, (_, i) => i + 1));
    expect((await registry.keeperAt(255)).operator).to.equal(addressAt(255));
  });

  it("when all is well, it gives the lowest slot never used, stores the record and emits KeeperAdded", async () => {
    const { registry, operators } = await networkHelpers.loadFixture(withThreeKeepers);
    const identity = anyKey();
    const operator = operators[3] ?? ethers.ZeroAddress;
    const texts = ["https://keeper4.example", "/dns4/keeper4.example/tcp/9000", "Keeper Four"] as const;
    await registry.removeKeeper(3);
    const added = registry.addKeeper(operator, identity, ...texts);
    await expect(added)
      .to.emit(registry, "KeeperAdded")
      .withArgs(4, operator, [identity.x, identity.y], ...texts);
    expect(await registry.slotOf(operator)).to.equal(4);
    const keeper = await registry.keeperAt(4);
    expect([...keeper]).to.deep.equal([operators[3]?.address, 4n, false, [identity.x, identity.y], ...texts]);
    expect([...(await registry.keepers())].map(({ slot }) => slot)).to.deep.equal([1n, 2n, 3n, 4n]);
  });

  it("when all is well, it accepts texts of exactly the limit, and an empty peer address", async () => {
    const { registry, operators } = await networkHelpers.loadFixture(fresh);
    await registry.addKeeper(operators[0] ?? "", anyKey(), at(256), at(256), at(64));
    await registry.addKeeper(operators[1] ?? "", anyKey(), at(256), "", at(64));
    expect((await registry.keeperAt(1)).peerAddress).to.have.length(256);
    expect((await registry.keeperAt(2)).peerAddress).to.equal("");
  });
});

describe("KeeperRegistry: removeKeeper", () => {
  for (const slot of [0, 4, 255])
    it(`when there is no keeper at slot ${slot}, it reverts with KeeperRegistryUnknownKeeper`, async () => {
      const { registry } = await networkHelpers.loadFixture(withThreeKeepers);
      await expect(registry.removeKeeper(slot)).to.be.revertedWithCustomError(registry, "KeeperRegistryUnknownKeeper").withArgs(slot);
    });

  it("when it is removed already, it reverts with KeeperRegistryUnknownKeeper", async () => {
    const { registry } = await networkHelpers.loadFixture(withThreeKeepers);
    await registry.removeKeeper(2);
    await expect(registry.removeKeeper(2)).to.be.revertedWithCustomError(registry, "KeeperRegistryUnknownKeeper").withArgs(2);
  });

  it("when there is, it marks the record, emits KeeperRemoved and gives the slot to nobody again", async () => {
    const { registry, operators } = await networkHelpers.loadFixture(withThreeKeepers);
    await expect(registry.removeKeeper(3)).to.emit(registry, "KeeperRemoved").withArgs(3, operators[2]);
    expect((await registry.keeperAt(3)).removed).to.equal(true);
    expect(await registry.removedKeepers()).to.equal(0b1000n);
    expect(await registry.slotOf(operators[2] ?? "")).to.equal(3);
    await registry.addKeeper(operators[3] ?? "", anyKey(), "", "", "");
    expect(await registry.slotOf(operators[3] ?? "")).to.equal(4);
  });
});

describe("KeeperRegistry: moveKeeper", () => {
  it("when the caller is not a keeper's operator, it reverts with KeeperRegistryNotKeeper", async () => {
    const { registry, mallory, council } = await networkHelpers.loadFixture(withThreeKeepers);
    for (const caller of [mallory, council])
      await expect(registry.connect(caller).moveKeeper("", ""))
        .to.be.revertedWithCustomError(registry, "KeeperRegistryNotKeeper")
        .withArgs(caller.address);
  });

  it("when the caller was a keeper's operator, or its keeper is removed, it reverts with KeeperRegistryNotKeeper", async () => {
    const { registry, operators } = await networkHelpers.loadFixture(withThreeKeepers);
    const [former, removed] = operators as [(typeof operators)[number], (typeof operators)[number]];
    await registry.setOperator(1, operators[7] ?? "");
    await registry.removeKeeper(2);
    for (const caller of [former, removed])
      await expect(registry.connect(caller).moveKeeper("", "")).to.be.revertedWithCustomError(registry, "KeeperRegistryNotKeeper");
  });

  for (const texts of [
    [at(257), ""],
    ["", at(257)],
  ] as const)
    it(`when ${texts[0] === "" ? "the peer address" : "the endpoint"} is too long, it reverts with KeeperRegistryTextTooLong`, async () => {
      const { registry, operators } = await networkHelpers.loadFixture(withThreeKeepers);
      await expect(registry.connect(operators[0]).moveKeeper(...texts))
        .to.be.revertedWithCustomError(registry, "KeeperRegistryTextTooLong")
        .withArgs(257, 256);
    });

  it("when all is well, it stores both and emits KeeperMoved", async () => {
    const { registry, operators } = await networkHelpers.loadFixture(withThreeKeepers);
    const texts = ["https://moved.example", "/ip4/192.0.2.1/tcp/1"] as const;
    await expect(registry.connect(operators[1]).moveKeeper(...texts))
      .to.emit(registry, "KeeperMoved")
      .withArgs(2, ...texts);
    const keeper = await registry.keeperAt(2);
    expect([keeper.endpoint, keeper.peerAddress, keeper.name]).to.deep.equal([...texts, "keeper"]);
  });
});

describe("KeeperRegistry: setOperator", () => {
  it("when there is no such keeper, it reverts with KeeperRegistryUnknownKeeper", async () => {
    const { registry, operators } = await networkHelpers.loadFixture(withThreeKeepers);
    await registry.removeKeeper(3);
    for (const slot of [0, 3, 4])
      await expect(registry.setOperator(slot, operators[7] ?? ""))
        .to.be.revertedWithCustomError(registry, "KeeperRegistryUnknownKeeper")
        .withArgs(slot);
  });

  it("when the address is zero, another keeper's, another keeper's of old, or the same, it reverts with KeeperRegistryInvalidOperator", async () => {
    const { registry, operators } = await networkHelpers.loadFixture(withThreeKeepers);
    await registry.setOperator(3, operators[7] ?? "");
    const [same, other, ofOld] = operators.map(({ address }) => address);
    for (const address of [ethers.ZeroAddress, same, other, ofOld])
      await expect(registry.setOperator(1, address ?? ""))
        .to.be.revertedWithCustomError(registry, "KeeperRegistryInvalidOperator")
        .withArgs(address);
  });

  it("when all is well, it emits KeeperOperatorChanged; both addresses stay with the slot", async () => {
    const { registry, operators } = await networkHelpers.loadFixture(withThreeKeepers);
    await expect(registry.setOperator(2, operators[7] ?? ""))
      .to.emit(registry, "KeeperOperatorChanged")
      .withArgs(2, operators[7]);
    expect((await registry.keeperAt(2)).operator).to.equal(operators[7]?.address);
    expect(await registry.slotOf(operators[7] ?? "")).to.equal(2);
    expect(await registry.slotOf(operators[1] ?? "")).to.equal(2);
  });

  it("when all is well, it lets a former operator of the same slot return", async () => {
    const { registry, operators } = await networkHelpers.loadFixture(withThreeKeepers);
    await registry.setOperator(2, operators[7] ?? "");
    await registry.setOperator(2, operators[1] ?? "");
    expect((await registry.keeperAt(2)).operator).to.equal(operators[1]?.address);
  });

  it("when an epoch is pending, it leaves the key that was posted for it, and the successor posts none (attack 50)", async () => {
    const { registry, operators } = await networkHelpers.loadFixture(withThreeKeepers);
    const [, former] = operators as [unknown, (typeof operators)[number]];
    const successor = operators[7] as (typeof operators)[number];
    await registry.proposeEpoch(0);
    const pair = await postKey(registry, 1, former);
    await registry.setOperator(2, successor);
    expect((await registry.epochKeyOf(1, 2)).x).to.equal(solidityPoint(pair.publicKey).x);
    await expect(postKey(registry, 1, successor))
      .to.be.revertedWithCustomError(registry, "KeeperRegistryNotKeeper")
      .withArgs(successor.address);
  });
});

describe("KeeperRegistry: setIdentityKey", () => {
  it("when there is no such keeper, it reverts with KeeperRegistryUnknownKeeper", async () => {
    const { registry } = await networkHelpers.loadFixture(withThreeKeepers);
    await registry.removeKeeper(3);
    for (const slot of [0, 3, 4])
      await expect(registry.setIdentityKey(slot, anyKey()))
        .to.be.revertedWithCustomError(registry, "KeeperRegistryUnknownKeeper")
        .withArgs(slot);
  });

  for (const [name, point] of BAD_POINTS)
    it(`attacks 25, 26: when the key is ${name}, it reverts with InvalidPoint`, async () => {
      const { registry } = await networkHelpers.loadFixture(withThreeKeepers);
      await expect(registry.setIdentityKey(1, point)).to.be.revertedWithCustomError(registry, "InvalidPoint");
    });

  it("when all is well, it emits KeeperIdentityChanged", async () => {
    const { registry } = await networkHelpers.loadFixture(withThreeKeepers);
    const identity = anyKey();
    await expect(registry.setIdentityKey(1, identity)).to.emit(registry, "KeeperIdentityChanged").withArgs(1, [identity.x, identity.y]);
    expect([...(await registry.keeperAt(1)).identityKey]).to.deep.equal([identity.x, identity.y]);
  });
});
