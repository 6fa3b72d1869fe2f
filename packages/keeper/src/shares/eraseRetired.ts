import type { BlockRef, Heads } from "@keyquorum/chain";
import type { Departure, KeyShareId, Vault } from "@keyquorum/vault";
import type { KeyId } from "@keyquorum/wire";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import type { Clock } from "../run/clock.ts";
import { mapInTurns } from "../run/inTurns.ts";
import type { ActiveKey, ActiveKeys } from "./activeKeys.ts";
import { erasureWait } from "./erasureWait.ts";
import type { HandOver } from "./handOver.ts";
import type { KeyMaterials } from "./keyMaterials.ts";
import { isLeft } from "./leftEpoch.ts";
import { epochsWithOpenWork } from "./openWork.ts";

type Options = {
  readonly vault: Pick<Vault, "keyShares" | "epochSecrets" | "repairKeys" | "work" | "departures" | "transaction">;
  readonly reader: ChainReader;
  readonly activeKeys: ActiveKeys;
  readonly handOver: HandOver;
  readonly materials: Pick<KeyMaterials, "forget">;
  readonly clock: Pick<Clock, "now">;
  /** Of the configuration; undefined: a request's lifetime and a margin, at least an hour. */
  readonly eraseDelaySeconds: number | undefined;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "sharesErased">;
};

/** What is known of former epochs for good: in a final block nothing of it changes any more. */
type Known = { readonly used: Set<string> };

type Named = { readonly keyId: KeyId; readonly epoch: number };
const nameOf = ({ keyId, epoch }: Named): string => `${keyId}:${epoch}`;

/**
 * Erases the material of epochs that keys have left, according to the final block: shares once no request can need them, then the encryption secrets
 * from which the shares could be computed again, and the secrets of repairs that are over. Erasing cannot be undone, so one answer of the chain is not
 * enough: at every look during the whole wait, by this keeper's own clock, and at this look, the chain must have said that the epoch is over.
 * PROTOCOL section 3.9 (attacks 10, 15, 36).
 *
 * It starts from what is stored, so a crash or a restored backup needs no special case. Everything that is due goes in one transaction, because
 * the file is compacted after it. Throws ChainUnavailableError.
 */
export const createEraseRetired = (options: Options) => {
  const known: Known = { used: new Set() };
  return async ({ final }: Heads): Promise<void> => {
    const active = await options.activeKeys.asOf(final);
    const [shares, repairs, open] = await Promise.all([
      options.vault.keyShares.stored(), // damaged ones, too: who has the key of the vault might mend them
      options.vault.repairKeys.list(),
      epochsWithOpenWork(options.vault),
    ]);
    const moved = await movedOf(options, [...shares, ...repairs], { active, final });
    const staying = shares.filter((share) => !moved.has(nameOf(share)));
    const ended = await endedEpochs(options, { left: staying, active, final });
    const ripe = await ripeOf(options, { moved, ended, final });

    const due = await dueShares(
      { ...options, ...known },
      { shares: shares.filter((share) => ripe.shares.has(nameOf(share))), open, final },
    );
    const left = shares.filter((share) => !due.includes(share));
    const secrets = await dueSecrets(options, { epochs: ripe.secrets, left, active, open, final });
    const over = repairs.filter((repair) => ripe.shares.has(nameOf(repair)));
    if (due.length === 0 && secrets.length === 0 && over.length === 0) return;
    for (const { keyId, epoch } of due) options.materials.forget(keyId, epoch);
    await options.vault.transaction(async (tx) => {
      for (const { keyId, epoch, digest } of due) await tx.keyShares.erase({ keyId, epoch, digest });
      for (const epoch of secrets) await tx.epochSecrets.erase(epoch);
      for (const repair of over) await tx.repairKeys.erase(repair);
    });
    for (const { keyId, epoch } of due) {
      options.metrics.sharesErased.inc();
      options.log.info("Key share of a former epoch erased", { keyId, epoch });
    }
    for (const epoch of secrets) sayErased(options.log, epoch, active);
  };
};

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

/** Which of these the contract, and not only a mirrored log, says to be of an epoch that their key has left. */
const movedOf = async (
  { handOver }: Pick<Options, "handOver">,
  all: readonly Named[],
  { active, final }: Pick<State, "active" | "final">,
): Promise<ReadonlyMap<string, Named>> => {
  const logged = new Map(all.filter(({ keyId, epoch }) => (active.get(keyId)?.epoch ?? 0) > epoch).map((one) => [nameOf(one), one]));
  const read = await mapInTurns(logged, async ([name, one]): Promise<readonly (readonly [string, Named])[]> => {
    const state = await handOver.stateOf(one, final);
    return state === "active" || state === "later" ? [] : [[name, one]];
  });
  return new Map(read.flat());
};

