import { expect } from "chai";
import { blockMillisecondsFor, clientPatience, measurePatience, parsePatience, stretchMilliseconds, stretchWindows } from "./patience.ts";

const WINDOWS = { deal: 40, dispute: 8, finalize: 40, ready: 60 };

describe("patience with a slow machine", () => {
  it("changes nothing on an idle one, whatever a measurement's noise says", () => {
    for (const patience of [1, 1.05, 1.29]) {
      expect(stretchWindows(WINDOWS, patience)).to.deep.equal(WINDOWS);
      expect(blockMillisecondsFor(patience)).to.equal(250);
      expect(stretchMilliseconds(30_000, patience)).to.equal(30_000);
      expect(clientPatience(patience)).to.deep.equal({});
    }
  });

  it("gives a keeper on a busy machine its share of every window, and a reserve for load that grows", () => {
    for (const patience of [1.3, 2, 4.4, 10, 16, 37, 100]) {
      const windows = stretchWindows(WINDOWS, patience);
      for (const phase of ["deal", "finalize", "ready"] as const) {
        const share = (windows[phase] * blockMillisecondsFor(patience)) / patience;
        expect(share, `${phase} at ${patience}`).to.be.at.least(2.9 * WINDOWS[phase] * 250);
      }
    }
  });

  it("never makes a phase longer that always runs its full length, nor blocks slower than readers wait for", () => {
    for (const patience of [1.3, 16, 100]) {
      expect(stretchWindows(WINDOWS, patience).dispute).to.equal(8);
      expect(blockMillisecondsFor(patience)).to.be.at.most(2_500);
    }
  });

  it("lets a client wait longer for keepers, and never longer than its signed request lives", () => {
    expect(clientPatience(2)).to.deep.equal({ limits: { overallMs: 20_000, idleMs: 8_000 }, timeouts: { retrievalMs: 60_000 } });
    expect(clientPatience(100).timeouts?.retrievalMs).to.equal(480_000);
  });

  it("gives whole blocks", () => {
    for (const blocks of Object.values(stretchWindows({ deal: 7, dispute: 3, finalize: 11, ready: 13 }, 17.3)))
      expect(Number.isInteger(blocks)).to.equal(true);
  });

  it("is read from a command line, and refuses what is not a number from 1 to 100", () => {
    expect(["1", "2.5", "100"].map(parsePatience)).to.deep.equal([1, 2.5, 100]);
    for (const text of ["", "0", "0.9", "101", "-3", "1e1", "five", " 5", "Infinity", "NaN"])
      expect(() => parsePatience(text), text).to.throw("--patience must be a number from 1 to 100");
  });

  it("is measured: at least 1", () => {
    expect(measurePatience()).to.be.within(1, 100);
  });
});
