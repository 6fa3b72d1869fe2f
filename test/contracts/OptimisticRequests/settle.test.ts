import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import { network } from "hardhat";
import { dealKey, keyRecord } from "../../fixtures/dealtKey.ts";
import { rollWallet } from "../../random/wallet.ts";
import { addKeepers, EPOCH_DELAY, postKey } from "../KeeperRegistry/registryFixture.ts";
import { LIFETIME, newReader, type Statement } from "../ShareRequests/requestFixture.ts";
import { ask, challengeOf, deployOptimistic, type OptimisticSetup, PRICE, post, QUORUM, WINDOW } from "./optimisticFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture, time } = networkHelpers;

const STATUS = { unknown: 0n, pending: 1n, disputable: 2n, served: 3n, expired: 4n };
type Made = Awaited<ReturnType<typeof ask>>;

/** Bob has asked and paid for three answers. */
const asked = async () => {
  const base = await deployOptimistic(ethers, networkHelpers);
  return { base, made: await ask(base), optimistic: base.optimistic };
};
const lie = { zs: 1n };
const overWindow = () => time.increase(LIFETIME + WINDOW + 1n);
/** Members by their place 0..4, in order; those named in `wrong` lie and are convicted. */
const answerAll = async (base: OptimisticSetup, made: Made, places: readonly number[], wrong: readonly number[] = []): Promise<void> => {
  for (const place of places) {
    const posted = await post(base, made, place, wrong.includes(place) ? lie : undefined);
    if (wrong.includes(place)) await base.optimistic.challenge(made.requestId, made.statement, challengeOf(base, made, posted));
  }
};
const bits = (...slots: number[]): bigint => slots.reduce((set, slot) => set | (1n << BigInt(slot)), 0n);
const creditsOf = ({ optimistic, operatorOf }: OptimisticSetup): Promise<bigint[]> =>
  Promise.all([1, 2, 4, 5, 9].map((slot) => optimistic.creditOf(operatorOf(slot))));

/** A contract that may read, has asked and paid; `onCoin` says what it does when coin arrives. */
const askedByContract = async (base: OptimisticSetup) => {
  const { optimistic, grants, alice, sealed, document } = base;
  const party = await ethers.deployContract("HostileParty");
  const address = await party.getAddress();
  await grants.connect(alice).grant(document, address, 0);
  const { point } = newReader();
  const data = optimistic.interface.encodeFunctionData("request", [document, sealed.headerHash, point, ZeroHash]);
  await party.act(optimistic, data, { value: QUORUM * PRICE });
  const statement: Statement = {
    number: await optimistic.requestCount(),
    document,
    headerHash: sealed.headerHash,
    requester: address,
    readerKey: point,
    contextHash: ZeroHash,
  };
  return { party, address, statement, requestId: await optimistic.requestIdOf(statement) };
};

