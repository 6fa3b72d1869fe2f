import { expect } from "chai";
import { createClockWatch } from "./clockWatch.ts";
import { createLogger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";

describe("createClockWatch", () => {
  const setUp = () => {
    const lines: string[] = [];
    const metrics = createMetrics({ version: "0", processMetrics: false });
    const log = createLogger("info", { write: (line) => lines.push((JSON.parse(line) as { level: string }).level) });
    const watch = createClockWatch({ clock: { now: () => 1_000_000 }, log, metrics });
    let number = 0;
    const head = (secondsAhead: number): void => {
      number += 1;
      watch.noteHead({ number, hash: `0x${number}`, parentHash: "0x", timestamp: 1_000 - secondsAhead });
    };
    const figure = async (against: string): Promise<number | undefined> =>
      (await metrics.clockSkew.get()).values.find(({ labels }) => labels.against === against)?.value;
    return { lines, watch, head, figure };
  };

  it("warns once of a clock that is two minutes behind the newest block, and says when it is right again", async () => {
    const { lines, head, figure } = setUp();
    for (const ahead of [1, -120, -119, -14, -16, 0, -6]) head(ahead);
    expect(lines).to.deep.equal(["warn", "info"]);
    expect(await figure("head")).to.equal(-6);
  });

  it("takes an old block for no sign of anything: chains may be idle", () => {
    const { lines, head } = setUp();
    head(3_600);
    expect(lines).to.deep.equal([]);
  });

  it("warns of a clock that most other keepers' differ from, and never because of one", async () => {
    const { lines, watch, figure } = setUp();
    watch.notePeers([5_000]);
    watch.notePeers([0, 5_000, 1]);
    watch.notePeers([]);
    expect(lines).to.deep.equal([]);
    for (const all of [
      [121, 120, -9_000],
      [25, 25],
      [1, 2],
    ])
      watch.notePeers(all);
    expect(lines).to.deep.equal(["warn", "info"]);
    expect(await figure("peers")).to.equal(1);
  });
});
