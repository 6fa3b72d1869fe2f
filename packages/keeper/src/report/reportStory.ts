import type { HttpRoute } from "@keyquorum/http";
import { healthRoutes, metricsRoute } from "@keyquorum/http";
import { backend } from "@keyquorum/threshold";
import type { Core } from "../run/core.ts";
import { every } from "../run/every.ts";
import type { Story } from "../run/story.ts";
import { describeKeeper } from "./describeKeeper.ts";
import { keeperRoute } from "./keeperRoute.ts";
import { type KeeperStatus, statusRoute } from "./status.ts";

const COUNT_EVERY_MILLISECONDS = 2_000;

/** What a keeper says of itself: to readers, to its operator, to the machine. `apart`: for the server of the figures, where they have one of their own. */
export const reportStory = (core: Core, stories: readonly Story[]): Story & { readonly apart: readonly HttpRoute[] } => {
  const { config, vault, metrics, readiness, clock } = core;
  const health = healthRoutes(readiness, () => stories.flatMap(({ notices }) => notices?.() ?? []));
  // Each is looked at, and whoever reaches /metrics may ask as often as it likes.
  const countKeys = every(COUNT_EVERY_MILLISECONDS, clock, async () => {
    const keys = await vault.keyShares.list();
    for (const state of ["pending", "active"] as const) metrics.keys.set({ state }, keys.filter((key) => key.state === state).length);
  });
  const figures = metricsRoute(metrics.registry, countKeys);
  const describeStatus = async (): Promise<KeeperStatus> => {
    const own = {
      url: core.ownUrl.now(),
      ready: readiness.isReady(),
      reasons: readiness.reasons(),
      pid: process.pid,
      curveBackend: backend.name,
    };
    const parts = await Promise.all(stories.map(async ({ name, status }) => [name, await status?.()] as const));
    const isAdded = (name: string): boolean => core.extensions.some((extension) => extension.name === name);
    const added = parts.filter(([name, part]) => isAdded(name) && part !== undefined);
    const extensions = added.length === 0 ? {} : { extensions: Object.fromEntries(added) };
    const kept = parts.flatMap(([name, part]) => (isAdded(name) ? [] : [part]));
    return Object.assign(own, ...kept, extensions) as KeeperStatus; // true: each story gives its part, and createKeeper.test.ts looks at the whole
  };
  return {
    name: "report",
    routes: [
      health,
      statusRoute(describeStatus),
      keeperRoute(() => describeKeeper(core)),
      ...(config.metrics.port === undefined ? [figures] : []),
    ],
    apart: [health, figures],
  };
};
