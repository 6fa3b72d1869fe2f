/** What must hold of every honest keeper when a session of either kind is over, whoever cheated. */
import { combineShares, nobleBackend, type Point, parsePoint } from "@keyquorum/threshold";
import type { Hash32 } from "@keyquorum/wire";
import type { Disk } from "./modelRunner.ts";

export type KeeperAtEnd = {
  readonly slot: number;
  readonly disk: Disk;
  readonly dealingsSent: ReadonlySet<string>;
  readonly broken: readonly string[];
  readonly view: () => { readonly status: string };
};

type StateAtEnd = {
  readonly disqualified: readonly number[];
  readonly result?: { readonly commitmentsHash: Hash32; readonly verifyingRoot: Hash32 };
};

/** The shares that these keepers use now. */
export const sharesInUse = (keepers: readonly KeeperAtEnd[]) =>
  keepers.flatMap(({ slot, disk }) => {
    const content = disk.active === undefined ? undefined : disk.shares.get(disk.active);
    return content === undefined ? [] : [{ slot, share: content.share.reveal(), content }];
  });

/** Empty when all hold. `jointKey` is undefined where there is no key. */
export const violationsOf = (
  honest: readonly KeeperAtEnd[],
  state: StateAtEnd,
  { jointKey, threshold }: { readonly jointKey: Point | undefined; readonly threshold: number },
): readonly string[] => {
  const found: string[] = honest.flatMap(({ slot, broken }) => broken.map((what) => `${slot}: ${what}`));
  for (const { slot, disk, dealingsSent, view } of honest) {
    if (disk.outcome === undefined) found.push(`${slot}: never ended, board is ${view().status}`);
    if (dealingsSent.size > 1) found.push(`${slot}: dealt ${dealingsSent.size} different dealings`);
    if (state.disqualified.includes(slot)) found.push(`${slot}: honest, but disqualified`);
    if (disk.outcome === "failed" && disk.shares.size > 0) found.push(`${slot}: kept a share of a failed session`);
    if (disk.outcome === "active" && disk.shares.size > 1) found.push(`${slot}: kept shares of other forks`);
    if (disk.active !== undefined && !disk.shares.has(disk.active)) found.push(`${slot}: an active share was not on disk`);
  }
  if (new Set(honest.map(({ disk }) => disk.outcome)).size > 1) found.push("split: some ended otherwise than others");
  const shares = sharesInUse(honest);
  for (const { slot, share, content } of shares) {
    if (content.verifyingRoot !== state.result?.verifyingRoot) found.push(`split: ${slot} holds another root`);
    if (jointKey === undefined || !parsePoint(content.jointKey).equals(jointKey)) found.push(`split: ${slot} holds another key`);
    if (!nobleBackend.mulG(share).equals(parsePoint(content.verifyingShare))) found.push(`${slot}: wrong share`);
  }
  for (const group of [shares.slice(0, threshold + 1), shares.slice(-threshold - 1)]) {
    if (group.length <= threshold || jointKey === undefined) continue;
    if (!nobleBackend.mulG(combineShares(group)).equals(jointKey)) found.push("t+1 shares do not give the key");
  }
  return found;
};
