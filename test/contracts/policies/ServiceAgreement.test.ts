import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import { network } from "hardhat";
import { behavesLikePermissions } from "../../behaviors/permissions.ts";
import { publication, sealDocument, sealVersion } from "../DocumentRegistry/documentFixture.ts";
import { LIFETIME, type MadeRequest, newReader, PUBLIC_ROLE } from "../ShareRequests/requestFixture.ts";
import { agreementOf, answer, COST, deployAgreement, FEE, open, PRICE, QUORUM, surplus } from "./agreementFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture, time } = networkHelpers;

const deployed = () => deployAgreement(ethers);
type Base = Awaited<ReturnType<typeof deployed>>;
const expire = () => time.increase(LIFETIME + 1n);
const tryOpen = ({ agreement, bob, document, sealed }: Base, value = COST, headerHash = sealed.headerHash, id = document) =>
  agreement.connect(bob).open(id, headerHash, newReader().point, { value });
describe("ServiceAgreement: offer and endOffer", () => {
  it("when the caller is not the owner, or the document is not published, they revert with NotDocumentOwner", async () => {
    const { agreement, alice, mallory, document } = await loadFixture(deployed);
    for (const [caller, id] of [
      [mallory, document],
      [alice, ethers.id("unpublished")],
    ] as const)
      for (const call of [() => agreement.connect(caller).offer(id, 1), () => agreement.connect(caller).endOffer(id)])
        await expect(call()).to.be.revertedWithCustomError(agreement, "NotDocumentOwner").withArgs(id, caller.address);
  });

  it("when the owner is not whom the contract sells for, offer reverts with ServiceAgreementNotSeller", async () => {
    const base = await loadFixture(deployed);
    const hers = sealDocument({ ...base, owner: base.mallory.address, initialPermissions: base.agreementAddress });
    await base.registry.connect(base.mallory).publish(...publication(hers));
    expect(await base.agreement.seller()).to.equal(base.alice.address);
    await expect(base.agreement.connect(base.mallory).offer(hers.document, 0))
      .to.be.revertedWithCustomError(base.agreement, "ServiceAgreementNotSeller")
      .withArgs(base.mallory.address);
  });

  it("when all is well, they keep the offer and emit OfferMade and OfferEnded", async () => {
    const { agreement, alice, document } = await loadFixture(deployed);
    await expect(agreement.connect(alice).offer(document, 7)).to.emit(agreement, "OfferMade").withArgs(document, 7);
    expect([...(await agreement.offerOf(document))]).to.deep.equal([7n, true, 0n]);
    await expect(agreement.connect(alice).endOffer(document)).to.emit(agreement, "OfferEnded").withArgs(document);
    expect([...(await agreement.offerOf(document))]).to.deep.equal([7n, false, 0n]);
  });
});

