// P11: with 2t+1 honest signers that answer, an honest coordinator ends with a signature after a bounded number of attempts, and nobody honest is named;
// and whoever coordinates, no session sees both a share and an opening of honest signers.
import { expect } from "chai";
import { casesFor } from "../../../../../test/random/cases.ts";
import { seedNumbers } from "../../../../../test/random/seed.ts";
import { ECDSA_MALICES } from "../../testing/ecdsaMalice.ts";
import { simulateEcdsa } from "../../testing/ecdsaSimulation.ts";
import { createDice } from "../../testing/random.ts";

/** KEYQUORUM_CASES=50000 runs 5,000 of each kind. */
const SEEDS = casesFor(10);
const SHAPES = [
  { members: 4, threshold: 1 },
  { members: 5, threshold: 1 },
  { members: 4, threshold: 1 },
  { members: 7, threshold: 2 },
] as const;
const shapeOf = (seed: number) => SHAPES[seed % SHAPES.length] as (typeof SHAPES)[number];

/** One to t liars. */
const roll = (seed: number, members: number, threshold: number): ReadonlyMap<number, string> => {
  const dice = createDice(seed + 1);
  const first = 1 + dice.below(members);
  const slots = Array.from({ length: 1 + dice.below(threshold) }, (_, i) => ((first + i) % members) + 1);
  return new Map(slots.map((slot) => [slot, ECDSA_MALICES[dice.below(ECDSA_MALICES.length)] as string]));
};

describe("P11: ECDSA signatures of many keepers", function () {
  this.timeout(60_000 + SEEDS * 5_000);

  it("whoever of t is silent or lies, an honest coordinator should sign after few attempts and name nobody honest, also beside another one", async () => {
    let faults = 0;
    for (const seed of seedNumbers("ecdsa, malice", SEEDS)) {
      const { members, threshold } = shapeOf(seed);
      const malicious = roll(seed, members, threshold);
      const run = await simulateEcdsa({ seed, members, threshold, malicious, coordinators: 1 + (seed % 2) });
      expect(run.violations, `seed ${seed}`).to.deep.equal([]);
      expect(run.mustSign).to.equal(true);
      faults += run.outcomes.flatMap((one) => one.faults).length;
    }
    if (SEEDS >= 10) expect(faults > 0, "control: some were named").to.equal(true);
  });

  it("over a network that loses, with signers that start again, should stay safe: right signatures or none", async () => {
    for (const seed of seedNumbers("ecdsa, losses", Math.ceil(SEEDS / 2))) {
      const { members, threshold } = shapeOf(seed);
      const malicious = seed % 3 === 0 ? new Map<number, string>() : roll(seed, members, threshold);
      const run = await simulateEcdsa({ seed, members, threshold, malicious, lose: 0.03, crash: 0.02, coordinators: 2 });
      expect(run.violations, `seed ${seed}`).to.deep.equal([]);
    }
  });

  it("with a member that coordinates, shows different signers different things and asks some to open and others to share, should give it nothing", async () => {
    let released = 0;
    let opened = 0;
    for (const seed of seedNumbers("ecdsa, hostile", SEEDS)) {
      const { members, threshold } = shapeOf(seed);
      const run = await simulateEcdsa({ seed, members, threshold, malicious: roll(seed, members, threshold), hostile: true });
      expect(run.violations, `seed ${seed}`).to.deep.equal([]);
      for (const { history } of run.honest) {
        released += history.released.size;
        opened += history.opened.size;
      }
    }
    expect([released > 0, opened > 0], "controls: some released, some opened").to.deep.equal([true, true]);
  });
});
