import { expect } from "chai";
import { UsageError } from "../usageError.ts";
import { defaultRequestLifetime, defaultWindows, formatSeconds, inTime, requireLongEnough } from "./windows.ts";

const ethereum = { contractBlockSeconds: 12, finalityLag: { blocks: 80, seconds: 960 }, numbering: "same" } as const;
const refusal = (work: () => void): string => {
  try {
    work();
  } catch (error) {
    expect(error).to.be.instanceOf(UsageError);
    return (error as Error).message;
  }
  return "accepted";
};

describe("the windows that a deployment gets", () => {
  it("are half an hour and an hour at any block time", () => {
    expect(defaultWindows(ethereum)).to.deep.equal({ deal: 160, dispute: 150, finalize: 300, ready: 300 });
    const fast = { contractBlockSeconds: 0.45, finalityLag: { blocks: 4, seconds: 1.8 }, numbering: "same" } as const;
    expect(defaultWindows(fast)).to.deep.equal({ deal: 4_000, dispute: 4_000, finalize: 8_000, ready: 8_000 });
    const slow = { contractBlockSeconds: 60, finalityLag: { blocks: 0, seconds: 0 }, numbering: "same" } as const;
    expect(defaultWindows(slow)).to.deep.equal({ deal: 40, dispute: 40, finalize: 60, ready: 60 });
  });
  it("outlast finality, however late it is", () => {
    const rollup = { contractBlockSeconds: 2, finalityLag: { blocks: 3_600, seconds: 7_200 }, numbering: "same" } as const;
    const windows = defaultWindows(rollup);
    expect(windows).to.deep.equal({ deal: 7_200, dispute: 900, finalize: 7_200, ready: 10_800 });
    expect(refusal(() => requireLongEnough(rollup, { windows, requestLifetime: defaultRequestLifetime(rollup) }))).to.equal("accepted");
  });
  it("count as contracts do where these count other blocks than the node", () => {
    const arbitrum = { contractBlockSeconds: 12, finalityLag: { blocks: 4_000, seconds: 1_000 }, numbering: "other" } as const;
    expect(defaultWindows(arbitrum).deal).to.equal(167);
    const windows = { deal: 100, dispute: 100, finalize: 100, ready: 100 };
    expect(refusal(() => requireLongEnough(arbitrum, { windows, requestLifetime: 3_600 }))).to.equal("accepted");
    expect(refusal(() => requireLongEnough(arbitrum, { windows: { ...windows, ready: 80 }, requestLifetime: 3_600 }))).to.include("ready");
  });
  it("are fixed numbers of blocks where the block time could not be measured", () => {
    const unknown = { contractBlockSeconds: undefined, finalityLag: undefined, numbering: "unknown" } as const;
    const windows = defaultWindows(unknown);
    expect(windows).to.deep.equal({ deal: 150, dispute: 150, finalize: 300, ready: 300 });
    expect(refusal(() => requireLongEnough(unknown, { windows, requestLifetime: 60 }))).to.equal("accepted");
  });

  describe("are refused", () => {
    const windows = defaultWindows(ethereum);
    for (const phase of ["deal", "finalize", "ready"] as const)
      it(`where ${phase} is not longer than finality, with what to give`, () => {
        const short = { windows: { ...windows, [phase]: 80 }, requestLifetime: 3_600 };
        expect(refusal(() => requireLongEnough(ethereum, short)))
          .to.include(`--${phase}-window`)
          .and.include("160");
        expect(refusal(() => requireLongEnough(ethereum, { ...short, windows: { ...windows, [phase]: 81 } }))).to.equal("accepted");
      });
    it("not where dispute is: it never waits for finality", () => {
      expect(refusal(() => requireLongEnough(ethereum, { windows: { ...windows, dispute: 4 }, requestLifetime: 3_600 }))).to.equal(
        "accepted",
      );
    });
    it("where confirmations alone take as long, also when no block time is known", () => {
      const counted = { contractBlockSeconds: undefined, finalityLag: { blocks: 300, seconds: undefined }, numbering: "same" } as const;
      expect(refusal(() => requireLongEnough(counted, { windows: defaultWindows(counted), requestLifetime: 3_600 }))).to.include("deal");
    });
    it("where requests would end before they are final", () => {
      expect(refusal(() => requireLongEnough(ethereum, { windows, requestLifetime: 960 }))).to.include("--request-lifetime 2880");
    });
    it("nowhere on a local chain, whose newest block is final", () => {
      const local = { contractBlockSeconds: undefined, finalityLag: { blocks: 0, seconds: 0 }, numbering: "same" } as const;
      const shortest = { deal: 2, dispute: 4, finalize: 8, ready: 4 };
      expect(refusal(() => requireLongEnough(local, { windows: shortest, requestLifetime: 60 }))).to.equal("accepted");
    });
  });

  it("are told in blocks and in time", () => {
    expect(inTime(150, ethereum)).to.equal("150 blocks (30 min)");
    expect(inTime(1, { contractBlockSeconds: undefined })).to.equal("1 block");
    expect([formatSeconds(40), formatSeconds(90), formatSeconds(27_000)]).to.deep.equal(["40 s", "2 min", "7.5 h"]);
  });
});
