import { backend, CURVE_ORDER, createDealing, G, provePossession, SecretScalar, toXY } from "@keyquorum/threshold";
import { expect } from "chai";
import { concat, dataSlice, getBytes, hexlify, ZeroHash } from "ethers";
import { network } from "hardhat";
import { dealHashOf, encodeParts, forgeDealing, forgeParts, honestDealing, parsed, possessionMessageOf } from "../../fixtures/dealings.ts";
import { bitmapOf, deployKeyGeneration, openSession, postKey, STATUS } from "../../fixtures/keyGeneration.ts";
import { dealAll, memberAt, nextStatus } from "../../fixtures/keySession.ts";
import { BAD_POINTS, BAD_PROOF_SCALARS } from "../../fixtures/points.ts";
import { withField } from "../libraries/proofCases.ts";
import { type Stage, stagesBut, stagesOf } from "./stages.ts";

const connection = await network.create();
const { ethers, networkHelpers } = connection;
const stages = stagesOf(connection);

/** The member at `slot` sends `dealing`. */
const deal = ({ setup, session }: Stage, slot: number, dealing: string | Uint8Array) =>
  setup.keyGeneration.connect(memberAt(session, slot).operator).deal(session.sid, dealing);

describe("KeyGeneration: deal", () => {
  for (const name of stagesBut("dealing"))
    it(`refuses while the session is ${name}`, async () => {
      const stage = await networkHelpers.loadFixture(stages[name]);
      await expect(deal(stage, 1, honestDealing(stage.session, 1)))
        .to.be.revertedWithCustomError(stage.setup.keyGeneration, "KeyGenerationWrongStatus")
        .withArgs(stage.session.sid, STATUS[name]);
    });

  it("refuses an unknown session", async () => {
    const { setup, session } = await networkHelpers.loadFixture(stages.dealing);
    const operator = memberAt(session, 1).operator;
    await expect(setup.keyGeneration.connect(operator).deal(ZeroHash, honestDealing(session, 1)))
      .to.be.revertedWithCustomError(setup.keyGeneration, "KeyGenerationWrongStatus")
      .withArgs(ZeroHash, STATUS.unknown);
  });

  it("refuses who is not a member's operator: mallory, and the keeper at slot 3, which is in no epoch", async () => {
    const { setup, session } = await networkHelpers.loadFixture(stages.dealing);
    for (const caller of [setup.mallory, await setup.operatorOf(3)])
      await expect(setup.keyGeneration.connect(caller).deal(session.sid, honestDealing(session, 1)))
        .to.be.revertedWithCustomError(setup.keyGeneration, "DealingNotMember")
        .withArgs(session.sid, caller.address);
  });

  it("takes the operator that the epoch froze, not its successor", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    const { setup, session } = stage;
    await setup.registry.setOperator(1, setup.mallory.address);
    await expect(setup.keyGeneration.connect(setup.mallory).deal(session.sid, honestDealing(session, 1)))
      .to.be.revertedWithCustomError(setup.keyGeneration, "DealingNotMember")
      .withArgs(session.sid, setup.mallory.address);
    await deal(stage, 1, honestDealing(session, 1));
  });

  it("takes members as the session's epoch has them, whatever later epochs have", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    const { registry, operatorOf } = stage.setup;
    await registry.proposeEpoch(0b11100n);
    for (const slot of [2, 3, 4]) await postKey(registry, 2, slot, await operatorOf(slot));
    await registry.openEpoch(2);
    await deal(stage, 1, honestDealing(stage.session, 1));
    await expect(
      stage.setup.keyGeneration.connect(await operatorOf(3)).deal(stage.session.sid, honestDealing(stage.session, 1)),
    ).to.be.revertedWithCustomError(stage.setup.keyGeneration, "DealingNotMember");
  });

  it("refuses a second dealing of one dealer, also another one", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    await deal(stage, 1, honestDealing(stage.session, 1));
    await expect(deal(stage, 1, honestDealing(stage.session, 1)))
      .to.be.revertedWithCustomError(stage.setup.keyGeneration, "DealingAlreadyDealt")
      .withArgs(stage.session.sid, 1);
  });

  it("refuses t+2 commitments, t commitments and dealings for more or fewer members (attacks 23, 37)", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    const { session } = stage;
    const expected = 64 * 3 + 64 + 32 * 5 + 128;
    const higher = forgeDealing(session, 1, { coefficients: [1n, 2n, 3n, 4n] });
    const lower = forgeDealing(session, 1, { coefficients: [1n, 2n] });
    const fewer = forgeDealing({ ...session, members: session.members.slice(1) }, 1);
    for (const dealing of [higher, lower, fewer, "0x"])
      await expect(deal(stage, 1, dealing))
        .to.be.revertedWithCustomError(stage.setup.keyGeneration, "DealingBadLength")
        .withArgs(getBytes(dealing).length, expected);
  });

  it("refuses bytes behind a right dealing, and one byte too few (attacks 27, 37)", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    const right = hexlify(honestDealing(stage.session, 1));
    for (const dealing of [concat([right, "0x00"]), concat([right, new Uint8Array(4096)]), dataSlice(right, 0, -1)])
      await expect(deal(stage, 1, dealing)).to.be.revertedWithCustomError(stage.setup.keyGeneration, "DealingBadLength");
  });

  for (const [name, point] of BAD_POINTS)
    it(`refuses every commitment and an ephemeral key ${name} (attacks 25, 26)`, async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const parts = forgeParts(stage.session, 1);
      for (const index of [0, 1, 2, 3]) {
        const commitments = parts.commitments.map((right, k) => (k === index ? point : right));
        const dealing = encodeParts({ ...parts, commitments, ephemeral: index === 3 ? point : parts.ephemeral });
        await expect(deal(stage, 1, dealing))
          .to.be.revertedWithCustomError(stage.setup.keyGeneration, "DealingInvalidPoint")
          .withArgs(index);
      }
    });

  it("refuses an encrypted share that is not below n, and takes 0 (attacks 25, 27)", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    const parts = forgeParts(stage.session, 1);
    for (const [place, share] of [
      [0, 2n ** 256n - 1n],
      [4, CURVE_ORDER],
    ] as const) {
      const encryptedShares = parts.encryptedShares.map((right, i) => (i === place ? share : right));
      await expect(deal(stage, 1, encodeParts({ ...parts, encryptedShares })))
        .to.be.revertedWithCustomError(stage.setup.keyGeneration, "DealingShareOutOfRange")
        .withArgs(place);
    }
    await deal(stage, 1, encodeParts({ ...parts, encryptedShares: parts.encryptedShares.map(() => 0n) }));
  });

  describe("possession", () => {
    const refuses = async (stage: Stage, dealing: string, which: number): Promise<void> => {
      await expect(deal(stage, 2, dealing))
        .to.be.revertedWithCustomError(stage.setup.keyGeneration, "DealingInvalidPossession")
        .withArgs(which);
    };

    it("refuses E copied from another dealer, with or without its proof (attack 20)", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const alices = forgeParts(stage.session, 1);
      await deal(stage, 1, encodeParts(alices));
      const own = forgeParts(stage.session, 2, { coefficients: [5n, 6n, 7n] });
      const message = possessionMessageOf(stage.session.sid, 2, own.commitments, alices.ephemeral);
      const possessionOfConstant = provePossession(SecretScalar.from(5n), getBytes(message));
      const copied = { ...own, ephemeral: alices.ephemeral, possessionOfConstant };
      await refuses(stage, encodeParts(copied), 1);
      await refuses(stage, encodeParts({ ...copied, possessionOfEphemeral: alices.possessionOfEphemeral }), 1);
    });

    it("refuses a whole dealing copied from another dealer (attack 20)", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      await refuses(stage, forgeDealing(stage.session, 1), 0);
    });

    it("refuses a constant that cancels the others: nobody knows its secret (attack 21)", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const honest = parsed(hexlify(honestDealing(stage.session, 1)), stage.session).commitments[0];
      const target = backend.mulG(99n);
      const own = forgeParts(stage.session, 2);
      const cancelling = honest === undefined ? own.commitments[0] : toXY(target.subtract(honest));
      const commitments = [cancelling as { x: bigint; y: bigint }, ...own.commitments.slice(1)];
      await refuses(stage, encodeParts({ ...own, commitments }), 0);
    });

    it("refuses proofs made for another session, dealer or contract (attack 29)", async () => {
      const stage = await networkHelpers.loadFixture(stages.dealing);
      const other = await openSession(stage.setup, { salt: ZeroHash });
      await refuses(stage, forgeDealing(stage.session, 2, { boundTo: { sid: other.sid } }), 0);
      await refuses(stage, forgeDealing(stage.session, 2, { boundTo: { dealer: 1 } }), 0);
      await refuses(stage, hexlify(honestDealing(other, 2)), 0);
    });

    const fields = ["commitments.0", "commitments.1", "commitments.2", "ephemeral"];
    for (const field of fields)
      it(`refuses a changed ${field}: both proofs bind it (attack 28)`, async () => {
        const stage = await networkHelpers.loadFixture(stages.dealing);
        const parts = forgeParts(stage.session, 2);
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
          it(`refuses ${proof} when ${scalar} is ${how} (attacks 25, 27, 28)`, async () => {
            const stage = await networkHelpers.loadFixture(stages.dealing);
            const parts = withField(forgeParts(stage.session, 2), `${proof}.${scalar}`, change as never);
            await refuses(stage, encodeParts(parts), which);
          });
  });

  it("stores the dealing's hash, emits all of it and names the dealer", async () => {
    const stage = await networkHelpers.loadFixture(stages.dealing);
    const { keyGeneration } = stage.setup;
    const dealing = hexlify(honestDealing(stage.session, 9));
    expect(await keyGeneration.dealHashOf(stage.session.sid, 9)).to.equal(ZeroHash);
    await expect(deal(stage, 9, dealing))
      .to.emit(keyGeneration, "Dealt")
      .withArgs(stage.session.sid, 9, dealing);
    expect(await keyGeneration.dealHashOf(stage.session.sid, 9)).to.equal(dealHashOf(dealing));
    const { dealt, dealtAt } = await keyGeneration.sessionOf(stage.session.sid);
    expect([dealt, dealtAt]).to.deep.equal([bitmapOf([9]), 0n]);
  });

  it("ends DEAL at once when all have dealt", async () => {
    const { setup, session } = await networkHelpers.loadFixture(stages.dealing);
    await dealAll(setup, session, { except: [9] });
    expect(await nextStatus(setup, session)).to.equal(STATUS.dealing);
    await dealAll(setup, session, { except: [1, 2, 4, 5] });
    const { dealt, dealtAt } = await setup.keyGeneration.sessionOf(session.sid);
    expect([dealt, dealtAt]).to.deep.equal([bitmapOf([1, 2, 4, 5, 9]), BigInt(await ethers.provider.getBlockNumber())]);
    expect(await setup.keyGeneration.statusOf(session.sid)).to.equal(STATUS.disputing);
  });

  it("takes 64 members with t = 31 within one transaction (attack 37)", async () => {
    const slots = Array.from({ length: 64 }, (_, i) => i + 1);
    const setup = await deployKeyGeneration(connection, { slots });
    const session = await openSession(setup, { threshold: 31 });
    const { sid, threshold, members } = session;
    const dealing = createDealing({ sid: getBytes(sid), dealer: 64, threshold, members });
    const response = await setup.keyGeneration.connect(memberAt(session, 64).operator).deal(sid, dealing);
    const receipt = await response.wait();
    expect(receipt?.gasUsed).to.be.below(2n ** 24n / 10n);
  });
});
