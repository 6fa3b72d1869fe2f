import { emptyTask } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";
import { optional, verb } from "./verb.ts";

/** Sessions, receipts, requests on chain and what they cost. */
export const reading = [
  emptyTask(["keyquorum", "session"], "Reading sessions: many readings after one wallet prompt").build(),
  verb(["session", "open"], "Asks the wallet for one signature and writes a secret session file, for document get --session")
    .addPositionalArgument({ name: "out", description: "File to write; keep it secret" })
    .addOption({ name: "documents", description: "Ids of the documents that it covers, separated by commas (32 at most)", ...optional })
    .addOption({ name: "owner", description: "Instead: cover all documents of this owner", ...optional })
    .addOption({ name: "hours", description: "Its duration (24 at most)", type: ArgumentType.INT, defaultValue: 8 })
    .setAction(() => import("../session/open.ts"))
    .build(),
  verb(["session", "end"], "Ends all reading sessions of the account, by a transaction")
    .setAction(() => import("../session/end.ts"))
    .build(),
  emptyTask(["keyquorum", "receipt"], "Receipts: what keepers signed for their answers").build(),
  verb(["receipt", "verify"], "Verifies a file of receipts, without a network or against the chain")
    .addPositionalArgument({ name: "file", description: "File that document get --receipts wrote" })
    .addOption({ name: "committeeRoot", description: "Root of the epoch's committee from another source: 32 bytes as hex", ...optional })
    .addFlag({ name: "online", description: "Compare committee, key, version and blocks with the chain" })
    .setAction(() => import("../receipt/verify.ts"))
    .build(),
  verb(["receipt", "prove"], "Submits the evidence of a keeper's wrong answer")
    .addPositionalArgument({ name: "file", description: "File that document get --evidence wrote" })
    .setAction(() => import("../receipt/prove.ts"))
    .build(),
  emptyTask(["keyquorum", "request"], "Requests on chain").build(),
  verb(["request", "show"], "Shows a request on chain: what it asked for, who has answered, what it paid")
    .addPositionalArgument({ name: "request", description: "Its id" })
    .setAction(() => import("../requests/show.ts"))
    .build(),
  verb(["request", "challenge"], "Proves a keeper's answer to an optimistic request wrong")
    .addPositionalArgument({ name: "request", description: "Its id" })
    .addPositionalArgument({ name: "slot", description: "The keeper's slot" })
    .setAction(() => import("../requests/challenge.ts"))
    .build(),
  verb(["request", "refund"], "Refunds a finished request for the answers that did not come")
    .addPositionalArgument({ name: "request", description: "Its id" })
    .setAction(() => import("../requests/refund.ts"))
    .build(),
  verb(["request", "settle"], "Credits the keepers of an optimistic request after its window")
    .addPositionalArgument({ name: "request", description: "Its id" })
    .setAction(() => import("../requests/settle.ts"))
    .build(),
  emptyTask(["keyquorum", "fees"], "Prices of answers on chain, and what keepers have earned").build(),
  verb(["fees", "show"], "Shows the prices and what each keeper may withdraw")
    .setAction(() => import("../fees/show.ts"))
    .build(),
  verb(["fees", "set"], "Sets the price of an answer to later requests; governance only")
    .addPositionalArgument({ name: "price", description: "In wei, or with a unit: 1000, 5gwei, 0.001ether" })
    .addFlag({ name: "optimistic", description: "Set the price of optimistic requests instead" })
    .setAction(() => import("../fees/set.ts"))
    .build(),
  verb(["fees", "withdraw"], "Pays a keeper's credit to the account that earned it")
    .addPositionalArgument({ name: "slot", description: "The keeper's slot" })
    .setAction(() => import("../fees/withdraw.ts"))
    .build(),
];
