/** What was asked and not answered yet, and answers in the order in which they came. Nothing that is expected here may fail. */
export const createInbox = <Event>() => {
  const arrived: Event[] = [];
  let [expected, taken] = [0, 0];
  let wake: (() => void) | undefined;
  return {
    expect: (event: Promise<Event>): void => {
      expected += 1;
      void event.then((one) => {
        arrived.push(one);
        wake?.();
      });
    },
    /** Nothing has come, and nothing will. */
    isQuiet: (): boolean => expected === taken,
    next: async (): Promise<Event> => {
      if (arrived.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      wake = undefined;
      taken += 1;
      return arrived.shift() as Event; // one is there
    },
  };
};
