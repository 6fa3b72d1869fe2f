import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type VerifiedRun, verifyRunRecord } from "@keyquorum/runner";
import { KeyquorumError, type RunRecordBody } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { TaskContext } from "../context.ts";
import { remoteRunner } from "../module/runByService.ts";
import type { CommonArguments } from "../options.ts";
import { whatHappened } from "../parse.ts";
import { UsageError } from "../usageError.ts";
import { secretOf } from "./secretOf.ts";

type Arguments = CommonArguments & {
  readonly name: string | undefined;
  readonly privateName: string | undefined;
  readonly records: string | undefined;
  readonly service: string | undefined;
  readonly runner: string | undefined;
};

/** A record, and where it was found. */
type Found = { readonly from: string; readonly record: unknown };

/**
 * Lists runs by their records, verified: of record files, or of the account's own runs by a service; with a name, those that got the secret. Records that
 * do not hold are named, and so are two of one run. A runner that keeps a record back is not seen: the keepers' own audit logs have its requests.
 */
export default command<Arguments>(async (args, context) => {
  const { terminal } = context;
  if ((args.records === undefined) === (args.service === undefined))
    throw new UsageError("Say where records are: --records FOLDER (or files, with commas between), or --service URL --runner ADDRESS.");
  const found =
    args.service === undefined ? await recordFiles(args.records ?? "") : await ofService({ ...args, service: args.service }, context);
  const document =
    args.name === undefined ? undefined : (await secretOf({ name: args.name, privateName: args.privateName }, context)).document;
  const { runs, broken } = await verified(found);
  const wanted = runs
    .filter(({ proved }) => document === undefined || proved.secrets.some((secret) => secret.document === document))
    .sort((a, b) => b.proved.startedAt.getTime() - a.proved.startedAt.getTime());
  for (const { from, why } of broken) terminal.warn(`${from} proves nothing: ${why}`);
  if (wanted.length > 0)
    terminal.table(
      ["STARTED", "OUTCOME", "RUNNER", "MODULE", "SECRETS"],
      wanted.map(({ proved }) => [
        ...[proved.startedAt.toISOString(), `${proved.outcome}, ${proved.exitCode}`, proved.runner, proved.module],
        proved.secrets.map((secret) => nameOf(secret)).join(", "),
      ]),
    );
  else terminal.print("No record of such a run is there.");
  return { runs: wanted.map(({ from, proved }) => ({ from, ...proved })), broken };
});

const nameOf = ({ name, isNameProved }: VerifiedRun["secrets"][number]): string => (isNameProved ? name : `${name} (the runner's word)`);

const MOST_BYTES = 8 * 1024 * 1024;
const MOST_FILES = 10_000;

const recordFiles = async (given: string): Promise<readonly Found[]> => {
  const places = given.split(",").map((one) => one.trim());
  const found: Found[] = [];
  for (const place of places) {
    const about = await stat(place).catch((cause: unknown) => {
      throw new UsageError(`${place} cannot be read.`, { cause });
    });
    const names = about.isDirectory()
      ? (await readdir(place)).filter((name) => name.endsWith(".json")).map((name) => join(place, name))
      : [place];
    if (found.length + names.length > MOST_FILES) throw new UsageError(`There are more than ${MOST_FILES} files.`);
    for (const from of names) found.push({ from, record: await jsonIn(from) });
  }
  return found;
};

/** What is no JSON, or too large for a record, is left to be named among what proves nothing. */
const jsonIn = async (file: string): Promise<unknown> => {
  if ((await stat(file)).size > MOST_BYTES) return undefined;
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    return undefined;
  }
};

const ofService = async (args: Arguments & { readonly service: string }, context: TaskContext): Promise<readonly Found[]> => {
  const runs = await (await remoteRunner(args, context)).list({ signal: context.signal });
  return runs.flatMap(({ id, record }) => (record === undefined ? [] : [{ from: id, record: record satisfies RunRecordBody }]));
};

const verified = async (found: readonly Found[]) => {
  const runs: { readonly from: string; readonly proved: VerifiedRun; readonly text: string }[] = [];
  const broken: { readonly from: string; readonly why: string }[] = [];
  for (const { from, record } of found) {
    try {
      const proved = await verifyRunRecord(record);
      const text = JSON.stringify(record);
      const same = runs.find((other) => other.proved.run === proved.run && other.proved.runner === proved.runner);
      if (same === undefined) runs.push({ from, proved, text });
      else if (same.text !== text) broken.push({ from, why: `it says something else of the run of ${same.from}; one of them is a lie` });
    } catch (error) {
      if (!(error instanceof KeyquorumError)) throw error;
      broken.push({ from, why: whatHappened(error) });
    }
  }
  return { runs, broken };
};
