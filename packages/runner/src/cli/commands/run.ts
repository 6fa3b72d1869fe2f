import { createLogger, guardProcess, outputLines, runUntilStopped } from "@keyquorum/daemon";
import { readServiceConfig } from "../../service/config.ts";
import { createService } from "../../service/createService.ts";

/** What closing takes beside the longest run. */
const MILLISECONDS_TO_CLOSE = 10_000;

/** `keyquorum-runner run`: serves, and ends in an orderly way: runs under way are over before, at their wall limit at the latest. */
export const run = async ({ configFile }: { readonly configFile: string }): Promise<void> => {
  const config = await readServiceConfig(configFile);
  const lines = outputLines();
  const log = createLogger(config.log.level, lines);
  await guardProcess(log, "a runner");
  await runUntilStopped({
    ...{ name: "runner", log, lines, millisecondsToClose: config.limits.wallMs + MILLISECONDS_TO_CLOSE },
    make: () => createService(config, { log, droppedLogLines: lines.dropped }),
  });
};
