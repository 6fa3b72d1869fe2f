import { expect } from "chai";
import { hexlify, ZeroAddress, ZeroHash } from "ethers";
import { network } from "hardhat";
import { LIFETIME, newReader } from "../ShareRequests/requestFixture.ts";
import {
  agreementOf,
  answer,
  COST,
  deployAgreement,
  FEE,
  open,
  openWithAnswers,
  PRICE,
  QUORUM,
  STATUS,
  surplus,
} from "./agreementFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture, time } = networkHelpers;

const deployed = () => deployAgreement(ethers);
const expire = () => time.increase(LIFETIME + 1n);

describe("ServiceAgreement: release", () => {
  it("when there is no such agreement, or it is settled, it reverts with ServiceAgreementNotOpen", async () => {
    const base = await loadFixture(deployed);
    const { agreement, alice, requests, bob, grantsDocument } = base;
    const made = await open(base);
    await answer(base, made);
    await agreement.release(made.requestId);
    // A request that was made without the agreement, though of the same reader key.
    const { document, headerHash } = grantsDocument;
    await requests.connect(bob).request(document, headerHash, made.statement.readerKey, ZeroHash, { value: QUORUM * FEE });
    const strays = await requests.queryFilter(requests.filters.SharesRequested(undefined, document));
    const stray = strays.at(-1)?.args.requestId as string;
    for (const id of [ethers.id("stray"), stray, made.requestId])
      await expect(agreement.release(id)).to.be.revertedWithCustomError(agreement, "ServiceAgreementNotOpen").withArgs(id);
    expect(await agreement.creditOf(alice)).to.equal(PRICE);
  });

  for (const count of [0, 1, 2])
    it(`when the request has ${count} answers, it reverts with ServiceAgreementWrongStatus, before the deadline and after`, async () => {
      const base = await loadFixture(deployed);
      const { agreement, alice } = base;
      const made = await open(base);
      await answer(base, made, count);
      const release = () => agreement.connect(alice).release(made.requestId);
      await expect(release())
        .to.be.revertedWithCustomError(agreement, "ServiceAgreementWrongStatus")
        .withArgs(made.requestId, STATUS.pending);
      await expire();
      await expect(release())
        .to.be.revertedWithCustomError(agreement, "ServiceAgreementWrongStatus")
        .withArgs(made.requestId, STATUS.expired);
    });

  it("when the request is served, q answers opened the document for the consumer, and q - 1 did not", async () => {
    const base = await loadFixture(deployed);
    const made = await open(base);
    const read = (reader = made) => openWithAnswers(base, reader).catch(() => "nothing");
    await answer(base, made, 2);
    expect(await read()).to.equal("nothing");
    await answer({ ...base, key: { ...base.key, shares: base.key.shares.slice(2) } }, made, 1);
    expect(await read()).to.equal(hexlify(base.sealed.header.contentSecret));
    expect(await read({ ...made, ...newReader() })).to.not.equal(hexlify(base.sealed.header.contentSecret));
  });

  it("when the request is served, the payment is the seller's, whoever calls, also after the deadline", async () => {
    const base = await loadFixture(deployed);
    const { agreement, alice, mallory, keeper, document } = base;
    for (const late of [false, true]) {
      const made = await open(base);
      await answer(base, made);
      if (late) await time.increase(10n * LIFETIME);
      const before = await agreement.creditOf(alice);
      await expect(agreement.connect(mallory).release(made.requestId))
        .to.emit(agreement, "AgreementReleased")
        .withArgs(made.requestId, document, PRICE);
      expect(await agreement.creditOf(alice)).to.equal(before + PRICE);
      expect([...(await agreement.agreementOf(made.requestId))]).to.deep.equal([ZeroAddress, 0n, ZeroHash]);
    }
    expect((await agreement.offerOf(document)).agreements).to.equal(0);
    const pay = agreement.connect(alice).withdraw(keeper);
    await expect(pay)
      .to.emit(agreement, "CreditWithdrawn")
      .withArgs(alice, keeper, 2n * PRICE);
    await expect(pay).to.changeEtherBalances(ethers, [keeper, agreement], [2n * PRICE, -2n * PRICE]);
    expect(await surplus(base)).to.equal(0n);
  });
});

