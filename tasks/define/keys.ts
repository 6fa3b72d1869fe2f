import { emptyTask } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";
import { optional, THRESHOLD, verb } from "./verb.ts";
import { withReshare } from "./withReshare.ts";

export const keys = [
  emptyTask(["keyquorum", "key"], `Threshold keys: ${THRESHOLD}`).build(),
  verb(["key", "request"], `Asks the keepers for a key and follows its generation (${THRESHOLD})`)
    .addOption({ name: "threshold", description: `t: ${THRESHOLD} (default: the largest with 2t+1 <= keepers)`, ...optional })
    .addOption({ name: "purpose", description: "decrypt, schnorr, ecdsa or ibe", type: ArgumentType.STRING, defaultValue: "decrypt" })
    .addOption({ name: "salt", description: "32 bytes as hex that make the key's id (default: random)", ...optional })
    .addFlag({ name: "detach", description: "Do not wait until it is made" })
    .setAction(() => import("../key/request.ts"))
    .build(),
  verb(["key", "status"], "Shows a key: its phase, who has done what, and who is at fault")
    .addPositionalArgument({ name: "key", description: "Its id (default: the newest)", ...optional })
    .addFlag({ name: "watch", description: "Follow it until it is active or has failed" })
    .setAction(() => import("../key/status.ts"))
    .build(),
  verb(["key", "export"], "Writes what encrypting offline needs: public data of a key")
    .addPositionalArgument({ name: "file", description: "File to write" })
    .addOption({ name: "key", description: "Its id (default: the newest active one)", ...optional })
    .addFlag({ name: "replace", description: "Write over the file if it is there" })
    .setAction(() => import("../key/export.ts"))
    .build(),
  withReshare(verb(["key", "reshare"], "Moves keys to the newest open epoch: the public keys stay, every share changes"))
    .addOption({ name: "key", description: "Its id; several with commas between", ...optional })
    .addFlag({ name: "all", description: "Every key" })
    .setAction(() => import("../key/reshare.ts"))
    .build(),
];
