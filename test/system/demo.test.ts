import { measurePatience } from "@keyquorum/cluster";
import { expect } from "chai";
import { RESHARE_STEPS } from "../../scripts/demo/reshareSteps.ts";
import { STEPS } from "../../scripts/demo/steps.ts";
import { tellStep } from "../../scripts/demo/story.ts";
import { createWorld, type World } from "../../scripts/demo/world.ts";

// What `npm start` tells, step by step, as a test: the same code.
for (const [name, steps, reshare] of [
  ["the demo's steps", STEPS, false],
  ["the demo's steps of a hand-over", RESHARE_STEPS, true],
] as const)
  describe(name, () => {
    let world: World;
    let broken = false;
    before(async () => {
      world = await createWorld({ file: undefined, keepers: 5, threshold: 2, json: undefined, reshare, patience: measurePatience() });
    });
    after(() => world.close());

    for (const step of steps)
      it(step.title, async function () {
        if (broken) this.skip();
        const lines: string[] = [];
        const report = await tellStep(step, world, (line) => lines.push(line));
        broken = report.checks.some(({ held }) => !held);
        expect(
          report.checks.filter(({ held }) => !held),
          lines.join("\n"),
        ).to.deep.equal([]);
        expect(report.checks).not.to.have.length(0);
      });
  });
