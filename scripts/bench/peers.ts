import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = join(import.meta.dirname, "../../.keyquorum/peers");

/** Installs at the first use, without install scripts; returns the folder. Throws an Error where the package cannot be had. */
const installed = (name: string, version: string): string => {
  const home = join(folder, `${name.replace("/", "-")}-${version}`);
  if (!existsSync(join(home, "node_modules", name))) {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "package.json"), '{ "private": true }\n');
    execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", `${name}@${version}`], {
      cwd: home,
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
  return home;
};

/**
 * Another implementation to compare with, of this exact version, from a folder of its own: it is never among the dependencies of this project.
 * Throws an Error where it cannot be had.
 */
export const loadPeer = (name: string, version: string): unknown => createRequire(join(installed(name, version), "package.json"))(name);

/** The same for a package that can only be imported. */
export const importPeer = async (name: string, version: string): Promise<unknown> => {
  const entry = join(installed(name, version), "peer.mjs");
  writeFileSync(entry, `export * from ${JSON.stringify(name)};\n`);
  return import(pathToFileURL(entry).href);
};

/** A file of a package that its own entry does not offer. */
export const importPeerFile = (name: string, version: string, file: string): Promise<unknown> =>
  import(pathToFileURL(join(installed(name, version), "node_modules", name, file)).href);
