import { type Command, InvalidArgumentError } from "commander";
import { configOption, type Flags, jsonOption, reporting, withExamples } from "./commandLine.ts";

/** `mirror` and `resume`: what an operator does when an RPC left something out, or when the chain is another one than it was. */
export const addChainCommands = (program: Command): void => {
  const mirror = program
    .command("mirror")
    .description(
      "Reads the chain's final blocks again from a block on, by logs, blooms and receipts, and mirrors what an RPC had left out. What was missed is then done: requests that are still open are answered. Safe while the keeper runs, which then does it beside its work, and while it is stopped.",
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
      "Lets a keeper continue whose chain has another block where it had a final one (`finality_broken`). Without --accept-finality, shows both blocks. It continues only where a majority of its RPC providers has the accepted block there. Works while the keeper runs, and while it is stopped. Exit code 3: something is broken and was not accepted.",
    )
    .addOption(configOption())
    .option("--accept-finality <blockHash>", "the block that you accept at that height: the new one, or the old one where it is back")
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
  if (!/^[0-9]{1,15}$/.test(text)) throw new InvalidArgumentError("It must be the number of a block, from 0 on.");
  return Number(text);
};
