import { expect } from "chai";
import { network } from "hardhat";
import { answer, ask, callOf, deployFees, FEE, type FeeSetup, PRICE } from "./feeFixture.ts";
import { LIFETIME, type MadeRequest, newReader, requestIdOf, type Statement } from "./requestFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture, time } = networkHelpers;
const NONE = ethers.ZeroHash;
/** Slots of the dealt key's members, by their index. */
const SLOTS = [1, 2, 4, 5, 9];

const deployed = () => deployFees(ethers, networkHelpers);
const asked = async () => {
  const base = await deployed();
  return { ...base, made: await ask(base) };
};
/** Asked, answered by some, and past the deadline. */
const expiredWith = async (answers: number) => {
  const base = await asked();
  for (let index = 0; index < answers; index += 1) await answer(base, base.made, index);
  await time.increase(LIFETIME + 1n);
  return base;
};
const expired = () => expiredWith(0);
const expiredWithOne = () => expiredWith(1);
const expiredWithTwo = () => expiredWith(2);
const served = async () => {
  const base = await asked();
  for (const index of [0, 2, 4]) await answer(base, base.made, index);
  return base;
};
/** A contract that asks in its own name: alice granted it. */
const askedByContract = async () => {
  const base = await deployed();
  const { requests, sealed, grants, alice, chainId, address } = base;
  const party = await ethers.deployContract("HostileParty");
  await grants.connect(alice).grant(sealed.document, party, 0);
  const partyAsks = async (): Promise<MadeRequest> => {
    const reader = newReader();
    const data = requests.interface.encodeFunctionData("request", [sealed.document, sealed.headerHash, reader.point, NONE]);
    await party.act(address, data, { value: FEE });
    const names = { document: sealed.document, headerHash: sealed.headerHash, readerKey: reader.point, contextHash: NONE };
    const statement: Statement = { number: await requests.requestCount(), requester: await party.getAddress(), ...names };
    return { requestId: requestIdOf(chainId, address, statement), statement, ...reader };
  };
  return { ...base, party, partyAsks, made: await partyAsks() };
};
const credits = (base: FeeSetup) => Promise.all(SLOTS.map((slot) => base.requests.creditOf(base.operatorOf(slot))));
const balance = (base: FeeSetup) => ethers.provider.getBalance(base.address);

describe("ShareRequests: request, with a fee", () => {
  it("when quorum times price is sent, it keeps it and stores the price", async () => {
    const base = await loadFixture(deployed);
    const made = await ask(base);
    expect(await balance(base)).to.equal(FEE);
    const { fee, quorum, refunded } = await base.requests.requestOf(made.requestId);
    expect([fee, quorum, refunded]).to.deep.equal([PRICE, 3n, false]);
  });

  for (const [what, value] of [
    ["nothing", 0n],
    ["one wei less", FEE - 1n],
    ["one wei more", FEE + 1n],
    ["one answer's price", PRICE],
    ["twice the fee", 2n * FEE],
  ] as const)
    it(`when ${what} is sent, it reverts with RequestWrongFee`, async () => {
      const { requests, bob, sealed } = await loadFixture(deployed);
      const call = requests.connect(bob).request(sealed.document, sealed.headerHash, newReader().point, NONE, { value });
      await expect(call).to.be.revertedWithCustomError(requests, "RequestWrongFee").withArgs(value, FEE);
    });

  it("when it is denied, the fee stays with the requester", async () => {
    const base = await loadFixture(deployed);
    const { requests, mallory, sealed } = base;
    const call = requests.connect(mallory).request(sealed.document, sealed.headerHash, newReader().point, NONE, { value: FEE });
    await expect(call).to.be.revertedWithCustomError(requests, "RequestDenied");
    expect(await balance(base)).to.equal(0);
  });

  it("when the price is the highest there is, quorum times price does not overflow", async () => {
    const { requests, bob, sealed } = await loadFixture(deployed);
    const highest = 2n ** 96n - 1n;
    await requests.setPrice(highest);
    await expect(requests.connect(bob).request(sealed.document, sealed.headerHash, newReader().point, NONE))
      .to.be.revertedWithCustomError(requests, "RequestWrongFee")
      .withArgs(0, 3n * highest);
  });
});

