import { expect } from "chai";
import { createBlockMemory } from "./blockMemory.ts";

const [A, B] = [`0x${"aa".repeat(32)}`, `0x${"bb".repeat(32)}`];

describe("what is remembered of a block", () => {
  let time: number;
  let asked: string[];
  const clock = { now: () => time };
  beforeEach(() => {
    [time, asked] = [0, []];
  });
  const asking =
    (said: string, fails = false) =>
    async (): Promise<string> => {
      asked.push(said);
      await Promise.resolve();
      if (fails) throw new Error("the node is away");
      return said;
    };

  it("is asked for once, also by those who ask meanwhile, and of each block by its hash", async () => {
    const memory = createBlockMemory<string>({ clock });
    const answers = await Promise.all([memory.once(A, "alice", asking("1")), memory.once(A, "alice", asking("2"))]);
    expect(answers).to.deep.equal(["1", "1"]);
    expect(await memory.once(A, "alice", asking("3"))).to.equal("1");
    expect(await memory.once(B, "alice", asking("4")), "of another block").to.equal("4");
    expect(await memory.once(A, "bob", asking("5")), "another question").to.equal("5");
    expect(asked).to.deep.equal(["1", "4", "5"]);
  });
  it("is no failure, and nothing that is not to be kept", async () => {
    const memory = createBlockMemory<string>({ clock, isKept: (said) => said === "yes" });
    const failures = await Promise.allSettled([memory.once(A, "alice", asking("1", true)), memory.once(A, "alice", asking("2"))]);
    expect(failures.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
    expect(await memory.once(A, "alice", asking("no"))).to.equal("no");
    expect(await memory.once(A, "alice", asking("yes"))).to.equal("yes");
    expect(await memory.once(A, "alice", asking("no"))).to.equal("yes");
    expect(memory.size()).to.deep.include({ entries: 1 });
  });
  it("goes with its block, when four others were asked about since", async () => {
    const memory = createBlockMemory<string>({ clock });
    await memory.once(A, "alice", asking("1"));
    for (let block = 0; block < 100; block += 1) await memory.once(`0x${block}`, "alice", asking("2"));
    expect(memory.size()).to.deep.include({ blocks: 4, entries: 4 });
    expect(await memory.once(A, "alice", asking("3"))).to.equal("3");
  });
  it("is at most so many entries and bytes of a block, however many questions strangers think of", async () => {
    const memory = createBlockMemory<string>({ clock, most: 10, mostBytes: 100_000 });
    for (let question = 0; question < 100; question += 1) await memory.once(A, `question ${question}`, asking("1"));
    expect(memory.size().entries).to.equal(10);
    for (let question = 0; question < 100; question += 1) await memory.once(A, `${question}`.padEnd(30_000), asking("1"));
    expect(memory.size().entries).to.equal(3);
    expect(memory.size().bytes).to.be.below(100_000);
  });
  it("counts what is under way, too", () => {
    const memory = createBlockMemory<string>({ clock, most: 10 });
    for (let question = 0; question < 100; question += 1) void memory.once(A, `question ${question}`, () => new Promise(() => undefined));
    expect(memory.size().entries).to.equal(10);
  });
  it("is not believed for more than a minute, though the block stays the newest final one", async () => {
    const memory = createBlockMemory<string>({ clock });
    await memory.once(A, "alice", asking("1"));
    time = 60_001;
    expect(await memory.once(A, "alice", asking("2"))).to.equal("2");
    expect(memory.size()).to.deep.include({ entries: 1 });
  });
});
