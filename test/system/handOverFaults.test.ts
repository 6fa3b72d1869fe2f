import { type RpcProxy, startRpcProxy } from "@keyquorum/testing";
import { expect } from "chai";
import { SEED } from "../random/seed.ts";
import { injectFaults } from "./support/handOverFaults/run.ts";
import { withCluster } from "./support/withCluster.ts";

/** One hand-over meets twelve points; some find nothing to hit. */
const POINTS = 5;

describe(`promise P9: crashes and partitions in hand-overs, ${POINTS} points and more`, () => {
  const proxies = new Map<number, RpcProxy>();
  const held = withCluster({
    keepers: 5,
    threshold: 2,
    confirmations: 2,
    rpcUrlOf: async (slot) => {
      const proxy = await startRpcProxy(held.chain.rpcUrl);
      proxies.set(slot, proxy);
      return proxy.url;
    },
  });
  after(async () => {
    for (const proxy of proxies.values()) await proxy.close();
  });

  it("loses no key and splits no epoch", async () => {
    const { cluster, keyId, directory } = held;
    const report = await injectFaults({ cluster, keyId, proxies }, { points: POINTS, seed: SEED, directory });
    expect(report.violations).to.deep.equal([]);
    expect(report.points, "the control: faults were seen to happen").to.be.at.least(POINTS);
    expect(report.activated).to.be.greaterThan(0);
  });
});
