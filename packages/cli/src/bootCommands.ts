import { type Command, InvalidArgumentError } from "commander";
import { configOption, type Flags, jsonOption, reporting, withExamples } from "./commandLine.ts";

/** `boot`: how this keeper's starts are counted, for a keeper that was restored from a backup. */
export const addBootCommands = (program: Command): void => {
  const boot = program
    .command("boot")
    .description("Works with the counter of this keeper's starts, by which other keepers tell it from a copy of it.")
    .helpCommand(false);
  withExamples(boot, ["keyquorum-keeper boot advance --by 100"]);

  const advance = boot
    .command("advance")
    .description(
      "Moves the counter of starts forward. After a backup was restored, other keepers refuse this keeper's signing messages (OLDER_BOOT) until its counter is above the highest that they saw. Stop every other copy of this keeper first. The keeper must be stopped.",
    )
    .addOption(configOption())
    .requiredOption("--by <number>", "how many starts to leave out, from 1 to 1000000: more than there were since the backup", countOf)
    .addOption(jsonOption())
    .action(
      reporting(async (flags: Flags & { readonly by: number }) => {
        const { bootAdvance } = await import("./commands/boot.ts");
        await bootAdvance({ configFile: flags.config, by: flags.by, json: flags.json === true });
      }),
    );
  withExamples(advance, [
    "keyquorum-keeper boot advance --by 100",
    "keyquorum-keeper boot advance --by 100 --config /etc/keyquorum/keeper.toml --json",
  ]);
};

const MOST = 1_000_000;

const countOf = (text: string): number => {
  const count = Number(text);
  if (!/^[1-9][0-9]{0,6}$/.test(text) || count > MOST) throw new InvalidArgumentError(`It must be a number from 1 to ${MOST}.`);
  return count;
};