describe("ShareRequests: setPrice", () => {
  it("when anyone but governance calls, it reverts with AccessManagedUnauthorized", async () => {
    const { requests, mallory, keeper } = await loadFixture(deployed);
    for (const caller of [mallory, keeper])
      await expect(requests.connect(caller).setPrice(1))
        .to.be.revertedWithCustomError(requests, "AccessManagedUnauthorized")
        .withArgs(caller.address);
    expect(await requests.price()).to.equal(PRICE);
  });

  it("when governance calls, it stores the price and emits PriceChanged", async () => {
    const { requests, council } = await loadFixture(deployed);
    await expect(requests.connect(council).setPrice(7)).to.emit(requests, "PriceChanged").withArgs(7);
    expect(await requests.price()).to.equal(7);
  });

  for (const [what, next] of [
    ["raised", 5n * PRICE],
    ["lowered", 1n],
    ["set to nothing", 0n],
  ] as const)
    it(`when it is ${what} while requests are open, they keep theirs: answers earn it and refunds are of it`, async () => {
      const base = await loadFixture(asked);
      const { requests, made, bob } = base;
      await requests.setPrice(next);
      const later = await ask(base, 3n * next);
      await answer(base, made, 0);
      await answer(base, later, 1);
      expect(await credits(base)).to.deep.equal([PRICE, next, 0n, 0n, 0n]);
      await time.increase(LIFETIME + 1n);
      await expect(requests.refund(made.requestId, made.statement)).to.changeEtherBalances(
        ethers,
        [requests, bob],
        [-2n * PRICE, 2n * PRICE],
      );
      expect(await balance(base)).to.equal(PRICE + 3n * next);
    });

  it("when a request pays the former price, it reverts with RequestWrongFee", async () => {
    const base = await loadFixture(deployed);
    await base.requests.setPrice(PRICE + 1n);
    await expect(ask(base))
      .to.be.revertedWithCustomError(base.requests, "RequestWrongFee")
      .withArgs(FEE, FEE + 3n);
  });
});

describe("ShareRequests: answer, with a fee", () => {
  it("when it is accepted, the operator of the slot in the proof has a credit of the request's price, whoever brings it", async () => {
    const base = await loadFixture(asked);
    await answer(base, base.made, 2);
    expect(await credits(base)).to.deep.equal([0n, 0n, PRICE, 0n, 0n]);
    const second = await ask(base);
    await answer(base, second, 2);
    expect(await base.requests.creditOf(base.operatorOf(4))).to.equal(2n * PRICE);
    expect(await balance(base)).to.equal(2n * FEE);
  });

  it("when the slot's account in the request's epoch was revoked as stolen, it reverts with ShareRequestsAbsentKeeper; a rotated one's counts", async () => {
    const base = await loadFixture(asked);
    await base.keepers.replaceStolenOperator(4, base.mallory);
    await base.keepers.setOperator(1, base.council);
    await expect(answer(base, base.made, 2))
      .to.be.revertedWithCustomError(base.requests, "ShareRequestsAbsentKeeper")
      .withArgs(base.made.requestId, 4);
    await answer(base, base.made, 0);
    expect(await credits(base)).to.deep.equal([PRICE, 0n, 0n, 0n, 0n]);
  });

  it("when it is refused, nobody has a credit", async () => {
    const base = await loadFixture(asked);
    await answer(base, base.made, 0);
    await expect(answer(base, base.made, 0)).to.be.revertedWithCustomError(base.requests, "RequestAlreadyAnswered");
    expect(await credits(base)).to.deep.equal([PRICE, 0n, 0n, 0n, 0n]);
  });

  it("when the request is served, the credits are all that was paid, and nothing is left to refund", async () => {
    const base = await loadFixture(served);
    const { requests, made } = base;
    expect(await credits(base)).to.deep.equal([PRICE, 0n, PRICE, 0n, PRICE]);
    await time.increase(10n * LIFETIME);
    await expect(requests.refund(made.requestId, made.statement))
      .to.be.revertedWithCustomError(requests, "RequestNothingToRefund")
      .withArgs(made.requestId);
    expect(await balance(base)).to.equal(FEE);
  });
});

