import { emptyTask } from "hardhat/config";
import type { NewTaskDefinitionBuilder, TaskArguments } from "hardhat/types/tasks";
import { optional, verb } from "./verb.ts";
import { withReshare } from "./withReshare.ts";

const SLOT = { name: "slot", description: "Its slot" } as const;

/** What says who a keeper is. */
const withKeeper = <T extends TaskArguments>(task: NewTaskDefinitionBuilder<T, "MISSING_ACTION">) =>
  task
    .addOption({ name: "from", description: "File with the output of `keyquorum-keeper init --json`", ...optional })
    .addOption({ name: "operator", description: "Address of the keeper's account", ...optional })
    .addOption({ name: "identityKey", description: "Public key that signs its receipts: 33 bytes as hex", ...optional })
    .addOption({ name: "endpoint", description: "URL at which readers reach it", ...optional })
    .addOption({ name: "peerAddress", description: "Multiaddress for other keepers", ...optional })
    .addOption({ name: "name", description: "Its display name", ...optional });

const RESHARE = { name: "reshare", description: "Then also open an epoch and move every key to it" } as const;

const ANYWAY = { name: "anyway", description: "Do it even if a key could then never be reshared again" } as const;

export const keepers = [
  emptyTask(["keyquorum", "keepers"], "The permissioned keeper set").build(),
  withKeeper(verb(["keepers", "add"], "Admits a keeper; it takes part from the next epoch on"))
    .addFlag({ name: "openEpoch", description: "Then propose and open an epoch with all keepers" })
    .setAction(() => import("../keepers/add.ts"))
    .build(),
  withReshare(
    withKeeper(
      verb(["keepers", "join"], "Adds a keeper, or all that are admitted and waiting: opens an epoch with them and moves every key there"),
    ),
  )
    .setAction(() => import("../keepers/join.ts"))
    .build(),
  withReshare(verb(["keepers", "leave"], "Retires a keeper: opens an epoch without it, moves every key there, then removes it"))
    .addPositionalArgument(SLOT)
    .setAction(() => import("../keepers/leave.ts"))
    .build(),
  withReshare(withKeeper(verb(["keepers", "replace"], "Replaces a keeper by another: join and leave in one")))
    .addPositionalArgument({ name: "slot", description: "The slot of the keeper to replace" })
    .addOption({ name: "by", description: "The successor's slot, if it is already admitted", ...optional })
    .setAction(() => import("../keepers/replace.ts"))
    .build(),
  withReshare(verb(["keepers", "remove"], "Removes a keeper at once; its shares stay valid until the keys are reshared"))
    .addPositionalArgument(SLOT)
    .addFlag(RESHARE)
    .setAction(() => import("../keepers/remove.ts"))
    .build(),
  withReshare(
    verb(
      ["keepers", "set-operator"],
      "Gives a keeper another operator account, for epochs proposed from then on; the former one finishes what is open in its epochs, unless it was --stolen. Example: keepers set-operator 3 0x0Ef5.. --stolen --reshare",
    ),
  )
    .addPositionalArgument(SLOT)
    .addPositionalArgument({ name: "operator", description: "The new account's address" })
    .addFlag({ name: "stolen", description: "Revoke the present account: from that block on it can do nothing" })
    .addFlag(ANYWAY)
    .addFlag(RESHARE)
    .setAction(() => import("../keepers/setOperator.ts"))
    .build(),
  withReshare(
    verb(
      ["keepers", "set-identity"],
      "Gives a keeper another identity key, for epochs proposed from then on; the former one keeps signing in its epochs, unless it was --stolen. Example: keepers set-identity 3 0x02ab.. --stolen --reshare",
    ),
  )
    .addPositionalArgument(SLOT)
    .addPositionalArgument({ name: "identityKey", description: "The new public key: 33 bytes as hex" })
    .addFlag({ name: "stolen", description: "Revoke the present key: its signatures from that block on count for nothing" })
    .addFlag(RESHARE)
    .setAction(() => import("../keepers/setIdentity.ts"))
    .build(),
  verb(
    ["keepers", "revoke-operator"],
    "Revokes, as stolen, an account that a keeper had before: from that block on it can do nothing. Example: keepers revoke-operator 0x9f3c..",
  )
    .addPositionalArgument({ name: "operator", description: "The former account's address" })
    .addFlag(ANYWAY)
    .setAction(() => import("../keepers/revokeOperator.ts"))
    .build(),
  verb(
    ["keepers", "revoke-identity"],
    "Revokes, as stolen, an identity key that a keeper had before: its signatures from that block on count for nothing. Example: keepers revoke-identity 0x02ab..",
  )
    .addPositionalArgument({ name: "identityKey", description: "The former public key: 33 bytes as hex" })
    .setAction(() => import("../keepers/revokeIdentity.ts"))
    .build(),
  verb(["keepers", "list"], "Lists the keepers and who is in the current epoch")
    .setAction(() => import("../keepers/list.ts"))
    .build(),
  verb(
    ["keepers", "status"],
    "Asks every keeper at its registered endpoint for its state: ready or why not, version, newest block, missing shares, latency, clock. Example: keepers status --json",
  )
    .setAction(() => import("../keepers/status.ts"))
    .build(),
];
