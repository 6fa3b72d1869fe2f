import { type Command, Option } from "commander";
import { reportFailure } from "./reportFailure.ts";

/** What every command takes. */
export type Flags = { readonly config: string; readonly json?: boolean };

/**
 * Says what the command line looks like in use, after the list of options.
 * @param rule what every help text of the program ends with
 */
export const withExamples = (command: Command, examples: readonly string[], rule = ""): Command =>
  command.addHelpText("after", `\nExamples:\n${examples.map((line) => `  $ ${line}`).join("\n")}${rule === "" ? "" : `\n\n${rule}`}`);

export const configOption = (whose: string, fallback: string): Option =>
  new Option("-c, --config <file>", `the ${whose}'s configuration file`).default(fallback);
export const jsonOption = (): Option => new Option("--json", "print JSON, one object");

/** Runs a command; a failure is reported in one sentence and sets the exit code, never a stack trace. */
export const reporting =
  <Given extends { readonly json?: boolean }>(work: (flags: Given) => Promise<void>) =>
  async (flags: Given): Promise<void> => {
    try {
      await work(flags);
    } catch (error) {
      reportFailure(error, { json: flags.json === true });
      process.exitCode = 1;
    }
  };