describe("OptimisticRequests: settle", () => {
  it("when the window is not over, it reverts with OptimisticRequestsWrongStatus", async () => {
    const { made, optimistic } = await loadFixture(asked);
    const stray = ethers.id("stray");
    const refused = (requestId: string, status: bigint) =>
      expect(optimistic.settle(requestId))
        .to.be.revertedWithCustomError(optimistic, "OptimisticRequestsWrongStatus")
        .withArgs(requestId, status);
    await refused(stray, STATUS.unknown);
    await refused(made.requestId, STATUS.pending);
    const { deadline } = await optimistic.requestOf(made.requestId);
    for (const at of [deadline + 1n, deadline + WINDOW]) {
      await time.setNextBlockTimestamp(at);
      await refused(made.requestId, STATUS.disputable);
    }
  });

  it("when it was settled, it reverts with OptimisticRequestsSettled, and credits nobody again", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    await answerAll(base, made, [0, 1, 2]);
    await overWindow();
    await optimistic.connect(base.mallory).settle(made.requestId);
    await expect(optimistic.settle(made.requestId))
      .to.be.revertedWithCustomError(optimistic, "OptimisticRequestsSettled")
      .withArgs(made.requestId);
    expect(await creditsOf(base)).to.deep.equal([PRICE, PRICE, PRICE, 0n, 0n]);
  });

  it("when more than q stand, it credits the first q in order of inclusion", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    await answerAll(base, made, [4, 2, 0, 1, 3]);
    await overWindow();
    await expect(optimistic.settle(made.requestId))
      .to.emit(optimistic, "RequestSettled")
      .withArgs(made.requestId, bits(9, 4, 1), 0);
    expect(await creditsOf(base)).to.deep.equal([PRICE, 0n, PRICE, 0n, PRICE]);
    const { settled, unpaid } = await optimistic.requestOf(made.requestId);
    expect([settled, unpaid]).to.deep.equal([true, 0n]);
  });

  it("when some were disproved, later ones are credited in their place", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    await answerAll(base, made, [4, 2, 0, 1, 3], [4, 0]);
    await overWindow();
    await expect(optimistic.settle(made.requestId))
      .to.emit(optimistic, "RequestSettled")
      .withArgs(made.requestId, bits(4, 2, 5), 0);
    expect(await creditsOf(base)).to.deep.equal([0n, PRICE, PRICE, PRICE, 0n]);
    expect([await optimistic.faultsOf(9), await optimistic.faultsOf(1)]).to.deep.equal([1n, 1n]);
  });

  it("when fewer than q stand, the rest is owed to the requester, and the fees of the wrong are forfeited", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    await answerAll(base, made, [0, 1, 2], [0, 1]);
    await overWindow();
    await expect(optimistic.settle(made.requestId))
      .to.emit(optimistic, "RequestSettled")
      .withArgs(made.requestId, bits(4), 2n * PRICE);
    expect(await creditsOf(base)).to.deep.equal([0n, 0n, PRICE, 0n, 0n]);
    expect((await optimistic.requestOf(made.requestId)).unpaid).to.equal(2);
  });

  it("when nobody answered, all is owed to the requester", async () => {
    const { made, optimistic } = await loadFixture(asked);
    await overWindow();
    await expect(optimistic.settle(made.requestId))
      .to.emit(optimistic, "RequestSettled")
      .withArgs(made.requestId, 0, QUORUM * PRICE);
  });

  it("when 40 members answer, their order goes on in a second word: the first of them are credited", async () => {
    const base = await deployOptimistic(ethers, networkHelpers);
    const { optimistic, keepers, keyGeneration, key, accounts } = base;
    const slots = Array.from({ length: 40 }, (_, i) => i + 1);
    const many = await Promise.all(
      slots.map(async (slot) => {
        if (accounts[slot - 1] !== undefined) return accounts[slot - 1] as (typeof accounts)[number];
        const wallet = rollWallet(`slot ${slot}`).connect(ethers.provider);
        await networkHelpers.setBalance(wallet.address, 10n ** 18n);
        return wallet;
      }),
    );
    await addKeepers(keepers, many.slice(9) as HardhatEthersSigner[]);
    await keepers.proposeEpoch(0);
    for (const account of many) await postKey(keepers, 2, account as (typeof accounts)[number]);
    await time.increase(EPOCH_DELAY);
    await keepers.openEpoch(2);
    const moved = dealKey({ keyId: key.keyId, epoch: 2, slots, threshold: 34 });
    await keyGeneration.setKey(key.keyId, keyRecord(key, { activeEpoch: 2 }));
    await keyGeneration.setKeyEpoch(key.keyId, 2, moved.keyEpoch);
    const large = {
      ...base,
      key: { ...moved, publicKey: key.publicKey },
      operatorOf: (slot: number) => many[slot - 1] as (typeof accounts)[number],
    };
    const made = await ask(large, 35n * PRICE);
    const order = slots.map((_, i) => (i * 7) % 40); // some order that is not the slots'
    await answerAll(large, made, order, [order[1] as number, order[33] as number]);
    const facts = await optimistic.requestOf(made.requestId);
    expect([facts.answers, facts.answered]).to.deep.equal([40n, bits(...slots)]);
    await overWindow();
    expect(await optimistic.statusOf(made.requestId)).to.equal(STATUS.served);
    const paid = order.filter((_, i) => i !== 1 && i !== 33).slice(0, 35);
    await expect(optimistic.settle(made.requestId))
      .to.emit(optimistic, "RequestSettled")
      .withArgs(made.requestId, bits(...paid.map((place) => place + 1)), 0);
  });
});

