import { emptyTask } from "hardhat/config";
import { optional, verb } from "./verb.ts";

const UNTIL = 'A date, or a time from now such as "30m", "12h", "7d"';

/** Who may read, in AccessGrants. */
export const access = [
  verb("grant", "Lets one reader or many read a document; or signs the grant, for others to submit")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "reader", description: "The reader's address", ...optional })
    .addOption({ name: "until", description: `${UNTIL} (default: without end)`, ...optional })
    .addOption({
      name: "readers",
      description: 'File with one reader per line: an address, optionally followed by "," and an end time',
      ...optional,
    })
    .addOption({ name: "sign", description: "Send nothing: write a signed grant to this file, which anyone may submit", ...optional })
    .addOption({ name: "deadline", description: "With --sign: until when it may be submitted (default: 7d)", ...optional })
    .addOption({ name: "salt", description: "With --sign: the salt of a document that is not published", ...optional })
    .setAction(() => import("../grant.ts"))
    .build(),
  verb("revoke", "Takes the permission of one reader or many away")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "reader", description: "The reader's address", ...optional })
    .addOption({ name: "readers", description: "File with one reader's address per line", ...optional })
    .setAction(() => import("../revoke.ts"))
    .build(),
  emptyTask(["keyquorum", "access"], "Administrators, delegations and signed grants").build(),
  verb(["access", "submit"], "Submits a signed grant; anyone may")
    .addPositionalArgument({ name: "file", description: "What grant --sign wrote" })
    .setAction(() => import("../access/submit.ts"))
    .build(),
  verb(["access", "cancel"], "Voids the signed grants for a reader that were not submitted")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "reader", description: "The reader's address" })
    .setAction(() => import("../access/cancel.ts"))
    .build(),
  verb(["access", "appoint"], "Lets an account grant and revoke in the owner's place")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "who", description: "The administrator's address" })
    .setAction(() => import("../access/appoint.ts"))
    .build(),
  verb(["access", "dismiss"], "Dismisses an administrator; the grants that it made stop counting")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "who", description: "The administrator's address" })
    .setAction(() => import("../access/dismiss.ts"))
    .build(),
  verb(["access", "delegate"], "Passes a reader's own permission on to another account, which cannot pass it further")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "who", description: "The account that may read, too" })
    .addOption({ name: "until", description: `${UNTIL} (default: as long as the permission lasts)`, ...optional })
    .setAction(() => import("../access/delegate.ts"))
    .build(),
  verb(["access", "undelegate"], "Ends a delegation")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "who", description: "Whom it was passed to" })
    .setAction(() => import("../access/undelegate.ts"))
    .build(),
  verb(["access", "claim"], "Records the owner of a document that is not published, so that it can be granted")
    .addPositionalArgument({ name: "salt", description: "The document's salt: 32 bytes as hex" })
    .addOption({ name: "owner", description: "Its owner (default: the account)", ...optional })
    .setAction(() => import("../access/claim.ts"))
    .build(),
  verb(["access", "check"], "Asks, as keepers do, whether an account may read a document now")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "user", description: "The account's address" })
    .addOption({ name: "context", description: "contextHash: 32 bytes as hex", ...optional })
    .setAction(() => import("../access/check.ts"))
    .build(),
  verb(["access", "available"], "Lists the documents that an account may read now")
    .addOption({ name: "user", description: "Whose (default: the account's)", ...optional })
    .addOption({ name: "limit", description: "How many at most (default: 100)", ...optional })
    .setAction(() => import("../access/available.ts"))
    .build(),
];
