import { appendFile, writeFile } from "node:fs/promises";
import { type AuditFault, type AuditRecord, type Vault, VaultError } from "@keyquorum/vault";
import { parseAddress } from "@keyquorum/wire";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { readDeployment } from "../contracts/deployment.ts";
import { openOperatorKey } from "../membership/operatorKey.ts";
import { systemClock } from "./clock.ts";
import { KeeperError } from "./errors.ts";
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
    if (archive !== undefined) await appendRecords(vault, archive, ({ at }) => at < before);
    await vault.audit.prune(before);
    const summary = await summarise(vault);
    return { ...summary, deleted: summary.pruned - pruned };
  });

/**
 * Writes every record that is there to a new file, as JSON lines, whether the log verifies or not; then verifies it.
 * Throws KeeperError VAULT_AUDIT_BROKEN when the file is written and the log does not verify, EXPORT_EXISTS when the file is there already.
 */
export const exportAudit = (config: KeeperConfig, file: string): Promise<AuditSummary> =>
  withVault(config, async (vault) => {
    await createFile(file);
    await appendRecords(vault, file, () => true);
    return summarise(vault);
  });

/**
 * Gives up an audit log that does not verify: what is left of it goes to a new file, and the log begins again behind its sealed end with a record of that.
 * Answers with what was wrong; undefined, and nothing is done, where it verifies.
 */
export const restartAudit = (config: KeeperConfig, archive: string): Promise<(AuditSummary & { readonly fault: AuditFault }) | undefined> =>
  withVault(config, async (vault) => {
    if (await verifies(vault)) return undefined;
    await createFile(archive);
    await appendRecords(vault, archive, () => true);
    const fault = await vault.audit.restart();
    return fault === undefined ? undefined : { ...(await summarise(vault)), fault };
  });

const verifies = (vault: Vault): Promise<boolean> =>
  vault.audit.verify().then(
    () => true,
    (error: unknown) => {
      if (error instanceof VaultError && error.code === "VAULT_AUDIT_BROKEN") return false;
      throw error;
    },
  );

const createFile = async (file: string): Promise<void> => {
  try {
    await writeFile(file, "", { mode: 0o600, flag: "wx" });
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause;
    throw new KeeperError("EXPORT_EXISTS", `${file} is there already, and is kept as it is. Name another file.`, { file }, { cause });
  }
};

const summarise = async (vault: Vault): Promise<AuditSummary> => {
  const { count, pruned, hash } = await vault.audit.verify();
  return { records: count - pruned, pruned, hash };
};

/** Appends records as JSON lines, from the first up to the first that is not wanted; on disk when it resolves. */
const appendRecords = async (vault: Vault, file: string, isWanted: (record: AuditRecord) => boolean): Promise<void> => {
  let fromSeq = 0;
  for (;;) {
    const records = await vault.audit.find({ fromSeq, limit: PAGE });
    const end = records.findIndex((record) => !isWanted(record));
    const wanted = end === -1 ? records : records.slice(0, end);
    if (wanted.length > 0)
      await appendFile(file, wanted.map((record) => `${JSON.stringify(record)}\n`).join(""), { mode: 0o600, flush: true });
    if (end !== -1 || records.length < PAGE) return;
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
