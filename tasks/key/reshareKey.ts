import { setTimeout as sleep } from "node:timers/promises";
import type { Contracts } from "@keyquorum/bindings";
import type { KeyquorumClient, ReshareInfo } from "@keyquorum/client";
import type { KeyId } from "@keyquorum/wire";
import type { ContractTransactionResponse } from "ethers";
import type { TaskContext } from "../context.ts";
import type { Names } from "../slots.ts";
import { UsageError } from "../usageError.ts";
import { describeLeft } from "./describeLeft.ts";
import { createIdleWatch } from "./idleChain.ts";
import { culpritsOf, describeReshare, type ReshareCulprit } from "./reshareState.ts";
import { thresholdSentence } from "./thresholdSentence.ts";

/** How a key came out of it. */
export type ReshareResult = {
  readonly keyId: KeyId;
  readonly outcome: "moved" | "there already" | "failed";
  /** Where it is active now. */
  readonly epoch: number;
  readonly threshold: number;
  /** Milliseconds since it was asked for. */
  readonly milliseconds: number;
  readonly sid?: string;
  /** In words, when it failed. */
  readonly what?: string;
  readonly culprits: readonly ReshareCulprit[];
};

/** What a reshare is done with. */
export type Resharing = {
  readonly client: KeyquorumClient;
  readonly names: Names;
  /** As they are now: a keeper may have been removed meanwhile. */
  readonly readNames: () => Promise<Names>;
  /** t' of the new epoch. Default: the key's own t. */
  readonly threshold?: number | undefined;
  /** How often a session that failed is asked for again. */
  readonly retries: number;
  /** The epoch to move to, with its members. */
  readonly target: { readonly epoch: number; readonly members: readonly number[] };
  readonly say: (line: string) => void;
  /** Sends a transaction and waits until it is mined. */
  readonly send: (call: (contracts: Contracts) => Promise<ContractTransactionResponse>) => Promise<unknown>;
};

/** So many looks in a row at an overdue session, and the one who waits records its failure: keepers do so by themselves, if they are there. */
const OVERDUE_AFTER = 10;

/**
 * Moves a key to the newest open epoch: asks for it unless that was asked already, and follows the session to its end. All state is the
 * chain's, so a run that was interrupted continues. Throws UsageError where the threshold does not fit; a failed session is a result.
 */
export const reshareKey = async (context: TaskContext, keyId: KeyId, resharing: Resharing): Promise<ReshareResult> => {
  const { client, target, say, names, send } = resharing;
  const { signal } = context;
  const started = performance.now();
  const where = async () => {
    const [now] = await client.keyEpochs(keyId, { signal });
    if (now === undefined) throw new UsageError(`The key ${keyId} is not in any epoch.`);
    return now;
  };
  for (let attempt = 0; ; attempt++) {
    const now = await where();
    const result = {
      keyId,
      epoch: now.epoch,
      threshold: now.threshold,
      milliseconds: Math.round(performance.now() - started),
      culprits: [],
    };
    if (now.epoch >= target.epoch) return { ...result, outcome: attempt === 0 ? "there already" : "moved" };
    const known = await client.reshareOf(keyId, { signal });
    if (known === undefined || known.status === "Active" || known.status === "Failed") {
      const threshold = fittingThreshold(resharing.threshold ?? now.threshold, target);
      if (threshold < now.threshold)
        say(
          `a lower threshold (${threshold} after ${now.threshold}): keepers deal only where their operators allow it, by minThreshold in [epochs]`,
        );
      await send(({ keyResharing }) => keyResharing.requestReshare(keyId, threshold));
    } else say("it was asked for already; following it");
    const ended = await follow(context, keyId, resharing);
    if (ended.status === "Active") {
      if (ended.epoch < target.epoch) continue; // an earlier session's; the newest epoch is still to come
      const milliseconds = Math.round(performance.now() - started);
      return { ...result, outcome: "moved", epoch: ended.epoch, threshold: ended.threshold, milliseconds, sid: ended.sid };
    }
    // Into an epoch that has lost a member nothing is reshared: asking again is of no use before another one is open.
    if (attempt >= resharing.retries || ended.failure === "MemberRemoved")
      return {
        ...result,
        outcome: "failed",
        milliseconds: Math.round(performance.now() - started),
        sid: ended.sid,
        what: describeReshare(ended, names),
        culprits: culpritsOf(ended, await resharing.readNames()),
      };
    say(`asking again (${attempt + 1} of ${resharing.retries})`);
  }
};

/** Throws UsageError where 2t'+1 keepers are not there. */
export const fittingThreshold = (threshold: number, { members, epoch }: Resharing["target"]): number => {
  const largest = Math.floor((members.length - 1) / 2);
  if (threshold <= largest) return threshold;
  if (largest < 1) throw new UsageError(`Keys need at least 3 keepers, but only ${members.length} would be left.`);
  throw new UsageError(
    `A threshold of ${threshold} needs ${2 * threshold + 1} keepers, and epoch ${epoch} has ${members.length}. Use --threshold ${largest} (${thresholdSentence(largest)}), or add keepers.`,
  );
};

/** Records an overdue session's failure. Where it is refused because somebody else was quicker, the next look shows it. */
const recordFailure = async (context: TaskContext, keyId: KeyId, sid: string, { client, send }: Resharing): Promise<void> => {
  try {
    await send(({ keyResharing }) => keyResharing.fail(sid));
  } catch (error) {
    const now = await client.reshareOf(keyId, { signal: context.signal });
    if (now?.sid === sid && now.status === "Overdue") throw error;
  }
};

/** Follows a key's newest session to its end, a line for each thing that happens. */
const follow = async (context: TaskContext, keyId: KeyId, resharing: Resharing): Promise<ReshareInfo> => {
  const { client, names, say } = resharing;
  const { isLocal, provider } = await context.connection();
  const { signal } = context;
  const idle = createIdleWatch(isLocal);
  let said = "";
  let overdue = 0;
  for (;;) {
    const state = await client.reshareOf(keyId, { signal });
    if (state !== undefined) {
      const line = describeReshare(state, names);
      if (line !== said) say(`${line}${describeLeft(state)}`);
      said = line;
      if (state.status === "Active" || state.status === "Failed") return state;
      overdue = state.status === "Overdue" ? overdue + 1 : 0;
      if (overdue > 0 && overdue % OVERDUE_AFTER === 0) await recordFailure(context, keyId, state.sid, resharing);
    }
    const waiting = idle(await provider.getBlockNumber());
    if (waiting !== undefined) say(waiting);
    await sleep(isLocal ? 200 : 4_000, undefined, { signal });
  }
};