describe("ServiceAgreement: open", () => {
  it("when the document is not on offer, or not any more, it reverts with ServiceAgreementNotOnOffer", async () => {
    const base = await loadFixture(deployed);
    const { agreement, alice, document, grantsDocument } = base;
    await agreement.connect(alice).endOffer(document);
    for (const { document: id, headerHash } of [base.sealed, grantsDocument])
      await expect(tryOpen(base, COST, headerHash, id))
        .to.be.revertedWithCustomError(agreement, "ServiceAgreementNotOnOffer")
        .withArgs(id);
  });

  it("when the value does not cover the price, it reverts with ServiceAgreementTooLittle", async () => {
    const base = await loadFixture(deployed);
    for (const value of [0n, PRICE - 1n])
      await expect(tryOpen(base, value)).to.be.revertedWithCustomError(base.agreement, "ServiceAgreementTooLittle").withArgs(value, PRICE);
  });

  it("when the rest is not the keepers' fees, it reverts with RequestWrongFee", async () => {
    const base = await loadFixture(deployed);
    for (const value of [PRICE, COST - 1n, COST + 1n])
      await expect(tryOpen(base, value))
        .to.be.revertedWithCustomError(base.requests, "RequestWrongFee")
        .withArgs(value - PRICE, QUORUM * FEE);
  });

  it("when the owner raised the price under the consumer's transaction, it reverts", async () => {
    const base = await loadFixture(deployed);
    await base.agreement.connect(base.alice).offer(base.document, PRICE + 1n);
    await expect(tryOpen(base)).to.be.revertedWithCustomError(base.requests, "RequestWrongFee");
    await base.agreement.connect(base.alice).offer(base.document, COST);
    await expect(tryOpen(base)).to.be.revertedWithCustomError(base.requests, "RequestWrongFee");
  });

  it("when the document's permissions lie elsewhere, it reverts with RequestDenied", async () => {
    const base = await loadFixture(deployed);
    const { agreement, alice, registry, requests, document, agreementAddress, grantsAddress } = base;
    await registry.connect(alice).movePermissions(document, grantsAddress);
    await expect(tryOpen(base)).to.be.revertedWithCustomError(requests, "RequestDenied").withArgs(document, agreementAddress);
    expect((await agreement.offerOf(document)).agreements).to.equal(0);
  });

  it("when the version is unknown or withdrawn, or requests are paused, it reverts", async () => {
    const base = await loadFixture(deployed);
    const { registry, requests, alice, manager, address, document, sealed } = base;
    const unknown = ethers.id("unknown");
    await expect(tryOpen(base, COST, unknown)).to.be.revertedWithCustomError(requests, "RequestUnknownDocument");
    await manager.setTargetFunctionRole(address, [requests.interface.getFunction("request").selector], 5);
    await expect(tryOpen(base)).to.be.revertedWithCustomError(requests, "AccessManagedUnauthorized");
    await manager.setTargetFunctionRole(address, [requests.interface.getFunction("request").selector], PUBLIC_ROLE);
    await registry.connect(alice).withdrawVersion(document, sealed.headerHash);
    await expect(tryOpen(base)).to.be.revertedWithCustomError(requests, "RequestUnknownDocument");
  });

  it("when all is well, it asks the keepers in its own name, keeps price and consumer, and emits AgreementOpened", async () => {
    const base = await loadFixture(deployed);
    const { agreement, requests, bob, document, sealed, agreementAddress, address } = base;
    const reader = newReader();
    const sent = agreement.connect(bob).open(document, sealed.headerHash, reader.point, { value: COST });
    await sent;
    const { requestId } = await agreementOf(base, reader, sealed);
    await expect(sent).to.emit(agreement, "AgreementOpened").withArgs(requestId, document, bob, PRICE);
    const [event] = await requests.queryFilter(requests.filters.SharesRequested(requestId));
    expect([event?.args.requester, event?.args.document]).to.deep.equal([agreementAddress, document]);
    expect([...(await agreement.agreementOf(requestId))]).to.deep.equal([bob.address, PRICE, document]);
    expect([...(await agreement.offerOf(document))]).to.deep.equal([PRICE, true, 1n]);
    const balances = [agreementAddress, address].map((holder) => ethers.provider.getBalance(holder));
    expect(await Promise.all(balances)).to.deep.equal([PRICE, QUORUM * FEE]);
  });
});

describe("ServiceAgreement: checkPermissions", () => {
  behavesLikePermissions(async () => {
    const { agreement, agreementAddress, document, bob, alice, grantsDocument } = await loadFixture(deployed);
    return {
      ethers,
      permissions: agreementAddress,
      document,
      reader: agreementAddress,
      stranger: bob.address,
      unknownDocument: grantsDocument.document,
      deny: () => agreement.connect(alice).endOffer(document),
    };
  });

  it("when the user is anybody but the agreement, it says no: to the owner and a consumer with an open agreement too", async () => {
    const base = await loadFixture(deployed);
    const { agreement, requests, alice, bob, mallory, document, sealed } = base;
    const made = await open(base);
    await answer(base, made);
    for (const user of [alice, bob, mallory]) {
      expect(await agreement.checkPermissions(user, document)).to.equal(false);
      const call = requests.connect(user).request(document, sealed.headerHash, newReader().point, ZeroHash, { value: QUORUM * FEE });
      await expect(call).to.be.revertedWithCustomError(requests, "RequestDenied");
    }
  });

  it("it signs nothing: no ERC-1271 question is answered, so there is no request by HTTP in its name", async () => {
    const { agreementAddress } = await loadFixture(deployed);
    const wallet = new ethers.Interface(["function isValidSignature(bytes32, bytes) view returns (bytes4)"]);
    for (const signature of ["0x", `0x${"00".repeat(65)}`]) {
      const data = wallet.encodeFunctionData("isValidSignature", [ethers.id("a request"), signature]);
      await expect(ethers.provider.call({ to: agreementAddress, data })).to.revert(ethers);
    }
  });
});

