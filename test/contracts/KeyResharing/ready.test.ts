import { backend, combineShares } from "@keyquorum/threshold";
import { expect } from "chai";
import { ZeroHash } from "ethers";
import { network } from "hardhat";
import { heldAt } from "../../fixtures/heldKey.ts";
import { bitmapOf, replaceStolen } from "../../fixtures/keyGeneration.ts";
import { memberAt, type ReadyArguments } from "../../fixtures/keySession.ts";
import { solidityPoint } from "../../fixtures/points.ts";
import { abiHash, domainTag } from "../../fixtures/preimages.ts";
import {
  confirmReshare,
  endResharePhase,
  nextReshareStatus,
  RESHARE_STATUS,
  resharedKey,
  resharedPublic,
  reshareReadyArguments,
  type TestReshare,
} from "../../fixtures/reshare.ts";
import { NEW_SLOTS, type ReshareStage, reshareStagesBut, reshareStagesOf } from "./stages.ts";

const connection = await network.create();
const { networkHelpers, ethers } = connection;
const stages = reshareStagesOf(connection);

/** Five equal confirmations of six move the key. */
const awaitingReady = async (): Promise<ReshareStage & { given: ReadyArguments }> => {
  const stage = await networkHelpers.loadFixture(stages.awaitingReady);
  return { ...stage, given: await reshareReadyArguments(stage.setup, stage.reshare, stage.dealings) };
};

const send = ({ setup, reshare }: ReshareStage, slot: number, given: ReadyArguments) =>
  confirmReshare(setup, reshare, memberAt(reshare, slot), given);

/** PROTOCOL section 3.9. */
const digestOf = ({ sid }: TestReshare, { qual, commitmentsHash, verifyingRoot }: ReadyArguments): string =>
  abiHash(["bytes32", "bytes32", "uint256", "bytes32", "bytes32"], [domainTag("reshare-ready"), sid, qual, commitmentsHash, verifyingRoot]);

/** All that KeyGeneration says of the key and its two epochs. */
const factsOf = async ({ setup: { keyGeneration }, key: { keyId } }: ReshareStage) => ({
  activeEpoch: (await keyGeneration.keyOf(keyId)).activeEpoch,
  retiredAt: await keyGeneration.retiredAtOf(keyId, 1),
  members: (await keyGeneration.keyEpochOf(keyId, 2)).members,
  quorums: [await keyGeneration.quorumIn(1), await keyGeneration.quorumIn(2)],
});
const UNMOVED = { activeEpoch: 1n, retiredAt: 0n, members: 0n, quorums: [3n, 0n] };

