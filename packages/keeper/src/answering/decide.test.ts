import type { ReceivedShareRequest } from "@keyquorum/protocol";
import { toXY } from "@keyquorum/threshold";
import { KeyquorumError, parseAddress, shareRequestDigest } from "@keyquorum/wire";
import { expect } from "chai";
import { createMetrics, type Metrics } from "../report/metrics.ts";
import { createFakeChain, FAKE_ADDRESSES, type FakeChain } from "../testing/fakeChain.ts";
import { bob, CHAIN_ID, createHeader, createRequest, JOINT_KEY } from "../testing/reader.ts";
import { createShareRequestServer, EPOCH } from "../testing/shareRequestServer.ts";
import { createTempVault, type TempVault } from "../testing/tempVault.ts";

const [DENIED, PERMITTED] = [0, 1];
const START = 1_800_000_020;

describe("a decision without an answer (D27)", () => {
  let temp: TempVault;
  let chain: FakeChain;
  let metrics: Metrics;
  let lines: string[];
  let server: Awaited<ReturnType<typeof createShareRequestServer>>;
  let decision: number;
  /** Milliseconds by the clock that nobody sets. */
  let waited: number;
  const now = (): number => START * 1000;
  const header = createHeader();
  const request: ReceivedShareRequest = {
    state: "received",
    channel: "chain",
    requestId: shareRequestDigest(
      { chainId: CHAIN_ID, shareRequests: FAKE_ADDRESSES.shareRequests },
      createRequest(header, BigInt(START + 60)),
    ),
    ...createRequest(header, BigInt(START + 60)),
    epoch: EPOCH,
  };

  beforeEach(async () => {
    [chain, decision, lines, waited] = [createFakeChain(), PERMITTED, [], 0];
    chain.answers["shareRequests.decide"] = () => [decision];
    chain.answers["keyGeneration.keyOf"] = () => [
      [0, EPOCH, parseAddress(bob.address), toXY(JOINT_KEY), bob.address, `0x${"00".repeat(32)}`],
    ];
    chain.answers["keeperRegistry.committeeOf"] = () => [[]];
    temp = await createTempVault(now);
    metrics = createMetrics({ version: "0", processMetrics: false });
    server = await createShareRequestServer({
      ...{ vault: temp.vault, ownVault: temp.vault, chain, metrics, steady: () => waited },
      clock: { now, sleep: async () => undefined },
      onLine: (line) => lines.push(line),
    });
  });
  afterEach(async () => {
    await server.close();
    await temp.remove();
  });

  const codeOf = async (): Promise<string> => {
    try {
      await server.service.decide({ request, header });
      return "permitted";
    } catch (error) {
      if (error instanceof KeyquorumError) return error.code;
      throw error;
    }
  };
  const expectNothingDone = async (records: number): Promise<void> => {
    await server.refusals.write();
    expect(await temp.vault.audit.find()).to.have.length(records);
    expect([await temp.vault.refusals.counts(), await temp.vault.refusals.samples()]).to.deep.equal([[], []]);
    const figures = await metrics.registry.metrics();
    expect(figures).to.include(`keeper_shares_released_total ${records}`).and.to.include(`keeper_audit_records_total ${records}`);
    expect(figures).not.to.match(/keeper_share_requests_total\{[^}]*outcome="(?!ANSWERED)/);
    expect(lines.filter((line) => line.includes("A share was released"))).to.have.length(records);
    expect(lines.filter((line) => line.includes("A share request was refused"))).to.have.length(0);
  };

  it("says yes, and makes, stores, records and counts nothing", async () => {
    expect(await codeOf()).to.equal("permitted");
    expect(await temp.vault.answers.headerOf(request.requestId)).to.equal(undefined);
    await expectNothingDone(0);
  });
  it("says no with the code of the refusal, and counts none", async () => {
    decision = DENIED;
    expect(await codeOf()).to.equal("ACCESS_DENIED");
    await expectNothingDone(0);
  });
  it("is taken again where it took more than a second (D76)", async () => {
    chain.answers["shareRequests.decide"] = (_args, block) => [block > 20 ? DENIED : PERMITTED];
    const { "keyGeneration.keyOf": keyOf } = chain.answers;
    chain.answers["keyGeneration.keyOf"] = (args, block) => {
      [waited, chain.head] = [1_001, 21];
      return keyOf?.(args, block) ?? [];
    };
    expect(await codeOf()).to.equal("ACCESS_DENIED");
    await expectNothingDone(0);
  });
  it("is of now, whatever was answered before, which it leaves as it is", async () => {
    const given = await server.service.answer({ request, header });
    expect(await codeOf()).to.equal("permitted");
    decision = DENIED;
    chain.head += 1;
    expect(await codeOf()).to.equal("ACCESS_DENIED");
    expect((await temp.vault.answers.find({ requestId: request.requestId, epoch: EPOCH }))?.body).to.equal(given.body);
    await expectNothingDone(1);
  });
});
