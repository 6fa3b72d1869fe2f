import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { SEED } from "../random/seed.ts";
import { runHandOverFaults } from "./support/handOverFaults/run.ts";

const POINTS = 10;

describe(`promise P9: crashes and partitions in hand-overs, ${POINTS} points`, () => {
  it("loses no key and splits no epoch", async () => {
    const directory = await mkdtemp(join(tmpdir(), "keyquorum-faults-"));
    try {
      const report = await runHandOverFaults({ points: POINTS, seed: SEED, directory });
      expect(report.violations).to.deep.equal([]);
      expect(report.points, "the control: faults were seen to happen").to.be.at.least(POINTS);
      expect(report.activated).to.be.greaterThan(0);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
