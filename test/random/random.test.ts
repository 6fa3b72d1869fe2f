import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { type Dice, rollDice } from "./dice.ts";
import { howToRepeat, SEED, seedBytes, seedNumber, seedOf } from "./seed.ts";

const ROOT = join(import.meta.dirname, "..", "..");

describe("the seed of a run", () => {
  it("is KEYQUORUM_SEED", () => {
    expect(seedOf({ KEYQUORUM_SEED: "acorn-7" })).to.equal("acorn-7");
  });

  it("is another one every time without it", () => {
    expect(new Set(Array.from({ length: 20 }, () => seedOf({}))).size).to.equal(20);
    expect(seedOf({ KEYQUORUM_SEED: "" })).to.match(/^[0-9a-f]{12}$/);
  });

  it("is refused where a shell or a line would not keep it", () => {
    for (const bad of ["two words", "a'b", "a\nb", "x".repeat(65)])
      expect(() => seedOf({ KEYQUORUM_SEED: bad }), bad).to.throw("KEYQUORUM_SEED");
  });

  it("is the same for this process and those that it starts", () => {
    expect(process.env.KEYQUORUM_SEED).to.equal(SEED);
  });

  it("gives each name a number and bytes of its own, that fit a fast-check seed and a word of Solidity", () => {
    expect(seedNumber("a", "acorn")).to.equal(seedNumber("a", "acorn")).and.not.equal(seedNumber("b", "acorn"));
    expect(seedNumber("a", "acorn")).to.not.equal(seedNumber("a", "oak"));
    expect(seedNumber("a")).to.be.within(0, 2 ** 31 - 1);
    expect(seedBytes("a")).to.have.length(32);
  });

  it("is where fast-check takes its cases from", () => {
    expect(fc.readConfigureGlobal().seed).to.equal(seedNumber("fast-check"));
  });
});

describe("dice", () => {
  const rolls = (dice: Dice) => [dice.hex(40), dice.next(), dice.below(1_000), dice.pick([1, 2, 3, 4, 5]), dice.some([1, 2, 3, 4, 5], 3)];

  it("roll the same for the same seed and name", () => {
    expect(rolls(rollDice("bob", "acorn"))).to.deep.equal(rolls(rollDice("bob", "acorn")));
  });

  it("roll the bytes that they always rolled: a seed of an old report repeats it", () => {
    expect(rollDice("bob", "acorn").hex(8)).to.equal("0x95a01f6be80ab183");
  });

  it("roll otherwise for another seed or name", () => {
    expect(
      new Set(
        [
          ["bob", "acorn"],
          ["bob", "oak"],
          ["alice", "acorn"],
        ].map(([name = "", seed]) => rollDice(name, seed).hex(32)),
      ).size,
    ).to.equal(3);
  });

  it("roll the whole range and nothing beside it", () => {
    const dice = rollDice("range", "acorn");
    expect([...new Set(Array.from({ length: 500 }, () => dice.below(6)))].toSorted()).to.deep.equal([0, 1, 2, 3, 4, 5]);
    expect(Array.from({ length: 500 }, () => dice.chance(0.25)).filter(Boolean).length).to.be.within(80, 170);
    expect(() => dice.pick([])).to.throw();
  });

  it("pick different values, in order", () => {
    const dice = rollDice("some", "acorn");
    for (let i = 0; i < 50; i += 1) {
      const some = dice.some([1, 2, 3, 4, 5, 6], 4);
      expect(some).to.deep.equal([...new Set(some)].toSorted());
      expect(some).to.have.length(4);
    }
    expect(dice.some([1, 2], 5)).to.deep.equal([1, 2]);
  });
});

describe("a test that fails", () => {
  /** Runs a file of one failing property as the unit tests are run. */
  const failingRun = (seed: string | undefined): string => {
    const folder = mkdtempSync(join(tmpdir(), "keyquorum-seed-"));
    try {
      const dice = JSON.stringify(join(ROOT, "test", "random", "dice.ts"));
      const file = join(folder, "fails.test.mjs");
      writeFileSync(
        file,
        `import { rollDice } from ${dice};
it("fails", () => { throw new Error("rolled " + rollDice("bob").hex(8)); });`,
      );
      const { KEYQUORUM_SEED: _, KEYQUORUM_TEST_RESULTS: __, ...environment } = process.env;
      const run = spawnSync(
        process.execPath,
        [join(ROOT, "node_modules/mocha/bin/mocha.js"), "--no-config", "--reporter", "test/reporter.cjs", file],
        {
          cwd: ROOT,
          encoding: "utf8",
          env: seed === undefined ? environment : { ...environment, KEYQUORUM_SEED: seed },
        },
      );
      expect(run.status, "the control: it fails").to.equal(1);
      return run.stdout;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };

  it("says which seed repeats it, and that seed does", () => {
    const first = failingRun(undefined);
    const seed = first.match(/KEYQUORUM_SEED=([\w-]+) repeats/)?.[1];
    expect(seed).to.match(/^[0-9a-f]{12}$/);
    const rolled = first.match(/rolled (0x[0-9a-f]{16})/)?.[1];
    expect(rolled).to.equal(rollDice("bob", seed).hex(8));
    const again = failingRun(seed);
    expect(again).to.include(`rolled ${rolled}`).and.to.include(howToRepeat(seed));
  });
});
