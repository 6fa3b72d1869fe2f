import { expect } from "chai";
import { processRisks } from "./processRisks.ts";

const limitsOf = (soft: string): string => `Limit                     Soft Limit           Hard Limit           Units
Max file size             unlimited            unlimited            bytes
Max core file size        ${soft.padEnd(20)} unlimited            bytes
Max open files            1024                 524288               files
`;
const quiet = { nodeOptions: ["--max-old-space-size=512", "--disable-sigusr1"], debuggerUrl: undefined, limits: limitsOf("0") };

describe("processRisks", () => {
  it("when nothing lets others in, it should say nothing", () => {
    expect(processRisks(quiet)).to.deep.equal([]);
    expect(processRisks({ ...quiet, limits: undefined })).to.deep.equal([]);
  });

  it("when a debugger can attach, it should say so", () => {
    expect(processRisks({ ...quiet, debuggerUrl: "ws://127.0.0.1:9229/1" })).to.have.length(1);
  });

  for (const option of [
    "--inspect",
    "--inspect=0.0.0.0:9229",
    "--inspect-brk",
    "--inspect_wait",
    "--heapsnapshot-signal=SIGUSR2",
    "--heapsnapshot-near-heap-limit=1",
    "--heap-prof",
    "--abort-on-uncaught-exception",
    "--report-on-signal",
    "--report-uncaught-exception",
  ]) {
    it(`when Node runs with ${option}, it should name the option and not its value`, () => {
      const risks = processRisks({ ...quiet, nodeOptions: [...quiet.nodeOptions, option, option] });
      expect(risks).to.have.length(1);
      expect(risks[0]).to.include("--").and.not.include("=");
    });
  }

  for (const soft of ["unlimited", "1024"]) {
    it(`when core files may have ${soft} bytes, it should say what to set`, () => {
      expect(processRisks({ ...quiet, limits: limitsOf(soft) }).join()).to.include("ulimit -c 0");
    });
  }
});
