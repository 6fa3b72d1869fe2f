import { backend, CURVE_ORDER, G, SecretScalar } from "@keyquorum/threshold";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { network } from "hardhat";
import { BAD_POINTS, BAD_PROOF_SCALARS, solidityPoint } from "../../fixtures/points.ts";
import { abiHash, domainTag } from "../../fixtures/preimages.ts";
import { addKeepers, deployRegistry, EPOCH_DELAY, type KeyPair, newKeyPair, postKey, proveEpochKey } from "./registryFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture, time } = networkHelpers;

const STATUS = { unknown: 0n, proposed: 1n, open: 2n, cancelled: 3n };

/** Five keepers and a proposed epoch 1. */
const proposed = async () => {
  const base = await deployRegistry(ethers);
  const operators = base.operators.slice(0, 5) as [
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
  ];
  const identities = (await addKeepers(base.registry, operators)) as [KeyPair, KeyPair, KeyPair, KeyPair, KeyPair];
  await base.registry.proposeEpoch(0);
  return { ...base, operators, spare: base.operators[6] as HardhatEthersSigner, identities };
};

/** Epoch 1 is open; keepers 1, 2 and 4 are its members. */
const opened = async () => {
  const base = await proposed();
  const [one, two, , four] = base.operators;
  const keys = [await postKey(base.registry, 1, one), await postKey(base.registry, 1, two), await postKey(base.registry, 1, four)];
  await time.increase(EPOCH_DELAY);
  await base.registry.openEpoch(1);
  return { ...base, keys };
};

/** Epochs 1 open, 2 cancelled. 3 is unknown. */
const settled = async () => {
  const base = await opened();
  await base.registry.proposeEpoch(0);
  await base.registry.cancelEpoch(2);
  return base;
};
const NOT_PROPOSED = [
  ["unknown", 3, STATUS.unknown],
  ["never", 0, STATUS.unknown],
  ["open", 1, STATUS.open],
  ["cancelled", 2, STATUS.cancelled],
] as const;

const words = (point: { x: bigint; y: bigint }): [bigint, bigint] => [point.x, point.y];

describe("KeeperRegistry: proposeEpoch", () => {
  it("when an epoch is proposed already, it reverts with KeeperRegistryEpochPending", async () => {
    const { registry } = await loadFixture(proposed);
    await expect(registry.proposeEpoch(0)).to.be.revertedWithCustomError(registry, "KeeperRegistryEpochPending").withArgs(1);
  });

  it("when none is, it takes the next number, emits EpochProposed, and the status is Proposed", async () => {
    const { registry } = await loadFixture(opened);
    const opensAt = BigInt(await time.latest()) + 100n + EPOCH_DELAY;
    await time.setNextBlockTimestamp(opensAt - EPOCH_DELAY);
    await expect(registry.proposeEpoch(0)).to.emit(registry, "EpochProposed").withArgs(2, opensAt, 0b111110n);
    expect(await registry.opensAt(2)).to.equal(opensAt);
    expect(await registry.statusOf(2)).to.equal(STATUS.proposed);
    expect(await registry.lastEpoch()).to.equal(2);
    expect(await registry.currentEpoch()).to.equal(1);
  });
});

