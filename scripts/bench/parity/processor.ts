import { readFile, rm, stat } from "node:fs/promises";
import type { Profiler } from "node:inspector";
import { join } from "node:path";
import { type Cluster, waitFor } from "@keyquorum/cluster";
import { cpuSecondsOf } from "../../testing/cpuSeconds.ts";
import type { Figure } from "../figures.ts";
import { sharesOf } from "./shares.ts";

const PROFILER = join(import.meta.dirname, "profiler.ts");
const fileOf = (directory: string, slot: number): string => join(directory, `keeper-${slot}`, "profile.json");

/** What lets `shareFigures` look at the keeper of a slot. */
export const profilerModule = (directory: string, slot: number) => ({ module: PROFILER, options: { file: fileOf(directory, slot) } });

/** Processor seconds of each keeper so far. */
export const cpuSeconds = ({ keepers }: Cluster): readonly number[] =>
  keepers.map(({ process }) => cpuSecondsOf(process().pid) ?? Number.NaN);

/** What one thing costs all keepers together, in ms of processor time, where `work` did `count` of it. */
export const cpuFigure = async (name: string, cluster: Cluster, count: number, work: () => Promise<unknown>): Promise<Figure> => {
  const before = cpuSeconds(cluster);
  await work();
  const used = cpuSeconds(cluster).reduce((sum, after, index) => sum + after - (before[index] ?? 0), 0);
  return { name, value: (1_000 * used) / count, unit: "ms", note: "processor time of all keepers together" };
};

/** What all keepers' main threads do during some work. */
export const shareFigures = async (
  name: string,
  { cluster, directory }: { readonly cluster: Cluster; readonly directory: string },
  work: () => Promise<unknown>,
): Promise<readonly Figure[]> => {
  const toggle = (): void => {
    for (const { process } of cluster.keepers) process().signal("SIGWINCH");
  };
  for (const { slot } of cluster.keepers) await rm(fileOf(directory, slot), { force: true });
  toggle();
  await work();
  toggle();
  const profiles: Profiler.Profile[] = [];
  for (const { slot } of cluster.keepers) {
    const isThere = () =>
      stat(fileOf(directory, slot)).then(
        ({ size }) => size > 0,
        () => false,
      );
    await waitFor(`the profile of keeper ${slot}`, isThere, { chain: cluster.chain });
    profiles.push(JSON.parse(await readFile(fileOf(directory, slot), "utf8")) as Profiler.Profile);
  }
  return Object.entries(sharesOf(profiles)).map(([part, share]) => ({
    ...{ name: `  ${name}: ${part}`, value: 100 * share, unit: "%" },
    note: "of the time that keepers' main threads work, or wait for the disk",
  }));
};
