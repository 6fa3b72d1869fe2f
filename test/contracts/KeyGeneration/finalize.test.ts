import { backend, CURVE_ORDER, G, type Point } from "@keyquorum/threshold";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { expect } from "chai";
import { AbiCoder, getAddress, keccak256, type Result, ZeroHash } from "ethers";
import { network } from "hardhat";
import { complaintOf, dealHashOf, forgeDealing, openingOf, parsed } from "../../fixtures/dealings.ts";
import { bitmapOf, REASON, STATUS } from "../../fixtures/keyGeneration.ts";
import {
  dealAll,
  endPhase,
  type FinalizeArguments,
  finalizeArguments,
  keyOf,
  memberAt,
  reachFinalizing,
} from "../../fixtures/keySession.ts";
import { BAD_POINTS, type SolidityPoint, solidityPoint } from "../../fixtures/points.ts";
import { abiHash, domainTag } from "../../fixtures/preimages.ts";
import { addressOrZero } from "../libraries/fuzz.ts";
import { type Stage, stagesBut, stagesOf } from "./stages.ts";

const connection = await network.create();
const { ethers, networkHelpers } = connection;
const stages = stagesOf(connection);

/** Bob, who is not a keeper, sends it: the arguments are checked, not the sender. */
const finalize = ({ setup, session }: Stage, { constants, restHashes, jointKey }: FinalizeArguments) =>
  setup.keyGeneration.connect(setup.bob).finalize(session.sid, constants, restHashes, jointKey);

const argumentsOf = ({ setup, session, dealings }: Stage): Promise<FinalizeArguments> => finalizeArguments(setup, session, dealings);

const swap = <T>([first, second, ...rest]: readonly T[]): T[] => [second as T, first as T, ...rest]; // QUAL has two at least

