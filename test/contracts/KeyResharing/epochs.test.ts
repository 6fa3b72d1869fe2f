import { backend, combineShares, randomScalar } from "@keyquorum/threshold";
import { expect } from "chai";
import { ZeroHash } from "ethers";
import { network } from "hardhat";
import { forgeDealing } from "../../fixtures/dealings.ts";
import { generateKey, type HeldKey, heldAt } from "../../fixtures/heldKey.ts";
import { bitmapOf, deployKeyGeneration, openEpoch } from "../../fixtures/keyGeneration.ts";
import { solidityPoint } from "../../fixtures/points.ts";
import {
  confirmReshare,
  deal,
  dealReshare,
  endResharePhase,
  RESHARE_STATUS,
  requestReshare,
  resharedKey,
  reshareKey,
  reshareReadyArguments,
  slotsOf,
} from "../../fixtures/reshare.ts";
import { rollDice } from "../../random/dice.ts";
import { reshareStagesOf } from "./stages.ts";

const dice = rollDice("contracts/KeyResharing/epochs");

const connection = await network.create();
const { networkHelpers } = connection;
const stages = reshareStagesOf(connection);

const scalarsOf = (key: HeldKey, ...slots: readonly number[]) => slots.map((slot) => ({ slot, share: heldAt(key, slot).share.reveal() }));
const makes = (publicKey: HeldKey["publicKey"], shares: readonly { slot: number; share: bigint }[]): boolean =>
  backend.mulG(combineShares([...shares])).equals(publicKey);

