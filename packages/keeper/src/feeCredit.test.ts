import { expect } from "chai";
import { createChainReader } from "./contracts/chainReader.ts";
import { createFeeCredit } from "./feeCredit.ts";
import { createMetrics } from "./metrics.ts";
import { createFakeChain, fakeContracts, headsOf } from "./testing/fakeChain.ts";

describe("createFeeCredit", () => {
  it("adds up what both contracts owe to this keeper's slot, now and then", async () => {
    const chain = createFakeChain();
    const metrics = createMetrics({ version: "0", processMetrics: false });
    let [now, slot] = [0, 0];
    const owed = { shareRequests: 5n, optimisticRequests: 7n };
    for (const contract of ["shareRequests", "optimisticRequests"] as const)
      chain.answers[`${contract}.creditOf`] = ([asked]) => [asked === 4n ? owed[contract] : 99n];
    const credit = createFeeCredit({
      reader: createChainReader({ rpc: chain.rpc, contracts: fakeContracts() }),
      slot: () => slot,
      clock: { now: () => now, sleep: async () => undefined },
      metrics,
    });
    await credit.refresh(headsOf(chain).head);
    expect([credit.last(), chain.calls.length], "it has no slot yet").to.deep.equal([undefined, 0]);
    slot = 4;
    await credit.refresh(headsOf(chain).head);
    expect(credit.last()).to.equal(12n);
    const text = await metrics.registry.metrics();
    expect(text).to.include('keeper_fee_credit_wei{contract="shareRequests"} 5');
    expect(text).to.include('keeper_fee_credit_wei{contract="optimisticRequests"} 7');
    owed.shareRequests = 6n;
    await credit.refresh(headsOf(chain).head);
    expect(credit.last(), "a moment later it is not asked again").to.equal(12n);
    now = 30_000;
    await credit.refresh(headsOf(chain).head);
    expect(credit.last()).to.equal(13n);
  });
});
