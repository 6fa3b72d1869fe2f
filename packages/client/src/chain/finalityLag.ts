import { ERROR_CODES } from "@keyquorum/wire";
import { RetrievalError } from "../read/outcome.ts";
import type { Chain } from "./chain.ts";
import { finalizedBlock } from "./finality.ts";

/** How long a retrieval by HTTP is waited for where the caller says nothing, beside what the chain needs. In milliseconds. */
export const RETRIEVAL_MS = 30_000;
/** A request's deadline is 540 s ahead at most, and clocks differ. */
const LONGEST_MS = 480_000;

/** How far the newest final block is behind the head now, in seconds of block time. Throws NO_FINALIZED_BLOCK, CHAIN_UNAVAILABLE; the signal's reason. */
export const finalityLagOf = async ({ provider, calls, finality }: Chain, signal?: AbortSignal): Promise<number> => {
  if (finality.kind === "confirmations" && finality.blocks === 0) return 0;
  const read = <T>(call: () => Promise<T>): Promise<T> => calls.read("Reading the newest final block", call, signal);
  const latest = read(() => provider.getBlock("latest"));
  const [head, final] = await Promise.all([
    latest,
    finality.kind === "finalized"
      ? read(() => finalizedBlock(provider))
      : latest.then((block) => read(() => provider.getBlock(Math.max(0, (block?.number ?? 0) - finality.blocks)))),
  ]);
  return head === null || final === null ? 0 : Math.max(0, head.timestamp - final.timestamp);
};

/**
 * How long a reader waits where it says nothing: what was granted a moment ago counts when its block is final, so as long as this chain needs for
 * that and a quarter more, for 8 minutes at most. Where the lag cannot be read it is 30 s: what follows says why. In milliseconds.
 */
export const patienceOf = async (chain: Chain, signal?: AbortSignal): Promise<number> => {
  const lag = await finalityLagOf(chain, signal).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    return 0;
  });
  return Math.min(LONGEST_MS, RETRIEVAL_MS + Math.ceil(lag * 1_250));
};

/** PERMISSION_NOT_FINAL with how long it still takes at most, as an estimate; every other error as it is. `waited`: since the keepers were first asked. */
export const withTimeLeft = async (chain: Chain, error: unknown, waited: { readonly milliseconds: number }): Promise<unknown> => {
  if (!(error instanceof RetrievalError) || error.code !== "PERMISSION_NOT_FINAL") return error;
  const lag = await finalityLagOf(chain).catch(() => undefined);
  if (lag === undefined) return error;
  const secondsLeft = Math.max(1, Math.ceil(lag - waited.milliseconds / 1_000));
  const { have, need, perKeeper, details } = error;
  const notFinal = perKeeper.filter(({ code }) => code === "PERMISSION_NOT_FINAL").length;
  return new RetrievalError(
    "PERMISSION_NOT_FINAL",
    `${notFinal} keepers: ${ERROR_CODES.PERMISSION_NOT_FINAL.meaning} On this chain that takes about ${secondsLeft} s more at most.`,
    { have, need, perKeeper, details: { ...details, secondsLeft } },
  );
};
