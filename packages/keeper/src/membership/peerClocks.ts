import type { EndpointFetch, Heads } from "@keyquorum/chain";
import { endpointUrl, ROUTES } from "@keyquorum/wire";
import type { ClockWatch } from "../report/clockWatch.ts";
import { describeError } from "../report/describeError.ts";
import type { Logger } from "../report/logger.ts";
import type { Clock } from "../run/clock.ts";
import { every } from "../run/every.ts";

const EVERY_MILLISECONDS = 600_000;
const TIMEOUT_MILLISECONDS = 5_000;
const MOST_PEERS = 8;
/** The header says whole seconds, rounded down. */
const ROUNDED_DOWN = 500;

/**
 * Compares this machine's clock with other keepers' now and then, by the Date header of their answers. Whatever answers is a stranger: nothing of it
 * counts but that header, and no single one decides anything. Resolves at once; the asking continues beside the work.
 */
export const createPeerClocks = (options: {
  /** Of other keepers, as the registry has them. */
  readonly endpoints: (heads: Heads) => Promise<readonly string[]>;
  readonly fetch: EndpointFetch;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly watch: Pick<ClockWatch, "notePeers">;
  readonly log: Logger;
}): ((heads: Heads) => Promise<void>) => {
  const { endpoints, fetch, clock, signal, watch, log } = options;

  /** Seconds that this clock is ahead of a peer's; undefined where it does not say. */
  const aheadOf = async (endpoint: string): Promise<number | undefined> => {
    try {
      const asked = clock.now();
      const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MILLISECONDS)]);
      const response = await fetch(endpointUrl(endpoint, ROUTES.getKeeper.path), { method: "GET", signal: limit });
      const between = (asked + clock.now()) / 2;
      await response.body?.cancel();
      const theirs = Date.parse(response.headers.get("date") ?? "");
      return Number.isNaN(theirs) ? undefined : (between - theirs - ROUNDED_DOWN) / 1000;
    } catch {
      return undefined; // a peer that is away has no clock to compare with
    }
  };
  const compare = async (heads: Heads): Promise<void> => {
    const asked = (await endpoints(heads)).slice(0, MOST_PEERS);
    const ahead = await Promise.all(asked.map(aheadOf));
    watch.notePeers(ahead.filter((seconds) => seconds !== undefined));
  };
  return every(EVERY_MILLISECONDS, clock, async (heads: Heads) => {
    void compare(heads).catch((error: unknown) => log.debug("Other keepers' clocks could not be asked for", describeError(error)));
  });
};
