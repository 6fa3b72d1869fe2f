import { emptyTask } from "hardhat/config";
import { optional, verb } from "./verb.ts";

export const keepers = [
  emptyTask(["keyquorum", "keepers"], "The permissioned keeper set").build(),
  verb(["keepers", "add"], "Admits a keeper; it takes part from the next epoch on")
    .addOption({ name: "from", description: "File with what `keyquorum-keeper init --json` printed", ...optional })
    .addOption({ name: "operator", description: "Address of the keeper's account", ...optional })
    .addOption({ name: "identityKey", description: "Public key that signs its receipts: 33 bytes as hex", ...optional })
    .addOption({ name: "endpoint", description: "URL at which readers reach it", ...optional })
    .addOption({ name: "peerAddress", description: "Multiaddress for other keepers", ...optional })
    .addOption({ name: "name", description: "Its name, for people", ...optional })
    .addFlag({ name: "openEpoch", description: "Then propose and open an epoch with all keepers" })
    .setAction(() => import("../keepers/add.ts"))
    .build(),
  verb(["keepers", "remove"], "Removes a keeper from all later epochs; its shares stay until keys are reshared")
    .addPositionalArgument({ name: "slot", description: "Its slot" })
    .setAction(() => import("../keepers/remove.ts"))
    .build(),
  verb(["keepers", "list"], "Lists the keepers and who is in the current epoch")
    .setAction(() => import("../keepers/list.ts"))
    .build(),
  emptyTask(["keyquorum", "epoch"], "Snapshots of the keeper set, each with its own encryption keys").build(),
  verb(["epoch", "propose"], "Proposes the next epoch; running keepers post their keys for it")
    .setAction(() => import("../epoch/propose.ts"))
    .build(),
  verb(["epoch", "open"], "Opens the next epoch: proposes it if need be and waits for the keepers' keys")
    .addFlag({ name: "withoutMissing", description: "Do not wait for keepers that have posted no key: they are left out" })
    .setAction(() => import("../epoch/open.ts"))
    .build(),
  verb(["epoch", "status"], "Shows the newest epoch and which keepers have posted a key for it")
    .setAction(() => import("../epoch/status.ts"))
    .build(),
];
