import { combineShares, nobleBackend } from "@keyquorum/threshold";
import { bitmapOf, slotsOf } from "@keyquorum/wire";
import { expect } from "chai";
import { casesFor } from "../../../../test/random/cases.ts";
import { seedNumbers } from "../../../../test/random/seed.ts";
import { dealKey, type HeldKey, type ReshareSimulation, simulateReshare } from "../testing/reshareSimulation.ts";
import type { ReshareView } from "./view.ts";

/** P9; KEYQUORUM_CASES=10000 runs 100. */
const SEEDS = casesFor(1);
const NOISE = { crash: 0.12, lose: 0.12, reorg: 0.12 };
const FIVE = dealKey(1, [1, 3, 5, 7, 9], 2);

const isMoved = (run: ReshareSimulation, why?: string) => {
  expect(run.violations, why).to.deep.equal([]);
  expect(run.status, why).to.equal("Active");
};
const isFailed = (run: ReshareSimulation, failure: "MemberRemoved" | "TooFewDealers" | "NotReady", why?: string) => {
  expect(run.violations, why).to.deep.equal([]);
  expect([run.status, run.state.failure], why).to.deep.equal(["Failed", failure]);
  expect(
    run.keepers.flatMap(({ disk }) => [...disk.shares.values()]),
    "pending shares",
  ).to.deep.equal([]);
};
const stillOpens = ({ jointKey, threshold, shares }: HeldKey): boolean => {
  const some = [...shares].slice(-threshold - 1).map(([slot, share]) => ({ slot, share }));
  return nobleBackend.mulG(combineShares(some)).equals(jointKey);
};

