import { KeyquorumError } from "@keyquorum/wire";
import type { ChainCalls } from "./chainCalls.ts";

/** So long is waited in all for one question, without an answer between. */
const PATIENCE_MS = 60_000;
const LONGEST_PAUSE_MS = 2_000;
/** How often a question is put again where the node did not ask for time but stumbled. A node that lags by a block or two catches up in these. */
const TRIES: Readonly<Record<string, number>> = {
  RATE_LIMITED: 100,
  BLOCK_MISSING: 4,
  HTTP_STATUS: 2,
  TRANSPORT: 2,
  NOT_JSON_RPC: 2,
  RPC_ERROR: 1,
};

/** Told when a question waits before it is put again. */
export type OnWait = (milliseconds: number) => void;

/**
 * Reads as `calls.read`, and where the node asks for time or stumbles, waits and asks again: as long as it says (Retry-After), else longer each time.
 * Throws the last failure when the patience is over, at once where waiting cannot help; the signal's reason.
 */
export const readPatiently = async <T>(
  calls: ChainCalls,
  what: string,
  call: () => Promise<T>,
  { signal, onWait }: { readonly signal?: AbortSignal | undefined; readonly onWait?: OnWait | undefined } = {},
): Promise<T> => {
  let waited = 0;
  for (let tries = 0; ; tries += 1) {
    try {
      return await calls.read(what, call, signal);
    } catch (error) {
      const pause = signal?.aborted ? undefined : pauseAfter(error, tries);
      if (pause === undefined || waited + pause > PATIENCE_MS) throw error;
      waited += pause;
      onWait?.(pause);
      await calls.pause(pause, signal);
    }
  }
};

/** Milliseconds until the question may be put again; undefined: it should not be. */
export const pauseAfter = (error: unknown, tries: number): number | undefined => {
  const reason = reasonOf(error);
  if (reason === undefined || tries >= (TRIES[reason] ?? 0)) return undefined;
  const status = (error as KeyquorumError).details.status;
  if (reason === "HTTP_STATUS" && !(typeof status === "number" && status >= 500)) return undefined; // 401 and 404 stay what they are
  const told = (error as KeyquorumError).details.retryAfterMs;
  return Math.max(typeof told === "number" ? told : 0, Math.min(LONGEST_PAUSE_MS, 200 * 2 ** Math.min(tries, 10)));
};

/** Why the node failed, where it did. */
export const reasonOf = (error: unknown): string | undefined => {
  if (!(error instanceof KeyquorumError) || error.code !== "CHAIN_UNAVAILABLE") return undefined;
  return typeof error.details.reason === "string" ? error.details.reason : "TRANSPORT";
};
