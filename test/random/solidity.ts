import { howToRepeat, seedBytes } from "./seed.ts";

/** The seed of Hardhat's Solidity tests. A process that runs them and fails says how to repeat it: Hardhat itself names this number at best. */
export const solidityTestSeed = (): `0x${string}` => {
  if (process.argv.includes("solidity")) process.once("exit", (code) => code !== 0 && console.log(howToRepeat()));
  return `0x${Buffer.from(seedBytes("solidity")).toString("hex")}`;
};
