import { expect } from "chai";
import { concat, toBeHex } from "ethers";
import { network } from "hardhat";
import { deployKeyGeneration, openSession, STATUS, WINDOWS } from "../../fixtures/keyGeneration.ts";
import { dealAll, finalizeArguments, reachFinalizing } from "../../fixtures/keySession.ts";
import type { Stage } from "./stages.ts";

const connection = await network.create();
const { ethers, networkHelpers } = connection;

const HISTORY = "0x0000F90827F1C53a10cb7A02335B175320002935";
/** The runtime code of EIP-2935's history contract. */
const HISTORY_CODE =
  "0x3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500";
/** What Hardhat's own chain has there: it reverts with data. */
const HARDHAT_CODE = await ethers.provider.getCode(HISTORY);
/** Returns 32 times `words` bytes, all of them 01. */
const answering = (words: number): string => concat(["0x7f", `0x${"01".repeat(32)}`, "0x5f52", "0x60", toBeHex(words * 32, 1), "0x5ff3"]);

/** Answers as the opcode BLOCKHASH does; what the opcode does not know: 01 bytes, ended by `end` (the size of the answer, and RETURN or REVERT). */
const knowingNewest = (end: string): string => concat(["0x5f3540805f52603057", `0x7f${"01".repeat(32)}`, "0x5f52", end, "0x5b60205ff3"]);

/** The shift's block is the last one. */
const finalizing = async (): Promise<Stage> => {
  const setup = await deployKeyGeneration(connection, { windows: { ...WINDOWS, finalize: 20_000n } });
  const session = await openSession(setup);
  const dealings = await dealAll(setup, session);
  await reachFinalizing(setup, session);
  return { setup, session, dealings };
};

/** The shift's block is 300 blocks old, and nobody has finalized. */
const late = async (): Promise<Stage> => {
  const stage = await finalizing();
  await networkHelpers.mine(300);
  return stage;
};

const finalize = async ({ setup, session, dealings }: Stage) => {
  const { constants, restHashes, jointKey } = await finalizeArguments(setup, session, dealings);
  return setup.keyGeneration.connect(setup.bob).finalize(session.sid, constants, restHashes, jointKey);
};

const hashOf = async (block: number | bigint): Promise<string> => (await ethers.provider.getBlock(Number(block)))?.hash ?? "0x";
const store = (number: bigint, hash: string): Promise<void> => networkHelpers.setStorageAt(HISTORY, number % 8191n, hash);

/** What the history contract would have stored when block b* + 1 and when the next one began. */
const remember = async ({ setup, session }: Stage): Promise<void> => {
  const { shiftBlock } = await setup.keyGeneration.sessionOf(session.sid);
  const head = BigInt(await ethers.provider.getBlockNumber());
  await store(shiftBlock, await hashOf(shiftBlock));
  await store(head, await hashOf(head));
};

/** What `finalize` would take in the next block. */
const shiftHashOf = ({ setup, session }: Stage): Promise<string> => setup.keyGeneration.shiftHashOf(session.sid, { blockTag: "pending" });

