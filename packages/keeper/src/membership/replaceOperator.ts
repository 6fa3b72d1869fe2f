import { secureRandom } from "@keyquorum/threshold";
import { replaceVaultOperator } from "@keyquorum/vault";
import { type Address, parseAddress } from "@keyquorum/wire";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { readDeployment } from "../contracts/deployment.ts";
import { systemClock } from "../run/clock.ts";
import { pinOf, readVaultKey, vaultFailure } from "../run/vaultFile.ts";
import { createOperatorKey, openOperatorKey } from "./operatorKey.ts";

/** What a change of operator did. Public. */
export type OperatorReplacement = {
  readonly from: Address;
  readonly to: Address;
  /** Transactions of the former account that were under way. They are dropped: the new account cannot repeat them. */
  readonly dropped: readonly string[];
};

/**
 * Binds the data directory of a keeper that does not run to the operator's account that the configuration names now. The former key is not needed: it
 * may be lost. Crash-safe, and done once: a second call changes nothing. Throws KeeperError KEEPER_ALREADY_RUNNING, KEEPER_FOREIGN_DATA and others
 * of `openKeeperVault`.
 * @param options.createOperatorKey draws the new key into the file that the configuration names; overwrites nothing
 */
export const replaceOperator = async (
  config: KeeperConfig,
  options: { readonly createOperatorKey: boolean },
): Promise<OperatorReplacement> => {
  const contracts = await readDeployment(config);
  const keyEncryptionKey = await readVaultKey(config.vault);
  const wallet = options.createOperatorKey ? await createOperatorKey(config.operator) : await openOperatorKey(config.operator);
  try {
    const { from, to, dropped } = await replaceVaultOperator({
      directory: config.dataDirectory,
      keyEncryptionKey,
      pin: pinOf(contracts, parseAddress(wallet.address)),
      random: secureRandom,
      clock: systemClock.now,
    });
    return { from, to, dropped: dropped.filter(({ entry }) => isUnderWay(entry)).map(({ id }) => id) };
  } catch (error) {
    throw vaultFailure(error, config.dataDirectory);
  }
};

/** What a record of @keyquorum/chain's sender says of a transaction that is not final. */
const isUnderWay = (entry: unknown): boolean =>
  typeof entry === "object" && entry !== null && "state" in entry && (entry.state === "pending" || entry.state === "mined");
