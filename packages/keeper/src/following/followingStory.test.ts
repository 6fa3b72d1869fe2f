import type { MirroredLog } from "@keyquorum/vault";
import { expect } from "chai";
import { createLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import type { Core } from "../run/core.ts";
import { createFakeChain, emitLog, type FakeChain, fakeContracts } from "../testing/fakeChain.ts";
import { createTempVault, type TempVault } from "../testing/tempVault.ts";
import { openFollowerCursor } from "./followerCursor.ts";
import { followingStory } from "./followingStory.ts";
import { createSeenChain } from "./seenChain.ts";

const ZERO = `0x${"00".repeat(32)}`;

describe("what counts as a change of the chain, by the follower itself", () => {
  let temp: TempVault;
  let chain: FakeChain;
  let duties: number;
  let story: ReturnType<typeof followingStory>;
  const seen = createSeenChain();
  beforeEach(async () => {
    temp = await createTempVault(() => 0);
    chain = createFakeChain();
    duties = 0;
    const parts = {
      config: { chain: { finality: { kind: "finalized" }, maxLogRange: 100 }, dataDirectory: temp.vault.directory },
      ...{ contracts: fakeContracts(), vault: temp.vault, cursor: openFollowerCursor(temp.vault, 1), seen, rpc: chain.rpc },
      clock: { now: () => (chain.genesisTime + chain.head) * 1000, sleep: async () => undefined },
      log: createLogger("error", { write: () => undefined }),
      metrics: createMetrics({ version: "0", processMetrics: false }),
      mirroredBefore: undefined,
      stopping: new AbortController().signal,
    };
    story = followingStory(parts as unknown as Core, async (_tx, logs) => {
      duties += logs.length;
    });
    while (!(await story.follower.step()).caughtUp); // far from the head it reads ranges, near to it blocks
  });
  afterEach(() => temp.remove());

  const onRpc = ({ blockNumber, logIndex, ...log }: MirroredLog) => ({
    ...log,
    blockNumber: `0x${blockNumber.toString(16)}`,
    logIndex: `0x${logIndex.toString(16)}`,
    transactionIndex: "0x0",
    removed: false,
  });
  const logIn = (block: number) => onRpc(emitLog("KeeperReady", [`0x${"5d".repeat(32)}`, 3, ZERO], block));
  /** How many changes were noted by a step of the follower. */
  const changesBy = async (work: () => Promise<unknown>): Promise<number> => {
    const before = seen.changes();
    await work();
    return seen.changes() - before;
  };

  it("a block without logs is none", async () => {
    chain.head += 1;
    expect(await changesBy(() => story.follower.step())).to.equal(0);
    expect(duties).to.equal(0);
  });
  it("a log is one, in the look that mirrors it and not in the next", async () => {
    chain.head += 1;
    chain.logs = [logIn(chain.head)];
    expect(await changesBy(() => story.follower.step())).to.equal(1);
    expect(await changesBy(() => story.follower.step())).to.equal(0);
    expect(duties).to.equal(1);
  });
  it("blocks that were taken back are one, also where no log came with the new ones", async () => {
    chain.logs = [logIn(chain.head)];
    chain.head += 1;
    await story.follower.step();
    chain.reorgedFrom = chain.head;
    chain.head += 1;
    chain.logs = [];
    expect(await changesBy(() => story.follower.step())).to.be.greaterThan(0);
  });
  it("a log of a final block that a node showed late is one", async () => {
    const late = chain.head - chain.finalLag;
    chain.logs = [logIn(late)];
    const [head, final] = [{ number: chain.head }, { number: late }];
    const round = () => story.eachRound?.({ head, final, mirrored: chain.head } as never) as Promise<void>;
    expect(await changesBy(round)).to.equal(1);
    expect(duties).to.equal(1);
  });
});
