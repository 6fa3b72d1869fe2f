import { expect } from "chai";
import { ZeroHash } from "ethers";
import { network } from "hardhat";
import { keyRecord } from "../../fixtures/dealtKey.ts";
import { BAD_POINTS } from "../../fixtures/points.ts";
import { sealVersion } from "../DocumentRegistry/documentFixture.ts";
import { LIFETIME, makeRequest, newReader, requestIdOf } from "../ShareRequests/requestFixture.ts";
import { ask, challengeOf, deployOptimistic, type OptimisticSetup, PRICE, post, prepare, QUORUM, WINDOW } from "./optimisticFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture, time } = networkHelpers;

const deployed = () => deployOptimistic(ethers, networkHelpers);
const VALUE = { value: QUORUM * PRICE };

describe("OptimisticRequests: constructor", () => {
  for (const [name, lifetime, window, value] of [
    ["the lifetime is 0 s", 0, 60, 0],
    ["the lifetime is 59 s", 59, 60, 59],
    ["the window is 0 s", 60, 0, 0],
    ["the window is 59 s", 60, 59, 59],
  ] as const)
    it(`when ${name}, it reverts with RequestTooShort`, async () => {
      const { manager, registry: any, optimistic } = await loadFixture(deployed);
      const made = ethers.deployContract("OptimisticRequests", [manager, any, any, any, any, lifetime, window]);
      await expect(made).to.be.revertedWithCustomError(optimistic, "RequestTooShort").withArgs(value, 60);
    });

  it("when both are a minute or more, it keeps the authority and both; the price is 0", async () => {
    const { manager, registry: any } = await loadFixture(deployed);
    const made = await ethers.deployContract("OptimisticRequests", [manager, any, any, any, any, 60, 61]);
    expect([await made.requestLifetime(), await made.challengeWindow(), await made.price()]).to.deep.equal([60n, 61n, 0n]);
    expect(await made.authority()).to.equal(await manager.getAddress());
  });
});

