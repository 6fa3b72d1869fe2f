import { emptyTask } from "hardhat/config";
import type { NewTaskDefinitionBuilder, TaskArguments } from "hardhat/types/tasks";
import { optional, verb } from "./verb.ts";
import { withReshare } from "./withReshare.ts";

/** Who is to be in an epoch. */
const withMembers = <T extends TaskArguments>(task: NewTaskDefinitionBuilder<T, "MISSING_ACTION">) =>
  task
    .addOption({
      name: "members",
      description: "Slots of the keepers that may be in it, such as 1,2,6 (default: all that are not removed)",
      ...optional,
    })
    .addOption({ name: "without", description: "Instead: all but the keepers at these slots", ...optional });

export const epochs = [
  emptyTask(["keyquorum", "epoch"], "Snapshots of the keeper set, each with its own encryption keys").build(),
  withMembers(verb(["epoch", "propose"], "Proposes the next epoch; running keepers post their keys for it"))
    .setAction(() => import("../epoch/propose.ts"))
    .build(),
  withMembers(verb(["epoch", "open"], "Opens the next epoch: proposes it if need be and waits for the keepers' keys"))
    .addFlag({ name: "withoutMissing", description: "Do not wait for keepers that have posted no key: they are left out" })
    .setAction(() => import("../epoch/open.ts"))
    .build(),
  verb(["epoch", "cancel"], "Cancels the proposed epoch: it never opens")
    .setAction(() => import("../epoch/cancel.ts"))
    .build(),
  verb(["epoch", "status"], "Shows the epoch that is open, the one that is proposed, and in which epoch each key is")
    .setAction(() => import("../epoch/status.ts"))
    .build(),
  withReshare(verb("refresh", "Gives every key new shares at the same keepers: a new epoch, and every key moved there"))
    .addOption({ name: "every", description: 'Stay, and do so whenever the open epoch is as old as that: "30d", "12h"', ...optional })
    .setAction(() => import("../refresh.ts"))
    .build(),
];
