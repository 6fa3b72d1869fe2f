import { parseAddress } from "@keyquorum/wire";
import { expect } from "chai";
import { createLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { createFakeChain } from "../testing/fakeChain.ts";
import { createBalance } from "./balance.ts";

describe("createBalance", () => {
  it("warns once when the balance is below the reserve, and says when it is well above it again", async () => {
    const chain = createFakeChain();
    const lines: string[] = [];
    let time = 0;
    const metrics = createMetrics({ version: "0", processMetrics: false });
    const balance = createBalance({
      rpc: chain.rpc,
      operator: parseAddress(`0x${"11".repeat(20)}`),
      reserve: 100n,
      clock: { now: () => time, sleep: async () => undefined },
      log: createLogger("info", { write: (line) => lines.push((JSON.parse(line) as { level: string }).level) }),
      metrics,
    });
    for (const wei of [100n, 1n, 99n, 101n, 124n, 125n, 100n, 99n]) {
      chain.balance = wei;
      time += 10_000;
      await balance.refresh();
    }
    expect(lines).to.deep.equal(["warn", "info", "warn"]);
    expect((await metrics.balanceReserve.get()).values[0]?.value).to.equal(100);
  });
});
