import { answeringStory } from "../answering/answeringStory.ts";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { startExtension } from "../extensions/extensionStory.ts";
import { followingStory } from "../following/followingStory.ts";
import { membershipStory } from "../membership/membershipStory.ts";
import { repairingStory } from "../repairing/repairingStory.ts";
import { createLogger, type Logger } from "../report/logger.ts";
import { reportStory } from "../report/reportStory.ts";
import { watchesStory } from "../report/watchesStory.ts";
import { sessionsStory } from "../sessions/sessionsStory.ts";
import { sharesStory } from "../shares/sharesStory.ts";
import { signingStory } from "../signing/signingStory.ts";
import { type Closers, createClosers } from "./closers.ts";
import { createKeeperLife, type Keeper } from "./keeperLife.ts";
import type { KeeperOptions } from "./keeperOptions.ts";
import { openCore } from "./openCore.ts";
import { createServers } from "./servers.ts";
import { createStories } from "./stories.ts";
import { createAssertOwnChain, createWorkLoop } from "./workLoop.ts";

/**
 * Composes a keeper: a list of stories over one core. Opens the data directory; asks no chain yet.
 * Throws KeeperError when the files are not what they must be, or two stories claim the same.
 */
export const createKeeper = async (config: KeeperConfig, options: KeeperOptions = {}): Promise<Keeper> => {
  const log = options.log ?? createLogger(config.log.level);
  const closers = createClosers(log);
  try {
    return await compose(config, { ...options, log }, closers);
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
};

const compose = async (config: KeeperConfig, options: KeeperOptions & { readonly log: Logger }, closers: Closers): Promise<Keeper> => {
  const stopping = new AbortController();
  const core = await openCore(config, options, closers, stopping.signal);
  const stories = createStories(core, closers);

  const { follower, readAgainFrom } = stories.add(followingStory(core, stories.performDuties));
  stories.add(membershipStory(core, stories.neededEpochs));
  stories.add(sessionsStory(core));
  stories.add(sharesStory(core));
  stories.add(await watchesStory(core));
  stories.add(answeringStory(core, readAgainFrom));
  stories.add(repairingStory(core));
  stories.add(signingStory(core, readAgainFrom));
  for (const extension of core.extensions) stories.add(await startExtension(extension, core));
  const { apart } = stories.add(reportStory(core, stories.all()));

  const servers = await createServers(core, { routes: [...stories.routes(), ...(options.routes ?? [])], apart });
  const assertOwnChain = createAssertOwnChain(core);
  const work = createWorkLoop(core, { follower, assertOwnChain, onRound: stories.rounds() });
  return createKeeperLife({ ...core, ...servers, assertOwnChain, work, stopping, closers });
};