describe("ServiceAgreement: refund", () => {
  it("when there is no such agreement, or it is settled, it reverts with ServiceAgreementNotOpen", async () => {
    const base = await loadFixture(deployed);
    const { agreement, bob } = base;
    const [refunded, released] = [await open(base), await open(base)];
    await answer(base, released);
    await agreement.release(released.requestId);
    await expire();
    await agreement.refund(refunded.requestId, refunded.statement);
    for (const { requestId, statement } of [refunded, released, { ...refunded, requestId: ethers.id("stray") }])
      for (const call of [() => agreement.refund(requestId, statement), () => agreement.release(requestId)])
        await expect(call()).to.be.revertedWithCustomError(agreement, "ServiceAgreementNotOpen").withArgs(requestId);
    expect(await agreement.creditOf(bob)).to.equal(COST);
    expect(await surplus(base)).to.equal(0n);
  });

  it("when the request is pending or served, it reverts with ServiceAgreementWrongStatus", async () => {
    const base = await loadFixture(deployed);
    const { agreement, bob } = base;
    const made = await open(base);
    const refund = () => agreement.connect(bob).refund(made.requestId, made.statement);
    for (const [count, status] of [
      [0, STATUS.pending],
      [3, STATUS.served],
    ] as const) {
      await answer(base, made, count);
      await expect(refund()).to.be.revertedWithCustomError(agreement, "ServiceAgreementWrongStatus").withArgs(made.requestId, status);
    }
    await expire();
    await expect(refund()).to.be.revertedWithCustomError(agreement, "ServiceAgreementWrongStatus").withArgs(made.requestId, STATUS.served);
  });

  it("when the statement is another's, it reverts with RequestForeignStatement", async () => {
    const base = await loadFixture(deployed);
    const [made, other] = [await open(base), await open(base)];
    await expire();
    await expect(base.agreement.refund(made.requestId, other.statement)).to.be.revertedWithCustomError(
      base.requests,
      "RequestForeignStatement",
    );
  });

  for (const answers of [0n, 1n, 2n])
    for (const paidBefore of [false, true])
      it(`when it has expired with ${answers} answers${paidBefore ? ", and a stranger had ShareRequests pay" : ""}, the consumer gets price and fees`, async () => {
        const base = await loadFixture(deployed);
        const { agreement, requests, bob, mallory, document } = base;
        const [made, other] = [await open(base), await open(base, mallory)];
        await answer(base, made, Number(answers));
        await expire();
        if (paidBefore) await requests.connect(mallory).refund(made.requestId, made.statement);
        const back = PRICE + (QUORUM - answers) * FEE;
        await expect(agreement.connect(mallory).refund(made.requestId, made.statement))
          .to.emit(agreement, "AgreementRefunded")
          .withArgs(made.requestId, bob, back);
        expect([await agreement.creditOf(bob), await agreement.creditOf(mallory)]).to.deep.equal([back, 0n]);
        expect(await surplus(base, 1n)).to.equal(0n);
        await agreement.refund(other.requestId, other.statement);
        expect(await agreement.creditOf(mallory)).to.equal(COST);
        expect(await surplus(base)).to.equal(0n);
        for (const consumer of [bob, mallory]) await agreement.connect(consumer).withdraw(consumer);
        expect(await ethers.provider.getBalance(agreement)).to.equal(0);
        expect((await agreement.offerOf(document)).agreements).to.equal(0);
      });

  it("when keepers cost nothing, the consumer gets the price back", async () => {
    const base = await loadFixture(deployed);
    await base.requests.connect(base.council).setPrice(0);
    const made = await open(base, base.bob, PRICE);
    await expire();
    await base.agreement.refund(made.requestId, made.statement);
    expect(await base.agreement.creditOf(base.bob)).to.equal(PRICE);
  });

  it("when governance changed the keepers' price since, the consumer gets what it paid", async () => {
    const base = await loadFixture(deployed);
    const made = await open(base);
    await base.requests.connect(base.council).setPrice(100n * FEE);
    await expire();
    await base.agreement.refund(made.requestId, made.statement);
    expect(await base.agreement.creditOf(base.bob)).to.equal(COST);
    expect(await surplus(base)).to.equal(0n);
  });
});

