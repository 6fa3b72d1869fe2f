/** What waits, by lane: in order within a lane, and lanes in turn. */
export type BulkQueue<Lane extends string, Job> = {
  /** False: the lane is full. */
  readonly add: (lane: Lane, job: Job) => boolean;
  readonly next: () => Job | undefined;
  /** Takes everything out. */
  readonly clear: () => readonly Job[];
  readonly size: () => number;
};

/** @param mostWaiting of one lane */
export const createBulkQueue = <Lane extends string, Job>(lanes: readonly Lane[], mostWaiting: number): BulkQueue<Lane, Job> => {
  const waiting = new Map<Lane, Job[]>(lanes.map((lane) => [lane, []]));
  return {
    add: (lane, job) => {
      const jobs = waiting.get(lane);
      if (jobs === undefined || jobs.length >= mostWaiting) return false;
      jobs.push(job);
      return true;
    },
    next: () => {
      for (const [lane, jobs] of waiting) {
        const job = jobs.shift();
        if (job === undefined) continue;
        waiting.delete(lane); // behind the others, for the next turn
        waiting.set(lane, jobs);
        return job;
      }
      return undefined;
    },
    clear: () => [...waiting.values()].flatMap((jobs) => jobs.splice(0)),
    size: () => [...waiting.values()].reduce((sum, { length }) => sum + length, 0),
  };
};
