import type { KeyEpoch, KeyquorumClient, ReshareInfo } from "@keyquorum/client";
import type { KeyId } from "@keyquorum/wire";
import { expect } from "chai";
import type { TaskContext } from "../context.ts";
import type { Names } from "../slots.ts";
import { UsageError } from "../usageError.ts";
import { ReshareFailedError } from "./reshareFailedError.ts";
import { type Resharing, reshareKey } from "./reshareKey.ts";

const KEY = `0x${"7".repeat(64)}` as KeyId;
const SID = `0x${"5".repeat(64)}` as ReshareInfo["sid"];

const session = (changes: Partial<ReshareInfo>): ReshareInfo => ({
  keyId: KEY,
  sid: SID,
  fromEpoch: 1,
  epoch: 2,
  status: "Dealing",
  phaseEnd: 5_040,
  blocksLeft: 40,
  quorum: 3,
  threshold: 2,
  readyNeeded: 5,
  dealers: [1, 2, 3, 4, 5],
  members: [3, 4, 5, 6, 7],
  dealt: [],
  disqualified: [],
  qual: [],
  ready: [],
  failure: "None",
  ...changes,
});

/** A chain on which a reshare goes as `looks` says: one state a look, the last one forever. Asking for one starts the next list. */
const fake = (options: {
  readonly epoch?: number;
  readonly pending?: readonly ReshareInfo[];
  readonly asked?: readonly (readonly ReshareInfo[])[];
  readonly signal?: AbortSignal;
}) => {
  let epoch = options.epoch ?? 1;
  let looks = [...(options.pending ?? [])];
  const toCome = [...(options.asked ?? [])];
  const sent: string[] = [];
  const said: string[] = [];
  const client = {
    keyEpochs: async () => [{ epoch, threshold: 2, quorum: 3, slots: [1, 2, 3, 4, 5] } as unknown as KeyEpoch],
    reshareOf: async () => {
      const now = looks.length > 1 ? looks.shift() : looks[0];
      if (now?.status === "Active") epoch = Math.max(epoch, now.epoch);
      return now;
    },
  } as unknown as KeyquorumClient; // of the client, only these are used
  const contracts = {
    keyResharing: {
      requestReshare: async (_key: string, threshold: number) => {
        sent.push(`requestReshare t=${threshold}`);
        looks = [...(toCome.shift() ?? [])];
      },
      fail: async () => {
        sent.push("fail");
      },
    },
  };
  const names: Names = { of: String, list: (slots) => slots.join(", "), bare: (slot) => `Keeper ${slot}`, staying: [] };
  const resharing: Resharing = {
    client,
    names,
    readNames: async () => ({ ...names, staying: [3, 4, 5, 6] }),
    retries: 0,
    target: { epoch: 2, members: [3, 4, 5, 6, 7] },
    say: (line) => said.push(line),
    send: (call) => call(contracts as never),
  };
  const context = {
    signal: options.signal ?? new AbortController().signal,
    connection: async () => ({ isLocal: true, provider: { getBlockNumber: async () => 7 } }),
  } as unknown as TaskContext;
  const run = (changes: Partial<Resharing> = {}) => reshareKey(context, KEY, { ...resharing, ...changes });
  return { run, sent, said };
};

