import { emptyTask, task } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";
import { withCommonOptions } from "./options.ts";

// Only names and descriptions live here: every action is loaded when it is called, so that the configuration loads before the contracts are built.

const THRESHOLD = "t keepers together learn nothing; t+1 are needed";
const optional = { type: ArgumentType.STRING_WITHOUT_DEFAULT, defaultValue: undefined } as const;

/** A command of `npx hardhat keyquorum`, with the options that every command takes. */
const verb = (name: string | readonly string[], description: string) =>
  withCommonOptions(task(["keyquorum", ...[name].flat()], description));

const governance = [
  verb("deploy", `Deploys all contracts and records them in deployments/<chain id>.json (${THRESHOLD})`)
    .addOption({ name: "admin", description: "Who shall govern (default: the deployer)", ...optional })
    .addOption({ name: "dealWindow", description: "Blocks in which keepers deal", ...optional })
    .addOption({ name: "disputeWindow", description: "Blocks in which keepers check and complain", ...optional })
    .addOption({ name: "finalizeWindow", description: "Blocks in which the joint key is fixed", ...optional })
    .addOption({ name: "readyWindow", description: "Blocks in which keepers confirm their shares", ...optional })
    .addOption({ name: "requestLifetime", description: "Seconds from a request on chain to its deadline", ...optional })
    .addOption({ name: "challengeWindow", description: "Seconds after it in which an optimistic answer can be proved wrong", ...optional })
    .addOption({ name: "minEpochDelay", description: "Seconds from proposing an epoch to opening it", ...optional })
    .addFlag({ name: "openKeyRequests", description: "Let everybody ask for keys, not only the role KEY_REQUESTER" })
    .addFlag({ name: "replace", description: "Write over the recorded deployment of this chain" })
    .setAction(() => import("./deploy.ts"))
    .build(),
  verb("handover", "Ends the deployer's rights, when the new admin has been seen to work")
    .addOption({ name: "admin", description: "Who governs alone from then on", ...optional })
    .setAction(() => import("./handover.ts"))
    .build(),
];

const keepers = [
  emptyTask(["keyquorum", "keepers"], "The permissioned keeper set").build(),
  verb(["keepers", "add"], "Admits a keeper; it takes part from the next epoch on")
    .addOption({ name: "from", description: "File with what `keyquorum-keeper init --json` printed", ...optional })
    .addOption({ name: "operator", description: "Address of the keeper's account", ...optional })
    .addOption({ name: "identityKey", description: "Public key that signs its receipts: 33 bytes as hex", ...optional })
    .addOption({ name: "endpoint", description: "URL at which readers reach it", ...optional })
    .addOption({ name: "peerAddress", description: "Multiaddress for other keepers", ...optional })
    .addOption({ name: "name", description: "Its name, for people", ...optional })
    .addFlag({ name: "openEpoch", description: "Then propose and open an epoch with all keepers" })
    .setAction(() => import("./keepers/add.ts"))
    .build(),
  verb(["keepers", "remove"], "Removes a keeper from all later epochs; its shares stay until keys are reshared")
    .addPositionalArgument({ name: "slot", description: "Its slot" })
    .setAction(() => import("./keepers/remove.ts"))
    .build(),
  verb(["keepers", "list"], "Lists the keepers and who is in the current epoch")
    .setAction(() => import("./keepers/list.ts"))
    .build(),
  emptyTask(["keyquorum", "epoch"], "Snapshots of the keeper set, each with its own encryption keys").build(),
  verb(["epoch", "propose"], "Proposes the next epoch; running keepers post their keys for it")
    .setAction(() => import("./epoch/propose.ts"))
    .build(),
  verb(["epoch", "open"], "Opens the next epoch: proposes it if need be and waits for the keepers' keys")
    .addFlag({ name: "withoutMissing", description: "Do not wait for keepers that have posted no key: they are left out" })
    .setAction(() => import("./epoch/open.ts"))
    .build(),
  verb(["epoch", "status"], "Shows the newest epoch and which keepers have posted a key for it")
    .setAction(() => import("./epoch/status.ts"))
    .build(),
];

const keys = [
  emptyTask(["keyquorum", "key"], `Threshold keys: ${THRESHOLD}`).build(),
  verb(["key", "request"], `Asks the keepers for a key and follows its generation (${THRESHOLD})`)
    .addOption({ name: "threshold", description: `t: ${THRESHOLD} (default: the largest with 2t+1 <= keepers)`, ...optional })
    .addOption({ name: "purpose", description: "decrypt, schnorr, ecdsa or ibe", type: ArgumentType.STRING, defaultValue: "decrypt" })
    .addOption({ name: "salt", description: "32 bytes as hex that make the key's id (default: random)", ...optional })
    .addFlag({ name: "detach", description: "Do not wait until it is made" })
    .setAction(() => import("./key/request.ts"))
    .build(),
  verb(["key", "status"], "Shows a key: its phase, who has done what, and who is at fault")
    .addPositionalArgument({ name: "key", description: "Its id (default: the newest)", ...optional })
    .addFlag({ name: "watch", description: "Follow it until it is active or has failed" })
    .setAction(() => import("./key/status.ts"))
    .build(),
];

const documents = [
  emptyTask(["keyquorum", "document"], "Encrypted documents").build(),
  verb(["document", "publish"], "Encrypts a file, stores the ciphertext and publishes it")
    .addPositionalArgument({ name: "file", description: "The file" })
    .addOption({ name: "key", description: "Id of the key (default: the newest active one)", ...optional })
    .addOption({ name: "name", description: "Name that readers see (default: the file's own)", ...optional })
    .addOption({ name: "mediaType", description: "Media type that readers see", ...optional })
    .addOption({ name: "permissions", description: "Contract that says who may read (default: AccessGrants)", ...optional })
    .addOption({ name: "versionOf", description: "Document of which this is a further version", ...optional })
    .setAction(() => import("./document/publish.ts"))
    .build(),
  verb(["document", "list"], "Lists published documents, the newest first")
    .addOption({ name: "owner", description: "Only this account's", ...optional })
    .addOption({ name: "limit", description: "How many at most", type: ArgumentType.INT, defaultValue: 50 })
    .setAction(() => import("./document/list.ts"))
    .build(),
  verb(["document", "get"], "Reads a document: asks the keepers, combines their shares, decrypts")
    .addPositionalArgument({ name: "document", description: "Its id, or the CID of its ciphertext" })
    .addOption({
      name: "out",
      description: "File to write, - for the terminal (default: its own name; texts go to the terminal)",
      ...optional,
    })
    .addFlag({ name: "onChain", description: "Ask by a transaction instead of HTTP" })
    .addOption({ name: "number", description: "Version (default: the newest)", ...optional })
    .addFlag({ name: "replace", description: "Write over the file if it is there" })
    .addOption({ name: "timeout", description: "Seconds until it is given up", ...optional })
    .setAction(() => import("./document/get.ts"))
    .build(),
  verb("grant", "Lets a reader read a document")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "reader", description: "The reader's address" })
    .addOption({ name: "until", description: 'A date, or a time from now such as "30m", "12h", "7d" (default: without end)', ...optional })
    .setAction(() => import("./grant.ts"))
    .build(),
  verb("revoke", "Takes a reader's permission away")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "reader", description: "The reader's address" })
    .setAction(() => import("./revoke.ts"))
    .build(),
];

export const tasks = [
  emptyTask("keyquorum", "Keyquorum: threshold secrets on any EVM chain").build(),
  ...governance,
  ...keepers,
  ...keys,
  ...documents,
];
