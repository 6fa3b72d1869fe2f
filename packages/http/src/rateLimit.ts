/** How often an address may ask. */
export type RateLimit = {
  /** Counts a request. 0: it may go on; otherwise the seconds until it may. */
  readonly take: (address: string) => number;
};

const WINDOW_MILLISECONDS = 60_000;

/**
 * So many requests of one address in a minute that begins with its first. Bounded: the address that began its minute first is forgotten first.
 * @param options.most addresses that are remembered
 */
export const createRateLimit = (options: { readonly perMinute: number; readonly most: number; readonly now: () => number }): RateLimit => {
  const windows = new Map<string, { readonly until: number; count: number }>();
  return {
    take: (address) => {
      const now = options.now();
      const window = windows.get(address);
      if (window !== undefined && window.until > now) {
        window.count += 1;
        return window.count > options.perMinute ? Math.ceil((window.until - now) / 1_000) : 0;
      }
      windows.delete(address);
      windows.set(address, { until: now + WINDOW_MILLISECONDS, count: 1 });
      const [oldest] = windows.keys();
      if (windows.size > options.most && oldest !== undefined) windows.delete(oldest);
      return 0;
    },
  };
};
