import { parseAddress } from "@keyquorum/wire";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import { createMetrics } from "../report/metrics.ts";
import { createFakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { createFeeCredit } from "./feeCredit.ts";

describe("createFeeCredit", () => {
  it("adds up what both contracts owe to this keeper's accounts, former ones too, now and then", async () => {
    const chain = createFakeChain();
    const metrics = createMetrics({ version: "0", processMetrics: false });
    let [now, slot] = [0, 0];
    const owed = { shareRequests: 5n, optimisticRequests: 7n };
    const [own, former] = [parseAddress(`0x${"44".repeat(20)}`), parseAddress(`0x${"45".repeat(20)}`)];
    const earned = { [own]: 0n, [former]: 100n };
    for (const contract of ["shareRequests", "optimisticRequests"] as const)
      chain.answers[`${contract}.creditOf`] = ([asked]) => [asked === own ? owed[contract] : (earned[asked as string] ?? 999n)];
    const credit = createFeeCredit({
      reader: createChainReader({ rpc: chain.rpc, contracts: fakeContracts() }),
      slot: () => slot,
      operators: [own, former],
      clock: { now: () => now, sleep: async () => undefined },
      metrics,
    });
    await credit.refresh(headsOf(chain).head);
    expect([credit.last(), chain.calls.length], "it has no slot yet").to.deep.equal([undefined, 0]);
    slot = 4;
    await credit.refresh(headsOf(chain).head);
    expect(credit.last()).to.equal(212n);
    const text = await metrics.registry.metrics();
    expect(text).to.include('keeper_fee_credit_wei{contract="shareRequests"} 105');
    expect(text).to.include('keeper_fee_credit_wei{contract="optimisticRequests"} 107');
    owed.shareRequests = 6n;
    await credit.refresh(headsOf(chain).head);
    expect(credit.last(), "a moment later it is not asked again").to.equal(212n);
    now = 30_000;
    await credit.refresh(headsOf(chain).head);
    expect(credit.last()).to.equal(213n);
  });
});
