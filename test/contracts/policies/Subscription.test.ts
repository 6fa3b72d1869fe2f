import { expect } from "chai";
import { network } from "hardhat";
import { behavesLikePermissions } from "../../behaviors/permissions.ts";
import { deployPublished } from "./policyFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture, time } = networkHelpers;

const COIN = ethers.ZeroAddress;
const PRICE = 1_000_000n;
const PERIOD = 3_600n;
type Terms = { readonly token: string; readonly price: bigint; readonly period: bigint };
const IN_COIN: Terms = { token: COIN, price: PRICE, period: PERIOD };

/** Alice sells her first document for the coin, her second for a token that bob has and has approved. */
const deployed = async () => {
  const base = await deployPublished(ethers);
  const subscription = await ethers.deployContract("Subscription", [base.registryAddress]);
  const address = await subscription.getAddress();
  const token = await ethers.deployContract("MintableERC20");
  await token.mint(base.bob, 10n * PRICE);
  await token.connect(base.bob).approve(address, 10n * PRICE);
  const inToken: Terms = { ...IN_COIN, token: await token.getAddress() };
  await subscription.connect(base.alice).setTerms(base.document, IN_COIN);
  await subscription.connect(base.alice).setTerms(base.otherDocument, inToken);
  return { ...base, subscription, address, token, inToken };
};
type Deployed = Awaited<ReturnType<typeof deployed>>;

const subscribe = ({ subscription, bob, document }: Deployed, periods = 1n, reader: string = bob.address) =>
  subscription.connect(bob).subscribe(document, reader, periods, IN_COIN, { value: PRICE * periods });

/** Puts alice's second document on sale for a token of this kind, which bob has and has approved. */
const sellFor = async ({ subscription, alice, bob, otherDocument, address }: Deployed, name: string) => {
  const made = await (await ethers.deployContract(name)).getAddress();
  const token = await ethers.getContractAt("MintableERC20", made);
  await token.mint(bob, 10n * PRICE);
  await token.connect(bob).approve(address, 10n * PRICE);
  const terms: Terms = { ...IN_COIN, token: made };
  await subscription.connect(alice).setTerms(otherDocument, terms);
  return { token, terms };
};

describe("Subscription: setTerms and endSale", () => {
  it("when the caller is not the owner, or the document is not published, they revert with NotDocumentOwner", async () => {
    const { subscription, alice, mallory, document, unpublished } = await loadFixture(deployed);
    for (const [caller, id] of [
      [mallory, document],
      [alice, unpublished],
    ] as const)
      for (const call of [() => subscription.connect(caller).setTerms(id, IN_COIN), () => subscription.connect(caller).endSale(id)])
        await expect(call()).to.be.revertedWithCustomError(subscription, "NotDocumentOwner").withArgs(id, caller.address);
  });

  for (const wrong of [{ price: 0n }, { period: 0n }])
    it(`when the ${Object.keys(wrong)[0]} is 0, setTerms reverts with SubscriptionInvalidTerms`, async () => {
      const { subscription, alice, document } = await loadFixture(deployed);
      await expect(subscription.connect(alice).setTerms(document, { ...IN_COIN, ...wrong })).to.be.revertedWithCustomError(
        subscription,
        "SubscriptionInvalidTerms",
      );
    });

  it("when all is well, they keep the terms and emit TermsSet", async () => {
    const { subscription, alice, otherDocument, inToken } = await loadFixture(deployed);
    const terms = { ...inToken, price: 5n, period: 6n };
    await expect(subscription.connect(alice).setTerms(otherDocument, terms))
      .to.emit(subscription, "TermsSet")
      .withArgs(otherDocument, inToken.token, 5, 6);
    expect([...(await subscription.termsOf(otherDocument))]).to.deep.equal([inToken.token, 5n, 6n]);
    await expect(subscription.connect(alice).endSale(otherDocument)).to.emit(subscription, "TermsSet").withArgs(otherDocument, COIN, 0, 0);
    expect([...(await subscription.termsOf(otherDocument))]).to.deep.equal([COIN, 0n, 0n]);
  });
});