describe("OptimisticRequests: request", () => {
  const request = ({ optimistic, bob, sealed }: OptimisticSetup, readerKey = newReader().point, headerHash = sealed.headerHash) =>
    optimistic.connect(bob).request(sealed.document, headerHash, readerKey, ZeroHash, VALUE);

  it("when governance has closed the contract, it reverts with AccessManagedUnauthorized; answers, challenges, settlements and refunds continue", async () => {
    const base = await loadFixture(deployed);
    const { optimistic, manager, bob } = base;
    const made = await ask(base);
    await manager.setTargetClosed(optimistic, true);
    await expect(request(base)).to.be.revertedWithCustomError(optimistic, "AccessManagedUnauthorized").withArgs(bob.address);
    await post(base, made, 0);
    const wrong = await post(base, made, 1, { zs: 1n });
    await optimistic.challenge(made.requestId, made.statement, challengeOf(base, made, wrong));
    await time.increase(LIFETIME + WINDOW);
    await optimistic.settle(made.requestId);
    await optimistic.refund(made.requestId, made.statement);
    await optimistic.withdrawFees(base.operatorOf(1));
  });

  it("when governance has not opened it, it reverts with AccessManagedUnauthorized", async () => {
    const base = await loadFixture(deployed);
    await base.manager.setTargetFunctionRole(base.optimistic, [base.optimistic.interface.getFunction("request").selector], 0);
    await expect(request(base)).to.be.revertedWithCustomError(base.optimistic, "AccessManagedUnauthorized");
  });

  for (const [name, point] of BAD_POINTS)
    it(`attacks 25, 26: when the reader key is ${name}, it reverts with InvalidPoint`, async () => {
      const base = await loadFixture(deployed);
      await expect(request(base, point)).to.be.revertedWithCustomError(base.optimistic, "InvalidPoint").withArgs(point.x, point.y);
    });

  it("when the document is not published, it reverts with RequestUnknownDocument, also where its first contract says yes", async () => {
    const { optimistic, bob, sealed } = await loadFixture(deployed);
    const stray = ethers.id("stray");
    await expect(optimistic.connect(bob).request(stray, sealed.headerHash, newReader().point, ZeroHash, VALUE))
      .to.be.revertedWithCustomError(optimistic, "RequestUnknownDocument")
      .withArgs(stray, sealed.headerHash);
  });

  it("when the version is unknown or withdrawn, it reverts with RequestUnknownDocument", async () => {
    const base = await loadFixture(deployed);
    const { headerHash } = sealVersion(base.key, base.sealed);
    await expect(request(base, undefined, headerHash))
      .to.be.revertedWithCustomError(base.optimistic, "RequestUnknownDocument")
      .withArgs(base.document, headerHash);
    await base.registry.connect(base.alice).withdrawVersion(base.document, base.sealed.headerHash);
    await expect(request(base)).to.be.revertedWithCustomError(base.optimistic, "RequestUnknownDocument");
  });

  for (const [name, overrides] of [
    ["not active", { activeEpoch: 0 }],
    ["for Schnorr", { purpose: 1 }],
  ] as const)
    it(`when the key is ${name}, it reverts with UnusableKey`, async () => {
      const base = await loadFixture(deployed);
      await base.keyGeneration.setKey(base.key.keyId, keyRecord(base.key, overrides));
      await expect(request(base)).to.be.revertedWithCustomError(base.optimistic, "UnusableKey").withArgs(base.key.keyId);
    });

  for (const value of [0n, QUORUM * PRICE - 1n, QUORUM * PRICE + 1n])
    it(`when ${value} wei are sent for ${QUORUM * PRICE}, it reverts with RequestWrongFee`, async () => {
      const base = await loadFixture(deployed);
      await expect(ask(base, value))
        .to.be.revertedWithCustomError(base.optimistic, "RequestWrongFee")
        .withArgs(value, QUORUM * PRICE);
    });

  it("when the permissions contract does not say yes, it reverts with RequestDenied", async () => {
    const { optimistic, alice, bob, mallory, sealed, grants } = await loadFixture(deployed);
    const askAs = (reader: typeof bob) =>
      optimistic.connect(reader).request(sealed.document, sealed.headerHash, newReader().point, ZeroHash, VALUE);
    await expect(askAs(mallory)).to.be.revertedWithCustomError(optimistic, "RequestDenied").withArgs(sealed.document, mallory.address);
    await grants.connect(alice).revoke(sealed.document, bob);
    await expect(askAs(bob)).to.be.revertedWithCustomError(optimistic, "RequestDenied");
    await expect(askAs(alice)).to.emit(optimistic, "SharesRequested");
  });

  it("attack 12: when too little gas is left for the question, it reverts with ShareRequestsTooLittleGas, and at no gas limit with RequestDenied", async () => {
    const base = await loadFixture(deployed);
    const { optimistic, verified, registry, alice, bob, sealed } = base;
    await registry.connect(alice).movePermissions(sealed.document, await ethers.deployContract("HungryPermissions", [299_000n]));
    const outcome = async (gasLimit: bigint): Promise<string> => {
      try {
        const settings = { ...VALUE, gasLimit };
        await optimistic.connect(bob).request.staticCall(sealed.document, sealed.headerHash, newReader().point, ZeroHash, settings);
        return "made";
      } catch (error) {
        const data = error instanceof Error && "data" in error ? error.data : undefined;
        if (typeof data !== "string" || data === "0x") return "out of gas";
        return (verified.interface.parseError(data) ?? optimistic.interface.parseError(data))?.name ?? `unknown error ${data}`;
      }
    };
    const outcomes = new Set<string>();
    for (let gasLimit = 40_000n; gasLimit < 760_000n; gasLimit += 7_001n) outcomes.add(await outcome(gasLimit));
    expect(outcomes).to.deep.equal(new Set(["out of gas", "ShareRequestsTooLittleGas", "made"]));
  });

  it("when all is well, it stores the request, counts it and emits SharesRequested", async () => {
    const { optimistic, optimisticAddress, bob, sealed, document, key, chainId } = await loadFixture(deployed);
    const { point } = newReader();
    const contextHash = ethers.id("context");
    const now = BigInt(await time.latest()) + 10n;
    const statement = { number: 1n, document, headerHash: sealed.headerHash, requester: bob.address, readerKey: point, contextHash };
    const requestId = requestIdOf(chainId, optimisticAddress, statement);
    await time.setNextBlockTimestamp(now);
    await expect(optimistic.connect(bob).request(document, sealed.headerHash, point, contextHash, VALUE))
      .to.emit(optimistic, "SharesRequested")
      .withArgs(requestId, document, bob, 1, key.keyId, key.epoch, sealed.headerHash, [point.x, point.y], contextHash, now + LIFETIME);
    const facts = [...(await optimistic.requestOf(requestId))];
    expect(facts).to.deep.equal([key.keyId, now + LIFETIME, BigInt(key.epoch), QUORUM, 0n, false, 0n, PRICE, 0n, 0n]);
    expect([await optimistic.requestCount(), await optimistic.statusOf(requestId)]).to.deep.equal([1n, 1n]);
    expect(await ethers.provider.getBalance(optimisticAddress)).to.equal(QUORUM * PRICE);
  });

  it("attacks 27, 29: its id is that of PROTOCOL section 5.1 with this contract's address, and none of ShareRequests'", async () => {
    const base = await loadFixture(deployed);
    const { statement, requestId } = await ask(base);
    expect(await base.optimistic.requestIdOf(statement)).to.equal(requestId);
    for (const requests of [base.verified, base.requests]) {
      expect(await requests.requestIdOf(statement)).to.not.equal(requestId);
      expect(await requests.statusOf(requestId)).to.equal(0);
    }
  });

  it("attack 29: an answer to a verified request is none for an optimistic one of the same statement", async () => {
    const base = await loadFixture(deployed);
    const elsewhere = await makeRequest(base);
    const made = await ask(base);
    const { posted } = prepare(base, { ...made, requestId: elsewhere.requestId }, 0);
    const given = await post(base, made, 0, posted.share);
    await expect(base.optimistic.challenge(made.requestId, made.statement, challengeOf(base, made, given))).to.emit(
      base.optimistic,
      "AnswerDisproved",
    );
  });

  it("when all is well, the permissions contract sees ShareRequests as its caller, and the context", async () => {
    const base = await loadFixture(deployed);
    const { optimistic, verified, registry, alice, bob, sealed } = base;
    const askWith = (context: string) =>
      optimistic.connect(bob).request(sealed.document, sealed.headerHash, newReader().point, context, VALUE);
    const move = async (name: string, args: unknown[]) =>
      registry.connect(alice).movePermissions(sealed.document, await ethers.deployContract(name, args));
    await move("CallerPermissions", [await verified.getAddress()]);
    await expect(askWith(ZeroHash)).to.emit(optimistic, "SharesRequested");
    await move("CallerPermissions", [await optimistic.getAddress()]);
    await expect(askWith(ZeroHash)).to.be.revertedWithCustomError(optimistic, "RequestDenied");
    const context = ethers.id("a module and its runner");
    await move("ContextPermissions", [context]);
    await expect(askWith(context)).to.emit(optimistic, "SharesRequested");
    await expect(askWith(ZeroHash)).to.be.revertedWithCustomError(optimistic, "RequestDenied");
  });
});

describe("OptimisticRequests: setPrice", () => {
  it("when a stranger calls it, it reverts with AccessManagedUnauthorized", async () => {
    const { optimistic, mallory } = await loadFixture(deployed);
    await expect(optimistic.connect(mallory).setPrice(0)).to.be.revertedWithCustomError(optimistic, "AccessManagedUnauthorized");
  });

  it("when governance does, it counts for later requests only", async () => {
    const base = await loadFixture(deployed);
    const made = await ask(base);
    await expect(base.optimistic.setPrice(7)).to.emit(base.optimistic, "PriceChanged").withArgs(7);
    const later = await ask(base, QUORUM * 7n);
    const feeOf = async (requestId: string) => (await base.optimistic.requestOf(requestId)).fee;
    expect([await feeOf(made.requestId), await feeOf(later.requestId)]).to.deep.equal([PRICE, 7n]);
  });
});
