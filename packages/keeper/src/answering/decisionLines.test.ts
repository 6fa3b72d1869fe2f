import { expect } from "chai";
import { createLogger } from "../report/logger.ts";
import { createDecisionLines } from "./decisionLines.ts";

describe("lines about decisions", () => {
  const setUp = () => {
    let time = 0;
    const lines: { readonly msg: string; readonly outcome?: string; readonly leftOut?: object }[] = [];
    const log = createLogger("info", { write: (line) => lines.push(JSON.parse(line) as never) });
    const decisions = createDecisionLines({ log, clock: { now: () => time } });
    return { lines, decisions, pass: (milliseconds: number) => (time += milliseconds) };
  };

  it("say each decision with its ids at info", () => {
    const { lines, decisions } = setUp();
    decisions.write({ lane: "released", outcome: "ANSWERED", data: { requestId: "0x01" } });
    decisions.write({ lane: "verified", outcome: "ACCESS_DENIED", data: { requestId: "0x02" } });
    expect(lines.map(({ msg, outcome }) => [msg, outcome])).to.deep.equal([
      ["A share was released", "ANSWERED"],
      ["A share request was refused", "ACCESS_DENIED"],
    ]);
  });

  it("are so many a minute for strangers, then their number, and take nothing from others", () => {
    const { lines, decisions, pass } = setUp();
    for (let asked = 0; asked < 10_000; asked += 1)
      decisions.write({ lane: "unverified", outcome: asked % 2 === 0 ? "INVALID_SIGNATURE" : "INVALID_REQUEST", data: {} });
    decisions.write({ lane: "verified", outcome: "ACCESS_DENIED", data: {} });
    decisions.write({ lane: "released", outcome: "ANSWERED", data: {} });
    expect(lines).to.have.length(32);
    pass(60_000);
    decisions.flush();
    expect(lines.at(-1)?.leftOut).to.deep.equal({ INVALID_SIGNATURE: 4_985, INVALID_REQUEST: 4_985 });
    decisions.write({ lane: "unverified", outcome: "INVALID_REQUEST", data: {} });
    expect(lines).to.have.length(34);
  });

  it("continue when the clock was set back", () => {
    const { lines, decisions, pass } = setUp();
    for (let asked = 0; asked < 31; asked += 1) decisions.write({ lane: "unverified", outcome: "INVALID_REQUEST", data: {} });
    pass(-3_600_000);
    decisions.write({ lane: "unverified", outcome: "INVALID_REQUEST", data: {} });
    expect(lines).to.have.length(32);
  });
});
