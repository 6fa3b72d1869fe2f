import type { EpochInfo, KeyEpoch, KeyquorumClient, ReshareInfo } from "@keyquorum/client";
import type { KeyId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { TaskContext } from "../context.ts";
import { describeLeft } from "../key/describeLeft.ts";
import { shortKey } from "../key/reshareKeys.ts";
import { describeReshare, stragglersOf } from "../key/reshareState.ts";
import type { CommonArguments } from "../options.ts";
import { counted, type Names, readNames } from "../slots.ts";
import { readDelayedKeepers } from "./delayedKeepers.ts";
import { describeChange, readCurrent } from "./members.ts";
import { describeWait, type ReceivingEpoch, readReceivingEpoch, whoIsGone } from "./receiving.ts";

/** A key as governance sees it during a hand-over. */
type KeyPlace = {
  readonly keyId: KeyId;
  readonly now: KeyEpoch;
  /** Slots of those who hold a share of it, are not removed, and say now that they are ready. */
  readonly live: readonly number[];
  /** How many of `live` may be lost before the key can no longer be used. Negative: so many more are needed, and it cannot be used now. */
  readonly margin: number;
  readonly reshare: ReshareInfo | undefined;
  readonly stragglers: readonly number[];
};

/** Shows the epoch that is open, the one that is proposed, and where every key is. */
export default command<CommonArguments>(async (_, context) => {
  const { terminal, signal } = context;
  const client = await context.client({ signs: false });
  const newest = await client.epoch(undefined, { signal });
  if (newest === undefined) {
    terminal.print("No epoch has been proposed yet: npx hardhat keyquorum epoch open");
    return { epoch: 0 };
  }
  const [names, current, keyIds, delayed, health] = await Promise.all([
    readNames(context),
    readCurrent(context),
    client.keys({ signal }),
    readDelayedKeepers(context),
    client.keeperHealth({ signal }),
  ]);
  const ready = health.filter((keeper) => keeper.ready).map(({ slot }) => slot);
  const open = newest.epoch === current.epoch ? newest : current.epoch === 0 ? undefined : await client.epoch(current.epoch, { signal });
  const keys = await Promise.all(keyIds.map((keyId) => readPlace(client, keyId, ready, signal)));
  const isTime = ((await (await context.connection()).provider.getBlock("latest"))?.timestamp ?? 0) >= newest.opensAt;
  const receiving = await readReceivingEpoch(context);
  if (open !== undefined) printOpen(context, open, { names, receiving, isNextProposed: newest.status === "Proposed" });
  if (newest.epoch !== current.epoch) printNewest(context, newest, { current: current.members, names, isTime });
  for (const { slot, epoch, until } of delayed)
    terminal.print(`Slot ${names.of(slot)} deals into epoch ${epoch} from ${until} on: its operator's delay.`);
  printKeys(context, keys, { names, epoch: current.epoch });
  // The newest epoch's facts come first, as they are what governance acts on.
  return { ...newest, current: open ?? null, receiving, keys, delayed, ready };
});

const readPlace = async (client: KeyquorumClient, keyId: KeyId, ready: readonly number[], signal: AbortSignal): Promise<KeyPlace> => {
  const [epochs, session] = await Promise.all([client.keyEpochs(keyId, { signal }), client.reshareOf(keyId, { signal })]);
  const now = epochs[0] as KeyEpoch; // a key that is active is in an epoch
  const reshare = session === undefined || session.status === "Active" ? undefined : session;
  const live = now.answering.filter((slot) => ready.includes(slot));
  return { keyId, now, live, margin: live.length - now.quorum, reshare, stragglers: reshare === undefined ? [] : stragglersOf(reshare) };
};

const printOpen = (
  { terminal }: TaskContext,
  open: EpochInfo,
  { names, receiving, isNextProposed }: { readonly names: Names; readonly receiving: ReceivingEpoch; readonly isNextProposed: boolean },
): void => {
  const revoked = open.absent.filter((slot) => !open.removed.includes(slot));
  terminal.facts([
    ["Epoch", `${open.epoch}, open`],
    ["Keepers", names.list(open.members)],
    ...(revoked.length === 0 ? [] : ([["Account stolen", `${names.list(revoked)}: answers by HTTP only`]] as const)),
    ...(open.removed.length === 0
      ? []
      : ([
          ["Removed since", names.list(open.removed)],
          ["New keys", "none before the next epoch is open; reading continues"],
        ] as const)),
  ]);
  if (open.removed.length > 0 && !isNextProposed)
    terminal.print(`\n${whoIsGone(receiving, names)} ${describeWait(receiving)}\nNext: npx hardhat keyquorum epoch propose`);
};

const printNewest = (
  { terminal }: TaskContext,
  newest: EpochInfo,
  { current, names, isTime }: { readonly current: readonly number[]; readonly names: Names; readonly isTime: boolean },
): void => {
  if (current.length > 0) terminal.print();
  if (newest.status === "Cancelled") {
    terminal.facts([["Epoch", `${newest.epoch}, cancelled: it never opens`]]);
    return;
  }
  terminal.facts([
    ["Epoch", `${newest.epoch}, proposed`],
    ["May open from", `${new Date(newest.opensAt * 1000).toISOString()}${isTime ? " (now)" : ""}`],
    ["Candidates", names.list(newest.candidates)],
    ...(current.length === 0 ? [] : ([["Changes", describeChange(current, newest.candidates, names)]] as const)),
    ["Keys posted", names.list(newest.posted)],
    ["Keys missing", names.list(newest.missing)],
  ]);
};

const printKeys = (
  { terminal }: TaskContext,
  keys: readonly KeyPlace[],
  { names, epoch }: { readonly names: Names; readonly epoch: number },
): void => {
  if (keys.length === 0) return;
  terminal.print();
  terminal.table(
    ["KEY", "EPOCH", "THRESHOLD", "LIVE NOW", "MAY BE LOST", "RESHARE"],
    keys.map(({ keyId, now, live, margin, reshare }) => [
      shortKey(keyId),
      String(now.epoch),
      String(now.threshold),
      `${live.length} of ${now.slots.length}`,
      margin >= 0 ? String(margin) : `none: ${-margin} too few`,
      reshare === undefined
        ? now.epoch === epoch
          ? ""
          : `not yet in epoch ${epoch}`
        : `${describeReshare(reshare, names)}${describeLeft(reshare)}`,
    ]),
  );
  if (keys.some(({ now, live }) => live.length < now.slots.length))
    terminal.print("\nWho is not live, and why: npx hardhat keyquorum keepers status");
  const behind = keys.filter(({ now }) => now.epoch < epoch).length;
  if (behind > 0) {
    terminal.print(
      `\n${counted(behind, "key")} ${behind === 1 ? "is" : "are"} still in an earlier epoch: npx hardhat keyquorum key reshare --all`,
    );
  }
};
