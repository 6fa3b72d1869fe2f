const ROUNDS = 5;
const LEAST_MILLISECONDS = 20;

/** Milliseconds of CPU of the process. */
export const cpuOf = async <Result>(
  work: () => Result | Promise<Result>,
): Promise<{ readonly milliseconds: number; readonly result: Result }> => {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { milliseconds: (user + system) / 1000, result };
};

/** Milliseconds of CPU of one run: the least of rounds, each of as many runs as take 20 ms or more. Other work on the machine only adds to it. */
export const cpuOfOne = async (run: () => unknown, rounds = ROUNDS): Promise<number> => {
  await run();
  const started = performance.now();
  await run();
  const runs = Math.max(1, Math.ceil(LEAST_MILLISECONDS / (performance.now() - started)));
  const rates: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { milliseconds } = await cpuOf(async () => {
      for (let i = 0; i < runs; i += 1) await run();
    });
    rates.push(milliseconds / runs);
  }
  return Math.min(...rates);
};
