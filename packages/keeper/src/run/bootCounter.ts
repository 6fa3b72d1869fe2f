import { parseAddress } from "@keyquorum/wire";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { readDeployment } from "../contracts/deployment.ts";
import { openOperatorKey } from "../membership/operatorKey.ts";
import { systemClock } from "./clock.ts";
import { openKeeperVault, vaultFailure } from "./vaultFile.ts";

/** How often a keeper was started, as other keepers see it. */
export type BootCount = { readonly before: number; readonly now: number };

/**
 * Leaves out numbers of lives of a keeper that does not run: one that was restored from a backup is refused by the others until its counter is above the
 * highest that they saw. Throws KeeperError, those of `openKeeperVault` too.
 */
export const advanceBoot = async (config: KeeperConfig, by: number): Promise<BootCount> => {
  const contracts = await readDeployment(config);
  const operator = parseAddress((await openOperatorKey(config.operator)).address);
  const vault = await openKeeperVault({ config, contracts, operator, clock: systemClock });
  try {
    const now = await vault.boots.advance(by);
    return { before: now - by, now };
  } catch (error) {
    throw vaultFailure(error, config.dataDirectory);
  } finally {
    await vault.close();
  }
};
