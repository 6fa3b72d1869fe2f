import {
  backend,
  CURVE_ORDER,
  createReshareDealing,
  G,
  lagrangeAtZero,
  provePossession,
  randomScalar,
  SecretScalar,
  toXY,
} from "@keyquorum/threshold";
import { expect } from "chai";
import { concat, dataSlice, getBytes, hexlify, toBeHex, ZeroHash } from "ethers";
import { network } from "hardhat";
import { type DealingParts, dealHashOf, encodeParts, forgeDealing, forgeParts, reshareMessageOf } from "../../fixtures/dealings.ts";
import { generateKey, heldAt } from "../../fixtures/heldKey.ts";
import { bitmapOf, deployKeyGeneration, openEpoch, openSession, replaceStolen } from "../../fixtures/keyGeneration.ts";
import { BAD_POINTS, BAD_PROOF_SCALARS } from "../../fixtures/points.ts";
import { dealReshare, nextReshareStatus, RESHARE_STATUS, requestReshare, reshareDealing, reshareKey } from "../../fixtures/reshare.ts";
import { rollDice } from "../../random/dice.ts";
import { withField } from "../libraries/proofCases.ts";
import { NEW_SLOTS, OLD_SLOTS, type ReshareStage, reshareStagesBut, reshareStagesOf } from "./stages.ts";

const dice = rollDice("contracts/KeyResharing/deal");

const EPHEMERAL = 77n;

const connection = await network.create();
const { networkHelpers, ethers } = connection;
const stages = reshareStagesOf(connection);

/** Bob, who is not a keeper, sends it, with the dealer's path unless the test has another. */
const deal = ({ setup, reshare, key }: ReshareStage, dealer: number, dealing: string, path = heldAt(key, dealer).path) =>
  setup.keyResharing.connect(setup.bob).deal(reshare.sid, dealer, dealing, path);

/** A dealing whose constant is `constant`, well-formed in all else. */
const withConstant = ({ reshare }: ReshareStage, dealer: number, constant: bigint): string =>
  forgeDealing(reshare, dealer, { coefficients: [constant, randomScalar(dice.bytes), randomScalar(dice.bytes)] });

const shareOf = ({ key }: Pick<ReshareStage, "key">, slot: number): bigint => heldAt(key, slot).share.reveal();

/** The parts with both possessions proved for them as they are. */
const reproved = ({ reshare, key }: ReshareStage, dealer: number, parts: DealingParts): string => {
  const { commitments, ephemeral, encryptedShares } = parts;
  const message = getBytes(reshareMessageOf(reshare.sid, dealer, commitments, ephemeral, encryptedShares));
  const prove = (secret: bigint) => provePossession(SecretScalar.from(secret), message);
  return encodeParts({ ...parts, possessionOfConstant: prove(shareOf({ key }, dealer)), possessionOfEphemeral: prove(EPHEMERAL) });
};

