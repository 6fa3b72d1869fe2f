import { emptyTask } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";
import { optional, THRESHOLD, verb } from "./verb.ts";
import { withReshare } from "./withReshare.ts";

export const keys = [
  emptyTask(["keyquorum", "key"], `Threshold keys: ${THRESHOLD}`).build(),
  verb(["key", "request"], `Requests a new key and follows its generation (${THRESHOLD})`)
    .addOption({ name: "threshold", description: `t: ${THRESHOLD} (default: the largest with 2t+1 <= keepers)`, ...optional })
    .addOption({ name: "purpose", description: "decrypt, schnorr, ecdsa or ibe", type: ArgumentType.STRING, defaultValue: "decrypt" })
    .addOption({ name: "salt", description: "32 bytes as hex, from which the key's id is derived (default: random)", ...optional })
    .addFlag({ name: "detach", description: "Do not wait until the key is generated" })
    .setAction(() => import("../key/request.ts"))
    .build(),
  verb(["key", "status"], "Shows a key: its phase, who has done what, and who is at fault")
    .addPositionalArgument({ name: "key", description: "Its id (default: the newest)", ...optional })
    .addFlag({ name: "watch", description: "Follow it until it is active or failed" })
    .setAction(() => import("../key/status.ts"))
    .build(),
  verb(["key", "export"], "Writes the public data of a key, which is all that offline encryption needs")
    .addPositionalArgument({ name: "file", description: "File to write" })
    .addOption({ name: "key", description: "Its id (default: the newest active one)", ...optional })
    .addFlag({ name: "replace", description: "Overwrite an existing file" })
    .setAction(() => import("../key/export.ts"))
    .build(),
  withReshare(verb(["key", "reshare"], "Moves keys to the newest open epoch: the public keys stay, every share changes"))
    .addOption({ name: "key", description: "Its id; separate several with commas", ...optional })
    .addFlag({ name: "all", description: "Every key" })
    .setAction(() => import("../key/reshare.ts"))
    .build(),
];
