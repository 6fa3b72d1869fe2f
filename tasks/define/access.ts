import { emptyTask } from "hardhat/config";
import { optional, verb } from "./verb.ts";

const UNTIL = 'A date, or a time from now such as "30m", "12h", "7d"';

/** Who may read, in AccessGrants. */
export const access = [
  verb("grant", "Permits one or more readers to read a document, or signs the grant for others to submit")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "reader", description: "The reader's address", ...optional })
    .addOption({ name: "until", description: `${UNTIL} (default: no end)`, ...optional })
    .addOption({
      name: "readers",
      description: 'File with one reader per line: an address, optionally followed by "," and an end time',
      ...optional,
    })
    .addOption({ name: "sign", description: "File for a signed grant, which anyone may submit; sends no transaction", ...optional })
    .addOption({ name: "deadline", description: "With --sign: how long it may be submitted (default: 7d)", ...optional })
    .addOption({ name: "salt", description: "With --sign: the salt of a document that is not published", ...optional })
    .setAction(() => import("../grant.ts"))
    .build(),
  verb("revoke", "Revokes the permission of one or more readers")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "reader", description: "The reader's address", ...optional })
    .addOption({ name: "readers", description: "File with one reader's address per line", ...optional })
    .setAction(() => import("../revoke.ts"))
    .build(),
  emptyTask(["keyquorum", "access"], "Administrators, delegations and signed grants").build(),
  verb(["access", "submit"], "Submits a signed grant, from any account")
    .addPositionalArgument({ name: "file", description: "File that grant --sign wrote" })
    .setAction(() => import("../access/submit.ts"))
    .build(),
  verb(["access", "cancel"], "Invalidates the signed grants for a reader that were not submitted yet")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "reader", description: "The reader's address" })
    .setAction(() => import("../access/cancel.ts"))
    .build(),
  verb(["access", "appoint"], "Appoints an administrator, who can grant and revoke for the owner")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "who", description: "The administrator's address" })
    .setAction(() => import("../access/appoint.ts"))
    .build(),
  verb(["access", "dismiss"], "Dismisses an administrator; the grants that it made stop counting")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "who", description: "The administrator's address" })
    .setAction(() => import("../access/dismiss.ts"))
    .build(),
  verb(["access", "delegate"], "Delegates a reader's own permission to another account, which cannot delegate it further")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "who", description: "The account that may then also read" })
    .addOption({ name: "until", description: `${UNTIL} (default: as long as the permission lasts)`, ...optional })
    .setAction(() => import("../access/delegate.ts"))
    .build(),
  verb(["access", "undelegate"], "Ends a delegation")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "who", description: "The account it was delegated to" })
    .setAction(() => import("../access/undelegate.ts"))
    .build(),
  verb(["access", "claim"], "Records the owner of an unpublished document, so that access to it can be granted")
    .addPositionalArgument({ name: "salt", description: "The document's salt: 32 bytes as hex" })
    .addOption({ name: "owner", description: "Its owner (default: this account)", ...optional })
    .setAction(() => import("../access/claim.ts"))
    .build(),
  verb(["access", "check"], "Checks, with the same question that keepers ask, whether an account may read a document now")
    .addPositionalArgument({ name: "document", description: "Its id" })
    .addPositionalArgument({ name: "user", description: "The account's address" })
    .addOption({ name: "context", description: "The request's context hash: 32 bytes as hex", ...optional })
    .setAction(() => import("../access/check.ts"))
    .build(),
  verb(["access", "available"], "Lists the documents that an account may read now")
    .addOption({ name: "user", description: "The account (default: this one)", ...optional })
    .addOption({ name: "limit", description: "Maximum number (default: 100)", ...optional })
    .setAction(() => import("../access/available.ts"))
    .build(),
];
