import { expect } from "chai";
import { headerByNumber } from "../blocks.ts";
import { RpcError } from "../errors.ts";
import { createFollower } from "../follower/follower.ts";
import { quorumRpc } from "../quorum/quorumRpc.ts";
import type { Rpc } from "../rpc.ts";
import { fakeClock } from "../testing/clocks.ts";
import { memoryFollowerStore } from "../testing/memoryFollowerStore.ts";
import { ModelChain } from "../testing/modelChain.ts";
import { type AbsenceNote, createAbsenceCheck } from "./absenceCheck.ts";

const OURS = `0x${"aa".repeat(20)}`;
const FOREIGN = `0x${"bb".repeat(20)}`;
const log = { address: OURS };
const ALL_ONES = `0x${"ff".repeat(256)}`;
const ALL_ZEROS = `0x${"00".repeat(256)}`;

/** A node that answers this method as `answer` says. */
const changed = (chain: ModelChain, method: string, answer: (honest: unknown, params: readonly unknown[]) => unknown): Rpc => {
  const rpc = chain.rpc();
  return {
    send: async (name, params) => {
      const honest = await rpc.send(name, params);
      return name === method ? answer(honest, params) : honest;
    },
  };
};
/** A node that has no logs of the model's only log block, so many times that it is asked. */
const forgetful = (chain: ModelChain, times: number): Rpc => {
  let asked = 0;
  return changed(chain, "eth_getLogs", (logs) => ((logs as readonly unknown[]).length > 0 && asked++ < times ? [] : logs));
};
const follow = (rpc: Rpc, { nearHead = 8 } = {}) => {
  const notes: AbsenceNote[] = [];
  const { kept, store } = memoryFollowerStore();
  const watched = new Map([[OURS, []]]);
  const absences = createAbsenceCheck({ rpc, watched, clock: fakeClock(), onNote: (note) => notes.push(note) });
  const follower = createFollower({ rpc, addresses: [OURS], fromBlock: 1, store, clock: fakeClock(), absences, nearHead });
  const catchUp = async (): Promise<void> => {
    while (!(await follower.step()).caughtUp);
  };
  const kinds = (): readonly string[] => notes.map(({ kind }) => kind);
  return { kept, notes, kinds, catchUp };
};

