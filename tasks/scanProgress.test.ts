import { expect } from "chai";
import { scanProgress } from "./scanProgress.ts";

describe("scanProgress", () => {
  const telling = () => {
    const lines: string[] = [];
    const time = { now: 0 };
    return { lines, time, onScan: scanProgress({ progress: (line) => lines.push(line) }, () => time.now) };
  };

  it("is silent about what is quick, and speaks every two seconds about what is not", () => {
    const { lines, time, onScan } = telling();
    for (let done = 10; done <= 100; done += 10) {
      time.now += 500;
      onScan({ done, total: 100 });
    }
    expect(lines).to.deep.equal(["Reading events: 40 of 100 blocks", "Reading events: 80 of 100 blocks"]);
  });

  it("speaks of a long wait before it", () => {
    const { lines, onScan } = telling();
    onScan({ done: 0, total: 100, waitingMs: 200 });
    onScan({ done: 0, total: 100, waitingMs: 7_000 });
    expect(lines).to.deep.equal(["Reading events: 0 of 100 blocks; the node asks for 7 s of rest"]);
  });
});
