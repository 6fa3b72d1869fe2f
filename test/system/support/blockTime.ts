/** A block's time on a machine that does nothing else. */
const IDLE_MILLISECONDS = 250;
const MOST_MILLISECONDS = 2_500;
const PROBE_MILLISECONDS = 200;

/**
 * How often the machine does something else while this process wants to run: 1 when it never does. Processor time is spent until
 * `PROBE_MILLISECONDS` of it are counted, and the time that passed meanwhile is divided by it.
 */
export const measureContention = (): number => {
  const before = process.cpuUsage();
  const started = performance.now();
  for (;;) {
    const { user, system } = process.cpuUsage(before);
    const spent = (user + system) / 1_000;
    if (spent >= PROBE_MILLISECONDS) return Math.max(1, (performance.now() - started) / spent);
  }
};

/**
 * The time between blocks for a chain that starts now. Windows and waits are counted in blocks, so a machine that is busy with other things gets
 * slower blocks, and keepers the same share of a window. KEYQUORUM_BLOCK_MILLISECONDS sets it.
 */
export const blockMilliseconds = (
  contention = measureContention(),
  { KEYQUORUM_BLOCK_MILLISECONDS: given }: { readonly KEYQUORUM_BLOCK_MILLISECONDS?: string | undefined } = process.env,
): number => {
  if (given !== undefined && given !== "") return Number(given);
  if (contention < 1.3) return IDLE_MILLISECONDS;
  return Math.min(MOST_MILLISECONDS, Math.ceil(contention * 5) * (IDLE_MILLISECONDS / 5));
};
