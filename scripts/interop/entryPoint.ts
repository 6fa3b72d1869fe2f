// The published EntryPoint of ERC-4337 with SchnorrAccount. Its sources say GPL and its package MIT: a tool here, and no part of what is published.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../test/system/support/runCommand.ts";

const PACKAGE = "@account-abstraction/contracts@0.8.0";
/** SHA-512 of its archive, as package locks write it. */
const INTEGRITY = "8krPx/gpnoT+5xAroagVCbeA7FbUigMZWXFKKPm+oghyr29Dksssdx5sI7xGv9212i4JPaDDUGFk58dpuwVgHA==";
const ARCHIVE = "account-abstraction-contracts-0.8.0.tgz";
const ROOT = join(import.meta.dirname, "..", "..");
const TEST = "test/contracts/SchnorrAccount/entryPoint.test.ts";

/** Fetches it below `folder` at the first use, and runs the test that finds it there. */
export const testEntryPoint = async (folder: string): Promise<"passed" | "failed" | "skipped"> => {
  const name = `SchnorrAccount under the EntryPoint of ${PACKAGE}`;
  const why = await fetchEntryPoint(join(folder, "entry-point"));
  if (why !== undefined) {
    console.warn(`SKIPPED: ${name} is not run. ${why}`);
    return "skipped";
  }
  const { code, output } = await runCommand("npx", ["hardhat", "test", "mocha", TEST], { cwd: ROOT });
  const isRight = code === 0 && output.includes("with the real EntryPoint 0.8");
  console.log(`${isRight ? "\u2713" : "\u2717"} ${name}${isRight ? "" : `\n${output}`}`);
  return isRight ? "passed" : "failed";
};

/** Why it cannot be had; undefined: it is there. */
const fetchEntryPoint = async (cwd: string): Promise<string | undefined> => {
  if (existsSync(join(cwd, "package", "artifacts", "EntryPoint.json"))) return undefined;
  await mkdir(cwd, { recursive: true });
  const packed = await runCommand("npm", ["pack", PACKAGE], { cwd }).catch((error: Error) => ({ code: -1, output: error.message }));
  if (packed.code !== 0) return `npm pack ended with ${packed.code}: ${packed.output.trim().split("\n").at(-1)}`;
  const hash = createHash("sha512").update(await readFile(join(cwd, ARCHIVE)));
  if (hash.digest("base64") !== INTEGRITY) return "The archive is not the one that was published: it has another hash.";
  const { code, output } = await runCommand("tar", ["xzf", ARCHIVE], { cwd });
  return code === 0 ? undefined : output;
};
