import { createRequire } from "node:module";
import { Command } from "commander";
import { addAuditCommands } from "./auditCommands.ts";
import { addBootCommands } from "./bootCommands.ts";
import { addChainCommands } from "./chainCommands.ts";
import { configOption, type Flags, jsonOption, reporting, withExamples } from "./commandLine.ts";
import { addKeyCommands } from "./keyCommands.ts";

const { version } = createRequire(import.meta.url)("../package.json") as { readonly version: string };
/** The command line, without running it. Each command's code is loaded when it is used. */
export const createProgram = (): Command => {
  const program = new Command("keyquorum-keeper")
    .description(
      "Runs one keeper of a Keyquorum keeper set: it takes part in key generation and answers permitted readers with its key share.",
    )
    .version(version, "-V, --version", "print the version")
    .showHelpAfterError("(see --help)")
    .helpCommand(false);
  withExamples(program, [
    "keyquorum-keeper init --config keeper.toml --create-operator-key",
    "keyquorum-keeper config check --config keeper.toml",
    "keyquorum-keeper run --config keeper.toml",
    "keyquorum-keeper status --config keeper.toml",
  ]);

  const init = program
    .command("init")
    .description(
      "Creates the data directory with a new identity key and prints what governance needs to admit this keeper. Overwrites nothing.",
    )
    .addOption(configOption())
    .option("--create-operator-key", "also create the operator's key, in the file that the configuration names")
    .option(
      "--new-identity",
      "create a new identity for an operator that is already registered: its shares and its identity key are lost permanently",
    )
    .addOption(jsonOption())
    .action(
      reporting(async (flags: Flags & { readonly createOperatorKey?: boolean; readonly newIdentity?: boolean }) => {
        const { init: run } = await import("./commands/init.ts");
        const { config: configFile, createOperatorKey = false, newIdentity = false, json = false } = flags;
        await run({ configFile, createOperatorKey, newIdentity, json });
      }),
    );
  withExamples(init, [
    "keyquorum-keeper init",
    "keyquorum-keeper init --config /etc/keyquorum/keeper.toml --create-operator-key --json",
    "npx hardhat keyquorum keepers add --operator <operator> --identity-key <identityKey> ...   # what governance does with the output",
  ]);

  const run = program
    .command("run")
    .description(
      "Runs the keeper until SIGTERM or SIGINT. Logs JSON lines to stdout. After a restart the keeper continues from its data directory and the chain.",
    )
    .addOption(configOption())
    .action(
      reporting(async (flags: Flags) => {
        const { run: work } = await import("./commands/run.ts");
        await work({ configFile: flags.config });
      }),
    );
  withExamples(run, ["keyquorum-keeper run", "keyquorum-keeper run --config /etc/keyquorum/keeper.toml"]);

  const status = program
    .command("status")
    .description(
      "Shows the state of the running keeper: slot, epoch, keys, chain, balance. Exit code 0: running and ready; 3: running, not ready; 1: not running.",
    )
    .addOption(configOption())
    .addOption(jsonOption())
    .action(
      reporting(async (flags: Flags) => {
        const { status: work } = await import("./commands/status.ts");
        process.exitCode = await work({ configFile: flags.config, json: flags.json === true });
      }),
    );
  withExamples(status, ["keyquorum-keeper status", "keyquorum-keeper status --config /etc/keyquorum/keeper.toml --json"]);

  const backup = program
    .command("backup")
    .description(
      "Copies the data directory into a new one: both files of the vault, from the same moment. The keeper may be running or stopped. Needs no passphrase; run it as the keeper's user.",
    )
    .argument("<directory>", "a directory that does not exist yet")
    .addOption(configOption())
    .addOption(jsonOption())
    .action((directory: string, flags: Flags) =>
      reporting(async () => {
        const { backup: work } = await import("./commands/backup.ts");
        await work({ configFile: flags.config, to: directory, json: flags.json === true });
      })(flags),
    );
  withExamples(backup, [
    "keyquorum-keeper backup /backup/today",
    "keyquorum-keeper backup /backup/today --config /etc/keyquorum/keeper.toml",
  ]);

  addKeyCommands(program);
  addChainCommands(program);
  addAuditCommands(program);
  addBootCommands(program);

  const config = program.command("config").description("Works with the configuration file.").helpCommand(false);
  withExamples(config, ["keyquorum-keeper config check --config keeper.toml"]);
  const check = config
    .command("check")
    .description(
      "Checks the configuration file and every file that it names, and prints the settings in force. Never prints a secret; changes nothing.",
    )
    .addOption(configOption())
    .option("--online", "also ask each RPC URL whether it serves the chain and the deployment")
    .addOption(jsonOption())
    .action(
      reporting(async (flags: Flags & { readonly online?: boolean }) => {
        const { configCheck } = await import("./commands/configCheck.ts");
        await configCheck({ configFile: flags.config, online: flags.online === true, json: flags.json === true });
      }),
    );
  withExamples(check, [
    "keyquorum-keeper config check",
    "keyquorum-keeper config check --config /etc/keyquorum/keeper.toml --online --json",
  ]);
  return program;
};

/** Parses the arguments and runs the command they name. */
export const runProgram = async (argv: readonly string[]): Promise<void> => {
  await createProgram().parseAsync([...argv]);
};
