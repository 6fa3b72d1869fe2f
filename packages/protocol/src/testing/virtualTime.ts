/** Time that passes only when nothing else is left to do: a run of simulated minutes takes the time of its arithmetic, and is the same every time. */
export type VirtualTime = ReturnType<typeof createVirtualTime>;

type Alarm = { readonly at: number; readonly order: number; readonly ring: () => void };

/** Lets everything run that waits for nothing but promises. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const createVirtualTime = () => {
  let [now, count] = [0, 0];
  const alarms: Alarm[] = [];
  /** Milliseconds, from 0. */
  const pause = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      alarms.push({ at: now + Math.max(0, milliseconds), order: count++, ring: resolve });
    });
  /** Rings what is due first. False when nothing is. */
  const step = async (): Promise<boolean> => {
    await settle();
    const [first] = alarms.toSorted((a, b) => a.at - b.at || a.order - b.order);
    if (first === undefined) return false;
    alarms.splice(alarms.indexOf(first), 1);
    now = first.at;
    first.ring();
    return true;
  };
  return {
    now: () => now,
    pause,
    /** Until the work is over. Throws where it never will be: nothing is left to wait for. */
    run: async <T>(work: Promise<T>): Promise<T> => {
      let isOver = false;
      const over = (): void => {
        isOver = true;
      };
      work.then(over, over);
      while (!isOver) if (!(await step()) && !isOver) throw new RangeError("it waits for what never comes");
      return work;
    },
    /** Lets that much pass. */
    pass: async (milliseconds: number): Promise<void> => {
      const end = now + milliseconds;
      for (;;) {
        await settle();
        if (!alarms.some(({ at }) => at <= end)) break;
        await step();
      }
      now = end;
    },
  };
};