describe("ShareRequests: refund", () => {
  it("when the request is pending, also at its deadline, it reverts with RequestNothingToRefund", async () => {
    const { requests, made } = await loadFixture(asked);
    await expect(requests.refund(made.requestId, made.statement)).to.be.revertedWithCustomError(requests, "RequestNothingToRefund");
    const { deadline } = await requests.requestOf(made.requestId);
    await time.setNextBlockTimestamp(deadline);
    await expect(requests.refund(made.requestId, made.statement)).to.be.revertedWithCustomError(requests, "RequestNothingToRefund");
    await time.setNextBlockTimestamp(deadline + 1n);
    await expect(requests.refund(made.requestId, made.statement)).to.emit(requests, "FeeRefunded"); // the control
  });

  it("when the request is unknown, it reverts with RequestNothingToRefund", async () => {
    const { requests, made, chainId, address } = await loadFixture(expired);
    const statement = { ...made.statement, number: 99n };
    const stray = requestIdOf(chainId, address, statement);
    await expect(requests.refund(stray, statement)).to.be.revertedWithCustomError(requests, "RequestNothingToRefund").withArgs(stray);
  });

  it("when the request was free, it reverts with RequestNothingToRefund", async () => {
    const base = await loadFixture(deployed);
    await base.requests.setPrice(0);
    const { requestId, statement } = await ask(base, 0n);
    await time.increase(LIFETIME + 1n);
    await expect(base.requests.refund(requestId, statement)).to.be.revertedWithCustomError(base.requests, "RequestNothingToRefund");
  });

  it("when it was refunded, it reverts with RequestNothingToRefund", async () => {
    const base = await loadFixture(expiredWithOne);
    const { requests, made } = base;
    await ask(base); // another request's fee is there to be taken
    await requests.refund(made.requestId, made.statement);
    await expect(requests.refund(made.requestId, made.statement)).to.be.revertedWithCustomError(requests, "RequestNothingToRefund");
    expect(await balance(base)).to.equal(PRICE + FEE);
  });

  for (const [field, value] of [
    ["requester", "0x00000000000000000000000000000000000000aa"],
    ["number", 7n],
    ["contextHash", ethers.id("other")],
  ] as const)
    it(`when the statement's ${field} is another, it reverts with RequestForeignStatement`, async () => {
      const { requests, made } = await loadFixture(expired);
      await expect(requests.refund(made.requestId, { ...made.statement, [field]: value }))
        .to.be.revertedWithCustomError(requests, "RequestForeignStatement")
        .withArgs(made.requestId);
    });

  for (const [answers, fixture] of [expired, expiredWithOne, expiredWithTwo].entries())
    it(`when it has expired with ${answers} answers, it pays the requester for the rest, whoever calls, and the answers stay paid`, async () => {
      const base = await loadFixture(fixture);
      const { requests, made, bob, mallory } = base;
      const before = await requests.requestOf(made.requestId);
      const rest = (3n - BigInt(answers)) * PRICE;
      const call = requests.connect(mallory).refund(made.requestId, made.statement);
      await expect(call).to.changeEtherBalances(ethers, [requests, bob], [-rest, rest]);
      await expect(call).to.emit(requests, "FeeRefunded").withArgs(made.requestId, bob, rest);
      const after = await requests.requestOf(made.requestId);
      expect([...after]).to.deep.equal([...before].with(6, true)); // `refunded` and nothing else
      expect(await credits(base)).to.deep.equal(SLOTS.map((_, index) => (index < answers ? PRICE : 0n)));
      expect(await requests.statusOf(made.requestId)).to.equal(3);
    });

  it("when the receiver refuses, it reverts with PaymentRefused, and nothing is lost: it takes it later", async () => {
    const base = await loadFixture(askedByContract);
    const { requests, party, made } = base;
    await party.onCoin(party, "0x");
    await time.increase(LIFETIME + 1n);
    await expect(requests.refund(made.requestId, made.statement))
      .to.be.revertedWithCustomError(requests, "PaymentRefused")
      .withArgs(await party.getAddress(), FEE);
    expect(await balance(base)).to.equal(FEE);
    await party.onCoin(ethers.ZeroAddress, "0x");
    await expect(requests.refund(made.requestId, made.statement)).to.changeEtherBalances(ethers, [requests, party], [-FEE, FEE]);
  });

  for (const into of ["this refund", "another refund", "withdrawFees"] as const)
    it(`when the receiver calls back into ${into}, it is refused and paid once`, async () => {
      const base = await loadFixture(askedByContract);
      const { requests, party, made, partyAsks } = base;
      const other = await partyAsks();
      await answer(base, other, 0);
      await time.increase(LIFETIME + 1n);
      const data = into === "withdrawFees" ? callOf.withdrawFees(base, base.operatorOf(1)) : undefined;
      const again = into === "this refund" ? made : other;
      await party.onCoin(requests, data ?? callOf.refund(base, again.requestId, again.statement));
      await expect(requests.refund(made.requestId, made.statement)).to.changeEtherBalances(ethers, [requests, party], [-FEE, FEE]);
      expect(await party.didReenter()).to.equal(false);
      expect(await party.reason()).to.equal(ethers.id("ReentrancyGuardReentrantCall()").slice(0, 10));
      expect(await balance(base)).to.equal(FEE);
    });

  it("when the receiver asks again with what it was paid, that is a new request with its own fee", async () => {
    const base = await loadFixture(askedByContract);
    const { requests, party, made, sealed, address } = base;
    await time.increase(LIFETIME + 1n);
    const request = requests.interface.encodeFunctionData("request", [sealed.document, sealed.headerHash, newReader().point, NONE]);
    await party.onCoin(party, "0x");
    await party.onCoin(address, request); // sends no value: the price is not paid
    await requests.refund(made.requestId, made.statement);
    expect(await party.didReenter()).to.equal(false);
    expect((await party.reason()).slice(0, 10)).to.equal(requests.interface.getError("RequestWrongFee")?.selector);
    expect(await requests.requestCount()).to.equal(1);
  });
});

