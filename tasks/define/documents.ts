import { emptyTask } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";
import { optional, verb } from "./verb.ts";

export const documents = [
  emptyTask(["keyquorum", "document"], "Encrypted documents").build(),
  verb(["document", "publish"], "Encrypts a file, stores the ciphertext and publishes it")
    .addPositionalArgument({ name: "file", description: "The file" })
    .addOption({ name: "key", description: "Id of the key (default: the newest active one)", ...optional })
    .addOption({ name: "name", description: "Name that readers see (default: the file's own)", ...optional })
    .addOption({ name: "mediaType", description: "Media type that readers see", ...optional })
    .addOption({ name: "permissions", description: "Contract that says who may read (default: AccessGrants)", ...optional })
    .addOption({ name: "versionOf", description: "Document of which this is a further version", ...optional })
    .setAction(() => import("../document/publish.ts"))
    .build(),
  verb(["document", "list"], "Lists published documents, the newest first")
    .addOption({ name: "owner", description: "Only this account's", ...optional })
    .addOption({ name: "limit", description: "How many at most", type: ArgumentType.INT, defaultValue: 50 })
    .setAction(() => import("../document/list.ts"))
    .build(),
  verb(["document", "get"], "Reads a document: asks the keepers, combines their shares, decrypts")
    .addPositionalArgument({ name: "document", description: "Its id, or the CID of its ciphertext" })
    .addOption({
      name: "out",
      description: "File to write, - for the terminal (default: its own name; texts go to the terminal)",
      ...optional,
    })
    .addFlag({ name: "onChain", description: "Ask by a transaction instead of HTTP" })
    .addFlag({
      name: "optimistic",
      description: "Ask by a transaction whose answers are verified only where somebody doubts them: less gas",
    })
    .addOption({
      name: "session",
      description: "Read under the session of this file (session open) instead of asking the account",
      ...optional,
    })
    .addOption({ name: "receipts", description: "File for what the keepers signed", ...optional })
    .addOption({ name: "evidence", description: "Folder for what convicts keepers of wrong answers", ...optional })
    .addOption({ name: "number", description: "Version (default: the newest)", ...optional })
    .addFlag({ name: "replace", description: "Write over the file if it is there" })
    .addOption({ name: "timeout", description: "Seconds until it is given up", ...optional })
    .setAction(() => import("../document/get.ts"))
    .build(),
];