describe("Resharing a key by a task", () => {
  it("leaves a key alone that is there already", async () => {
    const { run, sent } = fake({ epoch: 2 });
    expect((await run()).outcome).to.equal("there already");
    expect(sent).to.deep.equal([]);
  });

  it("asks with the key's own threshold, names stragglers, and follows it to its end", async () => {
    const { run, sent, said } = fake({
      asked: [[session({ dealt: [1, 2, 4, 5] }), session({ status: "AwaitingReady", ready: [3, 4, 5, 6] }), session({ status: "Active" })]],
    });
    const result = await run();
    expect([result.outcome, result.epoch, result.culprits]).to.deep.equal(["moved", 2, []]);
    expect(sent).to.deep.equal(["requestReshare t=2"]);
    expect(said[0]).to.include("4 of 5").and.include("waiting for 3").and.include("at most 40 more blocks").and.not.include("5040");
    expect(said[1]).to.include("4 of 5").and.include("waiting for 7");
  });

  it("follows a session that was asked for before, and asks for none", async () => {
    const { run, sent } = fake({ pending: [session({ dealt: [1] }), session({ status: "Active" })] });
    expect((await run()).outcome).to.equal("moved");
    expect(sent).to.deep.equal([]);
  });

  it("continues to the newest epoch when the session that was pending led to an earlier one", async () => {
    const earlier = [session({ epoch: 2 }), session({ epoch: 2, status: "Active" })];
    const { run, sent } = fake({
      pending: earlier,
      asked: [[session({ epoch: 3, fromEpoch: 2 }), session({ epoch: 3, status: "Active" })]],
    });
    const result = await run({ target: { epoch: 3, members: [3, 4, 5, 6, 7] } });
    expect([result.outcome, result.epoch]).to.deep.equal(["moved", 3]);
    expect(sent).to.deep.equal(["requestReshare t=2"]);
  });

  it("records the failure of a session that nobody fails, and names who did not deal", async () => {
    const failed = session({ status: "Failed", failure: "TooFewDealers", dealt: [1, 2], disqualified: [2] });
    const { run, sent } = fake({ asked: [[...Array.from({ length: 12 }, () => session({ status: "Overdue" })), failed]] });
    const result = await run();
    expect(result.outcome).to.equal("failed");
    expect(result.culprits.map(({ slot, fault }) => [slot, fault])).to.deep.equal([
      [3, "did not deal"],
      [4, "did not deal"],
      [5, "did not deal"],
      [2, "dealt a wrong share"],
    ]);
    expect(sent).to.deep.equal(["requestReshare t=2", "fail"]);
  });

  it("attack 14: says that a removal has ended it, names who was removed, and does not ask again for the same epoch", async () => {
    const failed = session({ status: "Failed", failure: "MemberRemoved", dealt: [1, 2] });
    const { run, sent } = fake({ asked: [[session({ status: "Overdue" }), failed]] });
    const result = await run({ retries: 3 });
    expect(result.culprits.map(({ slot, fault }) => [slot, fault])).to.deep.equal([[7, "was removed"]]);
    expect(result.what).to.include("removed");
    expect(new ReshareFailedError([result], 0).message).to.include("epoch open");
    expect(sent).to.deep.equal(["requestReshare t=2"]);
  });

  it("says why a failure cannot be recorded, unless somebody else was quicker", async () => {
    const overdue = Array.from({ length: 12 }, () => session({ status: "Overdue" }));
    const refuse = () => async () => {
      throw new UsageError("the account has no coin");
    };
    const stuck = fake({ pending: overdue });
    const error = await stuck.run({ send: refuse() }).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(UsageError);
    const quicker = fake({ pending: [...overdue.slice(0, 10), session({ status: "Failed", failure: "NotReady" })] });
    expect((await quicker.run({ send: refuse() })).outcome).to.equal("failed");
  });

  it("asks again as often as it is told", async () => {
    const failed = [session({ status: "Failed", failure: "NotReady", ready: [3, 4, 5, 6] })];
    const { run, sent } = fake({ asked: [failed, failed, [session({ status: "Active" })]] });
    expect((await run({ retries: 2 })).outcome).to.equal("moved");
    expect(sent).to.have.length(3);
    const once = fake({ asked: [failed, failed] });
    const result = await once.run({ retries: 1 });
    expect([result.outcome, result.culprits]).to.deep.equal([
      "failed",
      [{ slot: 7, name: "Keeper 7", fault: "did not confirm its share" }],
    ]);
  });

  it("asks for nothing where the threshold does not fit the new epoch", async () => {
    const { run, sent } = fake({});
    const error = await run({ target: { epoch: 2, members: [3, 4, 5, 6] } }).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(UsageError);
    expect(sent).to.deep.equal([]);
  });

  it("stops when it is interrupted", async () => {
    const aborting = new AbortController();
    const { run } = fake({ asked: [[session({})]], signal: aborting.signal });
    setTimeout(() => aborting.abort(new Error("enough")), 20);
    const error = await run().catch((caught: unknown) => caught);
    expect((error as Error).cause).to.equal(aborting.signal.reason);
  });
});
