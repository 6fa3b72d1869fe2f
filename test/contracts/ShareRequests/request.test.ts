import { G } from "@keyquorum/threshold";
import { expect } from "chai";
import { network } from "hardhat";
import { keyRecord } from "../../fixtures/dealtKey.ts";
import { BAD_POINTS, solidityPoint } from "../../fixtures/points.ts";
import { rollDice } from "../../random/dice.ts";
import { publication, sealVersion } from "../DocumentRegistry/documentFixture.ts";
import { deployRequests, LIFETIME, makeAnswer, makeRequest, newReader, requestIdOf, type Statement } from "./requestFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture, time } = networkHelpers;

const deployed = () => deployRequests(ethers);
const NONE = ethers.ZeroHash;

describe("ShareRequests: constructor", () => {
  for (const lifetime of [0, 59])
    it(`when the lifetime is ${lifetime} s, it reverts with RequestTooShort`, async () => {
      const { manager, registry, requests } = await loadFixture(deployed);
      const made = ethers.deployContract("ShareRequests", [manager, registry, registry, registry, lifetime]);
      await expect(made).to.be.revertedWithCustomError(requests, "RequestTooShort").withArgs(lifetime, 60);
    });

  it("when it is a minute or more, it keeps the authority and the lifetime; the price is 0", async () => {
    const { manager, registry, requests } = await loadFixture(deployed);
    expect(await requests.authority()).to.equal(await manager.getAddress());
    expect(await requests.requestLifetime()).to.equal(LIFETIME);
    expect(await requests.price()).to.equal(0);
    expect(await requests.requestCount()).to.equal(0);
    const shortest = await ethers.deployContract("ShareRequests", [manager, registry, registry, registry, 60]);
    expect(await shortest.requestLifetime()).to.equal(60);
  });
});

