import { task } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";
import { withCommonOptions } from "../options.ts";

// Only names and descriptions live here: every action is loaded when it is called, so that the configuration loads before the contracts are built.

export const THRESHOLD = "t keepers together learn nothing; t+1 are needed";

/** An option or argument that may be left out. */
export const optional = { type: ArgumentType.STRING_WITHOUT_DEFAULT, defaultValue: undefined } as const;

/** A command of `npx hardhat keyquorum`, with the options that every command takes. */
export const verb = (name: string | readonly string[], description: string) =>
  withCommonOptions(task(["keyquorum", ...[name].flat()], description));
