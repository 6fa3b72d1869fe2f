import type { Command } from "commander";
import { configOption, epochOf, type Flags, jsonOption, reporting, withExamples } from "./commandLine.ts";

/** `identity`, `operator`, `veto` and `repair`: what an operator does to its own keeper when keys, epochs or disks change. */
export const addKeyCommands = (program: Command): void => {
  const identity = program
    .command("identity")
    .description(
      "Shows this keeper's identity keys, or creates the next one. Each epoch uses the key that was registered when the epoch was proposed.",
    )
    .helpCommand(false);
  withExamples(identity, ["keyquorum-keeper identity list", "keyquorum-keeper identity new"]);

  const make = identity
    .command("new")
    .description(
      "Creates the next identity key in addition to the existing ones, and prints its public key for governance. The keeper must be stopped. Open epochs keep the old key.",
    )
    .addOption(configOption())
    .addOption(jsonOption())
    .action(
      reporting(async (flags: Flags) => {
        const { identityNew } = await import("./commands/identity.ts");
        await identityNew({ configFile: flags.config, json: flags.json === true });
      }),
    );
  withExamples(make, [
    "keyquorum-keeper identity new",
    "npx hardhat keyquorum keepers set-identity 3 <identityKey>   # what governance does with the output",
  ]);

  const list = identity
    .command("list")
    .description("Prints the public identity keys in the data directory, oldest first. If the keeper is running, asks it.")
    .addOption(configOption())
    .addOption(jsonOption())
    .action(
      reporting(async (flags: Flags) => {
        const { identityList } = await import("./commands/identity.ts");
        await identityList({ configFile: flags.config, json: flags.json === true });
      }),
    );
  withExamples(list, ["keyquorum-keeper identity list", "keyquorum-keeper identity list --json"]);

  const operator = program.command("operator").description("Works with the operator's account.").helpCommand(false);
  withExamples(operator, ["keyquorum-keeper operator replace --create"]);
  const replace = operator
    .command("replace")
    .description(
      "Binds the data directory to the operator's key that the configuration now names. The former key is not needed. The keeper must be stopped. Until governance registers the new account and the next epoch is open, this keeper cannot confirm keys or post epoch keys in epochs that fixed the former account.",
    )
    .addOption(configOption())
    .option("--create", "create the new key in the file that the configuration names")
    .addOption(jsonOption())
    .action(
      reporting(async (flags: Flags & { readonly create?: boolean }) => {
        const { operatorReplace } = await import("./commands/operatorReplace.ts");
        await operatorReplace({ configFile: flags.config, create: flags.create === true, json: flags.json === true });
      }),
    );
  withExamples(replace, [
    "keyquorum-keeper operator replace",
    "keyquorum-keeper operator replace --create --config /etc/keyquorum/keeper.toml --json",
    "npx hardhat keyquorum keepers set-operator 3 <to>   # what governance does with the output",
  ]);

  const veto = program
    .command("veto")
    .description(
      "Vetoes an epoch: this keeper deals no reshare into it. Takes effect with the next dealing, also while the keeper runs. If n - t keepers veto, no key can move into the epoch; they must be the same keepers in every attempt, because shares dealt in failed attempts add up. Without --epoch, lists the vetoed epochs.",
    )
    .addOption(configOption())
    .option("--epoch <number>", "the epoch", epochOf)
    .option("--lift", "remove the veto")
    .addOption(jsonOption())
    .action(
      reporting(async (flags: Flags & { readonly epoch?: number; readonly lift?: boolean }) => {
        const { veto: work } = await import("./commands/veto.ts");
        await work({ configFile: flags.config, epoch: flags.epoch, lift: flags.lift === true, json: flags.json === true });
      }),
    );
  withExamples(veto, ["keyquorum-keeper veto --epoch 4", "keyquorum-keeper veto --epoch 4 --lift", "keyquorum-keeper veto --json"]);

  const repair = program
    .command("repair")
    .description(
      "Shows which key shares this keeper lost and the progress of their repair, as reported by the running keeper. Repairs start automatically unless [repair] automatic is false; then use --start. Exit code 0: nothing is missing; 3: something is.",
    )
    .addOption(configOption())
    .option("--start", "start the repair of missing shares")
    .option("--key <keyId>", "only the share of this key")
    .addOption(jsonOption())
    .action(
      reporting(async (flags: Flags & { readonly start?: boolean; readonly key?: string }) => {
        const { repair: work } = await import("./commands/repair.ts");
        process.exitCode = await work({
          configFile: flags.config,
          start: flags.start === true,
          keyId: flags.key,
          json: flags.json === true,
        });
      }),
    );
  withExamples(repair, [
    "keyquorum-keeper repair",
    "keyquorum-keeper repair --start",
    "keyquorum-keeper repair --start --key <keyId> --json",
  ]);
};