describe("KeeperRegistry: postEpochKey", () => {
  const namesOf = async ({ chainId, address, operators }: Awaited<ReturnType<typeof proposed>>) => ({
    chainId,
    registry: address,
    epoch: 1,
    slot: 1,
    operator: operators[0].address,
  });

  it("when the caller is no candidate's operator, or its keeper is removed, it reverts with KeeperRegistryNotKeeper", async () => {
    const { registry, operators, mallory, spare, council } = await loadFixture(proposed);
    await registry.setOperator(1, spare);
    await registry.removeKeeper(2);
    await addKeepers(registry, [council]); // admitted after the proposal
    for (const caller of [mallory, spare, operators[1], council])
      await expect(registry.connect(caller).postEpochKey(1, solidityPoint(G), { c: 1n, z: 1n }))
        .to.be.revertedWithCustomError(registry, "KeeperRegistryNotKeeper")
        .withArgs(caller.address);
  });

  for (const [name, epoch, status] of NOT_PROPOSED)
    it(`when the epoch is ${name}, it reverts with KeeperRegistryEpochNotProposed`, async () => {
      const base = await loadFixture(settled);
      const pair = newKeyPair();
      const proof = proveEpochKey(pair, { ...(await namesOf(base)), epoch });
      await expect(base.registry.connect(base.operators[0]).postEpochKey(epoch, solidityPoint(pair.publicKey), proof))
        .to.be.revertedWithCustomError(base.registry, "KeeperRegistryEpochNotProposed")
        .withArgs(epoch, status);
    });

  it("when the keeper has posted a key already, it reverts with KeeperRegistryKeyAlreadyPosted", async () => {
    const base = await loadFixture(proposed);
    await postKey(base.registry, 1, base.operators[0]);
    const pair = newKeyPair();
    const call = base.registry
      .connect(base.operators[0])
      .postEpochKey(1, solidityPoint(pair.publicKey), proveEpochKey(pair, await namesOf(base)));
    await expect(call).to.be.revertedWithCustomError(base.registry, "KeeperRegistryKeyAlreadyPosted").withArgs(1, 1);
  });

  for (const [name, point] of BAD_POINTS)
    it(`attacks 25, 26: when the key is ${name}, it reverts with InvalidPoint`, async () => {
      const base = await loadFixture(proposed);
      const proof = proveEpochKey(newKeyPair(), await namesOf(base));
      await expect(base.registry.connect(base.operators[0]).postEpochKey(1, point, proof))
        .to.be.revertedWithCustomError(base.registry, "InvalidPoint")
        .withArgs(point.x, point.y);
    });

  for (const field of ["c", "z"] as const)
    for (const [name, change] of BAD_PROOF_SCALARS)
      it(`attacks 28, 39: when ${field} is ${name}, it reverts with KeeperRegistryInvalidProof`, async () => {
        const base = await loadFixture(proposed);
        const pair = newKeyPair();
        const proof = proveEpochKey(pair, await namesOf(base));
        const call = base.registry
          .connect(base.operators[0])
          .postEpochKey(1, solidityPoint(pair.publicKey), { ...proof, [field]: change(proof[field]) });
        await expect(call).to.be.revertedWithCustomError(base.registry, "KeeperRegistryInvalidProof").withArgs(1, 1);
      });

  it("attack 39: a key with the other y is refused", async () => {
    const base = await loadFixture(proposed);
    const pair = newKeyPair();
    const proof = proveEpochKey(pair, await namesOf(base));
    const call = base.registry.connect(base.operators[0]).postEpochKey(1, solidityPoint(pair.publicKey.negate()), proof);
    await expect(call).to.be.revertedWithCustomError(base.registry, "KeeperRegistryInvalidProof");
  });

  it("attack 19: a key related to another keeper's is refused", async () => {
    const base = await loadFixture(proposed);
    const [alice, mallory] = base.operators;
    const pair = newKeyPair();
    const own = { ...(await namesOf(base)), slot: 2, operator: mallory.address };
    const proof = proveEpochKey(pair, { ...own, slot: 1, operator: alice.address });
    await base.registry.connect(alice).postEpochKey(1, solidityPoint(pair.publicKey), proof);
    const shift = 5n;
    const related = solidityPoint(pair.publicKey.add(backend.mulG(shift)));
    const forgeries = [
      { c: proof.c, z: (proof.z + proof.c * shift) % CURVE_ORDER }, // right if the challenge did not bind the key
      proveEpochKey({ ...pair, secret: SecretScalar.from(shift) }, own), // what mallory does know
    ];
    for (const forged of forgeries)
      await expect(base.registry.connect(mallory).postEpochKey(1, related, forged)).to.be.revertedWithCustomError(
        base.registry,
        "KeeperRegistryInvalidProof",
      );
  });

  it("attack 19: another keeper's key with its proof is refused", async () => {
    const base = await loadFixture(proposed);
    const [alice, mallory] = base.operators;
    const pair = newKeyPair();
    const proof = proveEpochKey(pair, await namesOf(base));
    await base.registry.connect(alice).postEpochKey(1, solidityPoint(pair.publicKey), proof);
    await expect(base.registry.connect(mallory).postEpochKey(1, solidityPoint(pair.publicKey), proof))
      .to.be.revertedWithCustomError(base.registry, "KeeperRegistryInvalidProof")
      .withArgs(1, 2);
  });

  for (const [name, change] of [
    ["epoch", { epoch: 2 }],
    ["slot", { slot: 2 }],
    ["operator", { operator: "0x00000000000000000000000000000000000000aa" }],
    ["registry", { registry: "0x00000000000000000000000000000000000000aa" }],
    ["chain", { chainId: 1n }],
  ] as const)
    it(`attack 29: a proof made for another ${name} is refused, the right one is taken`, async () => {
      const base = await loadFixture(proposed);
      const names = await namesOf(base);
      const pair = newKeyPair();
      const post = (proof: { c: bigint; z: bigint }) =>
        base.registry.connect(base.operators[0]).postEpochKey(1, solidityPoint(pair.publicKey), proof);
      await expect(post(proveEpochKey(pair, { ...names, ...change }))).to.be.revertedWithCustomError(
        base.registry,
        "KeeperRegistryInvalidProof",
      );
      await expect(post(proveEpochKey(pair, names))).to.emit(base.registry, "EpochKeyPosted");
    });

  it("attack 29: a proof taken on one chain is refused by the same registry on another", async () => {
    const base = await loadFixture(proposed);
    const pair = newKeyPair();
    const proof = proveEpochKey(pair, await namesOf(base));
    const fork = await network.create({ override: { chainId: 31338 } });
    const twin = await deployRegistry(fork.ethers);
    await addKeepers(twin.registry, twin.operators.slice(0, 5));
    await twin.registry.proposeEpoch(0);
    expect([twin.address, twin.operators[0]?.address]).to.deep.equal([base.address, base.operators[0].address]);
    expect(twin.chainId).to.not.equal(base.chainId);
    const call = twin.registry.connect(twin.operators[0]).postEpochKey(1, solidityPoint(pair.publicKey), proof);
    await expect(call).to.be.revertedWithCustomError(twin.registry, "KeeperRegistryInvalidProof");
  });

  it("when all is well, it stores the key and emits EpochKeyPosted", async () => {
    const base = await loadFixture(proposed);
    const pair = newKeyPair();
    const key = solidityPoint(pair.publicKey);
    const call = base.registry.connect(base.operators[0]).postEpochKey(1, key, proveEpochKey(pair, await namesOf(base)));
    await expect(call).to.emit(base.registry, "EpochKeyPosted").withArgs(1, 1, words(key));
    expect([...(await base.registry.epochKeyOf(1, 1))]).to.deep.equal(words(key));
    expect([...(await base.registry.epochKeyOf(2, 1))]).to.deep.equal([0n, 0n]);
  });
});

