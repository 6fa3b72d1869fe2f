import { createAbsenceCheck, createFollower, type Follower, type FollowerState } from "@keyquorum/chain";
import { describeError } from "../report/describeError.ts";
import type { Core } from "../run/core.ts";
import { KeeperError } from "../run/errors.ts";
import { ownStores } from "./ownStores.ts";
import type { ExtensionServices, FollowedContracts } from "./services.ts";

/** Near the head a step is one block: so many in a round, and a follower that is behind comes nearer with every look. */
const MOST_STEPS = 16;

/** What fails is tried again after so long, and then each time after twice as long. */
const FIRST_PAUSE_MILLISECONDS = 1_000;
const LONGEST_PAUSE_MILLISECONDS = 60_000;

/** A follower that does not read on. `reason`: a stable code where there is one. */
export type FailingFollower = { readonly name: string; readonly since: string; readonly reason: string };

/** The followers of one extension. `round`: each reads on, some steps at most; one that fails holds up none of the others, and no round. */
export type OwnFollowers = {
  readonly follow: ExtensionServices["follow"];
  readonly round: () => Promise<void>;
  readonly failing: () => readonly FailingFollower[];
};

type Own = { readonly follower: Follower; failure?: Failure | undefined };
type Failure = { readonly since: number; readonly reason: string; readonly pause: number; readonly at: number };

export const createOwnFollowers = (extension: string, core: Core): OwnFollowers => {
  const { clock, log, metrics } = core;
  const followers = new Map<string, Own>();

  const noteFailure = (name: string, own: Own, reason: string, why: object): void => {
    const former = own.failure;
    if (former?.reason !== reason)
      log.error("A follower of an extension does not read on: the others do", { extension, follower: name, ...why });
    own.failure = {
      ...{ since: former?.since ?? clock.now(), reason, at: clock.now() },
      pause: former === undefined ? FIRST_PAUSE_MILLISECONDS : Math.min(2 * former.pause, LONGEST_PAUSE_MILLISECONDS),
    };
  };
  const noteProgress = (name: string, own: Own): void => {
    if (own.failure !== undefined) log.info("A follower of an extension reads on again", { extension, follower: name });
    own.failure = undefined;
  };

  const readOn = async (name: string, own: Own): Promise<void> => {
    const { failure } = own;
    const waited = clock.now() - (failure?.at ?? 0);
    if (failure !== undefined && waited >= 0 && waited < failure.pause) return;
    try {
      for (let steps = 0; steps < MOST_STEPS; steps += 1) {
        const { kind, caughtUp } = await own.follower.step({ signal: core.stopping });
        if (kind === "broken") return noteFailure(name, own, BROKEN, { reason: BROKEN });
        if (kind !== "advanced" || caughtUp) break;
      }
      noteProgress(name, own);
    } catch (error) {
      if (core.stopping.aborted) return;
      const described = describeError(error);
      noteFailure(name, own, described.code ?? "FAILED", described);
    }
  };

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
      followers.set(name, { follower });
      return { logs: core.vault.logsOf({ extension, name }), next: () => next };
    },
    round: async () => {
      for (const [name, own] of followers) await readOn(name, own);
      const failing = [...followers.values()].filter(({ failure }) => failure !== undefined).length;
      if (followers.size > 0) metrics.followersFailing.set({ extension }, failing);
    },
    failing: () =>
      [...followers].flatMap(([name, { failure }]) =>
        failure === undefined ? [] : [{ name, since: new Date(failure.since).toISOString(), reason: failure.reason }],
      ),
  };
};

/** Another block is where one had counted as final: the operator accepts a chain, or none. */
const BROKEN = "FINALITY_BROKEN";

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