describe("OptimisticRequests: refund", () => {
  it("when the window is not over, it reverts with OptimisticRequestsWrongStatus", async () => {
    const { made, optimistic } = await loadFixture(asked);
    await expect(optimistic.refund(made.requestId, made.statement))
      .to.be.revertedWithCustomError(optimistic, "OptimisticRequestsWrongStatus")
      .withArgs(made.requestId, STATUS.pending);
  });

  it("when the statement is another's, it reverts with RequestForeignStatement: the money is the requester's", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    await overWindow();
    for (const change of [{ requester: base.mallory.address }, { number: 2n }, { requester: ZeroAddress }])
      await expect(optimistic.connect(base.mallory).refund(made.requestId, { ...made.statement, ...change }))
        .to.be.revertedWithCustomError(optimistic, "RequestForeignStatement")
        .withArgs(made.requestId);
  });

  it("when nothing is owed, it reverts with RequestNothingToRefund: all was paid, it was paid back, or it was free", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    await answerAll(base, made, [0, 1, 2]);
    const second = await ask(base);
    await optimistic.setPrice(0);
    const free = await ask(base, 0n);
    await overWindow();
    await optimistic.refund(second.requestId, second.statement);
    for (const { requestId, statement } of [made, second, free])
      await expect(optimistic.refund(requestId, statement))
        .to.be.revertedWithCustomError(optimistic, "RequestNothingToRefund")
        .withArgs(requestId);
  });

  it("when all is well, it settles first where nobody has, and pays the requester, whoever calls", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    await answerAll(base, made, [3, 1], [1]);
    await overWindow();
    const call = optimistic.connect(base.mallory).refund(made.requestId, made.statement);
    await expect(call).to.changeEtherBalances(ethers, [optimistic, base.bob], [-2n * PRICE, 2n * PRICE]);
    await expect(call)
      .to.emit(optimistic, "RequestSettled")
      .withArgs(made.requestId, bits(5), 2n * PRICE);
    await expect(call)
      .to.emit(optimistic, "FeeRefunded")
      .withArgs(made.requestId, base.bob.address, 2n * PRICE);
    expect((await optimistic.requestOf(made.requestId)).unpaid).to.equal(0);
    await expect(optimistic.settle(made.requestId)).to.be.revertedWithCustomError(optimistic, "OptimisticRequestsSettled");
    expect(await creditsOf(base)).to.deep.equal([0n, 0n, 0n, PRICE, 0n]);
  });

  it("when the requester refuses coin, it reverts with PaymentRefused, and the keepers are paid all the same", async () => {
    const { base, optimistic } = await loadFixture(asked);
    const { party, address, statement, requestId } = await askedByContract(base);
    await post(base, { requestId, statement, ...newReader() }, 0);
    await overWindow();
    await party.onCoin(address, "0x");
    await expect(optimistic.refund(requestId, statement))
      .to.be.revertedWithCustomError(optimistic, "PaymentRefused")
      .withArgs(address, 2n * PRICE);
    await optimistic.settle(requestId);
    await expect(optimistic.withdrawFees(base.operatorOf(1))).to.changeEtherBalance(ethers, base.operatorOf(1), PRICE);
    await party.onCoin(ZeroAddress, "0x");
    await expect(optimistic.refund(requestId, statement)).to.changeEtherBalance(ethers, party, 2n * PRICE);
  });

  it("when the requester calls back, nothing is paid twice", async () => {
    const { base, optimistic } = await loadFixture(asked);
    const { party, statement, requestId } = await askedByContract(base);
    await overWindow();
    for (const [name, args] of [
      ["refund", [requestId, statement]],
      ["withdrawFees", [base.operatorOf(1).address]],
    ] as const) {
      const snapshot = await networkHelpers.takeSnapshot();
      await party.onCoin(optimistic, optimistic.interface.encodeFunctionData(name as "refund", args as never));
      await expect(optimistic.refund(requestId, statement)).to.changeEtherBalance(ethers, party, QUORUM * PRICE);
      expect([await party.didReenter(), (await party.reason()).slice(0, 10)]).to.deep.equal([
        false,
        ethers.id("ReentrancyGuardReentrantCall()").slice(0, 10),
      ]);
      await snapshot.restore();
    }
  });
});

