import type { HttpRoute } from "@keyquorum/http";
import type { MirroredLog } from "@keyquorum/vault";
import type { ChainView } from "../following/followChain.ts";
import type { Closers } from "./closers.ts";
import type { Core } from "./core.ts";
import type { DutyContext } from "./duty.ts";
import { KeeperError } from "./errors.ts";
import { createDutyRunner } from "./performDuties.ts";
import type { Story } from "./story.ts";
import { restWhileQuiet } from "./whileQuiet.ts";
import { createWorkRunner, type Work, type WorkRunner } from "./workRunner.ts";

/** The stories of one keeper, in the order in which they were added, run as one. */
export type Stories = {
  /** Registers its closer at once. Throws KeeperError EXTENSION_INVALID where it claims what an earlier story has. */
  readonly add: <Added extends Story>(story: Added) => Added;
  readonly all: () => readonly Story[];
  readonly routes: () => readonly HttpRoute[];
  /** Lets events start what they start, in the transaction that mirrors them. */
  readonly performDuties: (tx: DutyContext["tx"], logs: readonly MirroredLog[]) => Promise<void>;
  /** Of all stories together. Undefined: one of them cannot say. */
  readonly neededEpochs: () => Promise<readonly number[] | undefined>;
  /** Does what every story does at a look at the chain. To be made when all stories are there. */
  readonly rounds: () => (seen: ChainView) => Promise<void>;
};

export const createStories = (core: Core, closers: Closers): Stories => {
  const stories: Story[] = [];
  const work: Record<string, Work> = {};

  const add = <Added extends Story>(story: Added): Added => {
    const { name } = story;
    if (stories.some((other) => other.name === name)) throw taken("story", name, name);
    for (const [kind, handled] of Object.entries(story.work ?? {})) {
      if (work[kind] !== undefined) throw taken("kind of work", kind, name);
      work[kind] = handled;
    }
    for (const [kind, mayResend] of Object.entries(story.mayResend ?? {}))
      if (!core.resends.claim(kind, mayResend)) throw taken("kind of transaction", kind, name);
    if (story.close !== undefined) closers.add(name, story.close);
    stories.push(story);
    return story;
  };

  return {
    add,
    all: () => stories,
    routes: () => stories.flatMap(({ routes = [] }) => routes),
    performDuties: createDutyRunner({ ...core, stories }),
    neededEpochs: async () => {
      const named = await Promise.all(stories.map(async (story) => (story.neededEpochs === undefined ? [] : await story.neededEpochs())));
      return named.every((epochs) => epochs !== undefined) ? named.flat() : undefined;
    },
    rounds: () => {
      const runner = createWorkRunner({ ...core, work: core.vault.work, handlers: work });
      closers.add("work", runner.idle);
      const isWaiting = (): boolean => core.extensions.length > 0 || runner.hasWork(); // work of its own comes from events only
      const startWork = restWhileQuiet({ ...core, ...core.seen, isWaiting }, runner.round);
      return (seen) => round(core, stories, startWork, seen);
    },
  };
};

const round = async (core: Core, stories: readonly Story[], startWork: WorkRunner["round"], seen: ChainView): Promise<void> => {
  core.seen.note(seen);
  for (const { beforeWork } of stories) await beforeWork?.(seen);
  core.readiness.set("starting", false);
  await startWork(seen);
  for (const { eachRound } of stories) await eachRound?.(seen);
  for (const { upkeep } of stories) {
    if (core.guard.broken() !== undefined) return; // seen while this round continued: nothing is erased then
    await upkeep?.(seen);
  }
};

const taken = (what: string, name: string, story: string): KeeperError =>
  new KeeperError(
    "EXTENSION_INVALID",
    `Two parts of this keeper claim the ${what} ${name}, and only one may have it. Load one of them only.`,
    { what, name, story },
  );
