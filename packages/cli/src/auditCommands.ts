import { type Command, InvalidArgumentError } from "commander";
import { configOption, type Flags, jsonOption, reporting, withExamples } from "./commandLine.ts";

/** `audit`: the record of every share that this keeper released. */
export const addAuditCommands = (program: Command): void => {
  const audit = program
    .command("audit")
    .description("Works with the audit log: the record of every share that this keeper released; each entry is chained to the one before.")
    .helpCommand(false);
  withExamples(audit, [
    "keyquorum-keeper audit verify",
    "keyquorum-keeper audit export audit.jsonl",
    "keyquorum-keeper audit prune --keep-days 90",
  ]);

  const verify = audit
    .command("verify")
    .description(
      "Recomputes the audit log from its checkpoint to its end. The keeper must be stopped. Exit code 1: it was changed or truncated.",
    )
    .addOption(configOption())
    .addOption(jsonOption())
    .action(
      reporting(async (flags: Flags) => {
        const { auditVerify } = await import("./commands/audit.ts");
        await auditVerify({ configFile: flags.config, json: flags.json === true });
      }),
    );
  withExamples(verify, ["keyquorum-keeper audit verify", "keyquorum-keeper audit verify --json"]);

  const exported = audit
    .command("export")
    .description(
      "Writes all existing records to a new file, as JSON lines, then verifies the log. The keeper must be stopped. Exit code 1: the file is written, but the log was changed or truncated.",
    )
    .argument("<file>", "a file that does not exist yet")
    .addOption(configOption())
    .addOption(jsonOption())
    .action((file: string, flags: Flags) =>
      reporting(async () => {
        const { auditExport } = await import("./commands/audit.ts");
        await auditExport({ configFile: flags.config, file, json: flags.json === true });
      })(flags),
    );
  withExamples(exported, ["keyquorum-keeper audit export audit.jsonl", "keyquorum-keeper audit export /backup/audit.jsonl --json"]);

  const restart = audit
    .command("restart")
    .description(
      "Restarts an audit log that does not verify: moves what is left to a new file, and continues the log after its sealed end with a record of the restart. Compare the log with a backup first. The keeper must be stopped.",
    )
    .addOption(configOption())
    .requiredOption("--archive <file>", "a new file for what is left, as JSON lines")
    .addOption(jsonOption())
    .action(
      reporting(async (flags: Flags & { readonly archive: string }) => {
        const { auditRestart } = await import("./commands/audit.ts");
        await auditRestart({ configFile: flags.config, archive: flags.archive, json: flags.json === true });
      }),
    );
  withExamples(restart, ["keyquorum-keeper audit restart --archive broken-audit.jsonl"]);

  const prune = audit
    .command("prune")
    .description(
      "Verifies the audit log, then deletes its oldest records. It leaves a checkpoint from which the rest can be verified, and a record of the pruning. The keeper must be stopped.",
    )
    .addOption(configOption())
    .requiredOption("--keep-days <number>", "keep the records of this many days", daysOf)
    .option("--archive <file>", "first append the deleted records to this file, as JSON lines")
    .addOption(jsonOption())
    .action(
      reporting(async (flags: Flags & { readonly keepDays: number; readonly archive?: string }) => {
        const { auditPrune } = await import("./commands/audit.ts");
        const { keepDays, archive } = flags;
        await auditPrune({ configFile: flags.config, keepDays, archive, json: flags.json === true });
      }),
    );
  withExamples(prune, [
    "keyquorum-keeper audit prune --keep-days 90",
    "keyquorum-keeper audit prune --keep-days 30 --archive /backup/audit.jsonl --json",
  ]);
};

const daysOf = (text: string): number => {
  if (!/^[0-9]{1,5}$/.test(text)) throw new InvalidArgumentError("It must be a number of days, from 0 to 99999.");
  return Number(text);
};
