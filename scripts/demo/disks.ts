import { readFile } from "node:fs/promises";
import { type Cluster, type ClusterKeeper, dataDirectoryOf } from "@keyquorum/cluster";
import { combineShares, G, parseScalar, secureRandom } from "@keyquorum/threshold";
import { type KeyEncryptionKey, keyFromFile, keyFromPassphrase, openVault } from "@keyquorum/vault";
import { type Address, bytesToHex, type Hash32, type KeyId, parseAddress } from "@keyquorum/wire";
import { computeAddress } from "ethers";

/** A share as a thief finds it on a disk, who has what opens its vault, too. */
export type FoundShare = { readonly slot: number; readonly epoch: number; readonly share: bigint };

/** Opens a stopped keeper's data, or a copy of it, and takes its shares of a key. For the demo: a keeper never gives a share away. */
export const sharesOnDisk = async (
  cluster: Cluster,
  keeper: ClusterKeeper,
  { keyId, directory = dataDirectoryOf(keeper) }: { readonly keyId: KeyId; readonly directory?: string },
): Promise<readonly FoundShare[]> => {
  const { chainId, genesisHash, blockHash, contracts } = cluster.deployment;
  const vault = await openVault({
    directory,
    keyEncryptionKey: await stolenKeyOf(keeper),
    pin: {
      chainId,
      genesisHash: genesisHash as Hash32, // a deployment's hashes and addresses are lower case
      registry: contracts.keeperRegistry as Address,
      deploymentBlockHash: blockHash as Hash32,
      operator: parseAddress(keeper.operator),
    },
    random: secureRandom,
    clock: Date.now,
  });
  try {
    const found: FoundShare[] = [];
    for (const info of await vault.keyShares.list({ keyId })) {
      const record = await vault.keyShares.load(info, info);
      if (record !== undefined) found.push({ slot: info.slot, epoch: info.epoch, share: parseScalar(record.share) });
    }
    return found;
  } finally {
    await vault.close();
  }
};

/** What opens a keeper's vault, for who can read all its files. */
export const stolenKeyOf = async ({ vaultKey: { kind, path } }: ClusterKeeper): Promise<KeyEncryptionKey> =>
  kind === "file" ? keyFromFile(path) : keyFromPassphrase((await readFile(path, "utf8")).trim());

/** Whether any `quorum` of these shares make the secret of the key with this address. */
export const canOpen = (shares: readonly FoundShare[], quorum: number, publicKeyAddress: string): boolean =>
  choose(shares, quorum)
    .filter((chosen) => new Set(chosen.map(({ slot }) => slot)).size === quorum)
    .some((chosen) => addressOf(combineShares(chosen)) === publicKeyAddress.toLowerCase());

const addressOf = (secret: bigint): string => computeAddress(bytesToHex(G.multiply(secret).toBytes(true))).toLowerCase();

const choose = <T>(items: readonly T[], count: number): readonly (readonly T[])[] =>
  count === 0 ? [[]] : items.flatMap((item, index) => choose(items.slice(index + 1), count - 1).map((rest) => [item, ...rest]));
