import { ArgumentType } from "hardhat/types/arguments";
import type { NewTaskDefinitionBuilder, TaskArguments } from "hardhat/types/tasks";
import { optional, THRESHOLD } from "./verb.ts";

/** How keys are reshared. */
export const withReshare = <T extends TaskArguments>(task: NewTaskDefinitionBuilder<T, "MISSING_ACTION">) =>
  task
    .addOption({ name: "threshold", description: `t of the new epoch: ${THRESHOLD} (default: each key's own)`, ...optional })
    .addOption({ name: "atOnce", description: "How many keys at a time", type: ArgumentType.INT, defaultValue: 1 })
    .addOption({
      name: "retries",
      description: "How often a session that failed is asked for again",
      type: ArgumentType.INT,
      defaultValue: 0,
    });
