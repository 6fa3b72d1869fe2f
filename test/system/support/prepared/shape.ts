import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What a prepared cluster was made for. Tests that agree in it share one. */
export type Shape = {
  readonly keepers: number;
  /** Of its one key. */
  readonly threshold: number;
};

const ROOT = join(import.meta.dirname, "..", "..", "..", "..");
/** A run of the keeper reads nothing else of the repository. */
const PACKAGES = ["bindings", "chain", "cli", "cluster", "http", "keeper", "protocol", "threshold", "vault", "wire"] as const;

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
