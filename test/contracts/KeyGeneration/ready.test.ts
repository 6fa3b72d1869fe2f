import { backend, combineShares, type KeyShare } from "@keyquorum/threshold";
import { expect } from "chai";
import { ZeroHash } from "ethers";
import { network } from "hardhat";
import { bitmapOf, deployKeyGeneration, openSession, STATUS } from "../../fixtures/keyGeneration.ts";
import {
  confirm,
  dealAll,
  endPhase,
  finalize,
  keyOf,
  keyShareOf,
  memberAt,
  type ReadyArguments,
  reachFinalizing,
  readyArguments,
} from "../../fixtures/keySession.ts";
import { solidityPoint } from "../../fixtures/points.ts";
import { abiHash, domainTag } from "../../fixtures/preimages.ts";
import { addressOrZero } from "../libraries/fuzz.ts";
import { type Stage, stagesBut, stagesOf } from "./stages.ts";

const connection = await network.create();
const { networkHelpers } = connection;
const stages = stagesOf(connection);

/** Six members with t = 2: five equal confirmations activate the key. Slot 17 has not dealt. */
const awaitingReady = async (): Promise<Stage & { given: ReadyArguments }> => {
  const setup = await deployKeyGeneration(connection, { slots: [1, 2, 4, 5, 9, 17] });
  const session = await openSession(setup);
  const dealings = await dealAll(setup, session, { except: [17] });
  await endPhase(setup, session);
  await reachFinalizing(setup, session);
  await finalize(setup, session, dealings);
  return { setup, session, dealings, given: await readyArguments(setup, session, dealings) };
};

const send = ({ setup, session }: Stage, slot: number, given: ReadyArguments) => confirm(setup, session, memberAt(session, slot), given);

const digestOf = async ({ setup, session, dealings }: Stage, { qual, commitmentsHash, verifyingRoot }: ReadyArguments): Promise<string> => {
  const { x, y } = solidityPoint((await keyOf(setup, session, dealings)).jointKey);
  return abiHash(
    ["bytes32", "bytes32", "uint256", "uint256", "uint256", "bytes32", "bytes32"],
    [domainTag("ready"), session.sid, x, y, qual, commitmentsHash, verifyingRoot],
  );
};

