import type { KeyEpoch } from "@keyquorum/client";
import { expect } from "chai";
import type { TaskContext } from "../context.ts";
import { assertNoKeyStranded, KeysStrandedError } from "./strandedKeys.ts";

const KEY = `0x${"7".repeat(64)}`;
const accountOf = (slot: number): string => `0x${String(slot).repeat(40)}`;

/** A key of t = 1 that keepers 1, 2 and 3 hold in epoch 4; `absent` of them take no part any more. */
const contextWith = (absent: readonly number[], threshold = 1): TaskContext =>
  ({
    signal: new AbortController().signal,
    contracts: async () => ({
      keeperRegistry: {
        memberOf: async (_epoch: number, slot: number) => ({ operator: accountOf(slot) }),
        absentIn: async () => absent.reduce((bits, slot) => bits | (1n << BigInt(slot)), 0n),
      },
    }),
    client: async () => ({
      keys: async () => [KEY],
      keyEpochs: async () => [{ epoch: 4, threshold, quorum: threshold + 1, slots: [1, 2, 3] } as unknown as KeyEpoch],
    }),
  }) as unknown as TaskContext; // of the context, only these are used

const strandedBy = async (context: TaskContext, slot: number, operator: string) => {
  try {
    await assertNoKeyStranded(context, slot, operator);
    return [];
  } catch (error) {
    if (error instanceof KeysStrandedError) return error.details.keys.map(({ epoch, left, needed }) => [epoch, left, needed]);
    throw error;
  }
};

describe("revoking an account, and what its epoch then still can do", () => {
  it("is harmless while t+1 others can deal", async () => {
    expect(await strandedBy(contextWith([]), 2, accountOf(2))).to.deep.equal([]);
  });
  it("is refused where a key could never be reshared again, with the numbers", async () => {
    expect(await strandedBy(contextWith([3]), 2, accountOf(2))).to.deep.equal([[4, 1, 2]]);
    expect(await strandedBy(contextWith([], 2), 2, accountOf(2))).to.deep.equal([[4, 2, 3]]);
  });
  it("concerns only epochs that have this very account, and keepers that hold a share", async () => {
    expect(await strandedBy(contextWith([3]), 2, accountOf(9))).to.deep.equal([]);
    expect(await strandedBy(contextWith([3]), 5, accountOf(5))).to.deep.equal([]);
  });
});