describe("Subscription: subscribe", () => {
  it("when the document is not on sale, or not any more, it reverts with SubscriptionNotOnSale", async () => {
    const { subscription, alice, bob, document, malloryDocument } = await loadFixture(deployed);
    await subscription.connect(alice).endSale(document);
    for (const id of [document, malloryDocument, ethers.ZeroHash])
      for (const terms of [IN_COIN, { token: COIN, price: 0n, period: 0n }])
        await expect(subscription.connect(bob).subscribe(id, bob, 1, terms, { value: terms.price }))
          .to.be.revertedWithCustomError(subscription, "SubscriptionNotOnSale")
          .withArgs(id);
  });

  it("when token, price or period are not those agreed to, it reverts with SubscriptionOtherTerms", async () => {
    const { subscription, bob, document, inToken } = await loadFixture(deployed);
    for (const other of [{ token: inToken.token }, { price: PRICE + 1n }, { price: PRICE - 1n }, { period: PERIOD + 1n }])
      await expect(subscription.connect(bob).subscribe(document, bob, 1, { ...IN_COIN, ...other }, { value: PRICE }))
        .to.be.revertedWithCustomError(subscription, "SubscriptionOtherTerms")
        .withArgs(document);
  });

  it("when the owner raises a token's price under the payer's transaction, the payer pays nothing", async () => {
    const { subscription, alice, bob, otherDocument, inToken, token } = await loadFixture(deployed);
    await subscription.connect(alice).setTerms(otherDocument, { ...inToken, price: 10n * PRICE });
    const call = subscription.connect(bob).subscribe(otherDocument, bob, 1, inToken);
    await expect(call).to.be.revertedWithCustomError(subscription, "SubscriptionOtherTerms");
    expect(await token.balanceOf(bob)).to.equal(10n * PRICE);
  });

  it("when the reader is the zero address, or no period is asked for, it reverts with SubscriptionNothingAsked", async () => {
    const { subscription, bob, document } = await loadFixture(deployed);
    for (const [reader, periods] of [
      [ethers.ZeroAddress, 1n],
      [bob.address, 0n],
    ] as const)
      await expect(subscription.connect(bob).subscribe(document, reader, periods, IN_COIN, { value: PRICE * periods }))
        .to.be.revertedWithCustomError(subscription, "SubscriptionNothingAsked")
        .withArgs(reader, periods);
  });

  it("when the coin sent is not what it costs, or coin comes with a token, it reverts with SubscriptionWrongPayment", async () => {
    const { subscription, bob, document, otherDocument, inToken } = await loadFixture(deployed);
    for (const value of [0n, 2n * PRICE - 1n, 2n * PRICE + 1n])
      await expect(subscription.connect(bob).subscribe(document, bob, 2, IN_COIN, { value }))
        .to.be.revertedWithCustomError(subscription, "SubscriptionWrongPayment")
        .withArgs(value, 2n * PRICE);
    await expect(subscription.connect(bob).subscribe(otherDocument, bob, 1, inToken, { value: 1n }))
      .to.be.revertedWithCustomError(subscription, "SubscriptionWrongPayment")
      .withArgs(1, 0);
  });

  it("when the token takes a fee of the transfer, it reverts with SubscriptionWrongPayment", async () => {
    const base = await loadFixture(deployed);
    const { terms } = await sellFor(base, "TaxedERC20");
    await expect(base.subscription.connect(base.bob).subscribe(base.otherDocument, base.bob, 1, terms))
      .to.be.revertedWithCustomError(base.subscription, "SubscriptionWrongPayment")
      .withArgs(PRICE - PRICE / 100n, PRICE);
    expect(await base.subscription.checkPermissions(base.bob, base.otherDocument)).to.equal(false);
  });

  it("when the token says false, has no allowance, or there is none, it reverts", async () => {
    const base = await loadFixture(deployed);
    const { subscription, alice, bob, mallory, otherDocument, inToken } = base;
    const token = await ethers.getContractAt("MintableERC20", inToken.token);
    await token.mint(mallory, PRICE);
    await expect(subscription.connect(mallory).subscribe(otherDocument, mallory, 1, inToken)).to.be.revertedWithCustomError(
      token,
      "ERC20InsufficientAllowance",
    );
    const { terms } = await sellFor(base, "FalseERC20");
    await expect(subscription.connect(bob).subscribe(otherDocument, bob, 1, terms)).to.be.revertedWithCustomError(
      subscription,
      "SafeERC20FailedOperation",
    );
    const nothing: Terms = { ...IN_COIN, token: mallory.address };
    await subscription.connect(alice).setTerms(otherDocument, nothing);
    await expect(subscription.connect(bob).subscribe(otherDocument, bob, 1, nothing)).to.revert(ethers);
    expect(await subscription.earningsOf(alice, inToken.token)).to.equal(0);
  });

  it("when the payer acts again in the middle of its payment, it reverts: one payment does not count twice", async () => {
    const base = await loadFixture(deployed);
    const { subscription, otherDocument, alice, address } = base;
    const { token, terms } = await sellFor(base, "HookedERC20");
    const hooked = await ethers.getContractAt("HookedERC20", terms.token);
    const party = await ethers.deployContract("HostileParty");
    await token.mint(party, 2n * PRICE);
    const act = async (target: { getAddress: () => Promise<string> }, data: string) => party.act(target, data);
    await act(token, token.interface.encodeFunctionData("approve", [address, 2n * PRICE]));
    const again = subscription.interface.encodeFunctionData("subscribe", [otherDocument, await party.getAddress(), 1, terms]);
    await act(hooked, hooked.interface.encodeFunctionData("setHook", [await party.getAddress(), again]));
    await expect(act(subscription, again)).to.be.revertedWithCustomError(subscription, "ReentrancyGuardReentrantCall");
    expect(await subscription.earningsOf(alice, terms.token)).to.equal(0);
    // Control: without the hook it pays.
    await act(hooked, hooked.interface.encodeFunctionData("setHook", [COIN, "0x"]));
    await act(subscription, again);
    expect(await subscription.earningsOf(alice, terms.token)).to.equal(await token.balanceOf(address));
  });

  it("when the end is beyond the end of time, it reverts, and never starts again at 0", async () => {
    const { subscription, alice, bob, document } = await loadFixture(deployed);
    const most = 2n ** 32n - 1n;
    const terms = { token: COIN, price: 1n, period: most };
    await subscription.connect(alice).setTerms(document, terms);
    const buy = () => subscription.connect(bob).subscribe(document, bob, most, terms, { value: most });
    await buy();
    const until = await subscription.paidUntil(document, bob);
    await expect(buy()).to.be.revertedWithPanic(0x11);
    expect(await subscription.paidUntil(document, bob)).to.equal(until);
  });

  it("when all is well, it lets the reader read from now, emits Subscribed and books the earnings", async () => {
    const base = await loadFixture(deployed);
    const { subscription, alice, bob, document, otherDocument, inToken, token, address } = base;
    const now = BigInt(await time.latest()) + 10n;
    await time.setNextBlockTimestamp(now);
    await expect(subscribe(base, 3n))
      .to.emit(subscription, "Subscribed")
      .withArgs(document, bob, bob, 3n * PRICE, now + 3n * PERIOD);
    await subscription.connect(bob).subscribe(otherDocument, bob, 2, inToken);
    expect(await subscription.paidUntil(document, bob)).to.equal(now + 3n * PERIOD);
    expect([await subscription.earningsOf(alice, COIN), await ethers.provider.getBalance(address)]).to.deep.equal([3n * PRICE, 3n * PRICE]);
    expect([await subscription.earningsOf(alice, inToken.token), await token.balanceOf(address)]).to.deep.equal([2n * PRICE, 2n * PRICE]);
  });

  it("when a subscription runs, it extends it; when it has ended, it starts from now", async () => {
    const base = await loadFixture(deployed);
    await subscribe(base, 1n);
    const first = await base.subscription.paidUntil(base.document, base.bob);
    await time.increase(PERIOD / 2n);
    await subscribe(base, 2n);
    expect(await base.subscription.paidUntil(base.document, base.bob)).to.equal(first + 2n * PERIOD);
    const late = first + 100n * PERIOD;
    await time.setNextBlockTimestamp(late);
    await subscribe(base, 1n);
    expect(await base.subscription.paidUntil(base.document, base.bob)).to.equal(late + PERIOD);
  });

  it("when somebody pays for a reader, the reader may read, and the payer may not", async () => {
    const base = await loadFixture(deployed);
    await subscribe(base, 1n, base.keeper.address);
    const may = [base.keeper, base.bob].map((user) => base.subscription.checkPermissions(user, base.document));
    expect(await Promise.all(may)).to.deep.equal([true, false]);
  });

  it("when a token returns nothing from its transfers, it is taken and paid out", async () => {
    const base = await loadFixture(deployed);
    const { subscription, alice, bob, otherDocument } = base;
    const { token, terms } = await sellFor(base, "SilentERC20");
    await subscription.connect(bob).subscribe(otherDocument, bob, 1, terms);
    await subscription.connect(alice).withdraw(terms.token, alice);
    expect(await token.balanceOf(alice)).to.equal(PRICE);
  });
});

