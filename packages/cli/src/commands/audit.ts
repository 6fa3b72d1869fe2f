import { type AuditSummary, exportAudit, pruneAudit, readConfig, restartAudit, verifyAudit } from "@keyquorum/keeper";

/** `keyquorum-keeper audit verify`. */
export const auditVerify = async ({ configFile, json }: { readonly configFile: string; readonly json: boolean }): Promise<void> => {
  const summary = await verifyAudit(await readConfig(configFile));
  if (json) console.log(JSON.stringify(summary, null, 2));
  else print(summary);
};

/** `keyquorum-keeper audit prune`. */
export const auditPrune = async (options: {
  readonly configFile: string;
  readonly keepDays: number;
  readonly archive: string | undefined;
  readonly json: boolean;
}): Promise<void> => {
  const { keepDays, archive, json } = options;
  const pruned = await pruneAudit(await readConfig(options.configFile), { keepDays, ...(archive === undefined ? {} : { archive }) });
  if (json) console.log(JSON.stringify(pruned, null, 2));
  else {
    console.log(`${pruned.deleted} records deleted${archive === undefined || pruned.deleted === 0 ? "" : `; they are in ${archive}`}.`);
    print(pruned);
  }
};

/** `keyquorum-keeper audit export`. */
export const auditExport = async (options: {
  readonly configFile: string;
  readonly file: string;
  readonly json: boolean;
}): Promise<void> => {
  const summary = await exportAudit(await readConfig(options.configFile), options.file);
  if (options.json) console.log(JSON.stringify(summary, null, 2));
  else {
    console.log(`${summary.records} records are in ${options.file}.`);
    print(summary);
  }
};

/** `keyquorum-keeper audit restart`. */
export const auditRestart = async (options: {
  readonly configFile: string;
  readonly archive: string;
  readonly json: boolean;
}): Promise<void> => {
  const restarted = await restartAudit(await readConfig(options.configFile), options.archive);
  if (options.json) console.log(JSON.stringify({ restarted: restarted !== undefined, ...restarted }, null, 2));
  else if (restarted === undefined) console.log("The audit log verifies; nothing was changed.");
  else {
    const { fault } = restarted;
    console.log(`The audit log was broken at record ${fault.seq} (${fault.reason}). What was left of it is in ${options.archive}.`);
    print(restarted);
  }
};

const print = ({ records, pruned, hash }: AuditSummary): void => {
  console.log(`The audit log verifies: ${records} records, after ${pruned} that were pruned.`);
  console.log(`Last record      ${hash}`);
};
