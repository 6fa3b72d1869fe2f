import { createRequire } from "node:module";
import keyquorum from "@keyquorum/hardhat";
import toolbox from "@nomicfoundation/hardhat-toolbox";
import { defineConfig } from "hardhat/config";

const require = createRequire(import.meta.url);

export default defineConfig({
  plugins: [toolbox, keyquorum],
  // The compiler from npm; without `path`, Hardhat downloads it.
  solidity: { version: "0.8.37", path: require.resolve("solc/soljson.js") },
  // `npx hardhat test mocha --network past`: the same on a chain whose date is long ago.
  networks: { past: { type: "edr-simulated", initialDate: "2019-01-01T00:00:00Z" } },
  keyquorum: { keepers: 5, threshold: 2 },
  // The first test waits for the key: seconds, but minutes on a machine with much else to do.
  test: { mocha: { timeout: 600_000 } },
});
