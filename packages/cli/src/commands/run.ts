import { createKeeper, createLogger, describeError, KeeperError, readConfig } from "@keyquorum/keeper";
import closeWithGrace from "close-with-grace";
import { loadExtensions } from "../loadExtensions.ts";

const MILLISECONDS_TO_CLOSE = 10_000;

/** `keyquorum-keeper run`: composes the keeper with the extensions of its configuration and ends it in an orderly way. */
export const run = async ({ configFile }: { readonly configFile: string }): Promise<void> => {
  const config = await readConfig(configFile);
  const log = createLogger(config.log.level);
  try {
    const extensions = await loadExtensions(config.extensions.modules, config.directory);
    const keeper = await createKeeper(config, { extensions, log, processMetrics: true });
    let mustNotRun = false;
    const onTimeout = (): void =>
      log.error("The keeper did not stop in time; it ends as if it was killed, and the next start goes on", {
        milliseconds: MILLISECONDS_TO_CLOSE,
      });
    const grace = closeWithGrace({ delay: MILLISECONDS_TO_CLOSE, logger: false, onTimeout }, async ({ signal, err }) => {
      if (err !== undefined) log.error("Something failed that nobody expected; the keeper stops", describeError(err));
      else if (signal !== undefined) log.info("Keeper is stopping", { signal });
      await keeper.stop();
      log.info("Keeper has stopped");
      if (mustNotRun) process.exit(1);
    });
    await keeper.start().catch((error: unknown) => {
      grace.uninstall(); // it would end the process as if it had gone well
      throw error;
    });
    void keeper.ended.then((reason) => {
      if (reason === undefined) return;
      mustNotRun = true;
      log.error("The keeper stops: it must not go on", describeError(reason));
      console.error(`${reason.code}: ${reason.message}`);
      grace.close();
    });
  } catch (error) {
    log.error("The keeper cannot start", { ...describeError(error), ...(error instanceof KeeperError ? { details: error.details } : {}) });
    throw error;
  }
};
