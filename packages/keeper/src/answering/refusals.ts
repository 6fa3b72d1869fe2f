import type { RefusalSample, Vault } from "@keyquorum/vault";
import type { ErrorCode } from "@keyquorum/wire";
import { describeError } from "../report/describeError.ts";
import type { Logger } from "../report/logger.ts";
import type { Clock } from "../run/clock.ts";
import { createDecisionLines } from "./decisionLines.ts";

/** What is known about a request that is refused. */
export type RefusedRequest = Omit<RefusalSample, "code" | "at">;

/**
 * Refusals, counted and sampled (D58). They are gathered in memory, which is bounded like what they go to, and written once in a while: a refusal costs
 * no write of its own, and a crash loses the count of a few seconds, never a release.
 */
export type Refusals = {
  /**
   * Notes a refusal once, however often the same `error` is seen on its way out. Without a request, as where the body cannot be read, it is only
   * counted.
   */
  readonly note: (error: object, code: ErrorCode, request?: RefusedRequest) => void;
  /** Writes down what was noted. Does not reject: what could not be written is tried again. */
  readonly write: () => Promise<void>;
};

const WRITE_EVERY_MILLISECONDS = 10_000;
const SAMPLES_AT_ONCE = 16;

export const createRefusals = (options: {
  readonly vault: { readonly refusals: Pick<Vault["refusals"], "add"> };
  readonly clock: Clock;
  readonly log: Logger;
}): Refusals => {
  const { vault, clock, log } = options;
  const noted = new WeakSet<object>();
  const lines = createDecisionLines({ log, clock });
  let counts = new Map<string, number>();
  let samples = new Map<string, RefusalSample[]>();
  let writtenAt = clock.now();
  let writing: Promise<void> | undefined;

  const writeNow = async (): Promise<void> => {
    const [counted, sampled] = [counts, samples];
    if (counted.size === 0) return;
    [counts, samples] = [new Map(), new Map()];
    try {
      await vault.refusals.add({ counts: Object.fromEntries(counted), samples: [...sampled.values()].flat() });
    } catch (error) {
      for (const [code, count] of counted) counts.set(code, (counts.get(code) ?? 0) + count);
      log.warn("Refusals could not be written down; trying again", describeError(error));
    }
  };
  const write = (): Promise<void> => {
    writtenAt = clock.now();
    lines.flush();
    writing ??= writeNow().finally(() => {
      writing = undefined;
    });
    return writing;
  };

  return {
    note: (error, code, request) => {
      if (noted.has(error)) return;
      noted.add(error);
      counts.set(code, (counts.get(code) ?? 0) + 1);
      const { requestId, document, channel } = request ?? {};
      lines.write({
        lane: request?.isVerified === true ? "verified" : "unverified",
        outcome: code,
        data: request === undefined ? {} : { channel, requestId, document },
      });
      if (request !== undefined) {
        const ring = `${code} ${request.isVerified}`;
        const newest = [...(samples.get(ring) ?? []), { ...request, code, at: clock.now() }];
        samples.set(ring, newest.slice(-SAMPLES_AT_ONCE));
      }
      if (clock.now() - writtenAt >= WRITE_EVERY_MILLISECONDS) void write();
    },
    write,
  };
};
