import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../../.keyquorum/peers");

/**
 * Another implementation to compare with, of this exact version, from a folder of its own: it is never among the dependencies of this project.
 * Installed at the first use, without its install scripts. Throws an Error where it cannot be had.
 */
export const loadPeer = (name: string, version: string): unknown => {
  const home = join(folder, `${name.replace("/", "-")}-${version}`);
  if (!existsSync(join(home, "node_modules", name))) {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "package.json"), '{ "private": true }\n');
    execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", `${name}@${version}`], {
      cwd: home,
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
  return createRequire(join(home, "package.json"))(name);
};