describe("ShareRequests: request", () => {
  it("when governance has closed the contract, it reverts with AccessManagedUnauthorized; answers and decisions continue", async () => {
    const base = await loadFixture(deployed);
    const { requests, bob, sealed, manager, address, key, keeper } = base;
    const made = await makeRequest(base);
    await manager.setTargetClosed(address, true);
    await expect(requests.connect(bob).request(sealed.document, sealed.headerHash, newReader().point, NONE))
      .to.be.revertedWithCustomError(requests, "AccessManagedUnauthorized")
      .withArgs(bob.address);
    for (const held of key.shares.slice(0, 3))
      await requests.connect(keeper).answer(made.requestId, made.statement, makeAnswer({ key, held, sealed, ...made }).answer);
    expect(await requests.statusOf(made.requestId)).to.equal(2);
    expect(await requests.decide(sealed.document, sealed.headerHash, ethers.ZeroAddress, bob, NONE)).to.equal(1);
  });

  it("when governance has not opened it to everybody, it reverts with AccessManagedUnauthorized", async () => {
    const { requests, bob, sealed, manager, address } = await loadFixture(deployed);
    await manager.setTargetFunctionRole(address, [requests.interface.getFunction("request").selector], 5);
    const call = requests.connect(bob).request(sealed.document, sealed.headerHash, newReader().point, NONE);
    await expect(call).to.be.revertedWithCustomError(requests, "AccessManagedUnauthorized");
  });

  for (const [name, point] of BAD_POINTS)
    it(`attacks 25, 26: when the reader key is ${name}, it reverts with InvalidPoint`, async () => {
      const { requests, bob, sealed } = await loadFixture(deployed);
      await expect(requests.connect(bob).request(sealed.document, sealed.headerHash, point, NONE))
        .to.be.revertedWithCustomError(requests, "InvalidPoint")
        .withArgs(point.x, point.y);
    });

  it("when the document is not published, it reverts with RequestUnknownDocument", async () => {
    const { requests, bob, sealed } = await loadFixture(deployed);
    const stray = ethers.id("stray");
    await expect(requests.connect(bob).request(stray, sealed.headerHash, newReader().point, NONE))
      .to.be.revertedWithCustomError(requests, "RequestUnknownDocument")
      .withArgs(stray, sealed.headerHash);
  });

  it("when the version is unknown, it reverts with RequestUnknownDocument", async () => {
    const { requests, bob, document, sealed, key } = await loadFixture(deployed);
    const { headerHash } = sealVersion(key, sealed);
    await expect(requests.connect(bob).request(document, headerHash, newReader().point, NONE))
      .to.be.revertedWithCustomError(requests, "RequestUnknownDocument")
      .withArgs(document, headerHash);
  });

  it("when the version is withdrawn, it reverts with RequestUnknownDocument", async () => {
    const { requests, alice, bob, sealed, registry } = await loadFixture(deployed);
    await registry.connect(alice).withdrawVersion(sealed.document, sealed.headerHash);
    const call = requests.connect(bob).request(sealed.document, sealed.headerHash, newReader().point, NONE);
    await expect(call).to.be.revertedWithCustomError(requests, "RequestUnknownDocument");
  });

  for (const [name, overrides] of [
    ["not active", { activeEpoch: 0 }],
    ["for Schnorr", { purpose: 1 }],
    ["for Ecdsa", { purpose: 2 }],
    ["for Ibe", { purpose: 3 }],
  ] as const)
    it(`when the key is ${name}, it reverts with UnusableKey`, async () => {
      const { requests, bob, sealed, keyGeneration, key } = await loadFixture(deployed);
      await keyGeneration.setKey(key.keyId, keyRecord(key, overrides));
      await expect(requests.connect(bob).request(sealed.document, sealed.headerHash, newReader().point, NONE))
        .to.be.revertedWithCustomError(requests, "UnusableKey")
        .withArgs(key.keyId);
    });

  it("when value is sent, it reverts with RequestWrongFee", async () => {
    const { requests, bob, sealed } = await loadFixture(deployed);
    await expect(requests.connect(bob).request(sealed.document, sealed.headerHash, newReader().point, NONE, { value: 1n }))
      .to.be.revertedWithCustomError(requests, "RequestWrongFee")
      .withArgs(1, 0);
  });

  it("when the permissions contract does not say yes, it reverts with RequestDenied", async () => {
    const { requests, alice, bob, mallory, sealed, grants } = await loadFixture(deployed);
    const ask = (reader: typeof bob) => requests.connect(reader).request(sealed.document, sealed.headerHash, newReader().point, NONE);
    await expect(ask(mallory)).to.be.revertedWithCustomError(requests, "RequestDenied").withArgs(sealed.document, mallory.address);
    await grants.connect(alice).revoke(sealed.document, bob);
    await expect(ask(bob)).to.be.revertedWithCustomError(requests, "RequestDenied");
    await expect(ask(alice)).to.emit(requests, "SharesRequested");
  });

  it("when all is well, it stores the request, counts it and emits SharesRequested", async () => {
    const { requests, bob, sealed, key, chainId, address, document } = await loadFixture(deployed);
    const { point } = newReader();
    const contextHash = ethers.id("context");
    const now = BigInt(await time.latest()) + 10n;
    const statement = { number: 1n, document, headerHash: sealed.headerHash, requester: bob.address, readerKey: point, contextHash };
    const requestId = requestIdOf(chainId, address, statement);
    await time.setNextBlockTimestamp(now);
    await expect(requests.connect(bob).request(document, sealed.headerHash, point, contextHash))
      .to.emit(requests, "SharesRequested")
      .withArgs(requestId, document, bob, 1, key.keyId, key.epoch, sealed.headerHash, [point.x, point.y], contextHash, now + LIFETIME);
    const facts = [...(await requests.requestOf(requestId))];
    expect(facts).to.deep.equal([key.keyId, now + LIFETIME, BigInt(key.epoch), 3n, 0n, 0n, false, 0n]);
    expect(await requests.requestCount()).to.equal(1);
    expect(await requests.statusOf(requestId)).to.equal(1);
  });

  it("attack 27: its id is that of PROTOCOL section 5.1, for random input", async () => {
    const { requests, chainId, address } = await loadFixture(deployed);
    const dice = rollDice("request ids");
    for (let i = 0; i < 50; i++) {
      const statement: Statement = {
        number: BigInt(dice.hex(8)),
        document: dice.hex(32),
        headerHash: dice.hex(32),
        requester: ethers.getAddress(dice.hex(20)),
        readerKey: { x: BigInt(dice.hex(32)), y: BigInt(dice.hex(32)) },
        contextHash: dice.hex(32),
      };
      expect(await requests.requestIdOf(statement)).to.equal(requestIdOf(chainId, address, statement));
    }
  });

  it("attack 29: its id differs from registry to registry and from chain to chain", async () => {
    const base = await loadFixture(deployed);
    const { statement, requestId } = await makeRequest(base);
    const twin = await ethers.deployContract("ShareRequests", [base.manager, base.registry, base.registry, base.registry, LIFETIME]);
    const fork = await network.create({ override: { chainId: 31338 } });
    const elsewhere = await deployRequests(fork.ethers);
    expect(elsewhere.address).to.equal(base.address);
    expect(await base.requests.requestIdOf(statement)).to.equal(requestId);
    for (const other of [twin, elsewhere.requests]) expect(await other.requestIdOf(statement)).to.not.equal(requestId);
  });

  it("when the same is asked again, it has another id", async () => {
    const { requests, bob, sealed } = await loadFixture(deployed);
    const ids = new Set<string>();
    for (let i = 0; i < 3; i++) {
      ids.add(await requests.connect(bob).request.staticCall(sealed.document, sealed.headerHash, solidityPoint(G), NONE));
      await requests.connect(bob).request(sealed.document, sealed.headerHash, solidityPoint(G), NONE);
    }
    expect(ids.size).to.equal(3);
    expect(await requests.requestCount()).to.equal(3);
  });

  it("attack 7: a copied reader key makes another request, and only for who may read", async () => {
    const base = await loadFixture(deployed);
    const { requests, alice, mallory, sealed } = base;
    const made = await makeRequest(base);
    const copy = (reader: typeof alice) =>
      requests.connect(reader).request(sealed.document, sealed.headerHash, made.statement.readerKey, NONE);
    await expect(copy(mallory)).to.be.revertedWithCustomError(requests, "RequestDenied");
    await copy(alice);
    const hers = { ...made.statement, number: 2n, requester: alice.address };
    const id = await requests.requestIdOf(hers);
    expect(id).to.not.equal(made.requestId);
    expect(await requests.statusOf(id)).to.equal(1);
  });

  it("when the document was moved, it asks the contract that it was moved to", async () => {
    const { requests, registry, alice, bob, mallory, sealed } = await loadFixture(deployed);
    const honest = await ethers.deployContract("HonestPermissions", [mallory.address]);
    await registry.connect(alice).movePermissions(sealed.document, honest);
    const ask = (reader: typeof bob) => requests.connect(reader).request(sealed.document, sealed.headerHash, newReader().point, NONE);
    await expect(ask(bob)).to.be.revertedWithCustomError(requests, "RequestDenied");
    await expect(ask(mallory)).to.emit(requests, "SharesRequested");
  });

  it("when there are several versions, each may be asked for", async () => {
    const base = await loadFixture(deployed);
    const second = sealVersion(base.key, base.sealed);
    const [, , , ciphertext, hints, cid] = publication(second);
    await base.registry.connect(base.alice).publishVersion(base.document, ciphertext, hints, cid);
    for (const { headerHash } of [base.sealed, second])
      await expect(base.requests.connect(base.bob).request(base.document, headerHash, newReader().point, NONE)).to.emit(
        base.requests,
        "SharesRequested",
      );
  });

  it("prints the gas of request", async () => {
    const { requests, bob, sealed } = await loadFixture(deployed);
    const gas: bigint[] = [];
    for (let i = 0; i < 2; i++) {
      const receipt = await (await requests.connect(bob).request(sealed.document, sealed.headerHash, newReader().point, NONE)).wait();
      gas.push(receipt?.gasUsed ?? 0n);
    }
    console.log(`      gas of request: first ${gas[0]}, next ${gas[1]}`);
    expect(gas[1]).to.be.lessThan(200_000n);
  });
});