describe("KeyGeneration: ready", () => {
  for (const name of stagesBut("awaitingReady"))
    it(`refuses while the session is ${name}`, async () => {
      const stage = await networkHelpers.loadFixture(stages[name]);
      await expect(send(stage, 1, { qual: 0n, commitmentsHash: ZeroHash, verifyingRoot: ZeroHash }))
        .to.be.revertedWithCustomError(stage.setup.keyGeneration, "KeyGenerationWrongStatus")
        .withArgs(stage.session.sid, STATUS[name]);
    });

  it("refuses who is not a member's operator", async () => {
    const { setup, session, given } = await networkHelpers.loadFixture(awaitingReady);
    const { qual, commitmentsHash, verifyingRoot } = given;
    await expect(setup.keyGeneration.connect(setup.mallory).ready(session.sid, qual, commitmentsHash, verifyingRoot))
      .to.be.revertedWithCustomError(setup.keyGeneration, "DealingNotMember")
      .withArgs(session.sid, setup.mallory.address);
  });

  it("refuses a second confirmation, equal or not", async () => {
    const stage = await networkHelpers.loadFixture(awaitingReady);
    await send(stage, 1, stage.given);
    for (const given of [stage.given, { ...stage.given, verifyingRoot: ZeroHash }])
      await expect(send(stage, 1, given))
        .to.be.revertedWithCustomError(stage.setup.keyGeneration, "DealingAlreadyReady")
        .withArgs(stage.session.sid, 1);
  });

  it("refuses another QUAL", async () => {
    const stage = await networkHelpers.loadFixture(awaitingReady);
    for (const qual of [0n, bitmapOf([1, 2, 4, 5, 9, 17]), bitmapOf([1, 2, 4, 5]), stage.given.qual | 1n])
      await expect(send(stage, 1, { ...stage.given, qual }))
        .to.be.revertedWithCustomError(stage.setup.keyGeneration, "DealingForeignQual")
        .withArgs(stage.session.sid, qual, bitmapOf([1, 2, 4, 5, 9]));
  });

  it("records each confirmation, also of who has not dealt, with the digest of PROTOCOL 3.6", async () => {
    const stage = await networkHelpers.loadFixture(awaitingReady);
    await expect(send(stage, 17, stage.given))
      .to.emit(stage.setup.keyGeneration, "KeeperReady")
      .withArgs(stage.session.sid, 17, await digestOf(stage, stage.given));
    expect((await stage.setup.keyGeneration.sessionOf(stage.session.sid)).ready).to.equal(bitmapOf([17]));
  });

  it("activates the key with the fifth equal confirmation, whatever a sixth keeper said", async () => {
    const stage = await networkHelpers.loadFixture(awaitingReady);
    const { setup, session, given } = stage;
    await send(stage, 2, { ...given, verifyingRoot: ZeroHash });
    for (const slot of [1, 4, 5, 9]) await send(stage, slot, given);
    expect(await setup.keyGeneration.statusOf(session.sid)).to.equal(STATUS.awaitingReady);
    expect((await setup.keyGeneration.keyOf(session.keyId)).activeEpoch).to.equal(0n);
    const { jointKey } = await keyOf(setup, session, stage.dealings);
    const publicKey = Object.values(solidityPoint(jointKey));
    const address = addressOrZero(jointKey);

    await expect(send(stage, 17, given))
      .to.emit(setup.keyGeneration, "KeyReady")
      .withArgs(session.keyId, session.sid, setup.epoch, 2, publicKey, address, given.commitmentsHash, given.verifyingRoot);

    expect(await setup.keyGeneration.statusOf(session.sid)).to.equal(STATUS.active);
    const key = await setup.keyGeneration.keyOf(session.keyId);
    expect([...key].map((fact) => (typeof fact === "object" ? [...fact] : fact))).to.deep.equal([
      0n,
      BigInt(setup.epoch),
      setup.alice.address,
      publicKey,
      address,
      session.sid,
    ]);
    expect([...(await setup.keyGeneration.keyEpochOf(session.keyId, setup.epoch))]).to.deep.equal([
      2n,
      6n,
      bitmapOf([1, 2, 4, 5, 9, 17]),
      given.commitmentsHash,
      given.verifyingRoot,
    ]);
    expect((await setup.keyGeneration.keyEpochOf(session.keyId, setup.epoch + 1)).threshold).to.equal(0n);
  });

  for (const part of ["verifyingRoot", "commitmentsHash"] as const)
    it(`does not activate while digests differ in their ${part}`, async () => {
      const stage = await networkHelpers.loadFixture(awaitingReady);
      const { given } = stage;
      for (const slot of [1, 2]) await send(stage, slot, { ...given, [part]: ZeroHash });
      for (const slot of [4, 5, 9, 17]) await send(stage, slot, given);
      expect(await stage.setup.keyGeneration.statusOf(stage.session.sid)).to.equal(STATUS.awaitingReady);
      await endPhase(stage.setup, stage.session);
      await networkHelpers.mine();
      expect(await stage.setup.keyGeneration.statusOf(stage.session.sid)).to.equal(STATUS.overdue);
    });

  it("is what every keeper computes for itself, and t+1 shares make the key", async () => {
    const stage = await networkHelpers.loadFixture(awaitingReady);
    const { setup, session, dealings } = stage;
    const shares = await Promise.all(session.members.map((member) => keyShareOf(setup, session, dealings, member)));
    const { jointKey } = await setup.keyGeneration.sessionOf(session.sid);
    for (const share of shares) expect(Object.values(solidityPoint(share.jointKey))).to.deep.equal([...jointKey]);
    expect(new Set(shares.map(({ verifyingRoot }) => verifyingRoot.toString())).size).to.equal(1);
    const scalars = session.members.map(({ slot }, i) => ({ slot, share: (shares[i] as KeyShare).share.reveal() }));
    expect(backend.mulG(combineShares(scalars.slice(0, 3))).equals((shares[0] as KeyShare).jointKey)).to.equal(true);
    expect(backend.mulG(combineShares(scalars.slice(3))).equals((shares[0] as KeyShare).jointKey)).to.equal(true);
    expect(backend.mulG(combineShares(scalars.slice(0, 2))).equals((shares[0] as KeyShare).jointKey)).to.equal(false);
  });
});
