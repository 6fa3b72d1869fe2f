import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Patience, stretchWindows, type Windows } from "@keyquorum/cluster";

/** What a prepared cluster was made for. Tests that agree in all of it share one. */
export type Shape = {
  readonly keepers: number;
  /** Of its one key. */
  readonly threshold: number;
  /** As they are on the chain. */
  readonly windows: Windows;
  readonly requestLifetimeSeconds: number;
  readonly confirmations: number;
};

const ROOT = join(import.meta.dirname, "..", "..", "..", "..");
/** A run of the keeper reads nothing else of the repository. */
const PACKAGES = ["bindings", "chain", "cli", "cluster", "http", "keeper", "protocol", "threshold", "vault", "wire"] as const;

/**
 * Windows for a machine like this one, of few different lengths, so that a machine that is a little busier needs no other state. They are at least as
 * long as those of `startCluster`.
 */
export const roundedWindows = (windows: Windows, patience: Patience): Windows => {
  const idle = stretchWindows(windows, 1);
  for (let rounded = 10; ; rounded *= 2) {
    if (stretchWindows(windows, patience).deal === idle.deal) return idle;
    if (rounded >= patience) return stretchWindows(windows, rounded);
  }
};

/**
 * Names everything that a prepared state follows from: the lockfile, what the contracts were compiled from, every source that a keeper and a cluster
 * run (so its vault's schema too), Node, and how states are made.
 */
export const sourcesHash = (): string => {
  const hash = createHash("sha256").update(process.version);
  const sources = PACKAGES.flatMap((name) => typeScriptOf(join("packages", name, "src")));
  const own = typeScriptOf(join("test", "system", "support", "prepared"));
  for (const file of ["package-lock.json", join("cache", "compiled.sha256"), ...sources, ...own])
    hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)));
  return hash.digest("hex").slice(0, 16);
};

export const shapeHash = (shape: Shape): string => createHash("sha256").update(JSON.stringify(shape)).digest("hex").slice(0, 16);

const typeScriptOf = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .sort()
    .map((name) => join(folder, name));
