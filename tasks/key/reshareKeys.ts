import { type KeyId, parseKeyId } from "@keyquorum/wire";
import type { TaskContext } from "../context.ts";
import { warnOfDelays } from "../epoch/delayedKeepers.ts";
import { readCurrent } from "../epoch/members.ts";
import { assertReceiving } from "../epoch/receiving.ts";
import { untilFinallyOpen } from "../epoch/untilFinallyOpen.ts";
import { counted, readNames } from "../slots.ts";
import { UsageError } from "../usageError.ts";
import { ReshareFailedError } from "./reshareFailedError.ts";
import { type ReshareResult, type Resharing, reshareKey } from "./reshareKey.ts";

/** What all keys that were to be moved came to. */
export type ResharedKeys = {
  readonly epoch: number;
  readonly moved: number;
  readonly thereAlready: number;
  readonly keys: readonly ReshareResult[];
};

/**
 * Moves keys to the newest open epoch, `atOnce` of them at a time. What is there already is left alone, so it can be run again after anything.
 * Throws ReshareFailedError when a key could not be moved, after the others; UsageError.
 */
export const reshareKeys = async (
  context: TaskContext,
  options: {
    /** Default: all. */
    readonly keyIds?: readonly KeyId[] | undefined;
    readonly threshold?: number | undefined;
    readonly atOnce: number;
    readonly retries: number;
  },
): Promise<ResharedKeys> => {
  const { terminal, signal } = context;
  const client = await context.client({ signs: false });
  const [names, target] = await Promise.all([readNames(context), readCurrent(context)]);
  if (target.epoch === 0) throw new UsageError("No epoch of keepers is open yet. Open one first: npx hardhat keyquorum epoch open");
  await assertReceiving(context);
  const keyIds = options.keyIds ?? (await client.keys({ signal }));
  if (keyIds.length > 0) {
    await untilFinallyOpen(context, target.epoch);
    await warnOfDelays(context, target.epoch, names);
  }
  const { contracts } = await context.signing();
  // One account sends one transaction after another, however many keys are moved at once.
  let last: Promise<unknown> = Promise.resolve();
  const send: Resharing["send"] = (call) => {
    last = last.catch(() => undefined).then(() => context.transact(call(contracts)));
    return last;
  };
  const waiting = [...keyIds.entries()];
  const results = new Map<KeyId, ReshareResult>();
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, keyId] = next;
      const prefix = keyIds.length === 1 ? "" : `Key ${index + 1} of ${keyIds.length} (${shortKey(keyId)}): `;
      const say = (line: string): void => terminal.progress(`${prefix}${line}`);
      const { threshold, retries } = options;
      results.set(
        keyId,
        await reshareKey(context, keyId, { client, names, readNames: () => readNames(context), threshold, retries, target, say, send }),
      );
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.atOnce, keyIds.length) }, work));
  const keys = keyIds.flatMap((keyId) => results.get(keyId) ?? []);
  const failed = keys.filter(({ outcome }) => outcome === "failed");
  const moved = keys.filter(({ outcome }) => outcome === "moved").length;
  if (failed.length > 0) throw new ReshareFailedError(failed, moved);
  return { epoch: target.epoch, moved, thereAlready: keys.length - moved, keys };
};

/** What it came to, for people. */
export const printReshared = ({ terminal }: TaskContext, { epoch, moved, thereAlready, keys }: ResharedKeys): void => {
  if (keys.length === 0) {
    terminal.print("There is no key to reshare yet: npx hardhat keyquorum key request");
    return;
  }
  const already = thereAlready === 0 ? "" : `; ${counted(thereAlready, "key")} ${thereAlready === 1 ? "was" : "were"} there already`;
  terminal.print(`${counted(moved, "key")} moved to epoch ${epoch}${already}. Addresses and ciphertexts stay as they are.`);
  if (moved > 0) terminal.print("Keepers erase the shares of the former epoch when the last request that pinned it has ended.");
};

/** Enough of an id for people to tell keys apart. */
export const shortKey = (keyId: KeyId): string => `${keyId.slice(0, 10)}…${keyId.slice(-4)}`;

/** Reads --key. Throws UsageError by `parseKeyId`'s own error. */
export const keyIdsOf = (key: string): readonly KeyId[] => key.split(",").map((id) => parseKeyId(id.trim()));
