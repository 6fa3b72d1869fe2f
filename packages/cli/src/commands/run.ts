import { createLogger, guardProcess, outputLines, runUntilStopped } from "@keyquorum/daemon";
import { createKeeper, readConfig } from "@keyquorum/keeper";
import { loadExtensions } from "../loadExtensions.ts";

const MILLISECONDS_TO_CLOSE = 10_000;

/** `keyquorum-keeper run`: composes the keeper with the extensions of its configuration and ends it in an orderly way. */
export const run = async ({ configFile }: { readonly configFile: string }): Promise<void> => {
  const config = await readConfig(configFile);
  const lines = outputLines();
  const log = createLogger(config.log.level, lines);
  await guardProcess(log, "a keeper");
  await runUntilStopped({
    ...{ name: "keeper", log, lines, millisecondsToClose: MILLISECONDS_TO_CLOSE },
    make: async () => {
      const extensions = await loadExtensions(config.extensions.modules, config.directory);
      return createKeeper(config, { extensions, log, droppedLogLines: lines.dropped, processMetrics: true });
    },
  });
};
