import { measurePatience } from "@keyquorum/cluster";
import { expect } from "chai";
import { RESHARE_STEPS } from "../../scripts/demo/reshareSteps.ts";
import { STEPS } from "../../scripts/demo/steps.ts";
import { tellStep } from "../../scripts/demo/story.ts";
import { createWorld, type World } from "../../scripts/demo/world.ts";

// What `npm start` tells, step by step, as a test: the same code.
// The smaller story is told of as few keepers as its faults leave room for: n >= t + 3.
for (const [name, steps, reshare, keepers, threshold] of [
  ["the demo's steps", STEPS, false, 4, 1],
  ["the demo's steps of a hand-over", RESHARE_STEPS, true, 5, 2],
] as const)
  describe(name, () => {
    let world: World;
    let broken = false;
    before(async () => {
      world = await createWorld({
        file: undefined,
        keepers,
        threshold,
        json: undefined,
        reshare,
        parity: false,
        wasm: false,
        patience: measurePatience(),
      });
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
