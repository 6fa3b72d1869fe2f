import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../../..");

/** Where another commit's code runs, and its full hash. */
export type OtherCommit = { readonly folder: string; readonly hash: string };

/**
 * Checks a commit out into a folder of its own below the temporary one, builds it there, works with it, and removes it: also when the work fails, and on
 * Ctrl-C. Dependencies and compiled contracts are this commit's where both would be the same. Throws where git does not know the commit.
 */
export const withCommit = async <T>(commit: string, work: (other: OtherCommit) => Promise<T>): Promise<T> => {
  const hash = git("rev-parse", "--verify", `${commit}^{commit}`);
  const above = mkdtempSync(join(tmpdir(), "keyquorum-against-"));
  const folder = join(above, "commit");
  const remove = (): void => {
    rmSync(above, { recursive: true, force: true });
    git("worktree", "prune");
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    remove();
    process.exit(signal === "SIGINT" ? 130 : 143);
  };
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    git("worktree", "add", "--quiet", "--detach", folder, hash);
    build(folder);
    return await work({ folder, hash });
  } finally {
    process.removeListener("SIGINT", onSignal).removeListener("SIGTERM", onSignal);
    remove();
  }
};

const git = (...args: readonly string[]): string => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();

const build = (folder: string): void => {
  const lockOf = (of: string): string => readFileSync(join(of, "package-lock.json"), "utf8");
  if (isSameRuntime(lockOf(folder), lockOf(root))) linkDependencies(folder);
  else execFileSync(process.execPath, ["scripts/setup.mjs"], { cwd: folder, stdio: ["ignore", 2, 2] });
  const changed = git(
    "diff",
    "--name-only",
    git("-C", folder, "rev-parse", "HEAD"),
    "--",
    "contracts",
    "hardhat.config.ts",
    "scripts/solidityHooks.ts",
  );
  if (changed.split("\n").some((file) => file.endsWith(".sol"))) {
    execFileSync(process.execPath, ["scripts/compile.mjs"], { cwd: folder, stdio: ["ignore", 2, 2] });
  } else for (const made of ["artifacts", "typechain-types"]) symlinkSync(join(root, made), join(folder, made));
};

/** The dependencies of this commit, and the workspaces of the other one. */
const linkDependencies = (folder: string): void => {
  const [from, to] = [join(root, "node_modules"), join(folder, "node_modules")];
  mkdirSync(join(to, "@keyquorum"), { recursive: true });
  for (const name of readdirSync(from)) if (name !== "@keyquorum" && name !== ".setup") symlinkSync(join(from, name), join(to, name));
  for (const name of readdirSync(join(folder, "packages"))) {
    symlinkSync(join(folder, "packages", name), join(to, "@keyquorum", name));
    const own = join("packages", name, "node_modules"); // what a package has in another version than the rest
    if (existsSync(join(root, own))) symlinkSync(join(root, own), join(folder, own));
  }
  copyFileSync(join(from, ".setup"), join(to, ".setup"));
};

type Lock = { readonly packages: Readonly<Record<string, { readonly version?: string; readonly dev?: boolean }>> };

/** What runs a task beside what the packages depend on. */
const TOOLS: ReadonlySet<string> = new Set(["node_modules/hardhat", "node_modules/ethers"]);

/** Whether everything that the one lockfile has for running is the same in the other. */
export const isSameRuntime = (lock: string, other: string): boolean => {
  const [ours, theirs] = [lock, other].map((text) => (JSON.parse(text) as Lock).packages);
  return Object.entries(ours ?? {}).every(
    ([path, { version, dev = false }]) =>
      !path.includes("node_modules/") || (dev && !TOOLS.has(path)) || theirs?.[path]?.version === version,
  );
};
