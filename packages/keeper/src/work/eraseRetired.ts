import type { BlockRef, Heads } from "@keyquorum/chain";
import type { KeyShareInfo, Vault } from "@keyquorum/vault";
import type { KeyId } from "@keyquorum/wire";
import type { KeyMaterials } from "../answers/keyMaterial.ts";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { ActiveKey, ActiveKeys } from "../epochs/activeKeys.ts";
import type { HandOver } from "../epochs/handOver.ts";
import { isLeft } from "../epochs/leftEpoch.ts";
import { epochsWithOpenWork } from "../epochs/openWork.ts";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics.ts";

type Options = {
  readonly vault: Pick<Vault, "keyShares" | "epochSecrets" | "repairKeys" | "work" | "transaction">;
  readonly reader: ChainReader;
  readonly activeKeys: ActiveKeys;
  readonly handOver: HandOver;
  readonly materials: Pick<KeyMaterials, "forget">;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "sharesErased">;
};

/** What is known of former epochs for good: in a final block nothing of it changes any more. */
type Known = { readonly used: Set<string> };

/**
 * Erases what is left of epochs that keys have moved on from, as the final block says it: shares when no request can need them any more, then the
 * encryption secrets that they could be computed from again, and the secrets of repairs that nobody helps with any more. PROTOCOL section 3.9
 * (attacks 15, 36).
 *
 * It looks at what is there, so a crash, or a backup that was restored, needs no case of its own. All that is due goes in one transaction, because
 * the file is compacted after it. Throws ChainUnavailableError.
 */
export const createEraseRetired = (options: Options) => {
  const known: Known = { used: new Set() };
  return async ({ final }: Heads): Promise<void> => {
    const active = await options.activeKeys.asOf(final);
    const shares = await options.vault.keyShares.list();
    const open = await epochsWithOpenWork(options.vault);
    const due = await dueShares({ ...options, ...known }, { shares, active, open, final });
    const left = shares.filter((share) => !due.includes(share));
    const secrets = await dueSecrets(options, { left, active, open, final });
    const repairs = (await options.vault.repairKeys.list()).filter(({ keyId, epoch }) => hasMoved(active, { keyId, epoch }));
    if (due.length === 0 && secrets.length === 0 && repairs.length === 0) return;
    for (const { keyId, epoch } of due) options.materials.forget(keyId, epoch);
    await options.vault.transaction(async (tx) => {
      for (const { keyId, epoch, digest } of due) await tx.keyShares.erase({ keyId, epoch, digest });
      for (const epoch of secrets) await tx.epochSecrets.erase(epoch);
      for (const repair of repairs) await tx.repairKeys.erase(repair);
    });
    for (const { keyId, epoch } of due) {
      options.metrics.sharesErased.inc();
      options.log.info("Key share of a former epoch erased", { keyId, epoch });
    }
    for (const epoch of secrets) sayErased(options.log, epoch, active);
  };
};

const hasMoved = (active: ReadonlyMap<KeyId, ActiveKey>, { keyId, epoch }: Pick<KeyShareInfo, "keyId" | "epoch">): boolean =>
  (active.get(keyId)?.epoch ?? 0) > epoch;

const sayErased = (log: Logger, epoch: number, active: ReadonlyMap<KeyId, ActiveKey>): void => {
  log.info("Encryption secret of a former epoch erased", { epoch });
  const staying = [...active.values()].filter((key) => key.epoch === epoch).map(({ keyId }) => keyId);
  if (staying.length === 0) return;
  log.warn("Keys are still in an epoch that others have left: no share of them can be repaired there any more. Have them reshared", {
    epoch,
    keys: staying,
  });
};

type State = {
  readonly active: ReadonlyMap<KeyId, ActiveKey>;
  /** `keyId:epoch` of sessions that may still give a share. */
  readonly open: ReadonlySet<string>;
  readonly final: BlockRef;
};

/** Shares of epochs that their key has left, finally and long enough ago; and those that never came into use there. */
const dueShares = async (
  { handOver, reader, used }: Options & Known,
  { shares, active, open, final }: State & { readonly shares: readonly KeyShareInfo[] },
): Promise<readonly KeyShareInfo[]> => {
  const due = shares.map(async (share) => {
    const { keyId, epoch } = share;
    if (!hasMoved(active, share) || open.has(`${keyId}:${epoch}`)) return [];
    if (await handOver.isOver({ keyId, epoch }, final)) return [share];
    const wasInUse = used.has(`${keyId}:${epoch}`) || (await reader.at(final.hash).keyEpochOf(keyId, epoch)) !== undefined;
    if (wasInUse) used.add(`${keyId}:${epoch}`);
    return wasInUse ? [] : [share];
  });
  return (await Promise.all(due)).flat();
};

/**
 * Secrets of epochs that are over: a later one is open, no session may still give a share in them, and either nothing of them is left, or a key has
 * left them whose erased shares would be computed from the secret again.
 */
const dueSecrets = async (
  { vault, reader, handOver }: Options,
  { left, active, open, final }: State & { readonly left: readonly KeyShareInfo[] },
): Promise<readonly number[]> => {
  const epochs = await vault.epochSecrets.list();
  if (epochs.length === 0) return [];
  const current = await reader.at(final.hash).currentEpoch();
  const inUse = new Set<number>([...left.map(({ epoch }) => epoch), ...[...active.values()].map(({ epoch }) => epoch)]);
  const opening = new Set([...open].map((name) => Number(name.split(":")[1])));
  const due = epochs
    .filter((epoch) => epoch < current && !opening.has(epoch))
    .map(async (epoch) => (!inUse.has(epoch) || (await isLeft({ handOver, active }, epoch, final)) ? [epoch] : []));
  return (await Promise.all(due)).flat();
};