describe("absence of logs", () => {
  let chain: ModelChain;
  beforeEach(() => {
    chain = new ModelChain();
    chain.mine(3);
    chain.append([log, { address: FOREIGN }]);
    chain.mine(2);
  });
  const logsOf = (followed: ReturnType<typeof follow>): number => followed.kept.logs.length;

  for (const [where, nearHead] of [
    ["near the head", 8],
    ["in a short range", 0],
  ] as const) {
    it(`a block that a node has no logs of once, ${where}, is read whole`, async () => {
      const followed = follow(forgetful(chain, 1), { nearHead });
      await followed.catchUp();
      expect(logsOf(followed)).to.equal(1);
      expect(followed.notes).to.deep.equal([{ kind: "withheld", block: 4, logs: 1 }]);
    });

    it(`a block that eth_getLogs never has, ${where}, is read from its receipts`, async () => {
      const followed = follow(forgetful(chain, 1_000), { nearHead });
      await followed.catchUp();
      expect(followed.kept.logs.map(({ blockNumber, address }) => [blockNumber, address])).to.deep.equal([[4, OURS]]);
    });
  }

  it("receipts are asked for one by one where the node has no eth_getBlockReceipts", async () => {
    chain.hasBlockReceipts = false;
    const followed = follow(forgetful(chain, 1_000));
    await followed.catchUp();
    expect(logsOf(followed)).to.equal(1);
    expect(followed.kinds()).to.deep.equal(["withheld"]);
  });

  it("a block whose bloom excludes our logs is asked for once, and so is one without transactions", async () => {
    chain.append([{ address: FOREIGN }]);
    await follow(chain.rpc()).catchUp();
    const asked = chain.sent.map(({ method }) => method);
    expect(asked.filter((method) => method === "eth_getLogs")).to.have.length(7);
    expect(asked).to.not.include("eth_getBlockReceipts");
  });

  it("receipts of another block, or fewer than the block has transactions, prove nothing, and nothing stands still", async () => {
    const lies: readonly ((receipts: never) => unknown)[] = [
      () => [],
      () => null,
      () => ({}),
      (receipts: readonly object[]) => receipts.map((one) => ({ ...one, blockHash: `0x${"77".repeat(32)}` })),
    ];
    for (const lie of lies) {
      const rpc = changed(chain, "eth_getBlockReceipts", (receipts) => lie(receipts as never));
      const bothWays: Rpc = {
        send: async (method, params) => (method === "eth_getLogs" ? [] : rpc.send(method, params)),
      };
      const followed = follow(bothWays);
      await followed.catchUp();
      expect(followed.kept.state?.next).to.equal(7);
      expect(followed.notes).to.deep.equal([{ kind: "unchecked", block: 4, why: "no_receipts" }]);
    }
  });

  it("a node that fails for receipts, always, stops nothing", async () => {
    const rpc = chain.rpc();
    const failing: Rpc = {
      send: async (method, params) => {
        if (/Receipt/.test(method)) throw new RpcError(method, -32000, "header not found", undefined);
        return method === "eth_getLogs" ? [] : rpc.send(method, params);
      },
    };
    const followed = follow(failing);
    await followed.catchUp();
    expect(followed.kept.state?.next).to.equal(7);
  });

  describe("where blooms tell nothing", () => {
    const busy = (blocks: number): void => {
      for (let made = 0; made < blocks; made += 1) chain.append([{ address: FOREIGN }]);
    };

    it("blooms that are empty although a block has logs exclude nothing from then on, and that is said once", async () => {
      chain.bloomOf = () => ALL_ZEROS;
      busy(20);
      chain.append([log]);
      let asked = 0;
      const lastOnly = changed(chain, "eth_getLogs", (logs) => {
        const found = logs as readonly { readonly blockNumber: string }[];
        return found.some(({ blockNumber }) => Number(blockNumber) === 27) && asked++ < 1 ? [] : logs;
      });
      const followed = follow(lastOnly);
      await followed.catchUp();
      expect(logsOf(followed)).to.equal(2);
      expect(followed.notes.filter(({ kind }) => kind === "blooms")).to.deep.equal([{ kind: "blooms", worth: "silent" }]);
    });

    for (const [what, bloom] of [
      ["leaves out", undefined],
      ["leaves empty, before a block with logs has shown it", ALL_ZEROS],
    ] as const)
      it(`so do blooms that the node ${what}`, async () => {
        chain.bloomOf = () => bloom;
        const followed = follow(forgetful(chain, 1));
        await followed.catchUp();
        expect(logsOf(followed)).to.equal(1);
      });

    it("blooms that let everything through are noticed, said once, and cost receipts of few blocks", async () => {
      chain.bloomOf = () => ALL_ONES;
      busy(300);
      const followed = follow(chain.rpc(), { nearHead: 400 });
      await followed.catchUp();
      expect(followed.kept.state?.next).to.equal(chain.head.number + 1);
      expect(followed.notes.filter(({ kind }) => kind === "blooms")).to.deep.equal([{ kind: "blooms", worth: "vague" }]);
      expect(chain.sent.filter(({ method }) => method === "eth_getBlockReceipts").length).to.be.at.most(32);
    });
  });

  it("receipts are asked for again where the clock was ahead, and is put right", async () => {
    let now = 365 * 86_400_000;
    const notes: AbsenceNote[] = [];
    const options = { rpc: chain.rpc(), watched: new Map([[OURS, []]]), clock: { now: () => now } };
    const absences = createAbsenceCheck({ ...options, onNote: (note) => notes.push(note) });
    const header = await headerByNumber(chain.rpc(), 4);
    if (header === undefined) throw new Error("control: the block is there");
    for (let count = 0; count < 33; count += 1) await absences.countAgainstReceipts(header, []);
    expect(notes.at(-1)?.kind, "control").to.equal("unchecked");
    for (now of [0, 6_000]) await absences.countAgainstReceipts(header, []);
    expect(notes.at(-1)?.kind).to.equal("withheld");
  });

  it("a provider that shows an empty bloom hides nothing that another one's bloom shows", async () => {
    const lying = changed(chain, "eth_getBlockByNumber", (block) => ({ ...(block as object), logsBloom: ALL_ZEROS.replace(/0$/, "1") }));
    let asked = 0;
    const hiding = (rpc: Rpc): Rpc => ({
      send: async (method, params) => {
        const honest = await rpc.send(method, params);
        if (method !== "eth_getLogs" || (honest as readonly unknown[]).length === 0) return honest;
        asked += 1;
        return asked <= 2 ? [] : honest;
      },
    });
    for (const rpcs of [
      [hiding(lying), hiding(chain.rpc())],
      [hiding(chain.rpc()), hiding(lying)],
    ]) {
      asked = 0;
      const followed = follow(quorumRpc(rpcs, { clock: fakeClock() }));
      await followed.catchUp();
      expect(logsOf(followed)).to.equal(1);
    }
  });
});
