import { backend, encodePoint, encodeScalar, randomScalar, secureRandom } from "@keyquorum/threshold";
import { createVault } from "@keyquorum/vault";
import { type Address, bytesToHex, type Hex, parseAddress } from "@keyquorum/wire";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { readDeployment } from "../contracts/deployment.ts";
import { createOperatorKey, openOperatorKey } from "../membership/operatorKey.ts";
import { systemClock } from "./clock.ts";
import { pinOf, readVaultKey, vaultFailure } from "./vaultFile.ts";

/** What governance needs to admit a keeper. Public. */
export type InitialisedKeeper = {
  readonly dataDirectory: string;
  readonly operator: Address;
  /** Compressed, 33 bytes. Signs receipts and peer messages; apart from the operator's account. */
  readonly identityKey: Hex;
};

/**
 * Creates a keeper's data directory: a vault with a new identity key. Overwrites nothing; asks no chain.
 * Throws KeeperError KEEPER_ALREADY_INITIALISED, SECRET_FILE_*, DEPLOYMENT_INVALID, WRONG_CHAIN.
 */
export const initialiseKeeper = async (
  config: KeeperConfig,
  options: { readonly createOperatorKey: boolean },
): Promise<InitialisedKeeper> => {
  const contracts = await readDeployment(config);
  const keyEncryptionKey = await readVaultKey(config.vault);
  const wallet = options.createOperatorKey ? await createOperatorKey(config.operator) : await openOperatorKey(config.operator);
  const operator = parseAddress(wallet.address);
  const identity = randomScalar(secureRandom);
  const secret = encodeScalar(identity);
  try {
    const vault = await createVault({
      directory: config.dataDirectory,
      keyEncryptionKey,
      pin: pinOf(contracts, operator),
      random: secureRandom,
      clock: systemClock.now,
      secrets: { identity: secret },
    });
    await vault.close();
  } catch (error) {
    throw vaultFailure(error, config.dataDirectory);
  } finally {
    secret.fill(0);
  }
  return { dataDirectory: config.dataDirectory, operator, identityKey: bytesToHex(encodePoint(backend.mulG(identity))) };
};