describe("ShareRequests: withdrawFees", () => {
  it("when there is no credit, it reverts with NothingToWithdraw, for an account that is no keeper's, too", async () => {
    const base = await loadFixture(asked);
    await answer(base, base.made, 0);
    for (const account of [base.operatorOf(2).address, base.operatorOf(3).address, ethers.ZeroAddress, base.mallory.address])
      await expect(base.requests.withdrawFees(account)).to.be.revertedWithCustomError(base.requests, "NothingToWithdraw").withArgs(account);
  });

  it("when there is one, it pays all of it to the operator, whoever calls; others keep theirs", async () => {
    const base = await loadFixture(served);
    const { requests, mallory, operatorOf } = base;
    const second = await ask(base);
    await answer(base, second, 2);
    expect(await requests.connect(mallory).withdrawFees.staticCall(operatorOf(4))).to.equal(2n * PRICE);
    const call = requests.connect(mallory).withdrawFees(operatorOf(4));
    await expect(call).to.changeEtherBalances(ethers, [requests, operatorOf(4)], [-2n * PRICE, 2n * PRICE]);
    await expect(call)
      .to.emit(requests, "FeesWithdrawn")
      .withArgs(operatorOf(4), operatorOf(4), 2n * PRICE);
    expect(await credits(base)).to.deep.equal([PRICE, 0n, 0n, 0n, PRICE]);
    await expect(requests.withdrawFees(operatorOf(4))).to.be.revertedWithCustomError(requests, "NothingToWithdraw");
  });

  it("when governance has named another operator since, it pays the one of the request's epoch, for what came later in that epoch, too", async () => {
    const base = await loadFixture(served);
    const { requests, keepers, mallory, operatorOf } = base;
    await keepers.setOperator(4, mallory);
    await answer(base, await ask(base), 2);
    await expect(requests.withdrawFees(operatorOf(4))).to.changeEtherBalances(ethers, [mallory, operatorOf(4)], [0n, 2n * PRICE]);
    await expect(requests.withdrawFees(mallory)).to.be.revertedWithCustomError(requests, "NothingToWithdraw");
  });

  it("when the operator was revoked as stolen, it pays the slot's current operator, after a chain of thefts and a rotation, too", async () => {
    const { requests, keepers, mallory, bob, alice, council, operatorOf } = await loadFixture(served);
    await keepers.replaceStolenOperator(4, mallory);
    await keepers.replaceStolenOperator(4, bob);
    await keepers.setOperator(4, alice);
    const call = requests.connect(council).withdrawFees(operatorOf(4));
    await expect(call).to.changeEtherBalances(ethers, [requests, alice, bob, mallory, operatorOf(4)], [-PRICE, PRICE, 0n, 0n, 0n]);
    await expect(call).to.emit(requests, "FeesWithdrawn").withArgs(operatorOf(4), alice, PRICE);
  });

  it("when a former operator was revoked as stolen, it pays the slot's current operator", async () => {
    const { requests, keepers, mallory, operatorOf } = await loadFixture(served);
    await keepers.setOperator(4, mallory);
    await keepers.revokeFormerOperator(operatorOf(4));
    await expect(requests.withdrawFees(operatorOf(4))).to.changeEtherBalances(ethers, [mallory, operatorOf(4)], [PRICE, 0n]);
  });

  it("when the keeper was removed, it pays the operator all the same, and its successor where it was stolen since", async () => {
    const { requests, keepers, mallory, operatorOf } = await loadFixture(served);
    for (const slot of [4, 9]) await keepers.removeKeeper(slot);
    await expect(requests.withdrawFees(operatorOf(4))).to.changeEtherBalances(ethers, [operatorOf(4)], [PRICE]);
    await keepers.replaceStolenOperator(9, mallory);
    await expect(requests.withdrawFees(operatorOf(9))).to.changeEtherBalances(ethers, [operatorOf(9), mallory], [0n, PRICE]);
  });

  it("when the payee refuses, it reverts with PaymentRefused and the credit stays; others are paid", async () => {
    const base = await loadFixture(served);
    const { requests, keepers, operatorOf } = base;
    const party = await ethers.deployContract("HostileParty");
    await party.onCoin(party, "0x");
    await keepers.replaceStolenOperator(4, party);
    await expect(requests.withdrawFees(operatorOf(4)))
      .to.be.revertedWithCustomError(requests, "PaymentRefused")
      .withArgs(await party.getAddress(), PRICE);
    await expect(requests.withdrawFees(operatorOf(1))).to.changeEtherBalances(ethers, [operatorOf(1)], [PRICE]);
    expect(await credits(base)).to.deep.equal([0n, 0n, PRICE, 0n, PRICE]);
  });

  it("when the payee calls back, it is refused and paid once", async () => {
    const base = await loadFixture(served);
    const { requests, keepers } = base;
    const party = await ethers.deployContract("HostileParty");
    await party.onCoin(requests, callOf.withdrawFees(base, base.operatorOf(1)));
    await keepers.replaceStolenOperator(4, party);
    await expect(requests.withdrawFees(base.operatorOf(4))).to.changeEtherBalances(ethers, [requests, party], [-PRICE, PRICE]);
    expect(await party.didReenter()).to.equal(false);
    expect(await credits(base)).to.deep.equal([PRICE, 0n, 0n, 0n, PRICE]);
  });
});

