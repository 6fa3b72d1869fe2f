import { backend, merklePath, merkleRoot, randomScalar, verifyingLeaf } from "@keyquorum/threshold";
import { expect } from "chai";
import { getBytes, hexlify } from "ethers";
import { network } from "hardhat";
import { type DealtShare, dealKey, keyRecord } from "../../fixtures/dealtKey.ts";
import { BAD_POINTS, solidityPoint } from "../../fixtures/points.ts";
import { rollDice } from "../../random/dice.ts";
import { EPOCH_DELAY, postKey } from "../KeeperRegistry/registryFixture.ts";
import { ask, challengeOf, deployOptimistic, post, prepare } from "./optimisticFixture.ts";

const dice = rollDice("contracts/OptimisticRequests/answer");

const { ethers, networkHelpers } = await network.create();
const { loadFixture, time } = networkHelpers;

const STATUS = { unknown: 0n, pending: 1n, disputable: 2n };

/** Bob has asked. Members are the slots 1, 2, 4, 5 and 9. */
const asked = async () => {
  const base = await deployOptimistic(ethers, networkHelpers);
  return { base, made: await ask(base), optimistic: base.optimistic };
};

describe("OptimisticRequests: answer", () => {
  it("when the request is unknown, it reverts with OptimisticRequestsWrongStatus", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    const stray = ethers.id("stray");
    await expect(optimistic.connect(base.operatorOf(1)).answer(stray, prepare(base, made, 0).posted))
      .to.be.revertedWithCustomError(optimistic, "OptimisticRequestsWrongStatus")
      .withArgs(stray, STATUS.unknown);
  });

  it("when the deadline has passed, it reverts with OptimisticRequestsWrongStatus; at the deadline it is taken", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    const { deadline } = await optimistic.requestOf(made.requestId);
    await time.setNextBlockTimestamp(deadline);
    await post(base, made, 0);
    await time.setNextBlockTimestamp(deadline + 1n);
    await expect(post(base, made, 1))
      .to.be.revertedWithCustomError(optimistic, "OptimisticRequestsWrongStatus")
      .withArgs(made.requestId, STATUS.disputable);
  });

  it("when this keeper has answered, it reverts with RequestAlreadyAnswered, also after it was proved wrong", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    const wrong = await post(base, made, 1, { zs: 1n });
    const again = () =>
      expect(post(base, made, 1))
        .to.be.revertedWithCustomError(optimistic, "RequestAlreadyAnswered")
        .withArgs(made.requestId, 2);
    await again();
    await optimistic.challenge(made.requestId, made.statement, challengeOf(base, made, wrong));
    await again();
    expect((await optimistic.requestOf(made.requestId)).answers).to.equal(1);
  });

  it("when the caller is a stranger, another slot's operator or the reader, it reverts with OptimisticRequestsNotOperator", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    const { posted } = prepare(base, made, 0);
    for (const caller of [base.mallory, base.bob, base.operatorOf(2), base.operatorOf(3), base.council])
      await expect(optimistic.connect(caller).answer(made.requestId, posted))
        .to.be.revertedWithCustomError(optimistic, "OptimisticRequestsNotOperator")
        .withArgs(made.requestId, 1, caller.address);
  });

  it("when the keeper was removed, it reverts with OptimisticRequestsRemovedKeeper; what it answered before stands", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    await post(base, made, 0);
    for (const slot of [1, 2]) await base.keepers.removeKeeper(slot);
    await expect(post(base, made, 1))
      .to.be.revertedWithCustomError(optimistic, "OptimisticRequestsRemovedKeeper")
      .withArgs(made.requestId, 2);
    for (const index of [2, 3]) await post(base, made, index);
    expect((await optimistic.requestOf(made.requestId)).answers).to.equal(3);
  });

  it("when the operator was revoked as stolen, it reverts with OptimisticRequestsNotOperator, for its successor, too; what it answered before stands", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    const successor = base.accounts[12] as (typeof base.accounts)[number];
    await post(base, made, 0);
    await base.keepers.replaceStolenOperator(1, base.accounts[13] as typeof successor);
    await base.keepers.replaceStolenOperator(2, successor);
    for (const caller of [base.operatorOf(2), successor])
      await expect(optimistic.connect(caller).answer(made.requestId, prepare(base, made, 1).posted))
        .to.be.revertedWithCustomError(optimistic, "OptimisticRequestsNotOperator")
        .withArgs(made.requestId, 2, caller.address);
    expect((await optimistic.requestOf(made.requestId)).answered).to.equal(2n);
  });

  it("when the slot has had another operator since, only the operator of the request's epoch is taken", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    const { keepers, operatorOf, accounts } = base;
    const successor = accounts[12] as (typeof accounts)[number];
    await keepers.setOperator(1, successor);
    await keepers.proposeEpoch(0);
    for (const [slot, operator] of [
      [1, successor],
      [2, operatorOf(2)],
      [4, operatorOf(4)],
    ] as const)
      expect(await postKey(keepers, 2, operator), `${slot}`).to.be.an("object");
    await time.increase(EPOCH_DELAY);
    await keepers.openEpoch(2);
    const later = await ask(base); // the key's epoch is 1 still
    const { posted } = prepare(base, later, 0);
    await expect(optimistic.connect(successor).answer(later.requestId, posted))
      .to.be.revertedWithCustomError(optimistic, "OptimisticRequestsNotOperator")
      .withArgs(later.requestId, 1, successor.address);
    await expect(optimistic.connect(operatorOf(1)).answer(later.requestId, posted)).to.emit(optimistic, "ShareAnswered");
    expect(made.requestId).to.not.equal(later.requestId);
  });

  it("attack 24: when the slot is 0, which strangers have, it reverts with RequestNotMember", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    const { posted } = prepare(base, made, 0);
    await expect(optimistic.connect(base.mallory).answer(made.requestId, { ...posted, slot: 0 }))
      .to.be.revertedWithCustomError(optimistic, "RequestNotMember")
      .withArgs(made.requestId, 0);
  });

  it("attack 24: when the keeper holds no share of the key, it reverts with RequestNotMember, with a leaf of its own too", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    const { key, keyGeneration } = base;
    const committee = key.keyEpoch.committee & ~(1n << 4n);
    await keyGeneration.setKeyEpoch(key.keyId, key.epoch, { ...key.keyEpoch, committee });
    await expect(post(base, made, 2))
      .to.be.revertedWithCustomError(optimistic, "RequestNotMember")
      .withArgs(made.requestId, 4);
  });

  it("when the verifying share is another's or its own invention, or the path another, it reverts with RequestNotMember", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    const { posted } = prepare(base, made, 0);
    const [, second] = base.key.shares as [DealtShare, DealtShare];
    const invented = solidityPoint(backend.mulG(randomScalar(dice.bytes)));
    for (const wrong of [
      { verifyingShare: solidityPoint(second.verifyingShare) },
      { verifyingShare: solidityPoint(second.verifyingShare), path: second.path },
      { verifyingShare: invented },
      { path: [] },
      { path: posted.path.slice(1) },
      { path: [...posted.path, ethers.ZeroHash] },
      { path: posted.path.with(0, ethers.id("other")) },
    ])
      await expect(optimistic.connect(base.operatorOf(1)).answer(made.requestId, { ...posted, ...wrong }))
        .to.be.revertedWithCustomError(optimistic, "RequestNotMember")
        .withArgs(made.requestId, 1);
  });

  it("attacks 25, 26: when the root itself holds an invalid point for the keeper, it reverts: its answers could be convicted of nothing", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    const { key, keyGeneration } = base;
    for (const [, point] of BAD_POINTS) {
      const words = (value: bigint) => value.toString(16).padStart(64, "0");
      const leaves = key.shares.map(({ slot, verifyingShare }) =>
        verifyingLeaf({ keyId: getBytes(key.keyId), epoch: key.epoch, slot, verifyingShare }),
      );
      const [tag, keyId, epoch, slot] = [
        ethers.id("keyquorum/v1/verifying-share").slice(2),
        key.keyId.slice(2),
        words(BigInt(key.epoch)),
        words(1n),
      ];
      leaves[0] = getBytes(ethers.keccak256(`0x${tag}${keyId}${epoch}${slot}${words(point.x)}${words(point.y)}`));
      await keyGeneration.setKeyEpoch(key.keyId, key.epoch, { ...key.keyEpoch, verifyingRoot: hexlify(merkleRoot(leaves)) });
      const path = merklePath(leaves, 0).map((node) => hexlify(node));
      const { posted } = prepare(base, made, 0);
      await expect(optimistic.connect(base.operatorOf(1)).answer(made.requestId, { ...posted, verifyingShare: point, path }))
        .to.be.revertedWithCustomError(optimistic, "RequestNotMember")
        .withArgs(made.requestId, 1);
    }
  });

  it("when all is well, it takes answers without looking at them, more than q, and emits ShareAnswered", async () => {
    const { base, made, optimistic } = await loadFixture(asked);
    const { response, verifyingShare, share } = await post(base, made, 4);
    await expect(response)
      .to.emit(optimistic, "ShareAnswered")
      .withArgs(
        made.requestId,
        9,
        [verifyingShare.x, verifyingShare.y],
        [[share.k.x, share.k.y], [share.v.x, share.v.y], share.c, share.zs, share.zk],
      );
    await post(base, made, 0, { k: { x: 0n, y: 0n }, c: 2n ** 256n - 1n });
    for (const index of [3, 1, 2]) await post(base, made, index);
    const facts = await optimistic.requestOf(made.requestId);
    expect([facts.answers, facts.answered, facts.disproved]).to.deep.equal([5n, base.key.keyEpoch.committee, 0n]);
    expect(await optimistic.statusOf(made.requestId)).to.equal(STATUS.pending);
  });

  it("when a request is made in another epoch, it takes answers of that epoch only (attack 13)", async () => {
    const { base, optimistic } = await loadFixture(asked);
    const { keepers, keyGeneration, key, operatorOf } = base;
    await keepers.proposeEpoch(0);
    for (const slot of [1, 2, 4]) await postKey(keepers, 2, operatorOf(slot));
    await time.increase(EPOCH_DELAY);
    await keepers.openEpoch(2);
    const moved = dealKey({ keyId: key.keyId, epoch: 2, slots: [1, 2, 4] });
    const pinned = await ask(base);
    await keyGeneration.setKey(key.keyId, keyRecord(key, { activeEpoch: 2 }));
    await keyGeneration.setKeyEpoch(key.keyId, 2, moved.keyEpoch);
    const later = await ask(base);
    await expect(post(base, later, 0)).to.be.revertedWithCustomError(optimistic, "RequestNotMember");
    await expect(post({ ...base, key: moved }, pinned, 0)).to.be.revertedWithCustomError(optimistic, "RequestNotMember");
    await expect(post(base, later, 4)).to.be.revertedWithCustomError(optimistic, "OptimisticRequestsNotOperator");
    await post(base, pinned, 4);
    await post({ ...base, key: moved }, later, 0);
  });
});
