import type { Heads } from "@keyquorum/chain";
import type { KeyShareInfo, Vault } from "@keyquorum/vault";
import { type Address, type KeyId, slotsOf } from "@keyquorum/wire";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { Logger } from "../report/logger.ts";
import { keyLabel, type Metrics } from "../report/metrics.ts";
import type { ActiveKey, ActiveKeys } from "./activeKeys.ts";
import type { Committees } from "./committees.ts";
import type { HandOver } from "./handOver.ts";
import { isLeft } from "./leftEpoch.ts";
import { epochsWithOpenWork } from "./openWork.ts";

/** An active key and what this keeper has of it. Public. */
export type BookedKey = {
  readonly keyId: KeyId;
  /** In which it is active, in the final block. */
  readonly epoch: number;
  /** This keeper's slot in that epoch; 0 where it is not a member. */
  readonly slot: number;
  /**
   * held: as the chain knows it. pending: its session may still give it. missing: it was lost. lost: nobody can help to repair it any more, because
   * other keys have left the epoch. none: no member, or removed without one.
   */
  readonly share: "held" | "pending" | "missing" | "lost" | "none";
  /** How many more members than t+1 the key has in its epoch, removed ones left out. */
  readonly quorumMargin: number;
};

/** A share that only a repair can bring back. PROTOCOL section 3.10. */
export type MissingShare = { readonly keyId: KeyId; readonly epoch: number; readonly slot: number };

/** What this keeper should hold and what it does hold, as of the last refresh. */
export type KeyBook = {
  /** Throws ChainUnavailableError. */
  readonly refresh: (heads: Heads) => Promise<void>;
  readonly keys: () => readonly BookedKey[];
  readonly missingShares: () => readonly MissingShare[];
};

export const createKeyBook = (options: {
  readonly vault: Pick<Vault, "keyShares" | "work">;
  readonly reader: ChainReader;
  readonly activeKeys: ActiveKeys;
  readonly committees: Committees;
  readonly handOver: Pick<HandOver, "isOver">;
  /** This keeper's account, and those that it had before. */
  readonly operators: readonly Address[];
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "keyEpoch" | "keyQuorumMargin" | "sharesMissing">;
}): KeyBook => {
  const { vault, reader, committees, operators, log, metrics } = options;
  let keys: readonly BookedKey[] = [];

  const missingOf = (booked: readonly BookedKey[]): readonly MissingShare[] =>
    booked.filter(({ share }) => share === "missing").map(({ keyId, epoch, slot }) => ({ keyId, epoch, slot }));

  const report = (found: readonly BookedKey[]): void => {
    const before = new Set(missingOf(keys).map(nameOf));
    for (const missing of missingOf(found).filter((share) => !before.has(nameOf(share))))
      log.error("This keeper's share of a key is missing: it was lost, and only a repair or the next reshare brings it back", missing);
    const lost = keys.filter(({ share }) => share === "lost").map(nameOf);
    for (const { keyId, epoch, slot } of found.filter((key) => key.share === "lost" && !lost.includes(nameOf(key))))
      log.error(
        "This keeper's share of a key is lost, and cannot be repaired in an epoch that other keys have left: have the key reshared",
        {
          ...{ keyId, epoch, slot },
        },
      );
    metrics.sharesMissing.set(missingOf(found).length);
    for (const { keyId, epoch, quorumMargin } of found) {
      metrics.keyEpoch.set({ key: keyLabel(keyId) }, epoch);
      metrics.keyQuorumMargin.set({ key: keyLabel(keyId) }, quorumMargin);
    }
  };

  return {
    refresh: async (heads) => {
      const [active, shares, open, removed] = await Promise.all([
        options.activeKeys.asOf(heads.final),
        vault.keyShares.list(),
        epochsWithOpenWork(vault),
        reader.at(heads.head.hash).removedKeepers(),
      ]);
      const gone = slotsOf(removed);
      const held = new Set(shares.map(nameOfShare));
      const found = await Promise.all(
        [...active.values()].map(async (key): Promise<BookedKey> => {
          const members = await committees.of(key.epoch, heads);
          const slot = members.find(({ operator }) => operators.includes(operator))?.slot ?? 0;
          const quorumMargin = members.filter((member) => !gone.includes(member.slot)).length - (key.threshold + 1);
          const { keyId, epoch } = key;
          const isHeld = held.has(nameOfShare(key));
          const booked = gone.includes(slot) && !isHeld ? "none" : shareOf(slot, isHeld, open.has(nameOf(key)));
          const isLost = booked === "missing" && (await isLeft({ handOver: options.handOver, active }, epoch, heads.final));
          const share = isLost ? "lost" : booked;
          return { keyId, epoch, slot, share, quorumMargin };
        }),
      );
      report(found);
      keys = found;
    },
    keys: () => keys,
    missingShares: () => missingOf(keys),
  };
};

const shareOf = (slot: number, isHeld: boolean, isComing: boolean): BookedKey["share"] => {
  if (slot === 0) return "none";
  if (isHeld) return "held";
  return isComing ? "pending" : "missing";
};

const nameOf = ({ keyId, epoch }: { readonly keyId: KeyId; readonly epoch: number }): string => `${keyId}:${epoch}`;

/** A share counts only as the one that the chain knows: another fork's, or a failed session's, is none. */
const nameOfShare = (share: Pick<ActiveKey | KeyShareInfo, "keyId" | "epoch" | "commitmentsHash" | "verifyingRoot">): string =>
  `${nameOf(share)}:${share.commitmentsHash}:${share.verifyingRoot}`;
