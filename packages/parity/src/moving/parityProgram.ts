import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { Command } from "commander";
import { addImportCommand } from "../importing/importCommand.ts";
import { describeOldConfig, OldConfigError, readOldConfig } from "./oldConfig.ts";

const { version } = createRequire(import.meta.url)("../../package.json") as { readonly version: string };

/** Some key of the old file is refused, or something is to be decided. */
const EXIT_UNFINISHED = 3;

/** The command line of `keyquorum-parity`, without running it. @param print given what goes to stdout */
export const createParityProgram = (print: (text: string) => void = (text) => void process.stdout.write(text)): Command => {
  const program = new Command("keyquorum-parity")
    .description("Moves a Parity Secret Store deployment to keepers: converts its configuration and imports its keys.")
    .version(version, "-V, --version", "print the version")
    .showHelpAfterError("(see --help)")
    .helpCommand(false);
  program
    .command("config")
    .argument("<file>", "a TOML file of Parity or OpenEthereum with a section [secretstore]")
    .description(
      "Converts it to a keeper's configuration and prints that, and for each setting whether it is honoured, replaced or refused, and why. Exit code 3: you have to decide something.",
    )
    .option("--json", "print JSON, one object")
    .addHelpText(
      "after",
      `
Examples:
  $ keyquorum-parity config config.toml
  $ keyquorum-parity config /etc/parity/secretstore/config.toml >> keeper.toml

A key has a threshold t: t keepers together learn nothing; t+1 are needed.`,
    )
    .action(async (file: string, { json = false }: { readonly json?: boolean }) => {
      try {
        const text = await readFile(file, "utf8").catch(() => {
          throw new OldConfigError(`The file ${file} cannot be read.`);
        });
        const read = readOldConfig(text);
        print(json ? `${JSON.stringify(read)}\n` : describeOldConfig(read));
        if (read.toDecide.length > 0 || read.verdicts.some(({ verdict }) => verdict === "refused")) process.exitCode = EXIT_UNFINISHED;
      } catch (error) {
        console.error(error instanceof OldConfigError ? `${error.code}: ${error.message}` : "The file cannot be moved.");
        process.exitCode = 1;
      }
    });
  addImportCommand(program, { print, complain: (text) => console.error(text) });
  return program;
};
