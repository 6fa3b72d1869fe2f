import { expect } from "chai";
import { casesFor } from "../../../../test/random/cases.ts";
import { seedNumbers } from "../../../../test/random/seed.ts";
import { shiftEncryptedShare } from "../testing/badDealings.ts";
import { type Simulation, simulate } from "../testing/simulation.ts";

/** P10; KEYQUORUM_CASES=10000 runs 100. */
const SEEDS = casesFor(1);
const SHAPES = [
  { members: 4, threshold: 1 },
  { members: 5, threshold: 2 },
  { members: 6, threshold: 2 },
  { members: 7, threshold: 3 },
  { members: 7, threshold: 2 },
];
const statusOf = ({ board }: Simulation) => board.statusAt(board.headNumber());
const stateOf = ({ board }: Simulation) => board.stateAt(board.headNumber());

describe("key generation of many keepers", function () {
  this.timeout(180_000 + SEEDS * 60_000);

  for (const { members, threshold } of SHAPES) {
    it(`gives ${members} honest keepers one key of threshold ${threshold}, in ${SEEDS} seeds with lost transactions, restarts and reorgs (P10)`, async () => {
      for (const seed of seedNumbers("key generation", SEEDS)) {
        const run = await simulate({ seed, members, threshold, crash: 0.15, lose: 0.15, reorg: 0.15 });
        expect(run.violations, `seed ${seed}`).to.deep.equal([]);
        expect(statusOf(run), `seed ${seed}`).to.equal("Active");
        expect(run.honest.filter(({ disk }) => disk.active !== undefined).length).to.equal(members);
      }
    });
  }

  it("disqualifies a dealer of one bad share, and the rest proceed (attack 17)", async () => {
    for (const seed of seedNumbers("key generation", SEEDS)) {
      const cheats = () => new Map([[3, shiftEncryptedShare(2, 4, 1n)]]);
      const run = await simulate({ seed, members: 7, threshold: 2, cheats, crash: 0.1, lose: 0.1, reorg: 0.1 });
      expect(run.violations, `seed ${seed}`).to.deep.equal([]);
      expect(stateOf(run).disqualified).to.deep.equal([3]);
      expect(stateOf(run).finalized?.qual).to.deep.equal([1, 5, 7, 9, 11, 13]);
      expect(statusOf(run)).to.equal("Active");
    }
  });

  it("names both of two dealers whose errors cancel out, though their sum is right (attack 18a)", async () => {
    for (const seed of seedNumbers("key generation", SEEDS)) {
      const cheats = () =>
        new Map([
          [3, shiftEncryptedShare(2, 0, 12345n)],
          [5, shiftEncryptedShare(2, 0, -12345n)],
        ]);
      const run = await simulate({ seed, members: 7, threshold: 2, cheats, lose: 0.1 });
      expect(run.violations, `seed ${seed}`).to.deep.equal([]);
      expect(stateOf(run).disqualified.toSorted((a, b) => a - b)).to.deep.equal([3, 5]);
      expect(statusOf(run)).to.equal("Active");
      const victim = run.honest.find(({ slot }) => slot === 1);
      expect(victim?.disk.active, "the victim holds a right share").to.not.equal(undefined);
    }
  });

  it("completes with as many absent keepers as n-(2t+1), and with one more ends in a recorded failure (D1)", async () => {
    const enough = await simulate({ seed: 1, members: 7, threshold: 2, absent: [1, 13], lose: 0.1 });
    expect(enough.violations).to.deep.equal([]);
    expect(statusOf(enough)).to.equal("Active");
    const tooMany = await simulate({ seed: 1, members: 7, threshold: 2, absent: [1, 7, 13], lose: 0.1 });
    expect(tooMany.violations).to.deep.equal([]);
    expect([statusOf(tooMany), stateOf(tooMany).failure]).to.deep.equal(["Failed", "NotReady"]);
    const hardlyAny = await simulate({ seed: 1, members: 5, threshold: 2, absent: [1, 3, 5], lose: 0.1 });
    expect(hardlyAny.violations).to.deep.equal([]);
    expect([statusOf(hardlyAny), stateOf(hardlyAny).failure]).to.deep.equal(["Failed", "TooFewDealers"]);
  });

  it("completes with one malicious dealer and one absentee at n = 7, t = 2", async () => {
    const cheats = () => new Map([[9, shiftEncryptedShare(2, 0, 7n)]]);
    const run = await simulate({ seed: 5, members: 7, threshold: 2, absent: [13], cheats, crash: 0.1, lose: 0.1, reorg: 0.1 });
    expect(run.violations).to.deep.equal([]);
    expect(stateOf(run).disqualified).to.deep.equal([9]);
    expect(statusOf(run)).to.equal("Active");
  });

  it("lets a keeper that was offline all the time catch up from the board alone", async () => {
    const run = await simulate({ seed: 2, members: 6, threshold: 2, lateUntil: new Map([[5, 70]]) });
    expect(run.violations).to.deep.equal([]);
    expect(stateOf(run).dealings.has(5), "control: it did not deal").to.equal(false);
    const late = run.honest.find(({ slot }) => slot === 5);
    expect(late?.disk.outcome).to.equal("active");
    expect(late?.disk.active).to.not.equal(undefined);
  });

  it("says who cannot confirm when a bad share was not complained about in time, and the others continue", async () => {
    const cheats = () => new Map([[3, shiftEncryptedShare(2, 2, 1n)]]);
    // Slot 5 is the victim and sleeps through the windows.
    const run = await simulate({ seed: 3, members: 6, threshold: 2, cheats, lateUntil: new Map([[5, 50]]) });
    expect(run.violations).to.deep.equal([]);
    expect(stateOf(run).disqualified).to.deep.equal([]);
    const victim = run.honest.find(({ slot }) => slot === 5);
    expect(victim?.unready[0]).to.deep.include({ reason: "BAD_SHARES", dealers: [3] });
    expect(victim?.disk.active).to.equal(undefined);
    expect(stateOf(run).ready.has(5)).to.equal(false);
  });

  for (const when of ["Dealing", "Disputing", "AwaitingShift", "Finalizing", "AwaitingReady"] as const) {
    it(`attack 14: a removal while the session is ${when} ends it, and no honest keeper deals, finalizes or confirms after it`, async () => {
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const removal = { when, slots: [3] };
        const run = await simulate({ seed, members: 7, threshold: 2, removal, crash: 0.1, lose: 0.1, reorg: 0.1 });
        expect(run.violations, `seed ${seed}`).to.deep.equal([]);
        expect([statusOf(run), stateOf(run).failure], `seed ${seed}`).to.deep.equal(["Failed", "MemberRemoved"]);
        expect(run.keepers.flatMap(({ disk }) => [...disk.shares.values()])).to.deep.equal([]);
      }
    });
  }

  it("attack 14: who was removed before the first dealing gets a share of nobody, whatever the contract says", async () => {
    // t = 1: keepers 1 and 3 alone would own the key. The contract continues, as one that does not know the rule.
    const removal = { when: "Dealing", slots: [1, 3], rule: "ignored" } as const;
    const run = await simulate({
      seed: 4,
      members: 5,
      threshold: 1,
      removal,
      lateUntil: new Map([1, 3, 5, 7, 9].map((slot) => [slot, 6])),
    });
    expect(run.violations).to.deep.equal([]);
    expect([...stateOf(run).dealings.keys()]).to.deep.equal([]);
    expect([statusOf(run), stateOf(run).failure]).to.deep.equal(["Failed", "TooFewDealers"]);
  });

  for (const when of ["Disputing", "Finalizing", "AwaitingReady"] as const)
    it(`attack 14: a contract that continues after a removal while ${when} gets no confirmations`, async () => {
      const run = await simulate({ seed: 5, members: 7, threshold: 2, removal: { when, slots: [3], rule: "ignored" } });
      expect(run.violations).to.deep.equal([]);
      expect(statusOf(run)).to.equal("Failed");
    });

  const NUMBERINGS: readonly (readonly [string, (block: number) => number])[] = [
    ["5000 ahead", (block) => block + 5_000],
    ["far behind, four blocks to a number", (block) => 17 + Math.floor(block / 4)],
    ["in jumps of two", (block) => 900_000 + 2 * block],
  ];
  for (const [how, numbering] of NUMBERINGS)
    it(`makes the key where the contract counts other blocks than the nodes do: ${how}`, async () => {
      for (const seed of seedNumbers("key generation", SEEDS)) {
        const run = await simulate({ seed, members: 5, threshold: 1, crash: 0.1, lose: 0.1, reorg: 0.1, numbering, maxBlocks: 600 });
        expect(run.violations, `seed ${seed}`).to.deep.equal([]);
        expect(statusOf(run), `seed ${seed}`).to.equal("Active");
      }
    });

  it("lets the contract fix another block for the shift where the hash is gone before anybody finalizes", async () => {
    let rearmed = 0;
    for (let seed = 1; seed <= 5; seed += 1) {
      const windows = { deal: 60, dispute: 16, finalize: 80, ready: 80 };
      const run = await simulate({ seed, members: 5, threshold: 1, lose: 0.6, calm: 0, windows, hashLife: 2, maxBlocks: 600 });
      expect(run.violations, `seed ${seed}`).to.deep.equal([]);
      expect(statusOf(run), `seed ${seed}`).to.equal("Active");
      if (stateOf(run).rearmed !== undefined) rearmed += 1;
    }
    expect(rearmed, "control: a hash was gone").to.be.greaterThan(0);
  });

  it("comes to the same end whichever step a keeper is killed before (attack 35: a restart at each step)", async () => {
    let crashes = 0;
    for (let victimStep = 0; victimStep < 8; victimStep += 1) {
      let step = 0;
      const run = await simulateWithKillAt(victimStep, () => {
        const isNow = step === victimStep;
        step += 1;
        if (isNow) crashes += 1;
        return isNow;
      });
      expect(run.violations, `killed before step ${victimStep}`).to.deep.equal([]);
      expect(statusOf(run)).to.equal("Active");
    }
    expect(crashes, "control: it was killed").to.be.greaterThan(5);
  });
});

/** Every keeper takes part at n = 5, t = 2: none may fail. One of them is killed once, before its n-th effect. */
const simulateWithKillAt = (seed: number, kill: () => boolean): Promise<Simulation> =>
  simulate({ seed: 100 + seed, members: 5, threshold: 2, killSlot: { slot: 5, before: kill } });
