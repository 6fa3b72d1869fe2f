import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Cluster, type ClusterKeeper, dataDirectoryOf } from "@keyquorum/cluster";
import { CURVE_ORDER, lagrangeAtZero, parseScalar } from "@keyquorum/threshold";
import { backupVault, openVault } from "@keyquorum/vault";
import { type KeyId, parseAddress, parseHash32 } from "@keyquorum/wire";
import { stolenKeyOf } from "../../../scripts/demo/disks.ts";

/** What the owner of a keeper's disk and of its vault's key reads on it: its share of one key in one epoch. Secret. */
export type ShareOnDisk = { readonly keyId: KeyId; readonly epoch: number; readonly slot: number; readonly share: bigint };

/** Opens a copy of a data directory, as a thief would who also has the vault's key, and takes all shares. */
export const sharesOnDisk = async (
  { chain, deployment }: Cluster,
  keeper: ClusterKeeper,
  folder = dataDirectoryOf(keeper),
): Promise<readonly ShareOnDisk[]> =>
  withCopy(folder, async (directory) => {
    const vault = await openVault({
      directory,
      keyEncryptionKey: await stolenKeyOf(keeper),
      pin: {
        chainId: chain.chainId,
        genesisHash: parseHash32(deployment.genesisHash),
        registry: parseAddress(deployment.contracts.keeperRegistry),
        deploymentBlockHash: parseHash32(deployment.blockHash),
        operator: parseAddress(keeper.operator),
      },
      random: (length) => new Uint8Array(length),
      clock: Date.now,
    });
    try {
      const found: ShareOnDisk[] = [];
      for (const { keyId, epoch, digest, slot, verifyingShare } of await vault.keyShares.list()) {
        const record = await vault.keyShares.load({ keyId, epoch, digest }, { verifyingShare });
        if (record !== undefined) found.push({ keyId, epoch, slot, share: parseScalar(record.share) });
      }
      return found;
    } finally {
      await vault.close();
    }
  });

/** The secret that these shares interpolate to at 0: the key's, where they are q of one epoch; nothing else ever is. */
export const interpolate = (shares: readonly ShareOnDisk[]): bigint => {
  const slots = shares.map(({ slot }) => slot);
  return shares.reduce((sum, { slot, share }) => (sum + lagrangeAtZero(slots, slot) * share) % CURVE_ORDER, 0n);
};

/** A sealed row's bytes as they lie in the file: what must be gone when it is erased. */
export type SealedRow = { readonly kind: string; readonly id: string; readonly wrappedKey: Uint8Array; readonly body: Uint8Array };

/** All sealed rows of a data directory. */
export const sealedRowsOnDisk = (keeper: ClusterKeeper): Promise<readonly SealedRow[]> =>
  withCopy(dataDirectoryOf(keeper), async (directory) => {
    const database = new DatabaseSync(join(directory, "secrets.sqlite"));
    try {
      return database
        .prepare("SELECT kind, id, wrapped_key AS wrappedKey, body FROM sealed")
        .all()
        .map((row) => row as unknown as SealedRow); // true: the columns of the table
    } finally {
      database.close();
    }
  });

/** The row of a keeper's share: what the vault calls it. */
export const isShareOf = (keyId: string, epoch: number, { kind, id }: SealedRow): boolean =>
  kind === "key_share" && id.startsWith(`${keyId}/${epoch}/`);

const withCopy = async <Result>(folder: string, work: (copy: string) => Promise<Result>): Promise<Result> => {
  const parent = await mkdtemp(join(tmpdir(), "keyquorum-disk-"));
  try {
    const copy = join(parent, "data");
    await backupVault({ directory: folder, to: copy });
    return await work(copy);
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
};
