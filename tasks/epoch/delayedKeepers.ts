import { type EndpointFetch, readLimited } from "@keyquorum/chain";
import { endpointUrl } from "@keyquorum/wire";
import type { TaskContext } from "../context.ts";
import { type Names, printable } from "../slots.ts";

/** A keeper that deals no share into an epoch before a time, because its operator's delay is not over. As it says itself. */
export type DelayedKeeper = { readonly slot: number; readonly epoch: number; readonly until: string };

const REACH_MS = 3_000;
/** Of what a keeper says of itself. */
const MAX_BYTES = 10_000;

/**
 * Asks every keeper that is not removed, at its registered endpoint, whether its delay still runs. Who is not reached is left out. What keepers
 * register leads to no private network of whoever asks, unless that is allowed.
 */
export const readDelayedKeepers = async (context: TaskContext): Promise<readonly DelayedKeeper[]> => {
  const { keeperRegistry } = await context.contracts();
  const keepers = (await keeperRegistry.keepers()).filter(({ removed, endpoint }) => !removed && endpoint !== "");
  const fetchAt = await context.fetchEndpoint();
  const asked = await Promise.all(
    keepers.map(async ({ slot, endpoint }) => noticesIn(await readinessAt(fetchAt, endpoint, context.signal), Number(slot))),
  );
  return asked.flat();
};

const readinessAt = async (fetchAt: EndpointFetch, endpoint: string, signal: AbortSignal): Promise<unknown> => {
  try {
    const ends = AbortSignal.any([signal, AbortSignal.timeout(REACH_MS)]);
    const response = await fetchAt(endpointUrl(endpoint, "readyz"), { signal: ends });
    const text = await readLimited(response, MAX_BYTES);
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    signal.throwIfAborted();
    return undefined; // it is not there, or is not a keeper: whoever waits for its dealing will see that
  }
};

/** The delays that a keeper's `/readyz` names. Its words are a stranger's. */
export const noticesIn = (readiness: unknown, slot: number): readonly DelayedKeeper[] => {
  if (typeof readiness !== "object" || readiness === null || !("notices" in readiness) || !Array.isArray(readiness.notices)) return [];
  return readiness.notices.flatMap((notice: unknown): readonly DelayedKeeper[] => {
    if (typeof notice !== "object" || notice === null) return [];
    const { notice: kind, epoch, until } = notice as Readonly<Record<string, unknown>>;
    const isDelay = kind === "deals_later" && Number.isSafeInteger(epoch) && typeof until === "string" && !Number.isNaN(Date.parse(until));
    return isDelay ? [{ slot, epoch: Number(epoch), until: new Date(until).toISOString() }] : [];
  });
};

/** "1 (Ada) from 2027-01-15T08:00:00.000Z on". */
export const describeDelays = (delays: readonly DelayedKeeper[], names: Names): string =>
  delays.map(({ slot, until }) => `${printable(names.of(slot))} from ${until} on`).join(", ");

/** Says which keepers still withhold their dealings from an epoch, and until when. */
export const warnOfDelays = async (context: TaskContext, epoch: number, names: Names): Promise<void> => {
  const delays = (await readDelayedKeepers(context)).filter((delay) => delay.epoch === epoch);
  if (delays.length === 0) return;
  context.terminal.warn(
    `these keepers deal into epoch ${epoch} only later, because their operators' delay ([epochs] minDelaySeconds) is not over: ${describeDelays(delays, names)}. A key whose window for dealings ends before, with fewer than t+1 others, stays where it is, and can be asked for again then.`,
  );
};
