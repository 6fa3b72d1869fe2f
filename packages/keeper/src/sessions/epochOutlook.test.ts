import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { G, toXY } from "@keyquorum/threshold";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import { createLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { createFakeChain, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { createTempVault, type TempVault } from "../testing/tempVault.ts";
import { createEpochOutlook, type EpochsSeen } from "./epochOutlook.ts";
import { setVeto, vetoFileOf } from "./vetoes.ts";

const [PROPOSED, OPEN, CANCELLED] = [1, 2, 3];

describe("createEpochOutlook", () => {
  let directory: string;
  let chain: FakeChain;
  let status: number;
  let isPosted: boolean;
  let temp: TempVault;
  /** This keeper's clock, in ms; block time of the proposal's opening is 1_800_000_100 s. */
  let now: number;
  let lines: string[];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "keyquorum-outlook-"));
    chain = createFakeChain();
    [now, lines] = [1_800_000_000_000, []];
    temp = await createTempVault(() => now);
    [status, isPosted] = [PROPOSED, false];
    chain.answers["keeperRegistry.currentEpoch"] = () => [4];
    chain.answers["keeperRegistry.lastEpoch"] = () => [status === OPEN ? 4 : 5];
    chain.answers["keeperRegistry.statusOf"] = () => [status];
    chain.answers["keeperRegistry.opensAt"] = () => [1_800_000_100n];
    chain.answers["keeperRegistry.minEpochDelay"] = () => [60n];
    chain.answers["keeperRegistry.candidatesOf"] = () => [0b11100n];
    chain.answers["keeperRegistry.membersOf"] = () => [0b1110n];
    chain.answers["keeperRegistry.epochKeyOf"] = () => [isPosted ? toXY(G) : { x: 0n, y: 0n }];
  });
  afterEach(async () => {
    await temp.remove();
    await rm(directory, { recursive: true });
  });

  const look = async (minDelaySeconds = 0): Promise<EpochsSeen & { readonly metric: number | undefined }> => {
    const metrics = createMetrics({ version: "0", processMetrics: false });
    const reader = createChainReader({ rpc: chain.rpc, contracts: fakeContracts() });
    const outlook = createEpochOutlook({
      ...{ vault: temp.vault, reader, metrics, minDelaySeconds },
      clock: { now: () => now },
      log: createLogger("info", { write: (line) => lines.push(line) }),
      dataDirectory: directory,
      slot: () => 3,
    });
    await outlook.refresh(headsOf(chain));
    await outlook.refresh(headsOf(chain));
    return { ...outlook.seen(), metric: (await metrics.epochVetoed.get()).values[0]?.value };
  };

  it("sees what is proposed, against the current epoch", async () => {
    isPosted = true;
    const { current, proposed, metric } = await look();
    expect({ current, metric }).to.deep.equal({ current: 4, metric: 0 });
    expect(proposed).to.deep.equal({
      ...{ epoch: 5, opensAt: 1_800_000_100n, candidates: [2, 3, 4], joining: [4], leaving: [1] },
      ...{ isOwnKeyPosted: true, isVetoed: false },
    });
  });

  it("says until when it deals nothing into a proposed epoch that may open before, once", async () => {
    expect((await look(100)).dealsLater, "the delay is over when it may open").to.equal(undefined);
    expect(lines).to.deep.equal([]);
    expect((await look(101)).dealsLater).to.deep.equal({ epoch: 5, until: 1_800_000_101_000 });
    expect(lines.filter((line) => line.includes("goes without its dealing") && line.includes("2027-01-15T08:01:41.000Z"))).to.have.length(
      1,
    );
    now += 101_000;
    expect((await look(101)).dealsLater).to.equal(undefined);
  });

  it("says so of the open epoch, too: it counts from its first sight, whenever it opened", async () => {
    status = OPEN;
    expect((await look(60)).dealsLater).to.deep.equal({ epoch: 4, until: 1_800_000_060_000 });
    now += 59_999;
    expect((await look(60)).dealsLater).to.deep.equal({ epoch: 4, until: 1_800_000_060_000 });
    now += 1;
    expect((await look(60)).dealsLater).to.equal(undefined);
    expect((await look(0)).dealsLater).to.equal(undefined);
  });

  it("sees whether its own key is missing, and a veto", async () => {
    await setVeto(directory, { epoch: 5, isVetoed: true });
    const { proposed, vetoed, metric } = await look();
    expect([proposed?.isOwnKeyPosted, proposed?.isVetoed, vetoed, metric]).to.deep.equal([false, true, [5], 1]);
  });

  it("shows a veto of the epoch that is open, and none of one that is past", async () => {
    status = OPEN;
    await setVeto(directory, { epoch: 4, isVetoed: true });
    expect((await look()).metric).to.equal(1);
    await setVeto(directory, { epoch: 4, isVetoed: false });
    await setVeto(directory, { epoch: 3, isVetoed: true });
    expect((await look()).metric).to.equal(0);
  });

  it("sees nothing proposed when it was cancelled", async () => {
    status = CANCELLED;
    expect((await look()).proposed).to.equal(undefined);
  });

  it("attack 50: counts vetoes that cannot be read as a veto", async () => {
    await writeFile(vetoFileOf(directory), "{");
    const { vetoed, proposed, metric } = await look();
    expect([vetoed, proposed?.isVetoed, metric]).to.deep.equal([undefined, true, 1]);
  });
});
