import { encodeScalar, keccakWords, randomScalar, secureRandom } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import { type Address, bytesToHex, type Hex, parseAddress } from "@keyquorum/wire";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { readDeployment } from "../contracts/deployment.ts";
import { systemClock } from "../run/clock.ts";
import { openNonces } from "../run/openNonces.ts";
import { openKeeperVault } from "../run/vaultFile.ts";
import { openOperatorKey } from "./operatorKey.ts";

/** Identity keys of a data directory, oldest first. Public. */
export type OwnIdentities = { readonly operator: Address; readonly identityKeys: readonly Hex[] };

/** Opens the vault of a keeper that does not run, works with it, and closes it. Throws KeeperError KEEPER_ALREADY_RUNNING and others of `openKeeperVault`. */
export const withStoppedKeeper = async <Result>(
  config: KeeperConfig,
  work: (vault: Vault, operator: Address) => Promise<Result>,
): Promise<Result> => {
  const contracts = await readDeployment(config);
  const operator = parseAddress((await openOperatorKey(config.operator)).address);
  const vault = await openKeeperVault({ config, contracts, operator, clock: systemClock });
  try {
    return await work(vault, operator);
  } finally {
    await vault.close();
  }
};

const listOf = async (vault: Vault): Promise<readonly Hex[]> => (await vault.identities.list()).map(bytesToHex);

export const listIdentities = (config: KeeperConfig): Promise<OwnIdentities> =>
  withStoppedKeeper(config, async (vault, operator) => ({ operator, identityKeys: await listOf(vault) }));

/**
 * Makes the next identity key, beside those that epochs have frozen. Governance registers its public key, and epochs that are proposed from then on
 * name it. The keeper must be stopped meanwhile.
 */
export const addIdentity = (config: KeeperConfig): Promise<OwnIdentities & { readonly identityKey: Hex }> =>
  withStoppedKeeper(config, async (vault, operator) => {
    const nonces = await openNonces(vault, secureRandom);
    const session = keccakWords((await vault.identities.list()).length);
    const secret = encodeScalar(randomScalar(nonces({ purpose: "identity-key", session })));
    try {
      const identityKey = bytesToHex(await vault.identities.add(secret));
      return { operator, identityKey, identityKeys: await listOf(vault) };
    } finally {
      secret.fill(0);
    }
  });
