import type { Heads } from "@keyquorum/chain";
import type { Vault } from "@keyquorum/vault";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { Logger } from "../report/logger.ts";
import type { Committees } from "../shares/committees.ts";
import { identityText, type KeeperIdentities } from "./identity.ts";

type Options = {
  readonly vault: Pick<Vault, "keyShares" | "epochSecrets">;
  readonly reader: ChainReader;
  readonly committees: Committees;
  readonly identities: KeeperIdentities;
  /** 0 while it has none. */
  readonly slot: () => number;
  /** Further ones, of which the keeper itself holds nothing. Undefined: nobody can say now. */
  readonly neededEpochs: () => Promise<readonly number[] | undefined>;
  readonly log: Logger;
};

/**
 * Erases identity keys with the last epoch that needs them, as the final block says it: a key stays while the registry names it, while the newest
 * epoch or one of which this keeper, or an extension of it, still holds something froze it, and while it is newer than the registered one. Nothing is
 * erased while an epoch is proposed: what it froze is seen when it opens. Throws ChainUnavailableError.
 */
export const createEraseIdentities =
  ({ vault, reader, committees, identities, slot, neededEpochs, log }: Options) =>
  async (heads: Heads): Promise<void> => {
    const [, ...others] = identities.all();
    if (others.length === 0 || slot() === 0) return;
    const at = reader.at(heads.final.hash);
    const [record, current, last] = await Promise.all([at.keeperAt(slot()), at.currentEpoch(), at.lastEpoch()]);
    if (record === undefined || !identities.holds(record.identityKey)) return;
    if (last > current && (await at.epochStatusOf(last)) === "Proposed") return;

    const [shares, secrets, further] = await Promise.all([vault.keyShares.stored(), vault.epochSecrets.list(), neededEpochs()]);
    if (further === undefined) return;
    const epochs = new Set([current, ...shares.map(({ epoch }) => epoch), ...secrets, ...further].filter((epoch) => epoch >= 1));
    const frozen = await Promise.all([...epochs].map((epoch) => committees.of(epoch, heads)));
    const needed = [record.identityKey, ...frozen.flat().map(({ identityKey }) => identityKey)];
    const all = identities.all();
    const registered = all.findIndex((key) => key.equals(record.identityKey));
    for (const key of all.slice(0, registered)) {
      if (needed.some((other) => other.equals(key))) continue;
      await identities.erase(key);
      log.info("An identity key that no epoch needs any more was erased", { identityKey: identityText(key) });
    }
  };
