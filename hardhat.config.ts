import { createRequire } from "node:module";
import { defineConfig } from "hardhat/config";
import { loadQuickly } from "./tasks/loadQuickly.ts";
import { solidityTestSeed } from "./test/random/solidity.ts";

// Hardhat reports usage by default; a tool for secrets does not.
process.env.HARDHAT_DISABLE_TELEMETRY ??= "true";

// `npx hardhat keyquorum ...` needs no plugin, and does not wait for any.
const isOurTask = process.argv.includes("keyquorum");
if (isOurTask) loadQuickly(import.meta.dirname);
const { tasks } = await import("./tasks/index.ts");
const plugins = isOurTask ? [] : [(await import("@nomicfoundation/hardhat-toolbox")).default];

const require = createRequire(import.meta.url);
const settings = { optimizer: { enabled: true, runs: 200 }, evmVersion: "cancun" };
const solc = { version: "0.8.37", path: require.resolve("solc/soljson.js"), settings };

/** How long the runs of test/invariants are; docs/TESTING.md. */
const { KEYQUORUM_INVARIANT_RUNS: runs = "24", KEYQUORUM_INVARIANT_DEPTH: depth = "50" } = process.env;
const invariantRuns = {
  fuzz: { seed: solidityTestSeed() },
  invariant: { runs: Number(runs), depth: Number(depth), failOnRevert: true },
};

export default defineConfig({
  plugins: [...plugins, { id: "quiet", hookHandlers: { solidity: () => import("./scripts/solidityHooks.ts") } }],
  tasks,
  solidity: {
    splitTestsCompilation: true, // contracts compile without the Solidity tests
    profiles: { default: solc, production: solc },
    npmFilesToBuild: [
      "@openzeppelin/contracts/access/manager/AccessManager.sol",
      "@openzeppelin/contracts/access/manager/IAccessManager.sol",
      "@openzeppelin/contracts/access/manager/IAccessManaged.sol",
    ],
  },
  typechain: { outDir: "./typechain-types", tsNocheck: true },
  paths: { tests: { mocha: "./test/contracts", solidity: "./test/invariants" } },
  test: { mocha: { timeout: 300_000, reporter: "./test/reporter.cjs" }, solidity: invariantRuns },
});