describe("KeyGeneration: finalize", () => {
  for (const name of stagesBut("finalizing"))
    it(`refuses while the session is ${name}`, async () => {
      const stage = await networkHelpers.loadFixture(stages[name]);
      await expect(finalize(stage, { constants: [], restHashes: [], jointKey: solidityPoint(G) }))
        .to.be.revertedWithCustomError(stage.setup.keyGeneration, "KeyGenerationWrongStatus")
        .withArgs(stage.session.sid, STATUS[name]);
    });

  it("refuses fewer and more constants or hashes than QUAL has", async () => {
    const stage = await networkHelpers.loadFixture(stages.finalizing);
    const right = await argumentsOf(stage);
    const wrong: readonly (readonly [Partial<FinalizeArguments>, number])[] = [
      [{ constants: right.constants.slice(1) }, 4],
      [{ constants: [...right.constants, solidityPoint(G)] }, 6],
      [{ restHashes: right.restHashes.slice(1) }, 4],
      [{ restHashes: [...right.restHashes, ZeroHash] }, 6],
      [{ constants: [], restHashes: [] }, 0],
    ];
    for (const [change, given] of wrong)
      await expect(finalize(stage, { ...right, ...change }))
        .to.be.revertedWithCustomError(stage.setup.keyGeneration, "KeyGenerationBadQual")
        .withArgs(given, 5);
  });

  it("refuses constants and hashes that were not dealt, or in another order, or twice (attacks 24, 27)", async () => {
    const stage = await networkHelpers.loadFixture(stages.finalizing);
    const right = await argumentsOf(stage);
    const [first, second] = [right.constants[0] as SolidityPoint, right.restHashes[0] as string]; // QUAL is not empty
    const wrong: readonly (readonly [Partial<FinalizeArguments>, number])[] = [
      [{ constants: right.constants.with(0, solidityPoint(G)) }, 1],
      [{ constants: right.constants.with(4, solidityPoint(G)) }, 9],
      [{ restHashes: right.restHashes.with(2, ZeroHash) }, 4],
      [{ constants: swap(right.constants), restHashes: swap(right.restHashes) }, 1],
      [{ constants: right.constants.with(1, first), restHashes: right.restHashes.with(1, second) }, 2],
    ];
    for (const [change, slot] of wrong)
      await expect(finalize(stage, { ...right, ...change }))
        .to.be.revertedWithCustomError(stage.setup.keyGeneration, "DealingForeignBytes")
        .withArgs(stage.session.sid, slot);
  });

  it("refuses every other joint key: the unshifted one, its negative, and what is not a point (attacks 22, 26)", async () => {
    const stage = await networkHelpers.loadFixture(stages.finalizing);
    const right = await argumentsOf(stage);
    const { unshifted, jointKey } = await keyOf(stage.setup, stage.session, stage.dealings);
    const wrong = [solidityPoint(unshifted), solidityPoint(jointKey.negate()), solidityPoint(G), ...BAD_POINTS.map(([, point]) => point)];
    for (const other of wrong)
      await expect(finalize(stage, { ...right, jointKey: other }))
        .to.be.revertedWithCustomError(stage.setup.keyGeneration, "KeyGenerationWrongJointKey")
        .withArgs(stage.session.sid);
  });

  it("stores QUAL, Y, rho and S = Y + rho G (PROTOCOL 3.5)", async () => {
    const stage = await networkHelpers.loadFixture(stages.finalizing);
    const { setup, session, dealings } = stage;
    const { shiftBlock, openedAt, dealtAt } = await setup.keyGeneration.sessionOf(session.sid);
    expect(shiftBlock).to.equal(dealtAt + setup.windows.dispute + 2n);
    expect(openedAt).to.be.below(dealtAt);
    const block = await ethers.provider.getBlock(Number(shiftBlock));
    const unshifted = [...dealings.values()]
      .map((dealing) => parsed(dealing, session).commitments[0] as Point)
      .reduce((sum, point) => sum.add(point));
    const y = solidityPoint(unshifted);
    const digest = abiHash(
      ["bytes32", "bytes32", "uint256", "uint256", "bytes32"],
      [domainTag("shift"), session.sid, y.x, y.y, block?.hash],
    );
    const shift = BigInt(digest) % CURVE_ORDER;
    const jointKey = unshifted.add(backend.mulG(shift));
    const s = solidityPoint(jointKey);
    const qual = bitmapOf([1, 2, 4, 5, 9]);

    await expect(finalize(stage, await argumentsOf(stage)))
      .to.emit(setup.keyGeneration, "KeyFinalized")
      .withArgs(session.sid, session.keyId, qual, [y.x, y.y], shift, [s.x, s.y], getAddress(addressOrZero(jointKey)));

    const stored = await setup.keyGeneration.sessionOf(session.sid);
    // The result is an array: its `shift` is the array's method, and the generated type leaves out `getValue`.
    expect([
      stored.qual,
      [...stored.unshifted],
      (stored as unknown as Result).getValue("shift"),
      [...stored.jointKey],
      stored.finalizedAt,
    ]).to.deep.equal([qual, [y.x, y.y], shift, [s.x, s.y], BigInt(await ethers.provider.getBlockNumber())]);
    expect(await setup.keyGeneration.statusOf(session.sid)).to.equal(STATUS.awaitingReady);
    expect((await setup.keyGeneration.keyOf(session.keyId)).activeEpoch).to.equal(0n);
  });

  it("takes QUAL without who did not deal and who is disqualified, and not with them", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    const { setup, session } = stage;
    const wrong = forgeDealing(session, 2, { shareOf: () => 1n });
    const all = await dealAll(setup, session, { except: [9], forged: new Map([[2, wrong]]) });
    const given = complaintOf(session, wrong, 2, memberAt(session, 4));
    await setup.keyGeneration.complain(session.sid, { dealer: 2, recipient: 4, dealing: wrong, ...given });
    await endPhase(setup, session);
    await reachFinalizing(setup, session);

    const withMallory = {
      constants: [...all.values()].map((dealing) => openingOf(dealing).constant),
      restHashes: [...all.values()].map((dealing) => openingOf(dealing).restHash),
    };
    await expect(finalize(stage, { ...withMallory, jointKey: solidityPoint(G) }))
      .to.be.revertedWithCustomError(setup.keyGeneration, "KeyGenerationBadQual")
      .withArgs(4, 3);
    const qual = new Map([...all].filter(([dealer]) => dealer !== 2));
    await finalize(stage, await finalizeArguments(setup, session, qual));
    expect((await setup.keyGeneration.sessionOf(session.sid)).qual).to.equal(bitmapOf([1, 4, 5]));
  });

  describe("an unusable sum", () => {
    const expectBadSum = async (stage: Stage, notDealt: bigint, given: FinalizeArguments): Promise<void> => {
      const { keyGeneration } = stage.setup;
      await expect(finalize(stage, given))
        .to.emit(keyGeneration, "KeyFailed")
        .withArgs(stage.session.keyId, stage.session.sid, REASON.badSum, notDealt, 0, 0);
      expect(await keyGeneration.statusOf(stage.session.sid)).to.equal(STATUS.failed);
      const { failure, finalizedAt, qual } = await keyGeneration.sessionOf(stage.session.sid);
      expect([failure, finalizedAt, qual]).to.deep.equal([REASON.badSum, 0n, 0n]);
    };

    it("that is infinite fails the session (attacks 21, 25)", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const { setup, session } = stage;
      const constants: readonly (readonly [number, bigint])[] = [
        [1, 5n],
        [2, 7n],
        [4, CURVE_ORDER - 12n],
      ];
      const forged = new Map(
        constants.map(([slot, constant]) => [slot, forgeDealing(session, slot, { coefficients: [constant, 1n, 1n] })]),
      );
      const dealings = await dealAll(setup, session, { except: [5, 9], forged });
      await endPhase(setup, session);
      await reachFinalizing(setup, session);
      const openings = [...dealings.values()].map(openingOf);
      const given = { constants: openings.map(({ constant }) => constant), restHashes: openings.map(({ restHash }) => restHash) };
      await expectBadSum(stage, bitmapOf([5, 9]), { ...given, jointKey: solidityPoint(G) });
    });

    it("that has x >= n fails the session (attack 26)", async () => {
      const stage = await networkHelpers.loadFixture(stages.finalizing);
      const { setup, session } = stage;
      const right = await argumentsOf(stage);
      // Nobody knows a dealing that leads there, so the test writes one constant into the contract's storage.
      const tooLarge = (BAD_POINTS.find(([name]) => name.includes("n <= x < p")) as (typeof BAD_POINTS)[number])[1];
      const others = right.constants.slice(1).map((point) => secp256k1.Point.fromAffine(point));
      const constant = secp256k1.Point.fromAffine(tooLarge).subtract(others.reduce((sum, point) => sum.add(point)));
      const constants = right.constants.with(0, solidityPoint(constant));
      const { x, y } = solidityPoint(constant);
      await overwriteDealHash(stage, 1, abiHash(["uint256", "uint256", "bytes32"], [x, y, right.restHashes[0]]));
      expect(await setup.keyGeneration.statusOf(session.sid, { blockTag: "pending" })).to.equal(STATUS.finalizing);
      await expectBadSum(stage, 0n, { ...right, constants });
    });

    const overwriteDealHash = async ({ setup, session, dealings }: Stage, dealer: number, hash: string): Promise<void> => {
      const address = await setup.keyGeneration.getAddress();
      const encode = (type: string, key: unknown, root: unknown): string =>
        keccak256(AbiCoder.defaultAbiCoder().encode([type, "uint256"], [key, root]));
      for (let root = 0; root < 12; root++) {
        const slot = BigInt(encode("uint8", dealer, encode("bytes32", session.sid, root)));
        const isHash = (await networkHelpers.getStorageAt(address, slot)) === dealHashOf(dealings.get(dealer) as string); // all have dealt
        if (isHash) await networkHelpers.setStorageAt(address, slot, hash);
      }
      expect(await setup.keyGeneration.dealHashOf(session.sid, dealer)).to.equal(hash);
    };
  });

  it("leaves the key to nobody who deals last: a ground Y is no ground S (attack 22)", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    const { setup, session } = stage;
    const honest = await dealAll(setup, session, { except: [9] });
    const sum = [...honest.values()].map((dealing) => parsed(dealing, session).commitments[0] as Point).reduce((a, b) => a.add(b));
    const nibble = (point: Point): number => Number.parseInt(addressOrZero(point).slice(-1), 16);
    // Mallory, who has seen all other dealings, grinds her constant until Y's address ends in 0.
    const constant = Array.from({ length: 1000 }, (_, i) => BigInt(i + 1)).find((a) => nibble(sum.add(backend.mulG(a))) === 0) as bigint;
    const last = forgeDealing(session, 9, { coefficients: [constant, 1n, 1n] });
    await setup.keyGeneration.connect(memberAt(session, 9).operator).deal(session.sid, last);
    const dealings = new Map([...honest, [9, last]]);
    const { shiftBlock } = await setup.keyGeneration.sessionOf(session.sid);
    await networkHelpers.mineUpTo(Number(shiftBlock) - 1);

    const endings: number[] = [];
    for (let randao = 1; randao <= 64; randao++) {
      const snapshot = await networkHelpers.takeSnapshot();
      await networkHelpers.setPrevRandao(randao);
      await networkHelpers.mine();
      await finalize(stage, await finalizeArguments(setup, session, dealings));
      const { unshifted, jointKey } = await setup.keyGeneration.sessionOf(session.sid);
      expect(nibble(secp256k1.Point.fromAffine({ x: unshifted.x, y: unshifted.y }))).to.equal(0);
      endings.push(nibble(secp256k1.Point.fromAffine({ x: jointKey.x, y: jointKey.y })));
      await snapshot.restore();
    }
    // Of 64 uniform endings, more than 32 zeros or fewer than 6 values have a probability below 2^-70. Without the shift all 64 are zero.
    expect(endings.filter((ending) => ending === 0).length).to.be.at.most(32);
    expect(new Set(endings).size).to.be.at.least(6);
  });
});