describe("a reshare of many keepers", function () {
  this.timeout(180_000 + SEEDS * 60_000);

  const shapes = [
    { what: "a refresh", from: [1, 3, 5, 7, 9], t: 2, to: [1, 3, 5, 7, 9], next: 2 },
    { what: "two leave and two join", from: [1, 3, 5, 7, 9], t: 2, to: [5, 7, 9, 11, 13], next: 2 },
    { what: "everybody leaves", from: [1, 3, 5], t: 1, to: [2, 4, 6, 8], next: 1 },
    { what: "(2,5) to (3,7)", from: [1, 3, 5, 7, 9], t: 2, to: [1, 2, 3, 5, 7, 9, 11], next: 3 },
    { what: "(3,7) to (2,5)", from: [1, 2, 3, 5, 7, 9, 11], t: 3, to: [2, 5, 9, 11, 12], next: 2 },
  ];
  for (const { what, from, t, to, next } of shapes) {
    it(`${what}: one public key throughout, in ${SEEDS} seeds with lost transactions, restarts, reorgs and unequal finality (P9)`, async () => {
      for (const seed of seedNumbers("reshare", SEEDS)) {
        const old = dealKey(seed, from, t);
        const run = await simulateReshare({ seed, old, slots: to, threshold: next, ...NOISE });
        isMoved(run, `seed ${seed}`);
        expect(run.moved.shares.size, `seed ${seed}`).to.equal(to.length);
        expect(stillOpens(run.moved)).to.equal(true);
      }
    });
  }

  it("two reshares back to back, and the old shares of the first no longer fit (attack 13)", async () => {
    for (const seed of seedNumbers("reshare", SEEDS)) {
      const first = await simulateReshare({ seed, old: FIVE, slots: [3, 5, 7, 9, 11], threshold: 2, ...NOISE });
      const second = await simulateReshare({ seed: seed + 100, old: first.moved, slots: [5, 7, 9, 11, 13], threshold: 2, ...NOISE });
      isMoved(first, `seed ${seed}`);
      isMoved(second, `seed ${seed}`);
      const mixed = [
        { slot: 5, share: FIVE.shares.get(5) ?? 0n },
        { slot: 7, share: first.moved.shares.get(7) ?? 0n },
        { slot: 9, share: second.moved.shares.get(9) ?? 0n },
      ];
      expect(nobleBackend.mulG(combineShares(mixed)).equals(FIVE.jointKey)).to.equal(false);
    }
  });

  it("completes with as many old members absent as n-(t+1), and new ones as n'-(2t'+1); with one more nothing is lost (D1)", async () => {
    const next = [2, 4, 6, 8, 10, 12];
    const reshare = (absent: readonly number[], seed: number) =>
      simulateReshare({ seed, old: FIVE, slots: next, threshold: 2, absent, lose: 0.1 });
    isMoved(await reshare([1, 9, 12], 1));
    isFailed(await reshare([1, 5, 9], 2), "TooFewDealers");
    isFailed(await reshare([2, 12], 3), "NotReady");
  });

  it("disqualifies an old member of one bad share, and Q is the next ones (attack 17)", async () => {
    for (const seed of seedNumbers("reshare", SEEDS)) {
      const cheats = new Map([[3, new Map([[8, 1n]])]]);
      const run = await simulateReshare({ seed, old: FIVE, slots: [2, 3, 4, 6, 8, 10], threshold: 2, cheats, ...NOISE });
      isMoved(run, `seed ${seed}`);
      expect(run.state.disqualified).to.deep.equal([3]);
      expect(slotsOf(run.board.qualAt(run.board.headNumber()))).to.deep.equal([1, 5, 7]);
    }
  });

  it("names both of two old members whose errors cancel out in the weighted sum (attack 18a)", async () => {
    // Q would be 1, 3, 5 with weights 15/8, -5/4, 3/8: errors of 2 and 3 in the shares of 1 and 3 cancel out.
    for (const seed of seedNumbers("reshare", SEEDS)) {
      const cheats = new Map([
        [1, new Map([[2, 2n]])],
        [3, new Map([[2, 3n]])],
      ]);
      const run = await simulateReshare({ seed, old: FIVE, slots: [2, 4, 6, 8, 10], threshold: 2, cheats, lose: 0.1 });
      isMoved(run, `seed ${seed}`);
      expect(run.state.disqualified.toSorted((a, b) => a - b)).to.deep.equal([1, 3]);
      expect(run.moved.shares.get(2), "the victim holds a right share").to.not.equal(undefined);
    }
  });

  it("nobody deals what is not its share: the board refuses it, and the others continue", async () => {
    const other = dealKey(99, [1, 3, 5, 7, 9], 2);
    const old = { ...FIVE, shares: new Map(FIVE.shares).set(7, other.shares.get(7) ?? 0n) };
    // Keeper 7 restored a wrong disk: it says so and does not deal. Its verifying share is that of the chain.
    const lies = new Map([
      [7, (view: ReshareView) => ({ ...view, dealers: view.dealers.map((dealer) => (dealer.slot === 7 ? { ...dealer, verifyingShare: pointOf(FIVE, 7) } : dealer)) })],
    ]); // biome-ignore format: one entry
    const run = await simulateReshare({ seed: 4, old, slots: [2, 4, 6, 8, 10], threshold: 2, lies, lose: 0.1 });
    expect(run.keepers.find(({ slot }) => slot === 7)?.cannotDeal[0]).to.deep.include({ kind: "cannotDeal", reason: "FOREIGN_SHARE" });
    expect(run.state.dealings.has(7)).to.equal(false);
    expect(run.status).to.equal("Active");
  });

  it("attack 35: without 2t'+1 confirmations the old epoch keeps the key, whichever are lost", async () => {
    for (const lost of [[1], [9], [1, 3, 5, 7, 9]]) {
      const censored = ({ kind, from }: { kind: string; from: number }) => kind === "ready" && lost.includes(from);
      const run = await simulateReshare({ seed: lost.length, old: FIVE, slots: [1, 3, 5, 7, 9], threshold: 2, censored, ...NOISE });
      isFailed(run, "NotReady", `${lost}`);
      expect(run.keepers.every(({ slot, disk }) => disk.oldShare === FIVE.shares.get(slot))).to.equal(true);
    }
  });

  it("attack 35: a failed reshare is asked for again, and moves the key then", async () => {
    const censored = ({ kind }: { kind: string }) => kind === "ready";
    isFailed(await simulateReshare({ seed: 7, old: FIVE, slots: [3, 5, 7, 9, 11], threshold: 2, censored }), "NotReady");
    isMoved(await simulateReshare({ seed: 8, old: FIVE, slots: [3, 5, 7, 9, 11], threshold: 2, ...NOISE }));
  });

  for (const { slot, is } of [
    { slot: 1, is: "an old member" },
    { slot: 7, is: "a member of both" },
    { slot: 11, is: "a new member" },
  ])
    it(`attack 35: it comes to the same end whichever step ${is} is killed before`, async () => {
      let crashes = 0;
      for (let victimStep = 0; victimStep < 8; victimStep += 1) {
        let step = 0;
        const before = () => {
          const isNow = step === victimStep;
          step += 1;
          if (isNow) crashes += 1;
          return isNow;
        };
        const seed = 200 + victimStep;
        const run = await simulateReshare({ seed, old: FIVE, slots: [5, 7, 9, 11, 13], threshold: 2, killSlot: { slot, before } });
        isMoved(run, `killed before step ${victimStep}`);
      }
      expect(crashes, "control: it was killed").to.be.greaterThan(1);
    });

  it("attack 36: keepers that are shown another Q confirm something else, which the board refuses; too many of them, and nothing moves", async () => {
    const another = (view: ReshareView): ReshareView =>
      view.qual === 0n ? view : { ...view, qual: bitmapOf([3, 5, 7]), qualIsFinal: true };
    const slots = [2, 4, 6, 8, 10, 12];
    const lieTo = (deceived: readonly number[]) => new Map(deceived.map((slot) => [slot, another]));
    const one = await simulateReshare({ seed: 3, old: FIVE, slots, threshold: 2, lies: lieTo([4]), lose: 0.1 });
    isMoved(one);
    expect(one.board.refusals.some(({ transaction, why }) => transaction.from === 4 && why === "ForeignQual")).to.equal(true);
    // It sees in the end that the others confirmed something else, and uses no share.
    const deceived = one.keepers.find(({ slot }) => slot === 4);
    expect(deceived?.unready.at(-1)?.reason).to.equal("RESULT_MISMATCH");
    expect(deceived?.disk.active).to.equal(undefined);
    isFailed(await simulateReshare({ seed: 4, old: FIVE, slots, threshold: 2, lies: lieTo([4, 6]), lose: 0.1 }), "NotReady");
  });

  it("attack 50: without the consent of t+1 old members nothing moves, and nobody who withholds it deals", async () => {
    const slots = [2, 4, 6, 8, 10];
    const withheld = (some: readonly number[]) => (slot: number) => (some.includes(slot) ? "withheld" : "given") as "withheld" | "given";
    const two = await simulateReshare({ seed: 5, old: FIVE, slots, threshold: 2, consent: withheld([1, 5]), lose: 0.1 });
    isMoved(two);
    expect([...two.state.dealings.keys()].toSorted((a, b) => a - b)).to.deep.equal([3, 7, 9]);
    const three = await simulateReshare({ seed: 6, old: FIVE, slots, threshold: 2, consent: withheld([1, 5, 9]), lose: 0.1 });
    isFailed(three, "TooFewDealers");
  });

  for (const when of ["Dealing", "Disputing", "AwaitingReady"] as const) {
    it(`attack 14: the removal of a new member while the reshare is ${when} ends it, and nobody deals or confirms after it`, async () => {
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const removal = { when, slots: [9] };
        const run = await simulateReshare({ seed, old: FIVE, slots: [3, 5, 7, 9, 11], threshold: 2, removal, ...NOISE });
        isFailed(run, "MemberRemoved", `seed ${seed}`);
        expect(stillOpens(FIVE)).to.equal(true);
      }
    });
    it(`the removal of an old member that leaves while the reshare is ${when} ends nothing: it is the way out`, async () => {
      const removal = { when, slots: [1] };
      isMoved(await simulateReshare({ seed: 2, old: FIVE, slots: [3, 5, 7, 9, 11], threshold: 2, removal, lose: 0.1 }));
    });
  }

  it("attack 14: removed old members deal nothing, and where fewer than t+1 are left nothing moves", async () => {
    const awake = new Map([1, 3, 5, 7, 9].map((slot) => [slot, 6]));
    const remove = (slots: readonly number[]) =>
      simulateReshare({ seed: 3, old: FIVE, slots: [2, 4, 6, 8, 10], threshold: 2, removal: { when: "Dealing", slots }, lateUntil: awake });
    const two = await remove([1, 5]);
    isMoved(two);
    expect([...two.state.dealings.keys()].toSorted((a, b) => a - b)).to.deep.equal([3, 7, 9]);
    isFailed(await remove([1, 5, 9]), "TooFewDealers");
  });

  it("attack 50: a (5,2) key is dealt to no epoch of 8 whose members 6, 7 and 8 were removed, whatever the contract says", async () => {
    const old = dealKey(6, [1, 2, 3, 4, 5], 2);
    const removal = { when: "Dealing", slots: [6, 7, 8], rule: "ignored" } as const;
    const asleep = new Map([1, 2, 3, 4, 5, 6, 7, 8].map((slot) => [slot, 6]));
    const run = await simulateReshare({ seed: 6, old, slots: [1, 2, 3, 4, 5, 6, 7, 8], threshold: 2, removal, lateUntil: asleep });
    isFailed(run, "TooFewDealers");
    expect([...run.state.dealings.keys()]).to.deep.equal([]);
  });

  it("attack 14: READY of removed keepers moves no key where a contract counts it: the honest ones confirm nothing", async () => {
    const removal = { when: "AwaitingReady", slots: [9], rule: "ignored" } as const;
    isFailed(await simulateReshare({ seed: 7, old: FIVE, slots: [3, 5, 7, 9, 11], threshold: 2, removal }), "NotReady");
  });

  it("lets a new member that slept through it all catch up from the board alone", async () => {
    const run = await simulateReshare({ seed: 2, old: FIVE, slots: [2, 4, 6, 8, 10, 12], threshold: 2, lateUntil: new Map([[6, 70]]) });
    isMoved(run);
    expect(run.moved.shares.has(6)).to.equal(true);
    expect(run.state.ready.has(6), "control: it did not confirm").to.equal(false);
  });

  it("says who has no share, without the epoch's secret or with a bad share that nobody complained about in time", async () => {
    const forgetful = await simulateReshare({ seed: 2, old: FIVE, slots: [2, 4, 6, 8, 10, 12], threshold: 2, forgetful: [6] });
    isMoved(forgetful);
    expect(forgetful.keepers.find(({ slot }) => slot === 6)?.unready[0]?.reason).to.equal("NO_EPOCH_SECRET");
    const cheats = new Map([[3, new Map([[6, 1n]])]]);
    const lateUntil = new Map([[6, 60]]);
    const asleep = await simulateReshare({ seed: 3, old: FIVE, slots: [2, 4, 6, 8, 10, 12], threshold: 2, cheats, lateUntil });
    isMoved(asleep);
    const victim = asleep.keepers.find(({ slot }) => slot === 6);
    expect(victim?.unready[0]).to.deep.include({ reason: "BAD_SHARES", dealers: [3] });
    expect(victim?.disk.active).to.equal(undefined);
  });
});

const pointOf = ({ shares }: HeldKey, slot: number) => nobleBackend.mulG(shares.get(slot) ?? 0n);
