import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperatorError } from "@keyquorum/daemon";
import type { Address, ErrorBody, Hash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { type AcceptedRow, createRunsFile, openRunsFile, type RunsFile } from "./runsFile.ts";

const word = (byte: number): Hash32 => `0x${byte.toString(16).padStart(2, "0").repeat(32)}` as Hash32;
const account = (byte: number): Address => `0x${byte.toString(16).padStart(2, "0").repeat(20)}` as Address;
const OWNER = { chainId: 31337n, runner: account(9) };
const FAILURE: ErrorBody = { code: "RUN_INTERRUPTED", message: "It stopped.", retryable: true, details: {} };
const HOUR = 3_600;

describe("The file of a service's runs", () => {
  let directory: string;
  let runs: RunsFile;
  let now: number;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "keyquorum-runs-"));
    now = 1_000_000_000;
    createRunsFile(directory, OWNER);
    runs = openRunsFile(directory, OWNER, () => now);
  });
  afterEach(async () => {
    runs.close();
    await rm(directory, { recursive: true, force: true });
  });

  const row = (index: number, more: Partial<AcceptedRow> = {}): AcceptedRow => ({
    ...{
      id: word(index),
      caller: account(1),
      nonce: word(index),
      deadline: now / 1000 + 60,
      module: word(0xab),
      acceptedAt: now + index,
      ...more,
    },
  });
  const again = (): void => {
    runs.close();
    runs = openRunsFile(directory, OWNER, () => now);
  };
  const codeOf = (work: () => unknown): string => {
    try {
      work();
      return "done";
    } catch (error) {
      return error instanceof OperatorError ? error.code : String(error);
    }
  };

  it("is made whole or not at all: what was killed in between hinders nobody, and a second one that is made finds the first", async () => {
    const other = await mkdtemp(join(tmpdir(), "keyquorum-runs-"));
    try {
      await mkdir(join(other, ".making-killed"));
      await writeFile(join(other, ".making-killed", "runs.sqlite"), "half a file");
      createRunsFile(other, OWNER);
      openRunsFile(other, OWNER).close();
      expect(codeOf(() => createRunsFile(other, OWNER))).to.equal("RUNNER_ALREADY_INITIALISED");
      const without = await mkdtemp(join(other, "no-owner-"));
      const killed = {
        chainId: 31337n,
        get runner(): Address {
          throw new Error("killed"); // where the owner is written
        },
      };
      expect(codeOf(() => createRunsFile(without, killed))).to.equal("RUNS_UNUSABLE");
      expect(await readdir(without)).to.deep.equal([]);
      createRunsFile(without, OWNER);
    } finally {
      await rm(other, { recursive: true, force: true });
    }
  });

  it("takes a caller's nonce once, whatever is asked with it, and after it was opened again", () => {
    expect([runs.isTaken(row(1)), runs.accept(row(1)), runs.isTaken(row(1))]).to.deep.equal([false, true, true]);
    expect(runs.accept(row(1, { id: word(2) }))).to.equal(false);
    expect(runs.read(account(1), word(2))).to.equal(undefined);
    again();
    expect([runs.isTaken(row(1)), runs.accept(row(1, { id: word(3) }))]).to.deep.equal([true, false]);
    expect(runs.accept(row(1, { id: word(4), caller: account(2) }))).to.equal(true); // another caller's own
  });

  it("refuses what is older than the nonces that it still knows, when the clock is set back", () => {
    runs.accept(row(1));
    now += 2 * HOUR * 1000;
    runs.prune({ outputBytesPerCaller: 1_000, endedBefore: 0, perCaller: 10, now });
    now -= 2 * HOUR * 1000;
    expect([runs.isTaken(row(1)), runs.accept(row(1, { id: word(5) }))]).to.deep.equal([true, false]);
    again();
    expect(runs.isTaken(row(1))).to.equal(true);
    expect(runs.accept(row(2, { deadline: now / 1000 + 61 }))).to.equal(true); // and shuts nobody out who comes with a later deadline
  });

  it("keeps a nonce for an hour behind its deadline", () => {
    runs.accept(row(1));
    runs.prune({ outputBytesPerCaller: 1_000, endedBefore: 0, perCaller: 10, now: now + (60 + HOUR) * 1000 - 1_000 });
    expect(runs.isTaken({ ...row(1), deadline: now / 1000 + 1_000 })).to.equal(true);
    runs.prune({ outputBytesPerCaller: 1_000, endedBefore: 0, perCaller: 10, now: now + (60 + HOUR) * 1000 });
    expect(runs.isTaken({ ...row(1), deadline: now / 1000 + 1_000 })).to.equal(false);
  });

  it("tells a run to its caller: how it stands, how it ended, and outputs where they were kept", () => {
    runs.accept(row(1));
    const states = [runs.read(account(1), word(1))?.state];
    runs.begin({ id: word(1), caller: account(1) });
    states.push(runs.read(account(1), word(1))?.state);
    runs.end({ id: word(1), caller: account(1) }, { failure: FAILURE, stdout: Buffer.from("out") });
    const over = runs.read(account(1), word(1));
    expect([...states, over?.state, over?.failure, over?.stdout]).to.deep.equal(["queued", "running", "failed", FAILURE, "b3V0"]);
    expect(runs.read(account(2), word(1))).to.equal(undefined);
    expect(runs.list(account(1), 10).map((run) => [run.id, run.stdout])).to.deep.equal([[word(1), undefined]]);
  });

  it("ends what an earlier process left, and nothing else", () => {
    for (const index of [1, 2, 3]) runs.accept(row(index));
    runs.begin({ id: word(2), caller: account(1) });
    runs.end({ id: word(3), caller: account(1) }, {});
    again();
    expect(runs.interrupt(FAILURE)).to.equal(2);
    expect(runs.list(account(1), 10).map(({ state }) => state)).to.deep.equal(["ended", "failed", "failed"]);
  });

  it("forgets what ended long ago, and of each caller all but the newest, and never what is not over", () => {
    for (const index of [1, 2, 3, 4]) {
      runs.accept(row(index));
      if (index < 4) runs.end({ id: word(index), caller: account(1) }, {});
      now += 1_000;
    }
    runs.accept(row(5, { caller: account(2) }));
    runs.end({ id: word(5), caller: account(2) }, {});
    runs.prune({ outputBytesPerCaller: 1_000, endedBefore: 0, perCaller: 2, now });
    expect(runs.list(account(1), 10).map(({ id }) => id)).to.deep.equal([word(4), word(3), word(2)]);
    expect(runs.list(account(2), 10)).to.have.length(1);
    runs.prune({ outputBytesPerCaller: 1_000, endedBefore: now + 1, perCaller: 10, now });
    expect(runs.list(account(1), 10).map(({ id }) => id)).to.deep.equal([word(4)]);
  });

  it("belongs to one process, one runner and one chain, and is not made twice", async () => {
    expect(codeOf(() => openRunsFile(directory, OWNER))).to.equal("RUNNER_ALREADY_RUNNING");
    expect(codeOf(() => createRunsFile(directory, OWNER))).to.equal("RUNNER_ALREADY_INITIALISED");
    runs.close();
    expect(codeOf(() => openRunsFile(directory, { ...OWNER, chainId: 1n }))).to.equal("RUNNER_FOREIGN_DATA");
    expect(codeOf(() => openRunsFile(directory, { ...OWNER, runner: account(8) }))).to.equal("RUNNER_FOREIGN_DATA");
    expect(codeOf(() => openRunsFile(join(directory, "none"), OWNER))).to.equal("RUNNER_NOT_INITIALISED");
    runs = openRunsFile(directory, OWNER, () => now);
  });

  it("keeps so many bytes of a caller's outputs, the newest, and every record", () => {
    for (const index of [1, 2, 3]) {
      runs.accept(row(index));
      runs.end({ id: word(index), caller: account(1) }, { stdout: Buffer.alloc(300), stderr: Buffer.alloc(100) });
    }
    runs.accept(row(4, { caller: account(2) }));
    runs.end({ id: word(4), caller: account(2) }, { stdout: Buffer.alloc(900), stderr: Buffer.alloc(0) });
    runs.prune({ endedBefore: 0, perCaller: 9, outputBytesPerCaller: 1_000, now });
    const has = [1, 2, 3, 4].map((index) => {
      const found = runs.read(account(index === 4 ? 2 : 1), word(index));
      return [found?.state, found?.stdout !== undefined];
    });
    expect(has).to.deep.equal([
      ["ended", false],
      ["ended", true],
      ["ended", true],
      ["ended", true],
    ]);
  });

  it("keeps the runs of two callers who signed the same fields apart", () => {
    expect([runs.accept(row(1)), runs.accept(row(1, { caller: account(2) }))]).to.deep.equal([true, true]);
    runs.begin({ id: word(1), caller: account(1) });
    runs.end({ id: word(1), caller: account(2) }, {});
    expect([1, 2].map((caller) => runs.read(account(caller), word(1))?.state)).to.deep.equal(["running", "ended"]);
    runs.prune({ outputBytesPerCaller: 1_000, endedBefore: 0, perCaller: 0, now });
    expect([1, 2].map((caller) => runs.read(account(caller), word(1))?.state)).to.deep.equal(["running", undefined]);
  });

  it("is nobody else's to read, also in a folder that was there", async () => {
    const mask = process.umask(0o022);
    const folder = await mkdtemp(join(tmpdir(), "keyquorum-runs-"));
    try {
      await chmod(folder, 0o755);
      createRunsFile(folder, OWNER);
      const other = openRunsFile(folder, OWNER);
      other.accept(row(1));
      const files = await readdir(folder);
      const modes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).mode & 0o777));
      other.close();
      expect([files.length > 1, new Set(modes)]).to.deep.equal([true, new Set([0o600])]);
    } finally {
      process.umask(mask);
      await rm(folder, { recursive: true, force: true });
    }
  });
});
