import type { Chain } from "./chain.ts";

type Header = { readonly number: number; readonly timestamp: number };

/**
 * The number of the first block of a time or later, from the deployment's block on, by the headers that nodes always keep: a few at once, near where the
 * time should be. Undefined where all are earlier, or the deployment's block is later. No contract's block number is looked up (D65).
 * Throws CHAIN_UNAVAILABLE; the signal's reason.
 * @param time seconds since 1970, of block time
 */
export const blockAtTime = async (
  { provider, calls, deployment }: Pick<Chain, "provider" | "calls" | "deployment">,
  time: number,
  signal?: AbortSignal,
): Promise<number | undefined> => {
  const read = (tag: number | "latest") => calls.read("Reading blocks", () => provider.getBlock(tag), signal);
  const [oldest, newest] = await Promise.all([read(deployment.block), read("latest")]);
  if (oldest === null || newest === null || newest.timestamp < time || oldest.timestamp > time) return undefined;
  let [before, after]: [Header, Header] = [oldest, newest];
  if (before.timestamp === time) return before.number;
  // `before` is earlier, `after` is not.
  while (after.number - before.number > 1) {
    const span = after.number - before.number;
    const share = (time - before.timestamp) / (after.timestamp - before.timestamp);
    const [near, reach] = [before.number + Math.round(span * share), Math.ceil(span / 32)];
    const wanted = [near - reach, near, near + reach, before.number + Math.floor(span / 2)];
    const inside = new Set(wanted.map((number) => Math.min(Math.max(number, before.number + 1), after.number - 1)));
    const found: readonly (Header | null)[] = await Promise.all([...inside].map(read));
    for (const header of found) {
      if (header === null) return undefined;
      if (header.timestamp < time && header.number > before.number) before = header;
      if (header.timestamp >= time && header.number < after.number) after = header;
    }
  }
  return after.number;
};