describe("KeyResharing: ready", () => {
  for (const name of reshareStagesBut("awaitingReady"))
    it(`refuses while the session is ${name}`, async () => {
      const stage = await networkHelpers.loadFixture(stages[name]);
      const given = { qual: bitmapOf([1, 2, 4]), commitmentsHash: ZeroHash, verifyingRoot: ZeroHash };
      await expect(send(stage, 10, given))
        .to.be.revertedWithCustomError(stage.setup.keyResharing, "KeyResharingWrongStatus")
        .withArgs(stage.reshare.sid, RESHARE_STATUS[name]);
    });

  it("refuses a stranger, an old member, and an operator that its slot got later (attack 50)", async () => {
    const { setup, reshare, given } = await networkHelpers.loadFixture(awaitingReady);
    await setup.registry.setOperator(2, setup.bob.address);
    const old = await setup.operatorOf(1);
    for (const caller of [setup.mallory, setup.governance, old, setup.bob])
      await expect(setup.keyResharing.connect(caller).ready(reshare.sid, given.qual, given.commitmentsHash, given.verifyingRoot))
        .to.be.revertedWithCustomError(setup.keyResharing, "DealingNotMember")
        .withArgs(reshare.sid, caller.address);
    await confirmReshare(setup, reshare, memberAt(reshare, 2), given); // the operator of the epoch
  });

  it("refuses a second confirmation, equal or not", async () => {
    const stage = await networkHelpers.loadFixture(awaitingReady);
    await send(stage, 6, stage.given);
    for (const given of [stage.given, { ...stage.given, verifyingRoot: ZeroHash }])
      await expect(send(stage, 6, given))
        .to.be.revertedWithCustomError(stage.setup.keyResharing, "DealingAlreadyReady")
        .withArgs(stage.reshare.sid, 6);
  });

  it("attack 36: refuses another Q: more, fewer, others, bit 0, none", async () => {
    const stage = await networkHelpers.loadFixture(awaitingReady);
    const right = bitmapOf([1, 2, 4]);
    expect(stage.given.qual).to.equal(right);
    for (const slots of [[1, 2, 4, 5, 9], [1, 2, 4, 5], [1, 2], [4, 5, 9], [0, 1, 2, 4], []])
      await expect(send(stage, 6, { ...stage.given, qual: bitmapOf(slots) }))
        .to.be.revertedWithCustomError(stage.setup.keyResharing, "DealingForeignQual")
        .withArgs(stage.reshare.sid, bitmapOf(slots), right);
  });

  it("records each confirmation with the digest of PROTOCOL 3.9", async () => {
    const stage = await networkHelpers.loadFixture(awaitingReady);
    const { setup, reshare, given } = stage;
    await expect(send(stage, 10, given))
      .to.emit(setup.keyResharing, "ReshareKeeperReady")
      .withArgs(reshare.sid, 10, digestOf(reshare, given));
    expect((await setup.keyResharing.reshareOf(reshare.sid)).ready).to.equal(bitmapOf([10]));
  });

  it("moves the key with the fifth equal confirmation, not the fourth, whatever a sixth keeper said", async () => {
    const stage = await networkHelpers.loadFixture(awaitingReady);
    const { setup, key, reshare, given } = stage;
    const before = await setup.keyGeneration.keyOf(key.keyId);
    await send(stage, 2, { ...given, verifyingRoot: ZeroHash });
    for (const slot of [4, 6, 7, 9]) await send(stage, slot, given);
    expect(await setup.keyResharing.statusOf(reshare.sid)).to.equal(RESHARE_STATUS.awaitingReady);
    expect(await factsOf(stage)).to.deep.equal(UNMOVED);

    const last = send(stage, 10, given);
    await expect(last)
      .to.emit(setup.keyResharing, "KeyReshared")
      .withArgs(key.keyId, reshare.sid, 2, 1, 2, bitmapOf([1, 2, 4]), given.commitmentsHash, given.verifyingRoot);
    await expect(last).to.emit(setup.keyGeneration, "KeyMoved").withArgs(key.keyId, 2, 1);

    expect(await setup.keyResharing.statusOf(reshare.sid)).to.equal(RESHARE_STATUS.active);
    const block = await ethers.provider.getBlock((await (await last).wait())?.blockNumber ?? 0);
    expect(await factsOf(stage)).to.deep.equal({
      activeEpoch: 2n,
      retiredAt: BigInt(block?.timestamp ?? 0),
      members: 6n,
      quorums: [0n, 3n],
    });
    const moved = [2n, 6n, bitmapOf(NEW_SLOTS), given.commitmentsHash, given.verifyingRoot];
    expect([...(await setup.keyGeneration.keyEpochOf(key.keyId, 2))]).to.deep.equal(moved);
    expect((await setup.keyGeneration.keyEpochOf(key.keyId, 1)).committee).to.equal(bitmapOf([1, 2, 4, 5, 9]));

    const after = await setup.keyGeneration.keyOf(key.keyId);
    expect([...after.publicKey]).to.deep.equal([...before.publicKey]);
    expect([...after.publicKey]).to.deep.equal(Object.values(solidityPoint(key.publicKey)));
    expect([after.purpose, after.requester, after.publicKeyAddress, after.session]).to.deep.equal([
      before.purpose,
      before.requester,
      before.publicKeyAddress,
      before.session,
    ]);
  });

  it("takes no confirmation after it moved the key", async () => {
    const stage = await networkHelpers.loadFixture(stages.active);
    const given = { qual: bitmapOf([1, 2, 4]), commitmentsHash: ZeroHash, verifyingRoot: ZeroHash };
    await expect(send(stage, 10, given)).to.be.revertedWithCustomError(stage.setup.keyResharing, "KeyResharingWrongStatus");
  });

  for (const part of ["verifyingRoot", "commitmentsHash"] as const)
    it(`attack 36: does not move the key while digests differ in their ${part}: they never add up`, async () => {
      const stage = await networkHelpers.loadFixture(awaitingReady);
      const { given, setup, reshare } = stage;
      for (const slot of [2, 4]) await send(stage, slot, { ...given, [part]: ZeroHash });
      for (const slot of [6, 7, 9, 10]) await send(stage, slot, given);
      expect(await setup.keyResharing.statusOf(reshare.sid)).to.equal(RESHARE_STATUS.awaitingReady);
      await endResharePhase(setup, reshare);
      expect(await nextReshareStatus(setup, reshare)).to.equal(RESHARE_STATUS.overdue);
      expect(await factsOf(stage)).to.deep.equal(UNMOVED);
    });

  it("attack 36: keepers that combined another Q say another digest, though their key is the same", async () => {
    const stage = await networkHelpers.loadFixture(awaitingReady);
    const { setup, reshare, dealings, given } = stage;
    const other = resharedPublic(reshare, dealings, [4, 5, 9]);
    const own = resharedPublic(reshare, dealings, [1, 2, 4]);
    expect(other.jointKey.equals(own.jointKey)).to.equal(true);
    const forced = { ...given, commitmentsHash: ethers.hexlify(other.commitmentsHash), verifyingRoot: ethers.hexlify(other.verifyingRoot) };
    for (const slot of [2, 4, 6]) await send(stage, slot, forced); // they name the right Q and mean another
    for (const slot of [7, 9, 10]) await send(stage, slot, given);
    expect(await setup.keyResharing.statusOf(reshare.sid)).to.equal(RESHARE_STATUS.awaitingReady);
    expect(await factsOf(stage)).to.deep.equal(UNMOVED);
  });

  it("attack 35: old shares stay the key's while too few confirm, and after the session has failed", async () => {
    const stage = await networkHelpers.loadFixture(awaitingReady);
    const { setup, reshare, key } = stage;
    for (const slot of [2, 4, 6, 7]) await send(stage, slot, stage.given);
    await endResharePhase(setup, reshare);
    await setup.keyResharing.fail(reshare.sid);
    expect(await factsOf(stage)).to.deep.equal(UNMOVED);
    const shares = [5, 9, 1].map((slot) => ({ slot, share: heldAt(key, slot).share.reveal() }));
    expect(backend.mulG(combineShares(shares)).equals(key.publicKey)).to.equal(true);
  });

  it("is what every new keeper computes for itself, and t'+1 new shares make the key", async () => {
    const stage = await networkHelpers.loadFixture(awaitingReady);
    const moved = resharedKey(stage.reshare, stage.dealings, [1, 2, 4]);
    const scalars = moved.shares.map(({ slot, share }) => ({ slot, share: share.reveal() }));
    const makes = (shares: typeof scalars): boolean => backend.mulG(combineShares(shares)).equals(stage.key.publicKey);
    expect([makes(scalars.slice(0, 3)), makes(scalars.slice(3)), makes(scalars.slice(0, 2))]).to.deep.equal([true, true, false]);
  });

  describe("when accounts of new members are revoked before the last confirmation", () => {
    it("moves the key while t'+1 of them are not absent: what they confirmed before stands", async () => {
      const stage = await networkHelpers.loadFixture(awaitingReady);
      for (const slot of [2, 4, 6]) await send(stage, slot, stage.given);
      for (const slot of [2, 4, 6]) await replaceStolen(stage.setup, slot);
      for (const slot of [7, 9]) await send(stage, slot, stage.given);
      expect(await stage.setup.keyResharing.statusOf(stage.reshare.sid)).to.equal(RESHARE_STATUS.active);
    });

    it("refuses the last confirmation where fewer are; nothing has changed, and the next attempt is free", async () => {
      const stage = await networkHelpers.loadFixture(awaitingReady);
      const { setup, reshare, given, key } = stage;
      for (const slot of [2, 4, 6, 7]) await send(stage, slot, given);
      for (const slot of [2, 4, 6, 7]) await replaceStolen(setup, slot);
      await expect(send(stage, 9, given))
        .to.be.revertedWithCustomError(setup.keyGeneration, "KeyGenerationQuorumInDanger")
        .withArgs(2, 2, 3);
      expect(await factsOf(stage)).to.deep.equal(UNMOVED);
      await endResharePhase(setup, reshare);
      await setup.keyResharing.fail(reshare.sid);
      await expect(setup.keyResharing.requestReshare(key.keyId, 1))
        .to.be.revertedWithCustomError(setup.keyResharing, "DealingBadThreshold")
        .withArgs(1, 2);
    });
  });
});