describe("Subscription: withdraw", () => {
  it("when the caller has earned nothing in this token, it reverts with NothingToWithdraw", async () => {
    const base = await loadFixture(deployed);
    const { subscription, alice, bob, mallory, inToken } = base;
    await subscribe(base);
    for (const [caller, token] of [
      [mallory, COIN],
      [bob, COIN],
      [alice, inToken.token],
    ] as const)
      await expect(subscription.connect(caller).withdraw(token, caller))
        .to.be.revertedWithCustomError(subscription, "NothingToWithdraw")
        .withArgs(caller.address);
  });

  it("when the receiver does not take the coin, or is the zero address, it reverts with PaymentRefused", async () => {
    const base = await loadFixture(deployed);
    const { subscription, alice, token } = base;
    await subscribe(base);
    for (const to of [await token.getAddress(), COIN])
      await expect(subscription.connect(alice).withdraw(COIN, to))
        .to.be.revertedWithCustomError(subscription, "PaymentRefused")
        .withArgs(to, PRICE);
    expect(await subscription.earningsOf(alice, COIN)).to.equal(PRICE);
  });

  it("when the receiver asks again in the middle, it gets what it has earned, once", async () => {
    const base = await loadFixture(deployed);
    const { bob } = base;
    const party = await ethers.deployContract("HostileParty");
    const owners = await ethers.deployContract("MockDocumentOwners");
    const own = await ethers.deployContract("Subscription", [owners]);
    const sold = ethers.id("the party's");
    await owners.setOwner(sold, party);
    const { interface: abi } = own;
    await party.act(own, abi.encodeFunctionData("setTerms", [sold, IN_COIN]));
    await own.connect(bob).subscribe(sold, bob, 1, IN_COIN, { value: PRICE });
    await owners.setOwner(ethers.id("another's"), bob);
    await own.connect(bob).setTerms(ethers.id("another's"), IN_COIN);
    await own.connect(bob).subscribe(ethers.id("another's"), bob, 5, IN_COIN, { value: 5n * PRICE });
    const take = abi.encodeFunctionData("withdraw", [COIN, await party.getAddress()]);
    await party.onCoin(own, take);
    await party.act(own, take);
    expect(await party.didReenter()).to.equal(false);
    expect(await party.reason()).to.equal(abi.encodeErrorResult("ReentrancyGuardReentrantCall"));
    expect([await ethers.provider.getBalance(party), await ethers.provider.getBalance(own)]).to.deep.equal([PRICE, 5n * PRICE]);
  });

  it("when all is well, it pays, emits EarningsWithdrawn, and touches no other owner's and no other token's earnings", async () => {
    const base = await loadFixture(deployed);
    const { subscription, alice, bob, mallory, keeper, malloryDocument, otherDocument, inToken, token, address } = base;
    await subscription.connect(mallory).setTerms(malloryDocument, IN_COIN);
    await subscribe(base, 2n);
    await subscription.connect(bob).subscribe(malloryDocument, bob, 1, IN_COIN, { value: PRICE });
    await subscription.connect(bob).subscribe(otherDocument, bob, 1, inToken);
    const pay = subscription.connect(alice).withdraw(COIN, keeper);
    await expect(pay)
      .to.emit(subscription, "EarningsWithdrawn")
      .withArgs(alice, COIN, keeper, 2n * PRICE);
    await expect(pay).to.changeEtherBalances(ethers, [keeper, subscription], [2n * PRICE, -2n * PRICE]);
    expect(await subscription.earningsOf(mallory, COIN)).to.equal(await ethers.provider.getBalance(address));
    expect(await subscription.earningsOf(alice, inToken.token)).to.equal(PRICE);
    await subscription.connect(alice).withdraw(inToken.token, keeper);
    expect([await token.balanceOf(keeper), await token.balanceOf(address)]).to.deep.equal([PRICE, 0n]);
    await expect(subscription.connect(alice).withdraw(COIN, keeper)).to.be.revertedWithCustomError(subscription, "NothingToWithdraw");
  });
});

