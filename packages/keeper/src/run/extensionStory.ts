import { describeError } from "../report/describeError.ts";
import type { Logger } from "../report/logger.ts";
import type { Duties, Duty } from "./duty.ts";
import type { KeeperExtension } from "./extension.ts";
import type { Story } from "./story.ts";

/** An extension as a story. What fails in its duties is logged, and stops nothing. */
export const extensionStory = ({ name, duties = {}, routes }: KeeperExtension, log: Logger): Story => ({
  name,
  on: Object.fromEntries(
    // true: each duty stays under its own event's name
    Object.entries(duties as Record<string, Duty<never>>).map(([event, duty]): [string, Duty<never>] => [
      event,
      async (...args) => {
        try {
          await duty(...args);
        } catch (error) {
          log.error("An extension's duty failed", { extension: name, event, ...describeError(error) });
        }
      },
    ]),
  ) as Partial<Duties>,
  ...(routes === undefined ? {} : { routes }),
});
