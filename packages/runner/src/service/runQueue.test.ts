import { type Address, KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { createCallerRates } from "./callerRates.ts";
import { createRunQueue } from "./runQueue.ts";

const account = (byte: number): Address => `0x${byte.toString(16).padStart(2, "0").repeat(20)}` as Address;
const [ALICE, BOB] = [account(1), account(2)];
const codeOf = (work: () => void): string => {
  try {
    work();
    return "room";
  } catch (error) {
    if (!(error instanceof KeyquorumError)) throw error;
    return `${error.code} ${Number(error.details.retryAfterSeconds) > 0}`;
  }
};
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A queue whose turns end when the test says so. */
const queueOf = (limits: Parameters<typeof createRunQueue>[0]) => {
  const queue = createRunQueue(limits);
  const told: string[] = [];
  const ends: (() => void)[] = [];
  const add = (caller: Address, name: string): void =>
    queue.add(caller, (isOver) => {
      told.push(isOver ? `${name} is over` : name);
      return isOver ? Promise.resolve() : new Promise((resolve) => ends.push(resolve));
    });
  const endOne = async (): Promise<void> => {
    ends.shift()?.();
    await settle();
  };
  return { queue, told, add, endOne };
};

describe("The queue of a service's runs", () => {
  it("begins so many at once, callers in turns, each caller's own in their order", async () => {
    const { told, add, endOne } = queueOf({ concurrency: 1, queue: 10, perCaller: 10 });
    for (const name of ["a1", "a2", "a3"]) add(ALICE, name);
    add(BOB, "b1");
    expect(told).to.deep.equal(["a1"]);
    for (let index = 0; index < 3; index++) await endOne();
    expect(told).to.have.members(["a1", "a2", "a3", "b1"]);
    expect(told.indexOf("b1")).to.be.below(told.indexOf("a3")); // whoever has much waiting holds nobody up
    expect(told.indexOf("a2")).to.be.below(told.indexOf("a3"));
  });

  it("has so much room for all, and for each caller, running ones included, and gets it back", async () => {
    const { queue, add, endOne } = queueOf({ concurrency: 1, queue: 2, perCaller: 2 });
    add(ALICE, "a1");
    add(ALICE, "a2");
    expect([codeOf(() => queue.assertRoom(ALICE)), codeOf(() => queue.assertRoom(BOB))]).to.deep.equal(["RATE_LIMITED true", "room"]);
    add(BOB, "b1");
    expect(codeOf(() => queue.assertRoom(account(3)))).to.equal("RATE_LIMITED true");
    await endOne();
    expect(codeOf(() => queue.assertRoom(account(3)))).to.equal("room");
    expect([queue.running(), queue.waiting()]).to.deep.equal([1, 1]);
  });

  it("cannot be filled by a few callers together: there is a place for one that has none", () => {
    const { queue, add } = queueOf({ concurrency: 1, queue: 32, perCaller: 8 });
    add(account(9), "runs");
    for (let round = 0; round < 8; round++)
      for (const caller of [1, 2, 3, 4].map(account)) if (codeOf(() => queue.assertRoom(caller)) === "room") add(caller, "waits");
    expect([1, 2, 3, 4].map((byte) => codeOf(() => queue.assertRoom(account(byte))))).to.deep.equal(new Array(4).fill("RATE_LIMITED true"));
    expect([codeOf(() => queue.assertRoom(account(5))), queue.waiting() < 32]).to.deep.equal(["room", true]);
  });

  it("when it is closed, begins nothing more, says so to what waits, and is over when what runs is", async () => {
    const { queue, told, add, endOne } = queueOf({ concurrency: 1, queue: 10, perCaller: 10 });
    for (const name of ["a1", "a2"]) add(ALICE, name);
    add(BOB, "b1");
    let isClosed = false;
    const closing = queue.close().then(() => {
      isClosed = true;
    });
    await settle();
    expect([[...told].sort(), isClosed]).to.deep.equal([["a1", "a2 is over", "b1 is over"], false]);
    await endOne();
    await closing;
    expect(queue.running()).to.equal(0);
  });
});

describe("How often a caller may begin", () => {
  it("is so many at once, then as time gives them back; another caller's are its own; a clock that goes back gives none", () => {
    let now = 1_000_000;
    const rates = createCallerRates({ perMinute: 3, now: () => now });
    const take = (caller = ALICE): string => codeOf(() => rates.take(caller));
    expect([take(), take(), take(), take(), take(BOB)]).to.deep.equal(["room", "room", "room", "RATE_LIMITED true", "room"]);
    now += 19_999;
    expect(take()).to.equal("RATE_LIMITED true");
    now += 1;
    expect([take(), take()]).to.deep.equal(["room", "RATE_LIMITED true"]);
    now -= 600_000;
    expect(take()).to.equal("RATE_LIMITED true");
  });
});
