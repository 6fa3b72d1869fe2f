import { type Command, InvalidArgumentError } from "commander";
import { configOption, type Flags, jsonOption, reporting, withExamples } from "./commandLine.ts";

/** `audit`: the record of every share that this keeper released. */
export const addAuditCommands = (program: Command): void => {
  const audit = program
    .command("audit")
    .description("Works with the audit log: a record of every share that this keeper released, each chained to the one before.")
    .helpCommand(false);
  withExamples(audit, [
    "keyquorum-keeper audit verify",
    "keyquorum-keeper audit export audit.jsonl",
    "keyquorum-keeper audit prune --keep-days 90",
  ]);

  const verify = audit
    .command("verify")
    .description("Recomputes the audit log from its checkpoint to its end. The keeper must be stopped. Exit code 1: it was changed or cut.")
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
      "Writes every record that is there to a new file, as JSON lines, then verifies the log. The keeper must be stopped. Exit code 1: the file is written, and the log was changed or cut.",
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
      "Begins an audit log again that does not verify: what is left goes to a new file, and the log continues behind its sealed end with a record of that. Compare it with a backup first. The keeper must be stopped.",
    )
    .addOption(configOption())
    .requiredOption("--archive <file>", "where what is left goes, as JSON lines: a file that does not exist yet")
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
      "Verifies the audit log, then deletes its oldest records. A checkpoint stays that the rest is verified from, and a record of the act. The keeper must be stopped.",
    )
    .addOption(configOption())
    .requiredOption("--keep-days <number>", "keep the records of so many days", daysOf)
    .option("--archive <file>", "append what is deleted to this file first, as JSON lines")
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
