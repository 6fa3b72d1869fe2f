// P11: with t+1 honest signers that answer, an honest coordinator ends with a signature within n-t attempts, and nobody honest is named. P5 in memory: no
// nonce is used in two packages, whoever is killed where and whoever coordinates.
import { expect } from "chai";
import { casesFor } from "../../../../../test/random/cases.ts";
import { seedNumbers } from "../../../../../test/random/seed.ts";
import { CONVICTED, FROST_MALICES, type FrostMalice } from "../../testing/frostMalice.ts";
import { simulateFrost, slotsOf } from "../../testing/frostSimulation.ts";
import { createDice } from "../../testing/random.ts";

/** KEYQUORUM_CASES=50000 runs 5,000 and more of each kind. */
const SEEDS = casesFor(10);
const SHAPES = [
  { members: 3, threshold: 1 },
  { members: 5, threshold: 2 },
  { members: 7, threshold: 2 },
  { members: 7, threshold: 3 },
] as const;
const shapeOf = (seed: number) => SHAPES[seed % SHAPES.length] as (typeof SHAPES)[number];

/** Malices for up to so many members. */
const roll = (
  seed: number,
  members: number,
  most: number,
  from: readonly FrostMalice[] = FROST_MALICES,
): ReadonlyMap<number, FrostMalice> => {
  const dice = createDice(seed + 1);
  const bad = slotsOf(members)
    .toSorted(() => dice.next() - 0.5)
    .slice(0, dice.below(most + 1));
  return new Map(bad.map((slot) => [slot, from[dice.below(from.length)] as FrostMalice]));
};

describe("P11: Schnorr signatures of many keepers", function () {
  this.timeout(60_000 + SEEDS * 2_000);

  it("with everybody there, one attempt is enough", async () => {
    for (const seed of seedNumbers("frost, all there", Math.ceil(SEEDS / 5))) {
      const run = await simulateFrost({ seed, ...shapeOf(seed) });
      expect(run.violations, `seed ${seed}`).to.deep.equal([]);
      expect([run.outcomes[0]?.attempts, run.outcomes[0]?.faults], `seed ${seed}`).to.deep.equal([1, []]);
    }
  });

  it("whoever of n-t-1 is silent, slow, refuses or lies, an honest coordinator ends within n-t attempts and names nobody honest", async () => {
    let faults = 0;
    let more = 0;
    for (const seed of seedNumbers("frost, malice", SEEDS)) {
      const { members, threshold } = shapeOf(seed);
      const run = await simulateFrost({
        seed,
        members,
        threshold,
        malicious: roll(seed, members, members - threshold - 1),
        coordinators: 1 + (seed % 2),
      });
      expect(run.violations, `seed ${seed}`).to.deep.equal([]);
      faults += run.outcomes.flatMap((one) => one.faults).length;
      more += run.outcomes.filter(({ attempts }) => attempts > 1).length;
    }
    if (SEEDS >= 50) expect([faults > 0, more > 0], "controls: liars were named, some attempts failed").to.deep.equal([true, true]);
  });

  it("P5: whoever is killed at a write, and whoever coordinates to have a nonce used twice, no share is computable and each was durable first", async () => {
    let asked = 0;
    for (const seed of seedNumbers("frost, crashes", SEEDS)) {
      const { members, threshold } = shapeOf(seed);
      const malicious = roll(seed, members, Math.min(threshold, members - threshold - 1));
      const rest = slotsOf(members).filter((slot) => !malicious.has(slot));
      const crashing = new Set(rest.slice(threshold + 1));
      const run = await simulateFrost({ seed, members, threshold, malicious, crashing, crash: 0.5, equivocates: true, requests: 2 });
      expect(run.violations, `seed ${seed}`).to.deep.equal([]);
      asked += run.asked.length;
    }
    expect(asked > 0, "control").to.equal(true);
  });

  it("is the same run for the same seed", async () => {
    const [seed = 1] = seedNumbers("frost, twice", 1);
    const traceOf = async (): Promise<string> => {
      const { outcomes, asked } = await simulateFrost({ seed, members: 5, threshold: 2, malicious: roll(seed, 5, 2), equivocates: true });
      return JSON.stringify([
        outcomes.map(({ attempts, failure }) => [attempts, failure]),
        asked.map(({ slot, share }) => [slot, share.attempt, [...share.z]]),
      ]);
    };
    expect(await traceOf()).to.equal(await traceOf());
  });

  for (const malice of CONVICTED)
    it(`S7: names a signer by evidence: ${malice}`, async () => {
      for (const seed of seedNumbers(`frost, ${malice}`, 2)) {
        // Of three, two are needed: every attempt with the liar fails, and the honest two are enough.
        const run = await simulateFrost({ seed, members: 3, threshold: 1, malicious: new Map([[3, malice]]) });
        expect(run.violations, `seed ${seed}`).to.deep.equal([]);
        // Where the honest two were the first, it was not asked for a share.
        const named = run.outcomes.flatMap(({ faults }) => faults.map(({ slot }) => slot));
        expect(named.filter((slot) => slot !== 3)).to.deep.equal([]);
      }
    });
});
