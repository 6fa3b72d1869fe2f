import { type Command, InvalidArgumentError } from "commander";
import { configOption, type Flags, jsonOption, reporting, withExamples } from "./commandLine.ts";

/** `mirror` and `resume`: what an operator does when an RPC left something out, or when the chain is another one than it was. */
export const addChainCommands = (program: Command): void => {
  const mirror = program
    .command("mirror")
    .description(
      "Reads the chain's final blocks again from the given block on, by logs, blooms and receipts, and adds what an RPC had omitted to the mirror. The keeper then catches up: it answers requests that are still open. Safe while the keeper runs (it does this in the background) and while it is stopped.",
    )
    .addOption(configOption())
    .requiredOption("--from <block>", "the first block", blockOf)
    .addOption(jsonOption())
    .action(
      reporting(async (flags: Flags & { readonly from: number }) => {
        const { mirror: work } = await import("./commands/mirror.ts");
        await work({ configFile: flags.config, from: flags.from, json: flags.json === true });
      }),
    );
  withExamples(mirror, ["keyquorum-keeper mirror --from 19000000", "keyquorum-keeper mirror --from 19000000 --json"]);

  const resume = program
    .command("resume")
    .description(
      "Lets a keeper continue after the chain replaced a block that was final for it (`finality_broken`). Without --accept-finality, shows both blocks. The keeper continues only if a majority of its RPC providers has the accepted block. Works while the keeper runs and while it is stopped. Exit code 3: finality is broken and no block was accepted.",
    )
    .addOption(configOption())
    .option("--accept-finality <blockHash>", "the block that you accept at that height: the new one, or the old one if it has returned")
    .addOption(jsonOption())
    .action(
      reporting(async (flags: Flags & { readonly acceptFinality?: string }) => {
        const { resume: work } = await import("./commands/resume.ts");
        process.exitCode = await work({ configFile: flags.config, accept: flags.acceptFinality, json: flags.json === true });
      }),
    );
  withExamples(resume, [
    "keyquorum-keeper resume",
    "keyquorum-keeper resume --accept-finality <blockHash>",
    "keyquorum-keeper resume --config /etc/keyquorum/keeper.toml --json",
  ]);
};

const blockOf = (text: string): number => {
  if (!/^[0-9]{1,15}$/.test(text)) throw new InvalidArgumentError("It must be a block's number, 0 or greater.");
  return Number(text);
};
