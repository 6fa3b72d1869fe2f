import { expect } from "chai";
import { createMetrics } from "./metrics.ts";

describe("createMetrics", () => {
  it("names counters _total, and nothing else, the figures of the process included", async () => {
    const metrics = await createMetrics({ version: "0", processMetrics: true }).registry.getMetricsAsJSON();
    const kinds = metrics.map(({ name, type }) => [name, String(type)] as const);
    expect(kinds.some(([name]) => name.startsWith("nodejs_"))).to.equal(true);
    for (const [name, type] of kinds) expect(name.endsWith("_total"), `${name} is a ${type}`).to.equal(type === "counter");
  });
});
