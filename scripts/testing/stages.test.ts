import { globSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { lanesWithWaits, STAGES, shareOut, stagesOf } from "./stages.ts";

const root = join(import.meta.dirname, "..", "..");
const filesIn = (key: string): readonly string[] =>
  stagesOf([key])
    .flatMap(({ jobs }) => jobs)
    .flatMap(({ args }) => args)
    .filter((arg) => arg.endsWith(".test.ts"));

describe("the stages of npm test", () => {
  it("run every test file once", () => {
    const all = globSync(["packages/*/src/**/*.test.ts", "tasks/**/*.test.ts", "scripts/**/*.test.ts", "test/**/*.test.ts"], { cwd: root });
    expect(all.length, "the control: there are some").to.be.greaterThan(200);
    expect([...filesIn("unit"), ...filesIn("contracts"), ...filesIn("system")].toSorted()).to.deep.equal(all.toSorted());
  });

  it("give every process some files, and no configured spec beside them", () => {
    for (const { jobs } of stagesOf(["unit", "contracts", "system"]).slice(1))
      for (const { args } of jobs) {
        expect(args.filter((arg) => arg.endsWith(".test.ts"))).to.not.be.empty;
        expect(args.filter((arg) => arg.includes("*"))).to.be.empty;
      }
  });

  it("have different names, also their processes, and need what there is", () => {
    const names = STAGES.flatMap(({ jobs }) => jobs.map(({ name }) => name));
    expect(new Set(names).size).to.equal(names.length);
    expect(new Set(STAGES.map(({ key }) => key)).size).to.equal(STAGES.length);
    for (const needed of STAGES.flatMap(({ jobs }) => jobs.flatMap(({ needs }) => needs ?? []))) expect(names).to.include(needed);
  });

  it("are all there, or those that are named and the compilation, in their order", () => {
    expect(stagesOf(undefined)).to.deep.equal(STAGES);
    expect(stagesOf(["system", "unit"]).map(({ key }) => key)).to.deep.equal(["compile", "unit", "system"]);
    expect(() => stagesOf(["unit", "units"])).to.throw(/units.*static, unit/);
  });
});

describe("one lane more for jobs that wait", () => {
  const plenty = 24 * 1024 ** 3;
  it("is there beside two and more", () => expect([2, 4].map((lanes) => lanesWithWaits(lanes, plenty))).to.deep.equal([3, 5]));
  it("is not where one job after another is wanted", () => expect(lanesWithWaits(1, plenty)).to.equal(1));
  it("is not where memory is short", () => expect(lanesWithWaits(2, 5 * 1024 ** 3)).to.equal(2));
});

describe("sharing files out", () => {
  it("gives each file to the first group that matches it, and the rest to the last", () => {
    expect(shareOut(["a/1", "b/1", "a/2", "c"], [/^a/, /1$/])).to.deep.equal([["a/1", "a/2"], ["b/1"], ["c"]]);
    expect(shareOut(["c"], [/^a/])).to.deep.equal([[], ["c"]]);
  });
});