describe("ServiceAgreement: the owner's tricks, between open and the answers", () => {
  const decision = ({ requests, document, sealed, agreementAddress }: Base) =>
    requests.decide(document, sealed.headerHash, ZeroAddress, agreementAddress, ZeroHash);
  const DECISION = { denied: 0n, permitted: 1n, withdrawn: 3n };

  it("when the offer ends or the price changes, keepers may answer still, and the owner gets the price that was agreed", async () => {
    const base = await loadFixture(deployed);
    const { agreement, alice, document } = base;
    const made = await open(base);
    await agreement.connect(alice).offer(document, 1000n * PRICE);
    await agreement.connect(alice).endOffer(document);
    expect(await decision(base)).to.equal(DECISION.permitted);
    await expect(tryOpen(base)).to.be.revertedWithCustomError(agreement, "ServiceAgreementNotOnOffer");
    await answer(base, made);
    await agreement.release(made.requestId);
    expect(await agreement.creditOf(alice)).to.equal(PRICE);
    expect(await decision(base)).to.equal(DECISION.denied);
  });

  it("when there are two agreements, the document stays readable until both are settled", async () => {
    const base = await loadFixture(deployed);
    const { agreement, alice, document } = base;
    const [first, second] = [await open(base), await open(base)];
    await agreement.connect(alice).endOffer(document);
    await answer(base, first);
    await agreement.release(first.requestId);
    expect(await decision(base)).to.equal(DECISION.permitted);
    await expire();
    await agreement.refund(second.requestId, second.statement);
    expect(await decision(base)).to.equal(DECISION.denied);
  });

  it("when the permissions are moved, keepers refuse, and the consumer is refunded", async () => {
    const base = await loadFixture(deployed);
    const made = await open(base);
    await base.registry.connect(base.alice).movePermissions(base.document, base.grantsAddress);
    expect(await decision(base)).to.equal(DECISION.denied);
    await expire();
    await base.agreement.refund(made.requestId, made.statement);
    expect(await base.agreement.creditOf(base.bob)).to.equal(COST);
  });

  it("when the version is withdrawn, keepers refuse, and the consumer is refunded; another version continues", async () => {
    const base = await loadFixture(deployed);
    const { agreement, registry, alice, bob, document, key, sealed } = base;
    const made = await open(base);
    await registry.connect(alice).withdrawVersion(document, sealed.headerHash);
    expect(await decision(base)).to.equal(DECISION.withdrawn);
    await expire();
    await agreement.refund(made.requestId, made.statement);
    expect(await agreement.creditOf(bob)).to.equal(COST);
    const next = sealVersion(key, sealed);
    const [, , , ciphertext, hints, cid] = publication(next);
    await registry.connect(alice).publishVersion(document, ciphertext, hints, cid);
    const again = await open({ ...base, sealed: next });
    await answer({ ...base, sealed: next }, again);
    await agreement.release(again.requestId);
    expect(await agreement.creditOf(alice)).to.equal(PRICE);
  });

  it("at every step, the balance covers all credits and all open agreements", async () => {
    const base = await loadFixture(deployed);
    const { agreement, requests, alice, bob } = base;
    const opened: MadeRequest[] = [];
    for (let i = 0; i < 4; i++) {
      const made = await open(base);
      opened.push(made);
      await answer(base, made, i);
      expect(await surplus(base, BigInt(i + 1))).to.equal(0n);
    }
    const [none, one, two, served] = opened as [MadeRequest, MadeRequest, MadeRequest, MadeRequest];
    await agreement.release(served.requestId);
    expect(await surplus(base, 3n)).to.equal(0n);
    await expire();
    await requests.refund(two.requestId, two.statement);
    expect(await surplus(base, 3n)).to.equal(FEE);
    for (const [left, made] of [
      [2n, none],
      [1n, one],
    ] as const) {
      await agreement.refund(made.requestId, made.statement);
      expect(await surplus(base, left)).to.equal(FEE);
    }
    await agreement.refund(two.requestId, two.statement);
    expect(await surplus(base)).to.equal(0n);
    for (const account of [alice, bob]) await agreement.connect(account).withdraw(account);
    expect(await ethers.provider.getBalance(agreement)).to.equal(0);
  });

  it("when the sale stands beside grants in AnyOf, who has a grant reads free, everybody else pays, and nobody reads in the other's name", async () => {
    const base = await loadFixture(deployed);
    const { agreement, grants, registry, requests, alice, bob, mallory, document, sealed, agreementAddress, grantsAddress } = base;
    await registry.connect(alice).movePermissions(document, await ethers.deployContract("AnyOf", [[grantsAddress, agreementAddress]]));
    await grants.connect(alice).grant(document, bob, 0);
    const ask = (user: typeof bob) =>
      requests.connect(user).request(document, sealed.headerHash, newReader().point, ZeroHash, { value: QUORUM * FEE });
    await expect(ask(bob)).to.emit(requests, "SharesRequested");
    await expect(ask(mallory)).to.be.revertedWithCustomError(requests, "RequestDenied");
    const made = await open(base, mallory);
    await answer(base, made);
    await agreement.release(made.requestId);
    expect(await agreement.creditOf(alice)).to.equal(PRICE);
  });
});