describe("Subscription: checkPermissions", () => {
  behavesLikePermissions(async () => {
    const base = await loadFixture(deployed);
    await subscribe(base);
    return {
      ethers,
      permissions: base.address,
      document: base.document,
      reader: base.bob.address,
      stranger: base.mallory.address,
      unknownDocument: base.otherDocument,
      deny: () => time.increase(PERIOD),
    };
  });

  it("when it is paid, it says yes up to the last second, then no, for that reader and document only", async () => {
    const base = await loadFixture(deployed);
    const { subscription, bob, mallory, document, otherDocument } = base;
    await subscribe(base);
    const until = await subscription.paidUntil(document, bob);
    await time.increaseTo(until - 1n);
    const asked = [
      [bob, document],
      [mallory, document],
      [bob, otherDocument],
    ] as const;
    const answers = asked.map(([user, id]) => subscription.checkPermissions(user, id));
    expect(await Promise.all(answers)).to.deep.equal([true, false, false]);
    await time.increaseTo(until);
    expect(await subscription.checkPermissions(bob, document)).to.equal(false);
  });

  it("when terms change or the sale ends, what was paid stays paid", async () => {
    const base = await loadFixture(deployed);
    const { subscription, alice, bob, document } = base;
    await subscribe(base, 4n);
    const until = await subscription.paidUntil(document, bob);
    await subscription.connect(alice).setTerms(document, { token: COIN, price: 10n ** 24n, period: 1n });
    expect(await subscription.paidUntil(document, bob)).to.equal(until);
    await subscription.connect(alice).endSale(document);
    await time.increaseTo(until - 1n);
    expect(await subscription.checkPermissions(bob, document)).to.equal(true);
  });
});
