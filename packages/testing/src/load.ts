/** One operation of a load. `explanation`: why it failed, in one line; undefined: it succeeded. */
export type LoadedOperation = {
  readonly kind: string;
  /** The phase that it began in. */
  readonly phase: string;
  readonly milliseconds: number;
  readonly explanation?: string;
};

/** Work that goes on in the background of a test, again and again, and is accounted for. */
export type Load = {
  /** Names what happens from here on, for the report. */
  readonly enter: (phase: string) => void;
  /** What has ended so far. */
  readonly operations: () => readonly LoadedOperation[];
  /** Waits until `count` more operations of every kind have succeeded: proof that the load runs. */
  readonly untilMore: (count: number, milliseconds?: number) => Promise<void>;
  /** Ends it, lets what is under way finish, and returns everything that was done. Rejects never. */
  readonly stop: () => Promise<readonly LoadedOperation[]>;
};

/** Runs each kind of work in a loop of its own, with a pause between, until it is stopped. A failure ends nothing: it is counted and explained. */
export const startLoad = (
  kinds: Readonly<Record<string, () => Promise<unknown>>>,
  { pauseMilliseconds = 50 }: { readonly pauseMilliseconds?: number } = {},
): Load => {
  const done: LoadedOperation[] = [];
  let phase = "start";
  let isStopped = false;
  const run = async (kind: string, work: () => Promise<unknown>): Promise<void> => {
    while (!isStopped) {
      const [began, started] = [phase, performance.now()];
      const explanation = await work().then(
        () => undefined,
        (error: unknown) => explain(error),
      );
      const milliseconds = performance.now() - started;
      done.push({ kind, phase: began, milliseconds, ...(explanation === undefined ? {} : { explanation }) });
      await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds));
    }
  };
  const loops = Object.entries(kinds).map(([kind, work]) => run(kind, work));
  const succeeded = (kind: string): number =>
    done.filter((operation) => operation.kind === kind && operation.explanation === undefined).length;
  return {
    enter: (name) => {
      phase = name;
    },
    operations: () => [...done],
    untilMore: async (count, milliseconds = 240_000) => {
      const wanted = Object.keys(kinds).map((kind) => ({ kind, count: succeeded(kind) + count }));
      const end = Date.now() + milliseconds;
      while (wanted.some((want) => succeeded(want.kind) < want.count)) {
        if (Date.now() > end) throw new Error(`The load did not succeed ${count} times within ${milliseconds} ms: ${describeLoad(done)}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    stop: async () => {
      isStopped = true;
      await Promise.all(loops);
      return [...done];
    },
  };
};

/** Counts by kind, and the explanations of failures, as one text. */
export const describeLoad = (operations: readonly LoadedOperation[]): string => {
  const kinds = [...new Set(operations.map(({ kind }) => kind))];
  const failed = operations.filter(({ explanation }) => explanation !== undefined);
  const counts = kinds.map((kind) => `${operations.filter((operation) => operation.kind === kind).length} x ${kind}`);
  const failures = failed.map(
    ({ kind, phase, milliseconds, explanation }) => `${kind} in ${phase} (${Math.round(milliseconds)} ms): ${explanation}`,
  );
  return `${counts.join(", ")}; ${failed.length} failed${failures.length === 0 ? "" : `\n${failures.join("\n")}`}`;
};

/** The value below which a share of the values lies: 0.5 for the median. NaN for none. */
export const quantile = (values: readonly number[], part: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
};

const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const { code, details } = error as Error & { readonly code?: unknown; readonly details?: unknown };
  const more =
    details === undefined ? "" : ` ${JSON.stringify(details, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))}`;
  return `${code === undefined ? "" : `${String(code)}: `}${error.message}${more}`;
};
