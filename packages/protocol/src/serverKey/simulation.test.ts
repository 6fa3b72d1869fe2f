import { expect } from "chai";
import { casesFor } from "../../../../test/random/cases.ts";
import { seedNumbers } from "../../../../test/random/seed.ts";
import { createDice } from "../testing/random.ts";
import { MALICES, type Malice } from "../testing/serverKeyMalice.ts";
import { rollMalice, simulateServerKeys } from "../testing/serverKeySimulation.ts";
import { SERVER_KEY_FAILURES } from "./failure.ts";

/** `npm run test:long -- --only simulations` runs 10,000 in all. */
const SEEDS = casesFor(12);
const SENTENCES: Readonly<Record<Malice, string>> = {
  silent: "is silent now and then",
  wrongDealing: "deals a wrong share",
  otherDealing: "shows another dealing than it committed to",
  falseComplaint: "complains without reason",
  otherEcho: "answers for other dealings",
  twoWords: "gives its word for and against a session",
  earlyWords: "collects, as coordinator, words against a session that it then drives",
  partialSets: "shows, as coordinator, different sets",
  withholds: "keeps, as coordinator, the result to itself",
};
const SHAPES = [
  { members: 3, threshold: 0 },
  { members: 3, threshold: 1 },
  { members: 4, threshold: 3 },
  { members: 5, threshold: 2 },
] as const;

describe("server keys of many members", function () {
  this.timeout(180_000 + SEEDS * 10_000);

  for (const { members, threshold } of SHAPES) {
    it(`gives ${members} members that are always there one key of threshold ${threshold}, at the first try`, async () => {
      for (const seed of seedNumbers("server keys", Math.ceil(SEEDS / 4))) {
        const run = await simulateServerKeys({ seed, members, threshold, attempts: 1 });
        expect(run.violations, `seed ${seed}`).to.deep.equal([]);
        expect(run.middle.told.filter(({ isAsked }) => isAsked).length, `seed ${seed}`).to.equal(1);
        expect(run.honest.every(({ disk }) => [...disk.values()].every(({ stage }) => stage === "generated"))).to.equal(true);
      }
    });

    it(`gives all or none of ${members} members, t = ${threshold}, a key, whoever is killed at whichever write and whatever is lost`, async () => {
      let generated = 0;
      let failed = 0;
      for (const seed of seedNumbers("server keys and crashes", SEEDS)) {
        const run = await simulateServerKeys({ seed, members, threshold, crash: 0.05, lose: 0.05, down: 0.03, ids: 2 });
        expect(run.violations, `seed ${seed}`).to.deep.equal([]);
        generated += run.told.length;
        failed += run.named.length;
      }
      expect([generated > 0, failed > 0], "controls: some ended with a key, some did not").to.deep.equal([true, true]);
    });
  }

  for (const malice of MALICES)
    it(`stays one key, and names nobody that is honest, with a member that ${SENTENCES[malice]}`, async () => {
      for (const seed of seedNumbers(`server keys and ${malice}`, SEEDS)) {
        const members = 3 + (seed % 3);
        const dice = createDice(seed + 1);
        const malicious = rollMalice(dice, [1 + 2 * dice.below(members)], [malice]);
        const run = await simulateServerKeys({ seed, members, threshold: seed % 2, malicious, crash: 0.03, lose: 0.03 });
        expect(run.violations, `seed ${seed}`).to.deep.equal([]);
      }
    });

  for (const [malice, reason] of [
    ["wrongDealing", "BAD_SHARE"],
    ["otherDealing", "BAD_ANSWER"],
    ["falseComplaint", "FALSE_COMPLAINT"],
    ["otherEcho", "BAD_ANSWER"],
  ] as const)
    it(`names a member that ${SENTENCES[malice]}: ${reason}`, async () => {
      for (const seed of seedNumbers(`who is named for ${malice}`, 3)) {
        const run = await simulateServerKeys({ seed, members: 4, threshold: 1, malicious: new Map([[3, malice]]), attempts: 8 });
        expect(run.violations, `seed ${seed}`).to.deep.equal([]);
        const guilty = run.named.filter((failure) => SERVER_KEY_FAILURES[failure.reason] === "guilty");
        // Where the honest ones always lost to it, or its wrong share was its own, there is none.
        expect(
          [...new Set(guilty.map((failure) => `${failure.slot} ${failure.reason}`))].filter((name) => name !== `3 ${reason}`),
        ).to.deep.equal([]);
      }
    });

  for (const { members, threshold } of [
    { members: 4, threshold: 1 },
    { members: 4, threshold: 3 },
    { members: 5, threshold: 2 },
  ] as const)
    it(`gives all or none of ${members} members, t = ${threshold}, a key, whoever is removed meanwhile, and nobody waits that has only accepted`, async () => {
      let removals = 0;
      for (const seed of seedNumbers("server keys and a removal", SEEDS)) {
        const dice = createDice(seed + 1);
        const malicious = seed % 2 === 0 ? new Map() : rollMalice(dice, [1 + 2 * dice.below(members)], MALICES);
        const run = await simulateServerKeys({
          seed,
          members,
          threshold,
          malicious,
          removal: 0.5,
          crash: 0.03,
          lose: 0.05,
          down: 0.03,
          ids: 2,
        });
        expect(run.violations, `seed ${seed}`).to.deep.equal([]);
        if (run.removed !== undefined) removals += 1;
      }
      expect(removals > 0, "control").to.equal(true);
    });

  it("stays one key with two members of five that work together", async () => {
    for (const seed of seedNumbers("server keys and two", SEEDS)) {
      const dice = createDice(seed + 1);
      const malicious = rollMalice(dice, [3, 7], MALICES);
      const run = await simulateServerKeys({ seed, members: 5, threshold: 2, malicious, crash: 0.03, lose: 0.03 });
      expect(run.violations, `seed ${seed}`).to.deep.equal([]);
    }
  });
});