describe("OptimisticRequests: withdrawFees", () => {
  const settled = async () => {
    const { base, made, optimistic } = await asked();
    await answerAll(base, made, [0, 1, 2]);
    await overWindow();
    await optimistic.settle(made.requestId);
    return { base, optimistic };
  };

  it("when nothing was earned, it reverts with NothingToWithdraw", async () => {
    const { base, optimistic } = await loadFixture(settled);
    for (const account of [base.operatorOf(3).address, base.operatorOf(5).address, ZeroAddress, base.mallory.address])
      await expect(optimistic.withdrawFees(account)).to.be.revertedWithCustomError(optimistic, "NothingToWithdraw").withArgs(account);
  });

  it("when all is well, it pays the operator of the request's epoch, once, whoever calls, and whoever is the operator now", async () => {
    const { base, optimistic } = await loadFixture(settled);
    const successor = base.accounts[12] as (typeof base.accounts)[number];
    await base.keepers.setOperator(1, successor);
    const call = optimistic.connect(base.mallory).withdrawFees(base.operatorOf(1));
    await expect(call).to.changeEtherBalances(ethers, [optimistic, successor, base.operatorOf(1)], [-PRICE, 0n, PRICE]);
    await expect(call).to.emit(optimistic, "FeesWithdrawn").withArgs(base.operatorOf(1), base.operatorOf(1), PRICE);
    await expect(optimistic.withdrawFees(base.operatorOf(1))).to.be.revertedWithCustomError(optimistic, "NothingToWithdraw");
    expect(await creditsOf(base)).to.deep.equal([0n, PRICE, PRICE, 0n, 0n]);
  });

  it("when the operator was revoked as stolen, before the settlement or after it, it pays the slot's current operator", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    const [first, second] = base.accounts.slice(12, 14) as [HardhatEthersSigner, HardhatEthersSigner];
    await answerAll(base, made, [0, 1, 2]);
    await base.keepers.replaceStolenOperator(1, first);
    await overWindow();
    await optimistic.settle(made.requestId);
    await base.keepers.replaceStolenOperator(2, second);
    for (const [slot, successor] of [
      [1, first],
      [2, second],
    ] as const) {
      const call = optimistic.withdrawFees(base.operatorOf(slot));
      await expect(call).to.changeEtherBalances(ethers, [optimistic, successor, base.operatorOf(slot)], [-PRICE, PRICE, 0n]);
      await expect(call).to.emit(optimistic, "FeesWithdrawn").withArgs(base.operatorOf(slot), successor, PRICE);
    }
  });

  it("when the payee refuses coin or calls back, the credit stays or is paid once", async () => {
    const { base, optimistic } = await loadFixture(settled);
    const party = await ethers.deployContract("HostileParty");
    const address = await party.getAddress();
    await base.keepers.replaceStolenOperator(1, address);
    await party.onCoin(address, "0x");
    await expect(optimistic.withdrawFees(base.operatorOf(1)))
      .to.be.revertedWithCustomError(optimistic, "PaymentRefused")
      .withArgs(address, PRICE);
    expect(await optimistic.creditOf(base.operatorOf(1))).to.equal(PRICE);
    await party.onCoin(optimistic, optimistic.interface.encodeFunctionData("withdrawFees", [base.operatorOf(1).address]));
    await expect(optimistic.withdrawFees(base.operatorOf(1))).to.changeEtherBalances(ethers, [optimistic, party], [-PRICE, PRICE]);
    expect(await party.didReenter()).to.equal(false);
  });
});

