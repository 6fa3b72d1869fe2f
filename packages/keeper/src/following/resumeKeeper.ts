import { type BrokenFinality, type FollowerState, withAccepted } from "@keyquorum/chain";
import type { FollowerCursor, Vault } from "@keyquorum/vault";
import { type Hash32, parseAddress, parseHash32 } from "@keyquorum/wire";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { readDeployment } from "../contracts/deployment.ts";
import { openOperatorKey } from "../membership/operatorKey.ts";
import { readKeeperStatus } from "../report/status.ts";
import { systemClock } from "../run/clock.ts";
import { KeeperError } from "../run/errors.ts";
import { openKeeperVault } from "../run/vaultFile.ts";
import { acceptFinality } from "./acceptedFinality.ts";
import { openFollowerCursor } from "./followerCursor.ts";

/** What stands in the way of a keeper, and whether it runs. Public. */
export type FinalityReport = { readonly isRunning: boolean; readonly broken: BrokenFinality | null };

/** Reads a block's hash as an operator types it. Throws KeeperError CONFIG_INVALID. */
export const acceptedHashOf = (text: string): Hash32 => {
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return parseHash32(text);
  throw new KeeperError(
    "CONFIG_INVALID",
    "--accept-finality must be a block's hash: 0x and 64 hexadecimal digits. See both blocks: keyquorum-keeper resume",
  );
};

/** What is broken of a keeper's finality, whether it runs or not. Throws those of `openKeeperVault`. */
export const readFinality = (config: KeeperConfig): Promise<FinalityReport> =>
  withCursorOr(
    config,
    async (cursor): Promise<FinalityReport> => ({ isRunning: false, broken: (await cursor.load())?.broken ?? null }),
    async () => ({ isRunning: true, broken: (await readKeeperStatus(config)).finalityBroken }),
  );

/**
 * Accepts a block in the place of the one that had counted as final. A stopped keeper's vault is changed at once; a running keeper takes it over at
 * its next look. It continues only where a majority of its RPC providers has that very block there. Throws KeeperError FINALITY_STANDS where nothing
 * is broken.
 */
export const resumeKeeper = async (config: KeeperConfig, accepted: Hash32): Promise<FinalityReport> => {
  const report = await readFinality(config);
  if (report.broken === null)
    throw new KeeperError(
      "FINALITY_STANDS",
      "Nothing is to be accepted: every block that this keeper had as final stands. Ask `keyquorum-keeper status` why it is not ready.",
    );
  if (report.isRunning) await acceptFinality(config.dataDirectory, accepted);
  else
    await withCursorOr(
      config,
      async (cursor) => {
        const state = await cursor.load();
        const next = state === undefined ? undefined : withAccepted(state, accepted);
        if (next !== undefined) await cursor.commit({ logs: [], state: next });
      },
      () => acceptFinality(config.dataDirectory, accepted), // it was started meanwhile
    );
  return report;
};

const withCursorOr = async <Result>(
  config: KeeperConfig,
  work: (cursor: FollowerCursor<FollowerState>) => Promise<Result>,
  whileRunning: () => Promise<Result>,
): Promise<Result> => {
  const contracts = await readDeployment(config);
  const operator = parseAddress((await openOperatorKey(config.operator)).address);
  let vault: Vault;
  try {
    vault = await openKeeperVault({ config, contracts, operator, clock: systemClock });
  } catch (error) {
    if (error instanceof KeeperError && error.code === "KEEPER_ALREADY_RUNNING") return whileRunning();
    throw error;
  }
  try {
    return await work(openFollowerCursor(vault, contracts.block));
  } finally {
    await vault.close();
  }
};
