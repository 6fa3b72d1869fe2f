import type { BlockRef, Heads } from "@keyquorum/chain";
import type { KeyShareInfo, Vault } from "@keyquorum/vault";
import type { KeyId } from "@keyquorum/wire";
import type { KeyMaterials } from "../answers/keyMaterial.ts";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { ActiveKey, ActiveKeys } from "../epochs/activeKeys.ts";
import type { HandOver } from "../epochs/handOver.ts";
import { epochsWithOpenWork } from "../epochs/openWork.ts";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics.ts";

type Options = {
  readonly vault: Pick<Vault, "keyShares" | "epochSecrets" | "work" | "transaction">;
  readonly reader: ChainReader;
  readonly activeKeys: ActiveKeys;
  readonly handOver: HandOver;
  readonly materials: Pick<KeyMaterials, "forget">;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "sharesErased">;
};

/**
 * Erases what is left of epochs that keys have moved on from, as the final block says it: shares when no request can need them any more, then
 * encryption secrets of epochs of which no share, session or key is left. PROTOCOL section 3.9 (attacks 15, 36).
 *
 * It looks at what is there, so a crash, or a backup that was restored, needs no case of its own. All that is due goes in one transaction, because
 * the file is compacted after it. Throws ChainUnavailableError.
 */
export const createEraseRetired =
  (options: Options) =>
  async ({ final }: Heads): Promise<void> => {
    const active = await options.activeKeys.asOf(final);
    const shares = await options.vault.keyShares.list();
    const open = await epochsWithOpenWork(options.vault);
    const due = await dueShares(options, { shares, active, open, final });
    const left = shares.filter((share) => !due.includes(share));
    const secrets = await dueSecrets(options, { left, active, open, final });
    if (due.length === 0 && secrets.length === 0) return;
    for (const { keyId, epoch } of due) options.materials.forget(keyId, epoch);
    await options.vault.transaction(async (tx) => {
      for (const { keyId, epoch, digest } of due) await tx.keyShares.erase({ keyId, epoch, digest });
      for (const epoch of secrets) await tx.epochSecrets.erase(epoch);
    });
    for (const { keyId, epoch } of due) {
      options.metrics.sharesErased.inc();
      options.log.info("Key share of a former epoch erased", { keyId, epoch });
    }
    for (const epoch of secrets) options.log.info("Encryption secret of a former epoch erased", { epoch });
  };

type State = {
  readonly active: ReadonlyMap<KeyId, ActiveKey>;
  /** `keyId:epoch` of sessions that may still give a share. */
  readonly open: ReadonlySet<string>;
  readonly final: BlockRef;
};

/** Shares of epochs that their key has left, finally and long enough ago; and those that never came into use there. */
const dueShares = async (
  { handOver, reader }: Options,
  { shares, active, open, final }: State & { readonly shares: readonly KeyShareInfo[] },
): Promise<readonly KeyShareInfo[]> => {
  const due = shares.map(async (share) => {
    const { keyId, epoch } = share;
    const hasMoved = (active.get(keyId)?.epoch ?? 0) > epoch;
    if (!hasMoved || open.has(`${keyId}:${epoch}`)) return [];
    const wasNeverInUse = (await reader.at(final.hash).keyEpochOf(keyId, epoch)) === undefined;
    return wasNeverInUse || (await handOver.isOver({ keyId, epoch }, final)) ? [share] : [];
  });
  return (await Promise.all(due)).flat();
};

/** Secrets of epochs that are over: a later one is open, and nothing of them is left that a secret could be needed for. */
const dueSecrets = async (
  { vault, reader }: Options,
  { left, active, open, final }: State & { readonly left: readonly KeyShareInfo[] },
): Promise<readonly number[]> => {
  const epochs = await vault.epochSecrets.list();
  if (epochs.length === 0) return [];
  const current = await reader.at(final.hash).currentEpoch();
  const inUse = new Set<number>([
    ...left.map(({ epoch }) => epoch),
    ...[...active.values()].map(({ epoch }) => epoch),
    ...[...open].map((name) => Number(name.split(":")[1])),
  ]);
  return epochs.filter((epoch) => epoch < current && !inUse.has(epoch));
};
