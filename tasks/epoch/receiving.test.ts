import { expect } from "chai";
import type { TaskContext } from "../context.ts";
import { describeFailure } from "../failure.ts";
import { assertReceiving, describeWait, inWords, NextEpochNeededError, readReceivingEpoch } from "./receiving.ts";

/** Epoch 3 is open with keepers 1, 2 and 3. */
const contextWith = (removed: readonly number[], { epoch = 3, delay = 172_800 } = {}): TaskContext =>
  ({
    signal: new AbortController().signal,
    contracts: async () => ({
      keeperRegistry: {
        currentEpoch: async () => BigInt(epoch),
        minEpochDelay: async () => BigInt(delay),
        removedKeepers: async () => removed.reduce((bits, slot) => bits | (1n << BigInt(slot)), 0n),
        keepers: async () => [1, 2, 3].map((slot) => ({ slot: BigInt(slot), name: ["", "Ada", "Bob", "Clara"][slot] ?? "" })),
      },
    }),
    client: async () => ({ epoch: async () => ({ removed }) }),
  }) as unknown as TaskContext; // of the context, only these are used

const failureOf = async (context: TaskContext): Promise<unknown> => {
  try {
    await assertReceiving(context);
  } catch (error) {
    return error;
  }
  return undefined;
};

describe("the epoch that shares are dealt into", () => {
  it("takes keys while all its members are there, and where none is open another sentence says so", async () => {
    expect(await failureOf(contextWith([]))).to.equal(undefined);
    expect(await failureOf(contextWith([], { epoch: 0 }))).to.equal(undefined);
    expect(await readReceivingEpoch(contextWith([]))).to.deep.equal({ epoch: 3, removed: [], minEpochDelay: 172_800 });
  });
  it("attack 14: takes none once a member was removed: says who, what to do, how long that takes, and what continues", async () => {
    const error = await failureOf(contextWith([2]));
    expect(error).to.be.instanceOf(NextEpochNeededError);
    const { lines, data } = describeFailure(error);
    expect(data).to.deep.include({ code: "NEXT_EPOCH_NEEDED", details: { epoch: 3, removed: [2], minEpochDelay: 172_800 } });
    for (const part of ["2 (Bob)", "epoch propose", "2 days", "reading continues"]) expect(lines.join("\n")).to.include(part);
  });
  it("says it where there is no delay", () => {
    expect(describeWait({ epoch: 3, removed: [2], minEpochDelay: 0 })).to.include("as soon as");
  });
  it("tells times in the largest unit that gives a whole number", () => {
    expect([1, 60, 5400, 7200, 86_400, 172_800].map(inWords)).to.deep.equal([
      "1 second",
      "1 minute",
      "90 minutes",
      "2 hours",
      "1 day",
      "2 days",
    ]);
  });
});