describe("ServiceAgreement: withdraw and receive", () => {
  it("when the caller has nothing, it reverts with NothingToWithdraw", async () => {
    const base = await loadFixture(deployed);
    const made = await open(base);
    await answer(base, made);
    await base.agreement.release(made.requestId);
    for (const caller of [base.mallory, base.bob])
      await expect(base.agreement.connect(caller).withdraw(caller))
        .to.be.revertedWithCustomError(base.agreement, "NothingToWithdraw")
        .withArgs(caller.address);
  });

  it("when the receiver does not take it, or is the zero address, it reverts with PaymentRefused", async () => {
    const base = await loadFixture(deployed);
    const { agreement, alice, registryAddress } = base;
    const made = await open(base);
    await answer(base, made);
    await agreement.release(made.requestId);
    for (const to of [registryAddress, ZeroAddress])
      await expect(agreement.connect(alice).withdraw(to)).to.be.revertedWithCustomError(agreement, "PaymentRefused").withArgs(to, PRICE);
    expect(await agreement.creditOf(alice)).to.equal(PRICE);
  });

  for (const attack of ["withdraw", "refund", "release"] as const)
    it(`when a hostile consumer calls ${attack} again in the middle, it gets what is its, once`, async () => {
      const base = await loadFixture(deployed);
      const { agreement, document, sealed, bob } = base;
      const party = await ethers.deployContract("HostileParty");
      const others = await open(base, bob);
      const reader = newReader();
      const { interface: abi } = agreement;
      await party.act(agreement, abi.encodeFunctionData("open", [document, sealed.headerHash, reader.point]), { value: COST });
      const made = await agreementOf(base, reader, sealed);
      await expire();
      await agreement.refund(made.requestId, made.statement);
      const take = abi.encodeFunctionData("withdraw", [await party.getAddress()]);
      const again = {
        withdraw: take,
        refund: abi.encodeFunctionData("refund", [others.requestId, others.statement]),
        release: abi.encodeFunctionData("release", [others.requestId]),
      };
      await party.onCoin(agreement, again[attack]);
      await party.act(agreement, take);
      expect([await party.didReenter(), await party.reason()]).to.deep.equal([
        false,
        abi.encodeErrorResult("ReentrancyGuardReentrantCall"),
      ]);
      expect([await ethers.provider.getBalance(party), await agreement.creditOf(party)]).to.deep.equal([COST, 0n]);
      expect(await surplus(base, 1n)).to.equal(0n);
      await expect(party.act(agreement, take)).to.be.revertedWithCustomError(agreement, "NothingToWithdraw");
    });

  it("when a consumer takes no coin, only its own refund waits", async () => {
    const base = await loadFixture(deployed);
    const { agreement, document, sealed, bob, keeper } = base;
    const party = await ethers.deployContract("HostileParty");
    const { interface: abi } = agreement;
    const others = await open(base, bob);
    const reader = newReader();
    await party.act(agreement, abi.encodeFunctionData("open", [document, sealed.headerHash, reader.point]), { value: COST });
    const made = await agreementOf(base, reader, sealed);
    await party.onCoin(party, "0x");
    await expire();
    for (const { requestId, statement } of [made, others]) await agreement.refund(requestId, statement);
    await agreement.connect(bob).withdraw(bob);
    const take = (to: string) => party.act(agreement, abi.encodeFunctionData("withdraw", [to]));
    await expect(take(await party.getAddress())).to.be.revertedWithCustomError(agreement, "PaymentRefused");
    await expect(take(keeper.address)).to.changeEtherBalance(ethers, keeper, COST);
  });

  it("when anybody but ShareRequests sends coin, it reverts with ServiceAgreementForeignPayment", async () => {
    const { agreement, alice, agreementAddress } = await loadFixture(deployed);
    await expect(alice.sendTransaction({ to: agreementAddress, value: 1n }))
      .to.be.revertedWithCustomError(agreement, "ServiceAgreementForeignPayment")
      .withArgs(alice.address);
  });
});
