import { type Command, InvalidArgumentError, Option } from "commander";
import { reportFailure } from "./reportFailure.ts";

/** D54: said in every help text. */
const RULE = "A key has a threshold t: t keepers together learn nothing; t+1 are needed.";
const DEFAULT_CONFIG = "keeper.toml";

/** What every command takes. */
export type Flags = { readonly config: string; readonly json?: boolean };

/** Says what the command line looks like in use, after the list of options. */
export const withExamples = (command: Command, examples: readonly string[]): Command =>
  command.addHelpText("after", `\nExamples:\n${examples.map((line) => `  $ ${line}`).join("\n")}\n\n${RULE}`);

export const configOption = (): Option => new Option("-c, --config <file>", "the keeper's configuration file").default(DEFAULT_CONFIG);
export const jsonOption = (): Option => new Option("--json", "print JSON, one object");

/** Reads the number of an epoch from the command line. */
export const epochOf = (text: string): number => {
  const epoch = Number(text);
  if (!/^[1-9][0-9]{0,9}$/.test(text) || epoch > 0xffff_ffff)
    throw new InvalidArgumentError("It must be the number of an epoch, from 1 on.");
  return epoch;
};

/** Runs a command; a failure is reported in one sentence and sets the exit code, never a stack trace. */
export const reporting =
  <Given extends Flags>(work: (flags: Given) => Promise<void>) =>
  async (flags: Given): Promise<void> => {
    try {
      await work(flags);
    } catch (error) {
      reportFailure(error, { json: flags.json === true });
      process.exitCode = 1;
    }
  };
