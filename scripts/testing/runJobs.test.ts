import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type JobOutcome, type RunOptions, runJobs } from "./runJobs.ts";
import type { Job, Stage } from "./stages.ts";

/** Takes 0.3 s of processor time, nearly all of it its own: asking how much it was is the system's. */
const WORK = `node -e 'for (let i = 0; i % 1_000_000 > 0 || process.cpuUsage().user < 300_000; i += 1);'`;

describe("running jobs in lanes", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "keyquorum-jobs-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const bash = (name: string, script: string, needs?: readonly string[]): Job => ({
    name,
    command: "bash",
    args: ["-c", script],
    ...(needs === undefined ? {} : { needs }),
  });
  const stageOf = (...jobs: readonly Job[]): Stage => ({ key: jobs[0]?.name ?? "", title: "", jobs });
  const run = (stages: readonly Stage[], options: Partial<RunOptions> = {}) =>
    runJobs(stages, { lanes: 2, environment: process.env, cwd: folder, ...options });
  const outcomeOf = async (job: Job): Promise<JobOutcome> => (await run([stageOf(job)]).outcomes).get(job.name) as JobOutcome;
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  /** Resolves once something stands in the file: a shell makes it before it writes. */
  const written = async (name: string): Promise<string> => {
    const path = join(folder, name);
    await until(() => existsSync(path) && readFileSync(path, "utf8").endsWith("\n"));
    return readFileSync(path, "utf8").trim();
  };
  const isAlive = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
    } catch {
      return false;
    }
  };

  it("says how each ended, when, and what it printed, also to stderr", async () => {
    const good = await outcomeOf(bash("good", "echo one; echo two >&2"));
    expect([good.passed, good.output.split("\n").toSorted()]).to.deep.equal([true, ["one", "two"]]);
    expect(good.ended).to.be.within(good.started, Date.now());
    expect((await outcomeOf(bash("bad", "exit 3"))).passed).to.equal(false);
    expect((await outcomeOf(bash("killed", "kill -9 $$"))).passed).to.equal(false);
    const none = await outcomeOf({ name: "none", command: join(folder, "nothing"), args: [] });
    expect([none.passed, none.output.includes("ENOENT")]).to.deep.equal([false, true]);
  });

  it("has as many on their way as there are lanes, in their order", async () => {
    const events: string[] = [];
    let most = 0;
    let now = 0;
    const jobs = ["a", "b", "c", "d", "e"].map((name) => bash(name, "sleep 0.05"));
    const { outcomes } = run([stageOf(...jobs.slice(0, 2)), stageOf(...jobs.slice(2))], {
      onStart: ({ name }) => {
        events.push(name);
        now += 1;
        most = Math.max(most, now);
      },
      onEnd: () => {
        now -= 1;
      },
    });
    expect([...(await outcomes).keys()].toSorted()).to.deep.equal(["a", "b", "c", "d", "e"]);
    expect([events, most, now]).to.deep.equal([["a", "b", "c", "d", "e"], 2, 0]);
  });

  it("has as many as a stage wants of its own on their way, and tells them", async () => {
    let [most, now] = [0, 0];
    const jobs = ["a", "b", "c"].map((name) =>
      bash(name, `echo $KEYQUORUM_TEST_LANES; touch ${name}; while [ ! -e c ]; do sleep 0.02; done`),
    );
    const before = stageOf(bash("first", "echo $KEYQUORUM_TEST_LANES"));
    const stage: Stage = { ...stageOf(...jobs), isAlone: true, lanesOf: (lanes) => lanes + 1 };
    const ended = await run([before, stage], {
      onStart: () => {
        now += 1;
        most = Math.max(most, now);
      },
      onEnd: () => {
        now -= 1;
      },
    }).outcomes;
    expect([...ended.values()].map(({ name, output }) => `${name} ${output}`).toSorted()).to.deep.equal(["a 3", "b 3", "c 3", "first 2"]);
    expect(most).to.equal(3);
  });

  it("starts a job when what it needs has passed, and others meanwhile", async () => {
    const events: string[] = [];
    const first = bash("first", "while [ ! -e other ]; do sleep 0.02; done");
    const { outcomes } = run([stageOf(first, bash("second", "true", ["first"])), stageOf(bash("other", "touch other"))], {
      onStart: ({ name }) => events.push(name),
    });
    expect([...(await outcomes).values()].every(({ passed }) => passed)).to.equal(true);
    expect(events).to.deep.equal(["first", "other", "second"]);
  });

  it("does not start a job when what it needs has failed, says so, and counts it as failed", async () => {
    const started: string[] = [];
    const { outcomes } = run(
      [
        stageOf(bash("first", "exit 1")),
        stageOf(bash("second", "true", ["first"]), bash("third", "true", ["second"]), bash("other", "true")),
      ],
      { onStart: ({ name }) => started.push(name) },
    );
    const ended = await outcomes;
    expect(started.toSorted()).to.deep.equal(["first", "other"]);
    expect([...ended.values()].filter(({ passed }) => !passed).map(({ name }) => name)).to.deep.equal(["first", "second", "third"]);
    expect(ended.get("second")?.output).to.include("first failed");
  });

  it("starts a stage that wants to be alone when all before it are over, passed or not", async () => {
    const before = [bash("a", "sleep 0.1; touch a.over"), bash("b", "sleep 0.3; touch b.over; exit 1")];
    const alone: Stage = { ...stageOf(bash("c", "test -e a.over && test -e b.over")), isAlone: true };
    const ended = await run([stageOf(...before), alone], { lanes: 3 }).outcomes;
    expect([...ended].map(([name, { passed }]) => [name, passed])).to.deep.equal([
      ["a", true],
      ["b", false],
      ["c", true],
    ]);
  });

  it("counts what processes use that a job starts", async function () {
    if (process.platform !== "linux") this.skip();
    const { cpuSeconds } = await outcomeOf(bash("work", `${WORK}; sleep 0.5`));
    expect(cpuSeconds).to.be.within(0.25, 3);
  });

  it("counts what a process used that ended with its job, between two readings", async function () {
    if (process.platform !== "linux") this.skip();
    const { cpuSeconds } = await outcomeOf(bash("work", WORK));
    expect(cpuSeconds).to.be.within(0.25, 3);
  });

  it("passes on a signal to all processes of all jobs, and starts no more", async () => {
    const waiting = (name: string) => bash(name, `sleep 1000 & echo $! > ${name}; wait`);
    const started: string[] = [];
    const { outcomes, stop } = run([stageOf(waiting("a"), waiting("b"), bash("c", "true"))], { onStart: ({ name }) => started.push(name) });
    const pids = [Number(await written("a")), Number(await written("b"))];
    expect(pids.map(isAlive), "the control").to.deep.equal([true, true]);
    expect(stop("SIGTERM")).to.deep.equal(["a", "b"]);
    expect([...(await outcomes).values()].map(({ passed }) => passed)).to.deep.equal([false, false]);
    await until(() => !pids.some(isAlive)); // a signal may arrive after the shell's end was noticed; where none comes, this test's time ends
    expect(started).to.deep.equal(["a", "b"]);
  });
});
