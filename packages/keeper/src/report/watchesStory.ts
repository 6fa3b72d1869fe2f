import type { Core } from "../run/core.ts";
import type { Story } from "../run/story.ts";
import { watchAudit } from "./auditWatch.ts";
import type { KeeperStatus } from "./status.ts";
import { createVaultWatch } from "./vaultWatch.ts";

/** What an operator must look after: the vault's file, the audit log, and the account's balance. */
export const watchesStory = async (core: Core): Promise<Story> => {
  const { balance } = core;
  const scrub = createVaultWatch(core);
  const verifyAudit = await watchAudit(core);
  return {
    name: "watches",
    upkeep: async () => {
      await balance.refresh();
      await scrub();
      await verifyAudit();
    },
    status: () => ({ balanceWei: balance.last()?.toString() ?? "" }) satisfies Partial<KeeperStatus>,
  };
};
