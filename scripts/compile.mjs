// Compiles the contracts and generates their types, where something changed since it last succeeded. Hardhat's output goes through a pipe:
// at a terminal it would send usage statistics and ask the network for news.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const outputs = ["artifacts", "typechain-types"].map((name) => join(root, name));
const stamp = join(root, "cache", "compiled.sha256");

/** One hash over what the outputs are made of, and over which compilations they are of: whoever builds in another way changes those. */
const hashOfBuild = () => {
  const contracts = readdirSync(join(root, "contracts"), { recursive: true }).filter((name) => name.endsWith(".sol"));
  const sources = contracts.map((name) => join("contracts", name));
  const hash = createHash("sha256");
  for (const file of ["hardhat.config.ts", "package-lock.json", "scripts/solidityHooks.ts", ...sources.sort()])
    hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  return hash
    .update(
      readdirSync(join(root, "artifacts", "build-info"))
        .sort()
        .join(),
    )
    .digest("hex");
};

// Hardhat takes seconds only to learn that nothing changed.
const isThere = outputs.every((path) => existsSync(path));
if (isThere && existsSync(stamp) && readFileSync(stamp, "utf8") === hashOfBuild()) process.exit(0);

if (!isThere) console.log("Compiling the contracts, once (about 10 seconds) ...");
const { status, stdout } = spawnSync("hardhat", ["build", "--quiet", "--no-tests"], {
  cwd: root,
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"],
  env: { ...process.env, HARDHAT_DISABLE_TELEMETRY: "true" },
});
if (status !== 0) {
  console.log(stdout);
  process.exit(status ?? 1);
}
mkdirSync(dirname(stamp), { recursive: true });
writeFileSync(stamp, hashOfBuild());
