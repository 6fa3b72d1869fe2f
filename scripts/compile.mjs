// Compiles the contracts and generates their types, where something changed. Hardhat's output goes through a pipe: at a terminal it would
// send usage statistics and ask the network for news.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
if (!existsSync(join(root, "typechain-types"))) console.log("Compiling the contracts, once (about 10 seconds) ...");
const { status, stdout } = spawnSync("hardhat", ["build", "--quiet", "--no-tests"], {
  cwd: root,
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"],
  env: { ...process.env, HARDHAT_DISABLE_TELEMETRY: "true" },
});
if (status !== 0) console.log(stdout);
process.exit(status ?? 1);
