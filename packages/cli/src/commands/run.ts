import { readFile } from "node:fs/promises";
import { url as debuggerUrl } from "node:inspector";
import {
  createKeeper,
  createLogger,
  describeError,
  detachStandardError,
  KeeperError,
  type Logger,
  type LogLines,
  outputLines,
  readConfig,
} from "@keyquorum/keeper";
import closeWithGrace from "close-with-grace";
import { loadExtensions } from "../loadExtensions.ts";
import { processRisks } from "../processRisks.ts";

const MILLISECONDS_TO_CLOSE = 10_000;
/** How long the last lines may take when the process ends. */
const MILLISECONDS_TO_FLUSH = 1_000;

/** `keyquorum-keeper run`: composes the keeper with the extensions of its configuration and ends it in an orderly way. */
export const run = async ({ configFile }: { readonly configFile: string }): Promise<void> => {
  const config = await readConfig(configFile);
  const lines = outputLines();
  const log = createLogger(config.log.level, lines);
  await guardProcess(log);
  try {
    const extensions = await loadExtensions(config.extensions.modules, config.directory);
    const keeper = await createKeeper(config, { extensions, log, droppedLogLines: lines.dropped, processMetrics: true });
    let mustNotRun = false;
    const onTimeout = (): void =>
      log.error("The keeper did not stop in time; it ends as if it was killed; the next start continues", {
        milliseconds: MILLISECONDS_TO_CLOSE,
      });
    const grace = closeWithGrace({ delay: MILLISECONDS_TO_CLOSE, logger: false, onTimeout }, async ({ signal, err }) => {
      if (err !== undefined) log.error("Something failed that nobody expected; the keeper stops", describeError(err));
      else if (signal !== undefined) log.info("Keeper is stopping", { signal });
      await keeper.stop();
      log.info("Keeper has stopped");
      await lines.flush(MILLISECONDS_TO_FLUSH);
      if (mustNotRun) process.exit(1);
    });
    await keeper.start().catch((error: unknown) => {
      grace.uninstall(); // it would end the process as if it had gone well
      throw error;
    });
    void keeper.ended.then((reason) => {
      if (reason === undefined) return;
      mustNotRun = true;
      log.error("The keeper stops: it must not continue", describeError(reason));
      console.error(`${reason.code}: ${reason.message}`);
      grace.close();
    });
  } catch (error) {
    log.error("The keeper cannot start", { ...describeError(error), ...(error instanceof KeeperError ? { details: error.details } : {}) });
    await endInTime(lines);
    throw error;
  }
};

/** Lines that nobody reads would keep a process that has nothing more to do. */
const endInTime = async (lines: LogLines): Promise<void> => {
  if (await lines.flush(MILLISECONDS_TO_FLUSH)) return;
  setTimeout(() => process.exit(1), MILLISECONDS_TO_FLUSH).unref();
};

/** Says who can see into this process, and keeps the readers of its output from stopping it. */
const guardProcess = async (log: Logger): Promise<void> => {
  detachStandardError();
  process.removeAllListeners("warning"); // Node's own listener writes text between the lines of JSON
  process.on("warning", ({ name, message }) => log.warn("Node warns", { name, ...describeError(new Error(message)) }));
  process.on("SIGUSR1", () => log.warn("SIGUSR1 was received; a keeper opens no debugger"));
  const nodeOptions = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? "").split(/\s+/)];
  const limits = await readFile("/proc/self/limits", "utf8").catch(() => undefined);
  for (const risk of processRisks({ nodeOptions, debuggerUrl: debuggerUrl(), limits })) log.warn(risk);
};
