import { configOption as optionOf, withExamples as withLines } from "@keyquorum/daemon/commandLine";
import { type Command, InvalidArgumentError, type Option } from "commander";

export { type Flags, jsonOption, reporting } from "@keyquorum/daemon/commandLine";

/** D54: said in every help text. */
const RULE = "A key has a threshold t: t keepers together learn nothing; t+1 are needed.";
const DEFAULT_CONFIG = "keeper.toml";

/** Says what the command line looks like in use, after the list of options. */
export const withExamples = (command: Command, examples: readonly string[]): Command => withLines(command, examples, RULE);

export const configOption = (): Option => optionOf("keeper", DEFAULT_CONFIG);

/** Reads the number of an epoch from the command line. */
export const epochOf = (text: string): number => {
  const epoch = Number(text);
  if (!/^[1-9][0-9]{0,9}$/.test(text) || epoch > 0xffff_ffff) throw new InvalidArgumentError("It must be an epoch's number, 1 or greater.");
  return epoch;
};
