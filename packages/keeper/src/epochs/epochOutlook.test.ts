import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { G, toXY } from "@keyquorum/threshold";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import { createMetrics } from "../metrics.ts";
import { createFakeChain, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { createEpochOutlook, type EpochsSeen } from "./epochOutlook.ts";
import { setVeto, vetoFileOf } from "./vetoes.ts";

const [PROPOSED, OPEN, CANCELLED] = [1, 2, 3];

describe("createEpochOutlook", () => {
  let directory: string;
  let chain: FakeChain;
  let status: number;
  let isPosted: boolean;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "keyquorum-outlook-"));
    chain = createFakeChain();
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
  afterEach(() => rm(directory, { recursive: true }));

  const look = async (): Promise<EpochsSeen & { readonly metric: number | undefined }> => {
    const metrics = createMetrics({ version: "0", processMetrics: false });
    const reader = createChainReader({ rpc: chain.rpc, contracts: fakeContracts() });
    const outlook = createEpochOutlook({ reader, dataDirectory: directory, slot: () => 3, metrics });
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
