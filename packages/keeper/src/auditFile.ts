import { appendFile } from "node:fs/promises";
import type { AuditRecord, Vault } from "@keyquorum/vault";
import { parseAddress } from "@keyquorum/wire";
import { systemClock } from "./clock.ts";
import type { KeeperConfig } from "./config/parseConfig.ts";
import { readDeployment } from "./deployment.ts";
import { openOperatorKey } from "./operatorKey.ts";
import { openKeeperVault, vaultFailure } from "./vaultFile.ts";

/** What an audit log holds: the numbers of its first and last record that are left, and how many were pruned. */
export type AuditSummary = {
  readonly records: number;
  readonly pruned: number;
  /** Of the last record. Note it elsewhere, and a log that was replaced together with its vault shows. */
  readonly hash: string;
};
export type PrunedAudit = AuditSummary & { readonly deleted: number };

const DAY_MILLISECONDS = 86_400_000;
const PAGE = 500;

/** Verifies the audit log of a keeper that does not run. Throws KeeperError VAULT_AUDIT_BROKEN and those of `openKeeperVault`. */
export const verifyAudit = (config: KeeperConfig): Promise<AuditSummary> => withVault(config, summarise);

/**
 * Deletes records that are older than so many days from the audit log of a keeper that does not run, after it was verified. A checkpoint stays, from
 * which the rest is verified. With `archive` they are appended to that file first, as JSON lines; on disk before the first is deleted.
 */
export const pruneAudit = (
  config: KeeperConfig,
  { keepDays, archive }: { readonly keepDays: number; readonly archive?: string },
): Promise<PrunedAudit> =>
  withVault(config, async (vault) => {
    const before = systemClock.now() - keepDays * DAY_MILLISECONDS;
    const { pruned } = await vault.audit.verify();
    if (archive !== undefined) await writeArchive(vault, before, archive);
    await vault.audit.prune(before);
    const summary = await summarise(vault);
    return { ...summary, deleted: summary.pruned - pruned };
  });

const summarise = async (vault: Vault): Promise<AuditSummary> => {
  const { count, pruned, hash } = await vault.audit.verify();
  return { records: count - pruned, pruned, hash };
};

/** The records that `prune` will delete: up to the first that is not older. */
const writeArchive = async (vault: Vault, before: number, file: string): Promise<void> => {
  let fromSeq = 0;
  for (;;) {
    const records = await vault.audit.find({ fromSeq, limit: PAGE });
    const young = records.findIndex(({ at }) => at >= before);
    const old: readonly AuditRecord[] = young === -1 ? records : records.slice(0, young);
    if (old.length > 0) await appendFile(file, old.map((record) => `${JSON.stringify(record)}\n`).join(""), { mode: 0o600, flush: true });
    if (young !== -1 || records.length < PAGE) return;
    fromSeq = (records.at(-1)?.seq ?? 0) + 1;
  }
};

const withVault = async <Result>(config: KeeperConfig, work: (vault: Vault) => Promise<Result>): Promise<Result> => {
  const contracts = await readDeployment(config);
  const operator = parseAddress((await openOperatorKey(config.operator)).address);
  const vault = await openKeeperVault({ config, contracts, operator, clock: systemClock });
  try {
    return await work(vault);
  } catch (error) {
    throw vaultFailure(error, config.dataDirectory);
  } finally {
    await vault.close();
  }
};