describe("KeyGeneration: the shift's block", () => {
  it("is taken from the last 256 blocks by opcode", async () => {
    const stage = await networkHelpers.loadFixture(finalizing);
    await networkHelpers.setCode(HISTORY, answering(1));
    await networkHelpers.mine(255);
    await finalize(stage);
    expect(await stage.setup.keyGeneration.statusOf(stage.session.sid)).to.equal(STATUS.awaitingReady);
  });

  it("is taken from EIP-2935's history contract when it is older", async () => {
    const stage = await networkHelpers.loadFixture(late);
    await networkHelpers.setCode(HISTORY, HISTORY_CODE);
    await remember(stage);
    await finalize(stage);
    expect(await stage.setup.keyGeneration.statusOf(stage.session.sid)).to.equal(STATUS.awaitingReady);
  });

  const gone: readonly (readonly [string, string])[] = [
    ["there is no history contract", "0x"],
    ["something else reverts with data at its address, as on Hardhat's own chain", HARDHAT_CODE],
    ["something answers more than 32 bytes at its address", answering(2)],
    ["something answers nothing at its address", "0x00"],
    ["something answers the same hash for every block", answering(1)],
    ["something knows the newest blocks and reverts with a hash for older ones", knowingNewest("0x60205ffd")],
    ["something knows the newest blocks and says more than a hash for older ones", knowingNewest("0x60405ff3")],
  ];
  for (const [when, code] of gone)
    it(`is fixed again when it is gone and ${when}`, async () => {
      const stage = await networkHelpers.loadFixture(late);
      const { setup, session } = stage;
      await networkHelpers.setCode(HISTORY, code);
      expect(await shiftHashOf(stage)).to.equal(ethers.ZeroHash);
      const before = BigInt(await ethers.provider.getBlockNumber());
      await expect(finalize(stage))
        .to.emit(setup.keyGeneration, "ShiftRearmed")
        .withArgs(session.sid, before + 3n);
      expect((await setup.keyGeneration.sessionOf(session.sid)).shiftBlock).to.equal(before + 3n);
      expect(await setup.keyGeneration.statusOf(session.sid)).to.equal(STATUS.awaitingShift);
      expect(await setup.keyGeneration.phaseEndOf(session.sid)).to.equal(before + 3n);

      await networkHelpers.mineUpTo(before + 3n);
      await finalize(stage);
      expect(await setup.keyGeneration.statusOf(session.sid)).to.equal(STATUS.awaitingReady);
    });

  it("is fixed again when it is gone and the history contract counts other blocks: those hashes are known before", async () => {
    const stage = await networkHelpers.loadFixture(late);
    const { setup, session } = stage;
    await networkHelpers.setCode(HISTORY, HISTORY_CODE);
    const { shiftBlock } = await setup.keyGeneration.sessionOf(session.sid);
    // Its block of that number is another one, five ahead; so is that of the previous number.
    const head = BigInt(await ethers.provider.getBlockNumber());
    await store(shiftBlock, await hashOf(shiftBlock + 5n));
    await store(head, await hashOf(head - 5n));
    expect(await shiftHashOf(stage)).to.equal(ethers.ZeroHash);
    await expect(finalize(stage)).to.emit(setup.keyGeneration, "ShiftRearmed");
  });

  it("is fixed again when it is gone and the history contract does not have the previous block", async () => {
    const stage = await networkHelpers.loadFixture(late);
    const { setup, session } = stage;
    await networkHelpers.setCode(HISTORY, HISTORY_CODE);
    const { shiftBlock } = await setup.keyGeneration.sessionOf(session.sid);
    await store(shiftBlock, await hashOf(shiftBlock));
    await expect(finalize(stage)).to.emit(setup.keyGeneration, "ShiftRearmed");
  });

  describe("shiftHashOf", () => {
    it("is zero for a session that is not there, while dealing, and until its block is past", async () => {
      const setup = await deployKeyGeneration(connection);
      expect(await setup.keyGeneration.shiftHashOf(ethers.id("no such session"))).to.equal(ethers.ZeroHash);
      const session = await openSession(setup);
      expect(await setup.keyGeneration.shiftHashOf(session.sid)).to.equal(ethers.ZeroHash);
      await dealAll(setup, session);
      expect(await setup.keyGeneration.shiftHashOf(session.sid)).to.equal(ethers.ZeroHash);
      const { shiftBlock } = await setup.keyGeneration.sessionOf(session.sid);
      await networkHelpers.mineUpTo(shiftBlock);
      expect(await setup.keyGeneration.shiftHashOf(session.sid), "its block is the newest").to.equal(ethers.ZeroHash);
      await networkHelpers.mine();
      expect(await setup.keyGeneration.shiftHashOf(session.sid)).to.equal(await hashOf(shiftBlock));
    });

    it("is the hash that finalize takes, by opcode and by the history contract", async () => {
      const stage = await networkHelpers.loadFixture(finalizing);
      const { shiftBlock } = await stage.setup.keyGeneration.sessionOf(stage.session.sid);
      expect(await shiftHashOf(stage)).to.equal(await hashOf(shiftBlock));
      await networkHelpers.mine(300);
      await networkHelpers.setCode(HISTORY, HISTORY_CODE);
      await remember(stage);
      expect(await shiftHashOf(stage)).to.equal(await hashOf(shiftBlock));
    });
  });

  it("starts the finalize window again when it is fixed again", async () => {
    const stage = await networkHelpers.loadFixture(late);
    const { setup, session } = stage;
    await networkHelpers.setCode(HISTORY, "0x");
    await finalize(stage);
    const { shiftBlock } = await setup.keyGeneration.sessionOf(session.sid);
    await networkHelpers.mineUpTo(shiftBlock + 20_000n - 1n);
    expect(await setup.keyGeneration.statusOf(session.sid, { blockTag: "pending" })).to.equal(STATUS.finalizing);
    await networkHelpers.mine();
    expect(await setup.keyGeneration.statusOf(session.sid, { blockTag: "pending" })).to.equal(STATUS.overdue);
  });
});
