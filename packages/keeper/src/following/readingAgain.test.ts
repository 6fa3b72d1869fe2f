import { ChainUnavailableError, type FinalRange } from "@keyquorum/chain";
import { ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { silentLogger } from "../report/logger.ts";
import { blockHash, emitLog } from "../testing/fakeChain.ts";
import { createLiveKeeper, type LiveKeeper } from "../testing/liveKeeper.ts";
import { createReadingAgain, RECENT } from "./readingAgain.ts";
import { wantedMirrorIn, wantMirror } from "./wantedMirror.ts";

describe("reading final blocks again", () => {
  const setUp = (changes: { readonly mirroredBefore?: number | undefined; readonly wanted?: number } = {}) => {
    let time = 0;
    let wanted = changes.wanted;
    const ranges: FinalRange[] = [];
    const fail: { next: Error | undefined } = { next: undefined };
    const again = createReadingAgain({
      readAgain: async (range) => {
        if (fail.next !== undefined) throw fail.next;
        ranges.push(range);
        return range.from <= 70 && range.to >= 70 ? 1 : 0;
      },
      mirroredBefore: changes.mirroredBefore,
      fromBlock: 1,
      maxRange: 1_000,
      wanted: {
        read: async () => wanted,
        forget: async () => {
          wanted = undefined;
        },
      },
      clock: { now: () => time, sleep: async () => undefined },
      log: silentLogger,
    });
    const round = async (final: number, seconds = 30): Promise<void> => {
      time += seconds * 1000;
      await again.round(final, new AbortController().signal);
    };
    return { ranges, round, again, fail, wanted: () => wanted };
  };

  it("reads every final block once more, soon after it became final", async () => {
    const { ranges, round } = setUp({ mirroredBefore: 5 });
    await round(10);
    await round(10);
    await round(10, 1);
    await round(25);
    expect(ranges).to.deep.equal([
      { from: 1, to: 10 },
      { from: 11, to: 25 },
    ]);
  });

  it("reads what a first life read from the beginning in ranges, and of an earlier life's the recent part", async () => {
    const fresh = setUp({ mirroredBefore: undefined });
    for (let looks = 0; looks < 4; looks += 1) await fresh.round(2_500, 2);
    expect(fresh.ranges).to.deep.equal([
      { from: 1, to: 1_000 },
      { from: 1_001, to: 2_000 },
      { from: 2_001, to: 2_500 },
    ]);
    const later = setUp({ mirroredBefore: 100_000 });
    await later.round(100_000);
    expect(later.ranges[0]?.from).to.equal(100_000 - RECENT + 1);
  });

  it("reads the recent blocks again once an hour", async () => {
    const { ranges, round } = setUp({ mirroredBefore: 100 });
    await round(100);
    await round(100, 3_600);
    expect(ranges).to.deep.equal([
      { from: 1, to: 100 },
      { from: 1, to: 100 },
    ]);
  });

  it("says from which block on it will read by itself: of a first life from the beginning, until that was read", async () => {
    const fresh = setUp({ mirroredBefore: undefined });
    expect(fresh.again.nextFrom(2_500)).to.equal(1);
    for (let looks = 0; looks < 3; looks += 1) await fresh.round(2_500, 2);
    expect(fresh.again.nextFrom(2_500)).to.equal(2_500 - RECENT + 1);
    const later = setUp({ mirroredBefore: 5_000 });
    expect(later.again.nextFrom(100_000), "was down for long").to.equal(5_000 - RECENT + 1);
    for (let looks = 0; looks < 3; looks += 1) await later.round(5_000);
    expect(later.again.nextFrom(5_000)).to.equal(5_000 - RECENT + 1);
  });

  it("passes nothing over when the chain cannot be asked: smaller ranges, later", async () => {
    const { ranges, round, fail } = setUp({ mirroredBefore: undefined });
    fail.next = new ChainUnavailableError("TIMEOUT", "slow");
    await round(2_500);
    fail.next = undefined;
    await round(2_500);
    expect(ranges).to.deep.equal([{ from: 1, to: 500 }]);
  });

  it("reads block by block from where the operator says, tells how far it is, and forgets the wish when that is done", async () => {
    const { ranges, round, again, wanted } = setUp({ mirroredBefore: 5_000, wanted: 40 });
    await round(200);
    expect(ranges.filter(({ from }) => from >= 40)).to.deep.equal([
      { from: 40, to: 103 },
      { from: 104, to: 167 },
      { from: 168, to: 200 },
    ]);
    expect(again.progress()).to.deep.equal({ number: 1, from: 40, next: 201, to: 200, late: 1 });
    expect(wanted()).to.equal(undefined);
  });

  it("keeps a wish in a file until it is done, and takes a file that is none for no wish", async () => {
    const live = await createLiveKeeper();
    try {
      const { dataDirectory } = live.temp.config;
      const wish = wantedMirrorIn(dataDirectory);
      expect(await wish.read()).to.equal(undefined);
      await wantMirror(dataDirectory, 7);
      expect(await wish.read()).to.equal(7);
      await wantMirror(dataDirectory, -1);
      expect(await wish.read()).to.equal(undefined);
      await wish.forget();
    } finally {
      await live.remove();
    }
  });
});

describe("a keeper that is started again", () => {
  it("does not take logs that it dropped itself for late ones", async () => {
    const live = await createLiveKeeper();
    try {
      live.chain.answers["optimisticRequests.challengeWindow"] = () => [60n];
      for (const name of ["shareRequests", "optimisticRequests"]) live.chain.answers[`${name}.requestLifetime`] = () => [60n];
      const granted = emitLog("AccessGranted", [ZERO_HASH, `0x${"b0".repeat(20)}`, `0x${"a1".repeat(20)}`, 0n], 15);
      live.chain.logs = [{ ...granted, blockNumber: "0xf", logIndex: "0x0" }];
      for (const head of [60, 100]) {
        live.chain.head = head;
        await live.start();
        await live.until(() => live.metric(`keeper_chain_mirrored_block ${head}`));
        live.chain.head = head + 31; // 31 seconds later, by the keeper's clock
        await live.until(() => live.metric(`keeper_chain_mirrored_block ${head + 31}`));
        live.chain.head = head + 32;
        await live.until(() => live.metric(`keeper_chain_mirrored_block ${head + 32}`));
        expect(await live.metric("keeper_chain_late_logs_total 0"), `at ${head}`).to.equal(true);
        await live.stop();
      }
    } finally {
      await live.remove();
    }
  });
});

describe("a keeper whose RPC leaves logs out", () => {
  let live: LiveKeeper;
  beforeEach(async () => {
    live = await createLiveKeeper();
  });
  afterEach(() => live.remove());
  const point = { x: 1n, y: 2n };
  const topic = blockHash(3);
  const EVENTS = [
    [
      "SharesRequested",
      [topic, blockHash(2), `0x${"ad".repeat(20)}`, 1, blockHash(1), 1, ZERO_HASH, point, ZERO_HASH, 9n],
      "Shares requested",
    ],
    ["KeyRequested", [blockHash(1), blockHash(0x51d), `0x${"ad".repeat(20)}`, 0, 2, 1, 1, ZERO_HASH], "Key requested"],
    ["EpochProposed", [2, 99, 0b1110n], "Epoch proposed"],
  ] as const;

  for (const [name, args, sentence] of EVENTS)
    it(`does what ${name} asks for although the log's block was believed to be empty when it was new`, async () => {
      await live.start();
      await live.until(() => live.metric("keeper_chain_mirrored_block 20"));
      live.chain.head = 30;
      await live.until(() => live.metric("keeper_chain_mirrored_block 30"));
      live.chain.logs = [emitLog(name, args, 25)].map((log) => ({ ...log, blockNumber: "0x19", logIndex: "0x0" }));
      live.chain.head = 61; // 31 seconds later, by the keeper's clock
      await live.until(() => live.lines.some((line) => line.includes(sentence)));
      await live.until(() => live.metric("keeper_chain_late_logs_total 1"));
    });
});
