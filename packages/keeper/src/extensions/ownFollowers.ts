import { createAbsenceCheck, createFollower, type Follower, type FollowerState } from "@keyquorum/chain";
import type { Core } from "../run/core.ts";
import { KeeperError } from "../run/errors.ts";
import { ownStores } from "./ownStores.ts";
import type { ExtensionServices, FollowedContracts } from "./services.ts";

/** Near the head a step is one block: so many in a round, and a follower that is behind comes nearer with every look. */
const MOST_STEPS = 16;

/** The followers of one extension. `round`: each reads on, some steps at most, and the first that fails is told to the caller. */
export type OwnFollowers = { readonly follow: ExtensionServices["follow"]; readonly round: () => Promise<void> };

export const createOwnFollowers = (extension: string, core: Core): OwnFollowers => {
  const followers = new Map<string, Follower>();
  return {
    follow: (followed) => {
      const { name } = followed;
      if (followers.has(name))
        throw new KeeperError(
          "EXTENSION_INVALID",
          `The extension ${extension} follows ${name} twice. Give each follower a name of its own.`,
          {
            extension,
            name,
          },
        );
      let next: number | undefined;
      const follower = openFollower(extension, core, followed, (state) => {
        next = state.next;
      });
      followers.set(name, follower);
      return { logs: core.vault.logsOf({ extension, name }), next: () => next };
    },
    round: async () => {
      for (const follower of followers.values())
        for (let steps = 0; steps < MOST_STEPS; steps += 1) {
          const { kind, caughtUp } = await follower.step({ signal: core.stopping });
          if (kind !== "advanced" || caughtUp) break;
        }
    },
  };
};

const openFollower = (
  extension: string,
  { config, vault, rpc, clock }: Core,
  followed: FollowedContracts,
  note: (state: FollowerState) => void,
): Follower => {
  const { name, addresses, fromBlock, topics, onLogs, onRollback } = followed;
  const cursor = vault.follower<FollowerState>({ extension, name });
  const wanted = topics === undefined ? undefined : new Set(topics.map((topic) => topic.toLowerCase()));
  return createFollower({
    ...{ rpc, addresses, fromBlock, clock },
    absences: topics && createAbsenceCheck({ rpc, watched: new Map(addresses.map((address) => [address, topics])), clock }),
    finality: config.chain.finality,
    maxRange: config.chain.maxLogRange,
    store: {
      load: async () => {
        const state = await cursor.load();
        if (state !== undefined) note(state);
        return state;
      },
      commit: async ({ logs, state }) => {
        const kept = logs.filter(({ topics: [first = ""] }) => wanted === undefined || wanted.has(first.toLowerCase()));
        await cursor.commit({ logs: kept, state }, async (tx, fresh) => onLogs?.(ownStores(extension, tx), fresh));
        note(state);
      },
      rollback: async (toBlock, state) => {
        await cursor.rollback(toBlock, state, async (tx, to) => onRollback?.(ownStores(extension, tx), to));
        note(state);
      },
    },
  });
};