describe("OptimisticRequests: statusOf and requestOf", () => {
  it("they follow from stored facts and time", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    const statusOf = (requestId: string) => optimistic.statusOf(requestId);
    expect(await statusOf(ethers.id("stray"))).to.equal(STATUS.unknown);
    expect([...(await optimistic.requestOf(ethers.id("stray")))]).to.deep.equal([ZeroHash, 0n, 0n, 0n, 0n, false, 0n, 0n, 0n, 0n]);
    const few = await ask(base);
    await answerAll(base, made, [0, 1, 2, 3], [1]);
    await answerAll(base, few, [0, 1, 2], [1]);
    const { deadline } = await optimistic.requestOf(few.requestId);
    // The one of the fixture ends earlier, by as long as the tests before this one took.
    const { deadline: first } = await optimistic.requestOf(made.requestId);
    for (const [at, ofMade, ofFew] of [
      [first, STATUS.pending, STATUS.pending],
      [deadline + 1n, STATUS.disputable, STATUS.disputable],
      [deadline + WINDOW, undefined, STATUS.disputable],
      [deadline + WINDOW + 1n, STATUS.served, STATUS.expired],
    ] as const) {
      await time.increaseTo(at);
      if (ofMade !== undefined) expect(await statusOf(made.requestId)).to.equal(ofMade);
      expect(await statusOf(few.requestId)).to.equal(ofFew);
    }
    await optimistic.settle(made.requestId);
    expect(await statusOf(made.requestId)).to.equal(STATUS.served);
  });
});

describe("OptimisticRequests: money", () => {
  it("whatever happens, the balance is what open requests hold, plus credits, plus what is owed to the requester", async () => {
    const { base, optimistic } = await loadFixture(asked);
    const requests: Made[] = [];
    let state = 1;
    const below = (limit: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % limit;
    };
    const pick = (): Made => requests[below(requests.length)] as Made;
    const steps: readonly (() => Promise<unknown>)[] = [
      async () => {
        const price = BigInt(below(3)) * 100n;
        await optimistic.setPrice(price);
        requests.push(await ask(base, QUORUM * price));
      },
      () => post(base, pick(), below(5)),
      () => post(base, pick(), below(5)),
      async () => {
        const made = pick();
        await optimistic.challenge(made.requestId, made.statement, challengeOf(base, made, await post(base, made, below(5), lie)));
      },
      () => time.increase(below(4) * 100),
      () => optimistic.settle(pick().requestId),
      async () => {
        const { requestId, statement } = pick();
        await optimistic.refund(requestId, statement);
      },
      () => optimistic.withdrawFees(base.operatorOf([1, 2, 4, 5, 9][below(5)] as number)),
    ];
    requests.push(await ask(base));
    const done = new Map<number, number>();
    for (let i = 0; i < 250; i++) {
      const step = below(steps.length);
      const isDone = await steps[step]?.().then(
        () => true,
        () => false,
      );
      if (isDone) done.set(step, (done.get(step) ?? 0) + 1);
      let owed = QUORUM * PRICE; // the fixture's own request
      for (const { requestId } of requests) {
        const { settled, quorum, unpaid, fee } = await optimistic.requestOf(requestId);
        owed += (settled ? unpaid : quorum) * fee;
      }
      for (const credit of await creditsOf(base)) owed += credit;
      expect(await ethers.provider.getBalance(optimistic), `after step ${i}`).to.equal(owed);
    }
    expect([...done.keys()].sort()).to.deep.equal(steps.map((_, step) => step)); // every step was done at least once
  });
});
