/** Runs jobs one after the other, in the order in which they were given. A failing job holds up none after it. */
export const createQueue = (): (<T>(job: () => Promise<T>) => Promise<T>) => {
  let last: Promise<unknown> = Promise.resolve();
  return (job) => {
    const next = last.then(job, job);
    last = next.catch(() => undefined); // its caller is told
    return next;
  };
};
