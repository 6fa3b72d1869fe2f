import { createRequire } from "node:module";
import { configOption as configOptionOf, type Flags, jsonOption, reporting, withExamples } from "@keyquorum/daemon/commandLine";
import { Command, type Option } from "commander";

const { version } = createRequire(import.meta.url)("../../package.json") as { readonly version: string };
const configOption = (): Option => configOptionOf("runner", "runner.toml");

/** The command line, without running it. Each command's code is loaded when it is used. */
export const createProgram = (): Command => {
  const program = new Command("keyquorum-runner")
    .description(
      "Runs WASM modules with their secrets for callers that the operator lists: one module, one process, within hard limits. Keepers give this runner's account the secrets that their owners granted for a module.",
    )
    .version(version, "-V, --version", "print the version")
    .showHelpAfterError("(see --help)")
    .helpCommand(false);
  withExamples(program, [
    "keyquorum-runner init --config runner.toml --create-key",
    "keyquorum-runner doctor --config runner.toml",
    "keyquorum-runner run --config runner.toml",
    "keyquorum-runner status --config runner.toml",
  ]);

  const init = program
    .command("init")
    .description("Creates the data directory and prints the account to which owners grant secrets. Overwrites nothing.")
    .addOption(configOption())
    .option(
      "--create-key",
      "also create the runner's key, a V3 keystore encrypted with the password in the file that the configuration names",
    )
    .addOption(jsonOption())
    .action(
      reporting(async (flags: Flags & { readonly createKey?: boolean }) => {
        const { init: work } = await import("./commands/init.ts");
        await work({ configFile: flags.config, createKey: flags.createKey === true, json: flags.json === true });
      }),
    );
  withExamples(init, [
    "keyquorum-runner init",
    "keyquorum-runner init --config /etc/keyquorum/runner.toml --create-key --json",
    "npx hardhat keyquorum secret grant API_KEY --module weather.wasm --runner <runner>   # what owners do with the output",
  ]);

  const run = program
    .command("run")
    .description(
      "Serves until SIGTERM or SIGINT. Then it accepts no more runs, and exits when the current runs have ended, at the latest at their limits. Logs JSON lines to stdout.",
    )
    .addOption(configOption())
    .action(
      reporting(async (flags: Flags) => {
        const { run: work } = await import("./commands/run.ts");
        await work({ configFile: flags.config });
      }),
    );
  withExamples(run, ["keyquorum-runner run", "keyquorum-runner run --config /etc/keyquorum/runner.toml"]);

  const status = program
    .command("status")
    .description("Shows the state of the running service. Exit code 0: running and ready; 3: running, not ready; 1: not running.")
    .addOption(configOption())
    .addOption(jsonOption())
    .action(
      reporting(async (flags: Flags) => {
        const { status: work } = await import("./commands/status.ts");
        process.exitCode = await work({ configFile: flags.config, json: flags.json === true });
      }),
    );
  withExamples(status, ["keyquorum-runner status", "keyquorum-runner status --config /etc/keyquorum/runner.toml --json"]);

  const doctor = program
    .command("doctor")
    .description(
      "Checks the configuration, every file that it names, this machine's limits, the modules and the chain; prints the settings in force. Changes nothing, prints no secret. Exit code 0: it can run; 3: something is wrong.",
    )
    .addOption(configOption())
    .option("--offline", "do not contact the chain or a store")
    .addOption(jsonOption())
    .action(
      reporting(async (flags: Flags & { readonly offline?: boolean }) => {
        const { doctor: work } = await import("./commands/doctor.ts");
        process.exitCode = await work({ configFile: flags.config, offline: flags.offline === true, json: flags.json === true });
      }),
    );
  withExamples(doctor, ["keyquorum-runner doctor", "keyquorum-runner doctor --config /etc/keyquorum/runner.toml --offline --json"]);
  return program;
};

/** Parses the arguments and runs the command they name. */
export const runProgram = async (argv: readonly string[]): Promise<void> => {
  await createProgram().parseAsync([...argv]);
};