/** Epochs whose secret has no more to do in the final block, or that a key has left: when the requests from before are over, it may go. */
const endedEpochs = async (
  { vault, reader, handOver }: Options,
  { left, active, final }: Pick<State, "active" | "final"> & { readonly left: readonly KeyShareId[] },
): Promise<readonly number[]> => {
  const epochs = await vault.epochSecrets.list();
  if (epochs.length === 0) return [];
  const current = await reader.at(final.hash).currentEpoch();
  const isEnded = async (epoch: number): Promise<boolean> => {
    for (const { keyId } of [...active.values()].filter((key) => key.epoch > epoch)) {
      const state = await handOver.stateOf({ keyId, epoch }, final);
      if (state === "handingOver" || state === "retired") return true;
      if (state === "active") return false; // a log said that it moved, the contract does not
    }
    return !inUse({ left, active }).has(epoch);
  };
  const former = epochs.filter((epoch) => epoch < current);
  const ended = await Promise.all(former.map(isEnded));
  return former.filter((_epoch, index) => ended[index]);
};

/** What the chain has called over for the whole wait, without a break, by this keeper's clock. */
const ripeOf = async (
  { vault, reader, clock, eraseDelaySeconds }: Options,
  { moved, ended, final }: { readonly moved: ReadonlyMap<string, Named>; readonly ended: readonly number[]; readonly final: BlockRef },
): Promise<{ readonly shares: ReadonlySet<string>; readonly secrets: readonly number[] }> => {
  const departures: readonly Departure[] = [
    ...[...moved.values()].map(({ keyId, epoch }) => ({ keyId, epoch })),
    ...ended.map((epoch) => ({ epoch })),
  ];
  const isAny = departures.length > 0;
  const wait = 1000 * (eraseDelaySeconds ?? (isAny ? erasureWait(await reader.at(final.hash).requestLifetime()) : 0));
  const since = await vault.departures.see(departures, { maxGapMilliseconds: wait });
  const isRipe = (index: number): boolean => clock.now() >= (since[index] ?? Number.POSITIVE_INFINITY) + wait;
  return {
    shares: new Set([...moved.keys()].filter((_name, index) => isRipe(index))),
    secrets: ended.filter((_epoch, index) => isRipe(moved.size + index)),
  };
};

/** Shares of epochs that their key has left, finally and long enough ago; and those that never came into use there. */
const dueShares = async (
  { handOver, reader, used }: Options & Known,
  { shares, open, final }: Pick<State, "open" | "final"> & { readonly shares: readonly KeyShareId[] },
): Promise<readonly KeyShareId[]> => {
  const due = await mapInTurns(shares, async (share) => {
    const { keyId, epoch } = share;
    if (open.has(nameOf(share))) return [];
    if (await handOver.isOver({ keyId, epoch }, final)) return [share];
    const wasInUse = used.has(nameOf(share)) || (await reader.at(final.hash).keyEpochOf(keyId, epoch)) !== undefined;
    if (wasInUse) used.add(nameOf(share));
    return wasInUse ? [] : [share];
  });
  return due.flat();
};

/**
 * Secrets of epochs that are over: a later one is open, no session may still give a share in them, and either nothing of them is left, or a key has
 * left them whose erased shares would be computed from the secret again.
 */
const dueSecrets = async (
  { handOver }: Options,
  { epochs, left, active, open, final }: State & { readonly epochs: readonly number[]; readonly left: readonly KeyShareId[] },
): Promise<readonly number[]> => {
  const opening = new Set([...open].map((name) => Number(name.split(":")[1])));
  const used = inUse({ left, active });
  const due = epochs
    .filter((epoch) => !opening.has(epoch))
    .map(async (epoch) => (!used.has(epoch) || (await isLeft({ handOver, active }, epoch, final)) ? [epoch] : []));
  return (await Promise.all(due)).flat();
};

const inUse = ({ left, active }: Pick<State, "active"> & { readonly left: readonly KeyShareId[] }): ReadonlySet<number> =>
  new Set([...left.map(({ epoch }) => epoch), ...[...active.values()].map(({ epoch }) => epoch)]);