describe("KeyResharing: deal", () => {
  for (const name of reshareStagesBut("dealing"))
    it(`refuses while the session is ${name}`, async () => {
      const stage = await networkHelpers.loadFixture(stages[name]);
      await expect(deal(stage, 1, reshareDealing(stage.reshare, 1)))
        .to.be.revertedWithCustomError(stage.setup.keyResharing, "KeyResharingWrongStatus")
        .withArgs(stage.reshare.sid, RESHARE_STATUS[name]);
    });

  it("refuses a session that was never opened", async () => {
    const { setup } = await networkHelpers.loadFixture(stages.twoEpochs);
    await expect(setup.keyResharing.deal(ZeroHash, 1, "0x", []))
      .to.be.revertedWithCustomError(setup.keyResharing, "KeyResharingWrongStatus")
      .withArgs(ZeroHash, RESHARE_STATUS.unknown);
  });

  for (const slot of [0, 3, 6, 255])
    it(`attack 24: refuses slot ${slot}${slot === 6 ? ", a new member's" : ""} as dealer`, async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      await expect(deal(stage, slot, reshareDealing(stage.reshare, 1), []))
        .to.be.revertedWithCustomError(stage.setup.keyResharing, "DealingUnknownSlot")
        .withArgs(stage.reshare.sid, slot);
    });

  it("attack 16: refuses a second dealing, equal or not: the first counts", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    const first = reshareDealing(stage.reshare, 1);
    await deal(stage, 1, first);
    for (const dealing of [first, reshareDealing(stage.reshare, 1)])
      await expect(deal(stage, 1, dealing))
        .to.be.revertedWithCustomError(stage.setup.keyResharing, "DealingAlreadyDealt")
        .withArgs(stage.reshare.sid, 1);
    expect(await stage.setup.keyResharing.dealHashOf(stage.reshare.sid, 1)).to.equal(dealHashOf(first));
  });

  it("attacks 23, 27, 37: refuses every other degree, number of recipients and length", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    const { reshare } = stage;
    const s = shareOf(stage, 1);
    const right = reshareDealing(reshare, 1);
    const expected = 64 * 3 + 64 + 32 * 6 + 128;
    for (const dealing of [
      forgeDealing(reshare, 1, { coefficients: [s, 1n, 2n, 3n] }),
      forgeDealing(reshare, 1, { coefficients: [s, 1n] }),
      forgeDealing({ ...reshare, members: reshare.members.slice(1) }, 1, { coefficients: [s, 1n, 2n] }),
      concat([right, "0x00"]),
      dataSlice(right, 0, -1),
      "0x",
    ])
      await expect(deal(stage, 1, dealing))
        .to.be.revertedWithCustomError(stage.setup.keyResharing, "DealingBadLength")
        .withArgs(getBytes(dealing).length, expected);
  });

  for (const [name, point] of BAD_POINTS)
    it(`attacks 25, 26: refuses every commitment and an ephemeral key ${name}`, async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const parts = forgeParts(stage.reshare, 1, { coefficients: [shareOf(stage, 1), 1n, 2n] });
      for (const index of [0, 1, 2, 3]) {
        const commitments = parts.commitments.map((right, k) => (k === index ? point : right));
        const dealing = encodeParts({ ...parts, commitments, ephemeral: index === 3 ? point : parts.ephemeral });
        await expect(deal(stage, 1, dealing))
          .to.be.revertedWithCustomError(stage.setup.keyResharing, "DealingInvalidPoint")
          .withArgs(index);
      }
    });

  it("attacks 25, 27: refuses an encrypted share that is not below n, and takes 0", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    const parts = forgeParts(stage.reshare, 1, { coefficients: [shareOf(stage, 1), 1n, 2n], ephemeralSecret: EPHEMERAL });
    for (const [place, share] of [
      [0, 2n ** 256n - 1n],
      [5, CURVE_ORDER],
    ] as const) {
      const encryptedShares = parts.encryptedShares.map((right, i) => (i === place ? share : right));
      await expect(deal(stage, 1, encodeParts({ ...parts, encryptedShares })))
        .to.be.revertedWithCustomError(stage.setup.keyResharing, "DealingShareOutOfRange")
        .withArgs(place);
    }
    const zeros = parts.encryptedShares.map(() => 0n);
    await deal(stage, 1, reproved(stage, 1, { ...parts, encryptedShares: zeros }));
  });

  describe("possession", () => {
    const refuses = async (stage: ReshareStage, dealing: string, which: number, path?: string[]): Promise<void> => {
      await expect(deal(stage, 2, dealing, path))
        .to.be.revertedWithCustomError(stage.setup.keyResharing, "DealingInvalidPossession")
        .withArgs(which);
    };

    it("refuses a verifying share, which all know, of whose secret mallory knows nothing", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const parts = forgeParts(stage.reshare, 2);
      const commitments = [toXY(heldAt(stage.key, 2).verifyingShare), ...parts.commitments.slice(1)];
      await refuses(stage, encodeParts({ ...parts, commitments }), 0);
    });

    it("attack 19: refuses a constant related to the dealer's share by a shift that mallory knows", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const parts = forgeParts(stage.reshare, 2, { coefficients: [5n, 6n, 7n] });
      const related = toXY(heldAt(stage.key, 2).verifyingShare.add(backend.mulG(5n)));
      await refuses(stage, encodeParts({ ...parts, commitments: [related, ...parts.commitments.slice(1)] }), 0);
    });

    it("attack 20: refuses E copied from another dealer, with or without its proof", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const first = forgeParts(stage.reshare, 1, { coefficients: [shareOf(stage, 1), 1n, 2n] });
      await deal(stage, 1, encodeParts(first));
      const s = shareOf(stage, 2);
      const own = forgeParts(stage.reshare, 2, { coefficients: [s, 6n, 7n] });
      const message = reshareMessageOf(stage.reshare.sid, 2, own.commitments, first.ephemeral, own.encryptedShares);
      const possessionOfConstant = provePossession(SecretScalar.from(s), getBytes(message));
      const copied = { ...own, ephemeral: first.ephemeral, possessionOfConstant };
      await refuses(stage, encodeParts(copied), 1);
      await refuses(stage, encodeParts({ ...copied, possessionOfEphemeral: first.possessionOfEphemeral }), 1);
    });

    it("attack 20: refuses a whole dealing copied from another dealer, with either path", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const copied = reshareDealing(stage.reshare, 1);
      for (const slot of [1, 2]) await refuses(stage, copied, 0, heldAt(stage.key, slot).path);
    });

    it("attack 21: refuses a constant that cancels the others'", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const own = forgeParts(stage.reshare, 2);
      const cancelling = toXY(backend.mulG(99n).subtract(heldAt(stage.key, 1).verifyingShare));
      await refuses(stage, encodeParts({ ...own, commitments: [cancelling, ...own.commitments.slice(1)] }), 0);
    });

    it("attack 29: refuses proofs made for another session of the key, for another dealer, and for key generation", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const coefficients = [shareOf(stage, 2), 6n, 7n];
      const generation = await openSession({ ...stage.setup, keepers: stage.reshare.members }, { salt: ZeroHash });
      for (const boundTo of [{ sid: ZeroHash }, { sid: generation.sid }, { dealer: 1 }, { isReshare: false }])
        await refuses(stage, forgeDealing(stage.reshare, 2, { coefficients, boundTo }), 0);
    });

    it("refuses a copy of an honest dealing with any one encrypted share altered: sent first, it would make recipients open the right one", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const honest = reshareDealing(stage.reshare, 2);
      const first = 64 * 3 + 64;
      for (const place of [0, 3, 5]) {
        const at = first + 32 * place;
        const share = (BigInt(dataSlice(honest, at, at + 32)) + 1n) % CURVE_ORDER;
        const altered = concat([dataSlice(honest, 0, at), toBeHex(share, 32), dataSlice(honest, at + 32)]);
        await refuses(stage, altered, 0);
      }
      // The constant's proof alone would do; E's binds the shares as well.
      const parts = forgeParts(stage.reshare, 2, { coefficients: [shareOf(stage, 2), 6n, 7n], ephemeralSecret: EPHEMERAL });
      const { commitments, ephemeral, encryptedShares, possessionOfEphemeral } = parts;
      const zeros = encryptedShares.map(() => 0n);
      const message = reshareMessageOf(stage.reshare.sid, 2, commitments, ephemeral, zeros);
      const possessionOfConstant = provePossession(SecretScalar.from(shareOf(stage, 2)), getBytes(message));
      await refuses(stage, encodeParts({ ...parts, encryptedShares: zeros, possessionOfConstant, possessionOfEphemeral }), 1);
      await deal(stage, 2, honest);
    });

    for (const field of ["commitments.0", "commitments.1", "commitments.2", "ephemeral"])
      it(`attack 28: refuses a changed ${field}: both proofs bind it`, async () => {
        const stage = await networkHelpers.loadFixture(stages.dealing);
        const parts = forgeParts(stage.reshare, 2, { coefficients: [shareOf(stage, 2), 6n, 7n] });
        const [name, index] = field.split(".");
        const changed =
          name === "ephemeral"
            ? { ...parts, ephemeral: toXY(G) }
            : { ...parts, commitments: parts.commitments.map((right, k) => (k === Number(index) ? toXY(G) : right)) };
        await refuses(stage, encodeParts(changed), 0);
      });

    for (const [which, proof] of ["possessionOfConstant", "possessionOfEphemeral"].entries())
      for (const scalar of ["c", "z"])
        for (const [how, change] of BAD_PROOF_SCALARS)
          it(`attacks 25, 27, 28: refuses ${proof} when ${scalar} is ${how}`, async () => {
            const stage = await networkHelpers.loadFixture(stages.dealing);
            const parts = forgeParts(stage.reshare, 2, { coefficients: [shareOf(stage, 2), 6n, 7n] });
            await refuses(stage, encodeParts(withField(parts, `${proof}.${scalar}`, change as never)), which);
          });
  });

  describe("whose share it is", () => {
    const refuses = async (stage: ReshareStage, dealer: number, dealing: string, path?: string[]): Promise<void> => {
      await expect(deal(stage, dealer, dealing, path))
        .to.be.revertedWithCustomError(stage.setup.keyResharing, "KeyResharingForeignShare")
        .withArgs(stage.reshare.sid, dealer);
    };

    for (const [what, constantOf] of [
      ["any other constant", () => randomScalar(dice.bytes)],
      ["one more", (s: bigint) => (s + 1n) % CURVE_ORDER],
      ["the share negated: the same x", (s: bigint) => CURVE_ORDER - s],
      ["weighted by its Lagrange coefficient", (s: bigint) => (s * lagrangeAtZero([1, 2, 4], 2)) % CURVE_ORDER],
    ] as const)
      it(`refuses ${what}`, async () => {
        const stage = await networkHelpers.loadFixture(stages.dealing);
        await refuses(stage, 2, withConstant(stage, 2, constantOf(shareOf(stage, 2))));
      });

    it("refuses another old member's share, with either's path: one corrupted share makes one dealer", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const dealing = withConstant(stage, 2, shareOf(stage, 1));
      for (const slot of [1, 2]) await refuses(stage, 2, dealing, heldAt(stage.key, slot).path);
    });

    it("refuses paths that are too short, too long, another's or changed", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const dealing = reshareDealing(stage.reshare, 2);
      const { path } = heldAt(stage.key, 2);
      const others = heldAt(stage.key, 9).path;
      for (const wrong of [[], path.slice(1), [...path, ZeroHash], others, path.map(() => ZeroHash), [...path].reverse()])
        await refuses(stage, 2, dealing, wrong);
      await deal(stage, 2, dealing);
    });

    it("attack 14: refuses an old dealer's share of an earlier epoch, with its path of then", async () => {
      const two = await networkHelpers.loadFixture(stages.twoEpochs);
      const { setup } = two;
      const moved = await reshareKey(setup, two.key, two.next, 2);
      const third = await openEpoch(setup, [1, 2, 3, 4, 5]);
      const reshare = await requestReshare(setup, moved, third, 2);
      const stage = { ...two, key: moved, reshare, dealings: new Map() };
      const stale = withConstant(stage, 2, shareOf(two, 2));
      for (const key of [two.key, moved]) await refuses(stage, 2, stale, heldAt(key, 2).path);
      await deal(stage, 2, reshareDealing(reshare, 2));
      // Slot 1 was a member of epoch 1 only.
      await expect(deal(stage, 1, withConstant(stage, 1, shareOf(two, 1)), heldAt(two.key, 1).path))
        .to.be.revertedWithCustomError(setup.keyResharing, "DealingUnknownSlot")
        .withArgs(reshare.sid, 1);
    });

    it("refuses the dealer's share of another key of the same epoch", async () => {
      const setup = await deployKeyGeneration(connection, { slots: OLD_SLOTS });
      const [key, other] = [await generateKey(setup), await generateKey(setup, { salt: ZeroHash })];
      const next = await openEpoch(setup, NEW_SLOTS);
      const reshare = await requestReshare(setup, key, next, 2);
      const stage = { setup, key, next, reshare, dealings: new Map() };
      const dealing = withConstant(stage, 2, shareOf({ key: other }, 2));
      for (const { path } of [heldAt(other, 2), heldAt(key, 2)]) await refuses(stage, 2, dealing, path);
    });
  });

  it("stores the dealing's hash, emits all of it and names the dealer, whoever sends it: a lost operator loses no dealing", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    const { setup, reshare } = stage;
    const dealing = reshareDealing(reshare, 9);
    expect(await setup.keyResharing.dealHashOf(reshare.sid, 9)).to.equal(ZeroHash);
    await expect(deal(stage, 9, dealing))
      .to.emit(setup.keyResharing, "ReshareDealt")
      .withArgs(reshare.sid, 9, dealing);
    expect(await setup.keyResharing.dealHashOf(reshare.sid, 9)).to.equal(dealHashOf(dealing));
    const { dealt, dealtAt } = await setup.keyResharing.reshareOf(reshare.sid);
    expect([dealt, dealtAt]).to.deep.equal([bitmapOf([9]), 0n]);
  });

  it("refuses the dealing of an old member that was removed, whoever sends it, and of one whose account was revoked", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    const { setup, reshare } = stage;
    await setup.registry.removeKeeper(1);
    await replaceStolen(setup, 5);
    for (const dealer of [1, 5])
      await expect(deal(stage, dealer, reshareDealing(reshare, dealer)))
        .to.be.revertedWithCustomError(setup.keyResharing, "KeyResharingAbsentDealer")
        .withArgs(reshare.sid, dealer);
    await deal(stage, 2, reshareDealing(reshare, 2));
  });

  it("ends DEAL at once when all old members have dealt", async () => {
    const { setup, reshare } = await networkHelpers.loadFixture(stages.dealing);
    await dealReshare(setup, reshare, { except: [9] });
    expect(await nextReshareStatus(setup, reshare)).to.equal(RESHARE_STATUS.dealing);
    await dealReshare(setup, reshare, { except: [1, 2, 4, 5] });
    const { dealt, dealtAt } = await setup.keyResharing.reshareOf(reshare.sid);
    expect([dealt, dealtAt]).to.deep.equal([bitmapOf([1, 2, 4, 5, 9]), BigInt(await ethers.provider.getBlockNumber())]);
    expect(await setup.keyResharing.statusOf(reshare.sid)).to.equal(RESHARE_STATUS.disputing);
  });

  it("attack 37: takes a dealing for 64 members with t' = 31 within one transaction", async () => {
    const { setup, key } = await networkHelpers.loadFixture(stages.twoEpochs);
    const all = await openEpoch(
      setup,
      Array.from({ length: 64 }, (_, i) => i + 1),
    );
    const reshare = await requestReshare(setup, key, all, 31);
    const { share, path } = heldAt(key, 9);
    const dealing = createReshareDealing({ sid: getBytes(reshare.sid), dealer: 9, share, threshold: 31, recipients: all.keepers });
    const receipt = await (await setup.keyResharing.deal(reshare.sid, 9, hexlify(dealing), path)).wait();
    expect(receipt?.gasUsed).to.be.below(2n ** 24n / 10n);
  });
});