describe("ShareRequests: the balance", () => {
  it("is what open requests and credits are, and comes down to nothing", async () => {
    const base = await loadFixture(served);
    const { requests } = base;
    const unserved = await ask(base);
    await answer(base, unserved, 0);
    expect(await balance(base)).to.equal(2n * FEE);
    await time.increase(LIFETIME + 1n);
    await requests.refund(unserved.requestId, unserved.statement);
    for (const slot of [1, 4, 9]) await requests.withdrawFees(base.operatorOf(slot));
    expect(await balance(base)).to.equal(0);
  });

  it("coin that is sent without a call, or with one that takes none, is refused", async () => {
    const { mallory, address, requests, operatorOf } = await loadFixture(served);
    await expect(mallory.sendTransaction({ to: address, value: 1n })).to.revert(ethers);
    await expect(mallory.sendTransaction({ to: address, value: 1n, data: callOf.withdrawFees({ requests }, operatorOf(1)) })).to.revert(
      ethers,
    );
  });

  it("coin that is forced in is nobody's", async () => {
    const base = await loadFixture(expiredWithOne);
    const { requests, made, bob, operatorOf, address } = base;
    await networkHelpers.setBalance(address, FEE + 5n);
    await expect(requests.refund(made.requestId, made.statement)).to.changeEtherBalances(ethers, [bob], [2n * PRICE]);
    await expect(requests.withdrawFees(operatorOf(1))).to.changeEtherBalances(ethers, [operatorOf(1)], [PRICE]);
    expect(await balance(base)).to.equal(5);
  });
});
