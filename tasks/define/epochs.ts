import { emptyTask } from "hardhat/config";
import type { NewTaskDefinitionBuilder, TaskArguments } from "hardhat/types/tasks";
import { optional, verb } from "./verb.ts";
import { withReshare } from "./withReshare.ts";

/** Who is to be in an epoch. */
const withMembers = <T extends TaskArguments>(task: NewTaskDefinitionBuilder<T, "MISSING_ACTION">) =>
  task
    .addOption({
      name: "members",
      description: "Slots of the candidates, such as 1,2,6 (default: all keepers that are not removed)",
      ...optional,
    })
    .addOption({ name: "without", description: "Instead: all keepers except those at these slots", ...optional });

export const epochs = [
  emptyTask(["keyquorum", "epoch"], "Snapshots of the keeper set, each with its own encryption keys").build(),
  withMembers(verb(["epoch", "propose"], "Proposes the next epoch; running keepers post their keys for it"))
    .setAction(() => import("../epoch/propose.ts"))
    .build(),
  withMembers(verb(["epoch", "open"], "Opens the next epoch: proposes it if necessary, and waits for the keepers' encryption keys"))
    .addFlag({ name: "withoutMissing", description: "Leave out keepers that have posted no encryption key, instead of waiting for them" })
    .setAction(() => import("../epoch/open.ts"))
    .build(),
  verb(["epoch", "cancel"], "Cancels the proposed epoch, so that it never opens")
    .setAction(() => import("../epoch/cancel.ts"))
    .build(),
  verb(["epoch", "status"], "Shows the open epoch, the proposed one, and the epoch of each key")
    .setAction(() => import("../epoch/status.ts"))
    .build(),
  withReshare(verb("refresh", "Gives every key new shares at the same keepers: opens a new epoch and moves every key to it"))
    .addOption({
      name: "every",
      description: 'Keep running, and refresh whenever the open epoch reaches this age: "30d", "12h"',
      ...optional,
    })
    .setAction(() => import("../refresh.ts"))
    .build(),
];
