import type { KeyGenerationWindows } from "@keyquorum/bindings/deploy";
import type { ChainProbe } from "@keyquorum/chain";
import { UsageError } from "../usageError.ts";

type Measured = Pick<ChainProbe, "contractBlockSeconds" | "finalityLag" | "numbering">;

/** Where the chain's block time could not be measured, in blocks: half an hour and an hour at 12 seconds a block. */
const UNMEASURED: KeyGenerationWindows = { deal: 150, dispute: 150, finalize: 300, ready: 300 };

/** In seconds: a window must outlast an outage of the chain's RPCs, and be noticed by people. */
const [HALF_AN_HOUR, AN_HOUR] = [1_800, 3_600];
/** On slow chains; keepers act one after another. */
const FEWEST_BLOCKS = 40;
const UINT32_MAX = 2 ** 32 - 1;

/**
 * The windows of key generation for a chain, in blocks as contracts count: half an hour to deal and to dispute, an hour to finalize and to confirm,
 * and at least twice the time to finality, to confirm three times.
 */
export const defaultWindows = ({ contractBlockSeconds, finalityLag }: Measured): KeyGenerationWindows => {
  if (contractBlockSeconds === undefined) return UNMEASURED;
  const finality = finalityLag?.seconds ?? 0;
  const blocks = (seconds: number): number =>
    Math.min(UINT32_MAX, Math.max(FEWEST_BLOCKS, Math.ceil(Math.round((seconds / contractBlockSeconds) * 1_000) / 1_000)));
  return {
    deal: blocks(Math.max(HALF_AN_HOUR, 2 * finality)),
    dispute: blocks(HALF_AN_HOUR),
    finalize: blocks(Math.max(AN_HOUR, 2 * finality)),
    ready: blocks(Math.max(AN_HOUR, 3 * finality)),
  };
};

/** How long a request lives, in seconds: an hour, or three times the time to finality. */
export const defaultRequestLifetime = ({ finalityLag }: Measured): number => Math.ceil(Math.max(AN_HOUR, 3 * (finalityLag?.seconds ?? 0)));

/** The time to finality in blocks as contracts count; undefined where it is not known. */
const finalityBlocks = ({ contractBlockSeconds, finalityLag, numbering }: Measured): number | undefined => {
  if (finalityLag === undefined) return undefined;
  if (finalityLag.blocks === 0 || numbering === "same") return finalityLag.blocks;
  const { seconds } = finalityLag;
  return seconds === undefined || contractBlockSeconds === undefined ? undefined : Math.ceil(seconds / contractBlockSeconds);
};

/**
 * Throws UsageError for a window, or a lifetime of requests, in which nothing becomes final: what trusts a key waits for finality, so no key would
 * ever be made, or no request answered. Nothing is refused where the time to finality is not known.
 */
export const requireLongEnough = (
  measured: Measured,
  { windows, requestLifetime }: { readonly windows: KeyGenerationWindows; readonly requestLifetime: number },
): void => {
  const needed = finalityBlocks(measured);
  for (const phase of ["deal", "finalize", "ready"] as const) {
    const blocks = windows[phase];
    if (needed === undefined || blocks > needed) continue;
    throw new UsageError(
      `The ${phase} window of ${inTime(blocks, measured)} is not longer than the chain's time to finality, now ${inTime(needed, measured)}. Give --${phase}-window twice as much, ${2 * needed} or more.`,
    );
  }
  const seconds = measured.finalityLag?.seconds;
  if (seconds !== undefined && requestLifetime <= seconds)
    throw new UsageError(
      `Requests would expire after ${formatSeconds(requestLifetime)}, but a block becomes final only after ${formatSeconds(seconds)}. Use --request-lifetime ${Math.ceil(3 * seconds)} or more.`,
    );
};

/** Blocks as contracts count, with the time that they take where it is known. */
export const inTime = (blocks: number, { contractBlockSeconds }: Pick<Measured, "contractBlockSeconds">): string => {
  const counted = `${blocks} block${blocks === 1 ? "" : "s"}`;
  return contractBlockSeconds === undefined ? counted : `${counted} (${formatSeconds(blocks * contractBlockSeconds)})`;
};

/** "40 s", "13 min", "7.5 h": for people. */
export const formatSeconds = (seconds: number): string => {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 3 * 3_600) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
};