describe("KeyResharing: over epochs", () => {
  it("two reshares back to back keep the public key, change every share, and each epoch retires once", async () => {
    const { setup, key, next } = await networkHelpers.loadFixture(stages.twoEpochs);
    const { keyGeneration } = setup;
    const second = await reshareKey(setup, key, next, 2);
    const third = await reshareKey(setup, second, await openEpoch(setup, [1, 2, 3, 4, 5, 6, 7]), 3);
    const at = await Promise.all([1, 2, 3].map((epoch) => keyGeneration.retiredAtOf(key.keyId, epoch)));
    expect(at[0] !== 0n && at[1] !== undefined && at[1] >= (at[0] ?? 0n)).to.equal(true);
    expect(at[2]).to.equal(0n);
    const { activeEpoch, publicKey } = await keyGeneration.keyOf(key.keyId);
    expect(activeEpoch).to.equal(3n);
    expect([...publicKey]).to.deep.equal(Object.values(solidityPoint(key.publicKey)));
    expect(new Set([key, second, third].map((held) => heldAt(held, 2).share.reveal())).size).to.equal(3);
    expect(makes(key.publicKey, scalarsOf(third, 1, 3, 5, 7))).to.equal(true);
    expect(makes(key.publicKey, scalarsOf(third, 1, 3, 5))).to.equal(false);
    expect((await setup.keyResharing.reshareOf(await setup.keyResharing.sessionOf(key.keyId))).number).to.equal(2n);
  });

  it("attacks 13, 14: t old shares and t new ones of other slots do not make the key, also with t of both of one keeper", async () => {
    const { setup, key, next } = await networkHelpers.loadFixture(stages.twoEpochs);
    const moved = await reshareKey(setup, key, next, 2);
    for (const shares of [
      [...scalarsOf(key, 1, 5), ...scalarsOf(moved, 6, 7)],
      [...scalarsOf(key, 1, 5), ...scalarsOf(moved, 2)],
      [...scalarsOf(key, 2), ...scalarsOf(moved, 4, 9)],
    ])
      expect(makes(key.publicKey, shares)).to.equal(false);
    expect(makes(key.publicKey, scalarsOf(moved, 2, 6, 10))).to.equal(true);
  });

  it("a refresh keeps members and threshold, and is a reshare like any other", async () => {
    const { setup, key } = await networkHelpers.loadFixture(stages.twoEpochs);
    const same = await openEpoch(setup, [1, 2, 4, 5, 9]);
    const fresh = await reshareKey(setup, key, same, 2);
    expect(makes(key.publicKey, scalarsOf(fresh, 1, 5, 9))).to.equal(true);
    expect(makes(key.publicKey, [...scalarsOf(key, 1, 2), ...scalarsOf(fresh, 4)])).to.equal(false);
    const { threshold, committee } = await setup.keyGeneration.keyEpochOf(key.keyId, same.epoch);
    expect([threshold, committee]).to.deep.equal([2n, bitmapOf([1, 2, 4, 5, 9])]);
  });

  it("a newer epoch that opens on the way changes nothing; the key is reshared to it next", async () => {
    const { setup, key, next, reshare, dealings } = await networkHelpers.loadFixture(stages.disputing);
    const newer = await openEpoch(setup, [1, 2, 3]);
    await endResharePhase(setup, reshare);
    const given = await reshareReadyArguments(setup, reshare, dealings);
    const outsider = newer.keepers[2]; // slot 3: no member of the session's epoch
    await expect(
      setup.keyResharing.connect(outsider?.operator ?? null).ready(reshare.sid, given.qual, given.commitmentsHash, given.verifyingRoot),
    ).to.be.revertedWithCustomError(setup.keyResharing, "DealingNotMember");
    for (const member of reshare.members.slice(0, 5)) await confirmReshare(setup, reshare, member, given);
    expect((await setup.keyGeneration.keyOf(key.keyId)).activeEpoch).to.equal(BigInt(next.epoch));
    const moved = resharedKey(reshare, dealings, slotsOf(given.qual));
    const last = await reshareKey(setup, moved, newer, 1);
    expect((await setup.keyGeneration.keyOf(key.keyId)).activeEpoch).to.equal(BigInt(newer.epoch));
    expect(makes(key.publicKey, scalarsOf(last, 1, 3))).to.equal(true);
  });

  it("a key is generated in the new epoch at once, while another waits in the old one, and both epochs are in use", async () => {
    const { setup, key, next } = await networkHelpers.loadFixture(stages.twoEpochs);
    const { keyGeneration } = setup;
    const young = await generateKey({ ...setup, ...next }, { salt: ZeroHash, threshold: 1 });
    expect((await keyGeneration.keyOf(young.keyId)).activeEpoch).to.equal(2n);
    expect((await keyGeneration.keyOf(key.keyId)).activeEpoch).to.equal(1n);
    expect([await keyGeneration.quorumIn(1), await keyGeneration.quorumIn(2)]).to.deep.equal([3n, 2n]);
    await reshareKey(setup, key, next, 2);
    expect([await keyGeneration.quorumIn(1), await keyGeneration.quorumIn(2)]).to.deep.equal([0n, 3n]);
  });

  it("sessions of two keys run beside each other, and a dealing of one is none of the other's (attack 29)", async () => {
    const setup = await deployKeyGeneration(connection);
    const one = await generateKey(setup);
    const two = await generateKey(setup, { salt: ZeroHash });
    const next = await openEpoch(setup, [2, 4, 6, 7, 9, 10]);
    const first = await requestReshare(setup, one, next, 2);
    const second = await requestReshare(setup, two, next, 1);
    const forSecond = forgeDealing({ ...first, threshold: 1 }, 1, {
      coefficients: [heldAt(two, 1).share.reveal(), randomScalar(dice.bytes)],
    });
    await expect(deal(setup, second, 1, forSecond)).to.be.revertedWithCustomError(setup.keyResharing, "DealingInvalidPossession");
    for (const reshare of [first, second]) {
      const dealings = await dealReshare(setup, reshare);
      await endResharePhase(setup, reshare);
      const given = await reshareReadyArguments(setup, reshare, dealings);
      for (const member of reshare.members.slice(0, 2 * reshare.threshold + 1)) await confirmReshare(setup, reshare, member, given);
      expect(await setup.keyResharing.statusOf(reshare.sid)).to.equal(RESHARE_STATUS.active);
    }
    expect(await setup.keyGeneration.quorumIn(2)).to.equal(3n);
  });

  it("attack 37: from five keepers to 64 with t' = 31, where Q is three, and from there to three, where Q is 32", async () => {
    const windows = { deal: 400n, dispute: 21n, finalize: 12n, ready: 100n };
    const setup = await deployKeyGeneration(connection, { windows });
    const key = await generateKey(setup);
    const slots = Array.from({ length: 64 }, (_, i) => i + 1);
    const large = await reshareKey(setup, key, await openEpoch(setup, slots), 31);
    expect(await setup.keyGeneration.quorumIn(2)).to.equal(32n);

    const last = await openEpoch(setup, [3, 60, 64]);
    const reshare = await requestReshare(setup, large, last, 1);
    const dealings = await dealReshare(setup, reshare, { except: slots.filter((slot) => slot % 2 === 1) });
    await endResharePhase(setup, reshare);
    await endResharePhase(setup, reshare);
    const given = await reshareReadyArguments(setup, reshare, dealings);
    expect(slotsOf(given.qual)).to.deep.equal(slots.filter((slot) => slot % 2 === 0));
    for (const member of reshare.members) await confirmReshare(setup, reshare, member, given);
    const small = resharedKey(reshare, dealings, slotsOf(given.qual));
    expect(makes(key.publicKey, scalarsOf(small, 60, 64))).to.equal(true);
    expect((await setup.keyGeneration.keyOf(key.keyId)).activeEpoch).to.equal(3n);
  });
});
