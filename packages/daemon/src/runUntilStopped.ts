import closeWithGrace from "close-with-grace";
import { describeError } from "./describeError.ts";
import type { Logger } from "./logger.ts";
import type { LogLines } from "./logLines.ts";
import { OperatorError } from "./operatorError.ts";

/** A program that runs until it is told to stop. */
export type Running = {
  readonly start: () => Promise<unknown>;
  /** Ends what is under way. */
  readonly stop: () => Promise<unknown>;
  /** Resolves when it ends by itself: with what must not continue, or with nothing. */
  readonly ended?: Promise<OperatorError | undefined>;
};

/** How long the last lines may take when the process ends. */
const MILLISECONDS_TO_FLUSH = 1_000;

/**
 * Starts a program and ends it in an orderly way: at SIGTERM and SIGINT, at an error that nobody expected, and where it says itself that it must not
 * continue (exit code 1). Throws what making or starting it throws, when that is logged.
 * @param options.name as the log says it: "keeper"
 * @param options.millisecondsToClose after which it ends as if it was killed
 */
export const runUntilStopped = async (options: {
  readonly name: string;
  readonly log: Logger;
  readonly lines: LogLines;
  readonly millisecondsToClose: number;
  readonly make: () => Promise<Running>;
}): Promise<void> => {
  const { name, log, lines, millisecondsToClose: delay, make } = options;
  const Name = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  try {
    const running = await make();
    let mustNotRun = false;
    const onTimeout = (): void =>
      log.error(`The ${name} did not stop in time; it ends as if it was killed; the next start continues`, { milliseconds: delay });
    const grace = closeWithGrace({ delay, logger: false, onTimeout }, async ({ signal, err }) => {
      if (err !== undefined) log.error(`Something failed that nobody expected; the ${name} stops`, describeError(err));
      else if (signal !== undefined) log.info(`${Name} is stopping`, { signal });
      await running.stop();
      log.info(`${Name} has stopped`);
      await lines.flush(MILLISECONDS_TO_FLUSH);
      if (mustNotRun) process.exit(1);
    });
    await running.start().catch((error: unknown) => {
      grace.uninstall(); // it would end the process as if it had gone well
      throw error;
    });
    void running.ended?.then((reason) => {
      if (reason === undefined) return;
      mustNotRun = true;
      log.error(`The ${name} stops: it must not continue`, describeError(reason));
      console.error(`${reason.code}: ${reason.message}`);
      grace.close();
    });
  } catch (error) {
    const details = error instanceof OperatorError ? { details: error.details } : {};
    log.error(`The ${name} cannot start`, { ...describeError(error), ...details });
    await endInTime(lines);
    throw error;
  }
};

/** Lines that nobody reads would keep a process that has nothing more to do. */
const endInTime = async (lines: LogLines): Promise<void> => {
  if (await lines.flush(MILLISECONDS_TO_FLUSH)) return;
  setTimeout(() => process.exit(1), MILLISECONDS_TO_FLUSH).unref();
};
