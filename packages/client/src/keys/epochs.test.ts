import { ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { codeOf } from "../fakes/errorOf.ts";
import { createFakeNode } from "../fakes/fakeNode.ts";
import { epoch } from "./epoch.ts";
import { keyEpochs } from "./keyEpochs.ts";

const KEY = `0x${"7".repeat(64)}` as never;
const bits = (...slots: number[]): bigint => slots.reduce((all, slot) => all | (1n << BigInt(slot)), 0n);

describe("Epochs", () => {
  const registry = (status: bigint) => ({
    lastEpoch: async () => 3n,
    statusOf: async (epoch: number) => (epoch === 3 ? status : 0n),
    opensAt: async () => 1_000n,
    candidatesOf: async () => bits(1, 2, 4, 5),
    membersOf: async () => (status === 2n ? bits(1, 2, 5) : 0n),
    removedKeepers: async () => bits(2, 3),
    absentIn: async (_epoch: number, slots: bigint) => bits(2, 5) & slots,
    epochKeyOf: async (_epoch: number, slot: number) => ({ x: slot === 4 ? 0n : 1n, y: 1n }),
  });

  it("tells who may be in a proposed epoch, who has posted a key and who was removed", async () => {
    const chain = createFakeNode().chainWith({ keeperRegistry: registry(1n) });
    expect(await epoch(chain)).to.deep.equal({
      epoch: 3,
      status: "Proposed",
      opensAt: 1_000,
      candidates: [1, 2, 4, 5],
      members: [],
      posted: [1, 5],
      missing: [4],
      removed: [2],
      absent: [2, 5],
    });
  });

  it("tells who is in an open one, and nothing of one that nobody proposed", async () => {
    const chain = createFakeNode().chainWith({ keeperRegistry: registry(2n) });
    expect(await epoch(chain)).to.deep.include({ status: "Open", members: [1, 2, 5], removed: [2], absent: [2, 5] });
    expect(await epoch(chain, 9)).to.equal(undefined);
    expect(await codeOf(epoch(chain, 0))).to.equal("INVALID_VALUE");
  });

  const keys = (activeEpoch: bigint) => ({
    keeperRegistry: { removedKeepers: async () => bits(2) },
    keyGeneration: {
      keyOf: async () => ({ requester: `0x${"1".repeat(40)}`, activeEpoch }),
      keyEpochOf: async (_key: string, epoch: number) => ({
        threshold: 1n,
        members: 3n,
        committee: epoch === 2 ? 0n : bits(1, 2, epoch + 2),
        commitmentsHash: ZERO_HASH,
        verifyingRoot: ZERO_HASH,
      }),
      retiredAtOf: async (_key: string, epoch: number) => (epoch === 3 ? 0n : 500n),
    },
  });

  it("tells in which epochs a key was active, the newest first, and who of them still answers", async () => {
    const found = await keyEpochs(createFakeNode().chainWith(keys(3n)), KEY);
    expect(found.map(({ epoch, slots, answering, retiredAt }) => ({ epoch, slots, answering, retiredAt }))).to.deep.equal([
      { epoch: 3, slots: [1, 2, 5], answering: [1, 5], retiredAt: undefined },
      { epoch: 1, slots: [1, 2, 3], answering: [1, 3], retiredAt: 500 },
    ]);
  });

  it("says that a key is not active yet", async () => {
    expect(await codeOf(keyEpochs(createFakeNode().chainWith(keys(0n)), KEY))).to.equal("KEY_NOT_READY");
  });
});
