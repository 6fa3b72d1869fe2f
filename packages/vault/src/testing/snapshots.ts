import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, StatementSync } from "node:sqlite";

/** The files of a directory at one moment, by name. SQLite's shared memory is none: it is lost with the last process. */
export type Snapshot = ReadonlyMap<string, Buffer>;

export const snapshotOf = (directory: string): Snapshot =>
  new Map(
    readdirSync(directory)
      .filter((name) => !name.endsWith("-shm") && !name.startsWith("writer.lock"))
      .map((name) => [name, readFileSync(join(directory, name))]),
  );

/** Makes a directory what it was then. */
export const restoreSnapshot = (directory: string, snapshot: Snapshot): void => {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { mode: 0o700 });
  for (const [name, content] of snapshot) writeFileSync(join(directory, name), content, { mode: 0o600 });
};

/** Does work, and answers with what a process that is killed -9 before each call of SQLite in it leaves on the disk; what is the same once only. */
export const snapshotsDuring = async (directory: string, work: () => Promise<unknown>): Promise<readonly Snapshot[]> => {
  const taken: Snapshot[] = [];
  const take = (): void => {
    const now = snapshotOf(directory);
    const last = taken.at(-1);
    if (last === undefined || !isSame(last, now)) taken.push(now);
  };
  const undo = [
    beforeEach(DatabaseSync.prototype, "exec", take),
    ...(["run", "get", "all"] as const).map((name) => beforeEach(StatementSync.prototype, name, take)),
  ];
  try {
    await work();
  } finally {
    for (const one of undo) one();
  }
  take();
  return taken;
};

/**
 * What a power cut may leave of each change: the file of it whose log had grown, cut at any byte of what was being written; all others as they were before.
 * `below` draws a number from 0 to below its argument.
 */
export const tornBetween = (snapshots: readonly Snapshot[], below: (limit: number) => number): readonly Snapshot[] =>
  snapshots.slice(1).flatMap((after, index) => {
    const before = snapshots[index] as Snapshot; // true: it is the one in front
    return [...after]
      .filter(([name, content]) => name.endsWith("-wal") && content.length > (before.get(name)?.length ?? 0))
      .map(([name, content]) => {
        const from = before.get(name)?.length ?? 0;
        return new Map([...before, [name, content.subarray(0, from + below(content.length - from))]]);
      });
  });

const isSame = (one: Snapshot, other: Snapshot): boolean =>
  one.size === other.size && [...one].every(([name, content]) => other.get(name)?.equals(content) === true);

const beforeEach = <Name extends string>(prototype: Record<Name, (...values: never[]) => unknown>, name: Name, take: () => void) => {
  const original = prototype[name];
  prototype[name] = function (this: unknown, ...values: never[]): unknown {
    take();
    return original.apply(this, values);
  };
  return () => {
    prototype[name] = original;
  };
};
