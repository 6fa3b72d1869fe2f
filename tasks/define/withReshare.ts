import { ArgumentType } from "hardhat/types/arguments";
import type { NewTaskDefinitionBuilder, TaskArguments } from "hardhat/types/tasks";
import { optional, THRESHOLD } from "./verb.ts";

/** How keys are reshared. */
export const withReshare = <T extends TaskArguments>(task: NewTaskDefinitionBuilder<T, "MISSING_ACTION">) =>
  task
    .addOption({ name: "threshold", description: `t of the new epoch: ${THRESHOLD} (default: each key's own)`, ...optional })
    .addOption({ name: "atOnce", description: "How many keys to move at the same time", type: ArgumentType.INT, defaultValue: 1 })
    .addOption({
      name: "retries",
      description: "How often to retry a failed session",
      type: ArgumentType.INT,
      defaultValue: 0,
    });
