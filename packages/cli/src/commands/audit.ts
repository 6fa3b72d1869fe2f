import { type AuditSummary, pruneAudit, readConfig, verifyAudit } from "@keyquorum/keeper";

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

const print = ({ records, pruned, hash }: AuditSummary): void => {
  console.log(`The audit log verifies: ${records} records, after ${pruned} that were pruned.`);
  console.log(`Last record      ${hash}`);
};
