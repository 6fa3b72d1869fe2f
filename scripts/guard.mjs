// First step of every command, for those whose npm skips `pre` scripts (ignore-scripts=true): one sentence instead of a strange failure.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [major, minor] = process.versions.node.split(".").map(Number);
if (!existsSync(join(root, "node_modules", ".setup")) || major < 24 || (major === 24 && minor < 18)) {
  console.error("The project is not set up (npm may be set to ignore scripts): run `npm run setup` first, then this command again.");
  process.exit(1);
}