describe("KeeperRegistry: openEpoch", () => {
  for (const [name, epoch, status] of NOT_PROPOSED)
    it(`when the epoch is ${name}, it reverts with KeeperRegistryEpochNotProposed`, async () => {
      const { registry } = await loadFixture(settled);
      await expect(registry.openEpoch(epoch))
        .to.be.revertedWithCustomError(registry, "KeeperRegistryEpochNotProposed")
        .withArgs(epoch, status);
    });

  it("when the delay is not over, it reverts with KeeperRegistryTooEarly, up to the last second", async () => {
    const { registry, operators } = await loadFixture(proposed);
    for (const operator of operators) await postKey(registry, 1, operator);
    const opensAt = await registry.opensAt(1);
    await time.setNextBlockTimestamp(opensAt - 1n);
    await expect(registry.openEpoch(1)).to.be.revertedWithCustomError(registry, "KeeperRegistryTooEarly").withArgs(1, opensAt);
    await time.setNextBlockTimestamp(opensAt);
    await expect(registry.openEpoch(1)).to.emit(registry, "EpochOpened");
  });

  it("when fewer than 3 keepers have posted a key, it reverts with KeeperRegistryBadMemberCount", async () => {
    const { registry, operators } = await loadFixture(proposed);
    await time.increase(EPOCH_DELAY);
    await expect(registry.openEpoch(1)).to.be.revertedWithCustomError(registry, "KeeperRegistryBadMemberCount").withArgs(0);
    for (const operator of operators.slice(0, 2)) await postKey(registry, 1, operator);
    await expect(registry.openEpoch(1)).to.be.revertedWithCustomError(registry, "KeeperRegistryBadMemberCount").withArgs(2);
    await postKey(registry, 1, operators[4]);
    await expect(registry.openEpoch(1)).to.emit(registry, "EpochOpened");
  });

  it("when all is well, it admits the candidates with keys, leaves out the silent, and emits EpochOpened", async () => {
    const { registry, operators, identities } = await loadFixture(proposed);
    const [one, two, , four] = operators; // keepers 3 and 5 stay silent
    const keys = new Map<number, KeyPair>();
    for (const [slot, operator] of [
      [1, one],
      [2, two],
      [4, four],
    ] as const)
      keys.set(slot, await postKey(registry, 1, operator));
    await time.increase(EPOCH_DELAY);
    const bitmap = 0b10110n;
    await expect(registry.openEpoch(1))
      .to.emit(registry, "EpochOpened")
      .withArgs(1, bitmap, (root: string) => root.length === 66);

    const expected = [1, 2, 4].map((slot) => [
      BigInt(slot),
      operators[slot - 1]?.address,
      words(solidityPoint(keys.get(slot)?.publicKey ?? G)),
      words(solidityPoint(identities[slot - 1]?.publicKey ?? G)),
    ]);
    expect(await registry.membersOf(1)).to.equal(bitmap);
    expect((await registry.committeeOf(1)).map((member) => [...member])).to.deep.equal(expected);
    expect([...(await registry.memberOf(1, 4))]).to.deep.equal(expected[2]);
  });

  it("when all is well, it commits to the members as PROTOCOL section 6.3 says", async () => {
    const { registry, chainId, address } = await loadFixture(opened);
    let root = abiHash(["bytes32", "uint256", "address", "uint32"], [domainTag("committee"), chainId, address, 1]);
    for (const { slot, operator, encryptionKey, identityKey } of await registry.committeeOf(1))
      root = abiHash(
        ["bytes32", "bytes32", "uint8", "address", "uint256", "uint256", "uint256", "uint256"],
        [domainTag("member"), root, slot, operator, ...encryptionKey, ...identityKey],
      );
    expect(await registry.committeeRootOf(1)).to.equal(root);
  });

  it("when all is well, it makes the epoch the current one, and immutable", async () => {
    const { registry, operators, spare } = await loadFixture(opened);
    expect(await registry.statusOf(1)).to.equal(STATUS.open);
    expect(await registry.currentEpoch()).to.equal(1);
    const before = [await registry.committeeOf(1), await registry.membersOf(1), await registry.committeeRootOf(1)];

    await registry.removeKeeper(1);
    await registry.setOperator(2, spare);
    await registry.setIdentityKey(4, solidityPoint(G));
    await registry.connect(operators[3]).moveKeeper("https://elsewhere.example", "");
    expect([await registry.committeeOf(1), await registry.membersOf(1), await registry.committeeRootOf(1)]).to.deep.equal(before);
    expect((await registry.memberOf(1, 2)).operator).to.equal(operators[1].address);
  });

  it("changes of operator and identity key are in the next epoch, removals leave it", async () => {
    const { registry, operators, spare } = await loadFixture(opened);
    await registry.removeKeeper(1);
    await registry.setOperator(2, spare);
    await registry.setIdentityKey(4, solidityPoint(G));
    await registry.proposeEpoch(0);
    for (const operator of [spare, operators[2], operators[3]]) await postKey(registry, 2, operator);
    await time.increase(EPOCH_DELAY);
    await registry.openEpoch(2);
    expect(await registry.membersOf(2)).to.equal(0b11100n);
    expect((await registry.memberOf(2, 2)).operator).to.equal(spare.address);
    expect([...(await registry.memberOf(2, 4)).identityKey]).to.deep.equal(words(solidityPoint(G)));
    expect(await registry.committeeRootOf(2)).to.not.equal(await registry.committeeRootOf(1));
  });

  it("it takes 64 members within a block's gas, and no 65th", async () => {
    const { registry } = await deployRegistry(ethers);
    const signers: HardhatEthersSigner[] = [];
    for (let i = 0; i < 65; i++) {
      const address = ethers.toBeHex(0x2000 + i, 20);
      await networkHelpers.setBalance(address, 10n ** 18n);
      signers.push(await ethers.getImpersonatedSigner(address));
    }
    await addKeepers(registry, signers);
    const all = 2n ** 66n - 2n;
    for (const slots of [0n, all])
      await expect(registry.proposeEpoch(slots)).to.be.revertedWithCustomError(registry, "KeeperRegistryBadMemberCount").withArgs(65);
    const proposal = await (await registry.proposeEpoch(all - 2n)).wait(); // without slot 1
    for (const signer of signers.slice(1)) await postKey(registry, 1, signer);
    await time.increase(EPOCH_DELAY);
    const opening = await (await registry.openEpoch(1)).wait();
    console.log(`      gas with 64 members: proposeEpoch ${proposal?.gasUsed}, openEpoch ${opening?.gasUsed}`);
    for (const receipt of [proposal, opening]) expect(receipt?.gasUsed).to.be.lessThan(2n ** 24n);
    expect(await registry.committeeOf(1)).to.have.length(64);
  });
});

