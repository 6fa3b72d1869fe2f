/**
 * How many times slower than an idle machine this one is taken to be: 1 and more. Windows and waits are counted in blocks, so a busy machine gets
 * slower blocks, and keepers more of them for what they have to do.
 */
export type Patience = number;

export type Windows = { readonly deal: number; readonly dispute: number; readonly finalize: number; readonly ready: number };

export const MOST_PATIENCE = 100;
/** A block's time on a machine that does nothing else, and the longest that readers are made to wait for one. */
const [IDLE_MILLISECONDS, MOST_MILLISECONDS] = [250, 2_500];
const PROBE_MILLISECONDS = 200;
/** Below this a machine counts as idle: a measurement is never quite 1. */
const BUSY = 1.3;
/** A signed request lives no longer. */
const MOST_RETRIEVAL_MILLISECONDS = 480_000;
/** A machine that is busy now may be this many times busier when a window runs. */
const RESERVE = 3;

/**
 * How often the machine does something else while this process wants to run: 1 when it never does. Processor time is spent until
 * `PROBE_MILLISECONDS` of it are counted, and the time that passed meanwhile is divided by it.
 */
export const measurePatience = (): Patience => {
  const before = process.cpuUsage();
  const started = performance.now();
  for (;;) {
    const { user, system } = process.cpuUsage(before);
    const spent = (user + system) / 1_000;
    if (spent >= PROBE_MILLISECONDS) return Math.min(MOST_PATIENCE, Math.max(1, (performance.now() - started) / spent));
  }
};

/** Reads `--patience`. Throws an Error that says what it may be. */
export const parsePatience = (text: string): Patience => {
  const value = /^\d{1,3}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 1 && value <= MOST_PATIENCE)) throw new Error(`--patience must be a number from 1 to ${MOST_PATIENCE}, not "${text}".`);
  return value;
};

/** The time between blocks: 250 ms on an idle machine, 2.5 s at most. */
export const blockMillisecondsFor = (patience: Patience): number =>
  patience < BUSY ? IDLE_MILLISECONDS : Math.min(MOST_MILLISECONDS, Math.ceil(patience * 5) * (IDLE_MILLISECONDS / 5));

/**
 * Windows for a machine like this, in blocks of `blockMillisecondsFor(patience)`. Unchanged on an idle one. Only those that end as soon as everybody
 * has done their part are made longer: DISPUTE always runs its full length.
 */
export const stretchWindows = ({ deal, dispute, finalize, ready }: Windows, patience: Patience): Windows => {
  if (patience < BUSY) return { deal, dispute, finalize, ready };
  const factor = RESERVE * Math.max(1, (patience * IDLE_MILLISECONDS) / MOST_MILLISECONDS);
  const stretched = (blocks: number): number => Math.ceil(blocks * factor);
  return { deal: stretched(deal), dispute, finalize: stretched(finalize), ready: stretched(ready) };
};

/** A limit of time for a machine like this. */
export const stretchMilliseconds = (milliseconds: number, patience: Patience): number =>
  patience < BUSY ? milliseconds : Math.ceil(milliseconds * patience);

/** What a client on a machine like this waits for keepers: its `limits` and `timeouts`. Its own defaults on an idle one. */
export const clientPatience = (
  patience: Patience,
): { readonly limits?: { readonly overallMs: number; readonly idleMs: number }; readonly timeouts?: { readonly retrievalMs: number } } =>
  patience < BUSY
    ? {}
    : {
        limits: { overallMs: stretchMilliseconds(10_000, patience), idleMs: stretchMilliseconds(4_000, patience) },
        timeouts: { retrievalMs: Math.min(MOST_RETRIEVAL_MILLISECONDS, stretchMilliseconds(30_000, patience)) },
      };