describe("KeeperRegistry: cancelEpoch", () => {
  for (const [name, epoch, status] of NOT_PROPOSED)
    it(`when the epoch is ${name}, it reverts with KeeperRegistryEpochNotProposed`, async () => {
      const { registry } = await loadFixture(settled);
      await expect(registry.cancelEpoch(epoch))
        .to.be.revertedWithCustomError(registry, "KeeperRegistryEpochNotProposed")
        .withArgs(epoch, status);
    });

  it("when it is proposed, it emits EpochCancelled, and the number is not used again", async () => {
    const { registry } = await loadFixture(proposed);
    await expect(registry.cancelEpoch(1)).to.emit(registry, "EpochCancelled").withArgs(1);
    expect(await registry.statusOf(1)).to.equal(STATUS.cancelled);
    await expect(registry.proposeEpoch(0))
      .to.emit(registry, "EpochProposed")
      .withArgs(2, (at: bigint) => at > 0n, 0b111110n);
    expect(await registry.lastEpoch()).to.equal(2);
    expect(await registry.currentEpoch()).to.equal(0);
  });
});

describe("KeeperRegistry: views", () => {
  it("statusOf does not change with time alone", async () => {
    const { registry } = await loadFixture(settled);
    await registry.proposeEpoch(0);
    await time.increase(10n * EPOCH_DELAY);
    const statuses = await Promise.all([0, 1, 2, 3, 4].map((epoch) => registry.statusOf(epoch)));
    expect(statuses).to.deep.equal([STATUS.unknown, STATUS.open, STATUS.cancelled, STATUS.proposed, STATUS.unknown]);
  });

  it("attack 24: memberOf reverts with KeeperRegistryNotMember for slot 0, a stranger's slot and an epoch that is not open", async () => {
    const { registry, operators } = await loadFixture(settled);
    await registry.proposeEpoch(0);
    await postKey(registry, 3, operators[0]);
    for (const [epoch, slot] of [
      [1, 0],
      [1, 3],
      [1, 6],
      [1, 255],
      [0, 1],
      [2, 1],
      [3, 1],
      [4, 1],
    ] as const)
      await expect(registry.memberOf(epoch, slot)).to.be.revertedWithCustomError(registry, "KeeperRegistryNotMember").withArgs(epoch, slot);
  });

  it("membersOf, committeeOf and committeeRootOf are empty for an epoch that is not open", async () => {
    const { registry } = await loadFixture(settled);
    await registry.proposeEpoch(0);
    for (const epoch of [0, 2, 3, 4]) {
      expect(await registry.membersOf(epoch)).to.equal(0n);
      expect(await registry.committeeOf(epoch)).to.deep.equal([]);
      expect(await registry.committeeRootOf(epoch)).to.equal(ethers.ZeroHash);
    }
  });

  it("slotIn is the slot of the epoch's own operator, whatever changes later, and 0 for everybody else", async () => {
    const { registry, operators, spare, mallory } = await loadFixture(opened);
    const [one, two, silent, four] = operators;
    await registry.removeKeeper(1);
    await registry.setOperator(2, spare);
    await registry.proposeEpoch(0);
    for (const operator of [spare, silent, four]) await postKey(registry, 2, operator);
    const slotsIn = (epoch: number) => Promise.all([one, two, silent, four, spare, mallory].map((who) => registry.slotIn(epoch, who)));
    expect(await slotsIn(1)).to.deep.equal([1n, 2n, 0n, 4n, 0n, 0n]);
    expect(await slotsIn(2)).to.deep.equal([0n, 0n, 0n, 0n, 0n, 0n]);
    await time.increase(EPOCH_DELAY);
    await registry.openEpoch(2);
    expect(await slotsIn(1)).to.deep.equal([1n, 2n, 0n, 4n, 0n, 0n]);
    expect(await slotsIn(2)).to.deep.equal([0n, 0n, 3n, 4n, 2n, 0n]);
    expect(await registry.slotIn(1, ethers.ZeroAddress)).to.equal(0);
  });

  it("slotOf and keeperAt are zero for strangers", async () => {
    const { registry, mallory } = await loadFixture(proposed);
    expect(await registry.slotOf(mallory)).to.equal(0);
    expect((await registry.keeperAt(0)).slot).to.equal(0);
    expect((await registry.keeperAt(200)).operator).to.equal(ethers.ZeroAddress);
  });
});
