import { type Address, type DocumentId, type Hash32, parseAddress, parseDocumentId, parseHash32 } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import { summaryOf } from "../chain/chainCalls.ts";
import type { CallOptions, GrantOptions } from "../options.ts";
import { transactAs } from "../sending/transactAs.ts";
import type { TransactionSummary } from "../types.ts";
import { checkGrantable } from "./grantable.ts";
import { secondsOf } from "./grantEnd.ts";

// Transactions in AccessGrants (PROTOCOL section 4.5). Each throws NO_SIGNER, INVALID_VALUE, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE.

type Id = DocumentId | string;
type Account = Address | string;
type Sent = Promise<TransactionSummary>;

/** Takes ownership, in AccessGrants, of a document of the signer's that will not be published. */
export const claim = action("claim", async (client: Client, salt: Hash32, { signal }: CallOptions = {}): Sent => {
  const { contracts } = await client.signing(signal);
  const bytes = parseHash32(salt);
  return summaryOf(await client.calls.transact("The claim", () => contracts.accessGrants.claim(bytes), signal));
});

/** Records the owner of a document that is not published. Anyone may: the id names the owner. */
export const claimFor = action(
  "claimFor",
  async (client: Client, owner: Account, salt: Hash32 | string, { signal }: CallOptions = {}): Sent => {
    const [account, bytes] = [parseAddress(owner), parseHash32(salt)];
    return transactAs(client, "The claim", ({ accessGrants }) => accessGrants.claimFor(account, bytes), signal);
  },
);

/** Lets a reader read, forever or until a time. Owner or administrator. */
export const grant = action("grant", async (client: Client, document: Id, reader: Account, { until, signal }: GrantOptions = {}): Sent => {
  const { contracts } = await client.signing(signal);
  const [id, account, seconds] = [parseDocumentId(document), parseAddress(reader), secondsOf(until)];
  await checkGrantable(client, id, signal);
  return summaryOf(await client.calls.transact("The grant", () => contracts.accessGrants.grant(id, account, seconds), signal));
});

/** Takes a reader's permission away, and what it passed on: keepers refuse from the next block on. Owner or administrator. */
export const revoke = action("revoke", async (client: Client, document: Id, reader: Account, { signal }: CallOptions = {}): Sent => {
  const { contracts } = await client.signing(signal);
  const [id, account] = [parseDocumentId(document), parseAddress(reader)];
  return summaryOf(await client.calls.transact("The revocation", () => contracts.accessGrants.revoke(id, account), signal));
});

/** Lets an account grant and revoke in the owner's place. Owner only. */
export const appoint = action(
  "appoint",
  async (client: Client, document: Id, administrator: Account, { signal }: CallOptions = {}): Sent => {
    const [id, account] = [parseDocumentId(document), parseAddress(administrator)];
    return transactAs(client, "The appointment", ({ accessGrants }) => accessGrants.appoint(id, account), signal);
  },
);

/** Ends that: the grants that the administrator made stop counting at once. Owner only. */
export const dismiss = action(
  "dismiss",
  async (client: Client, document: Id, administrator: Account, { signal }: CallOptions = {}): Sent => {
    const [id, account] = [parseDocumentId(document), parseAddress(administrator)];
    return transactAs(client, "The dismissal", ({ accessGrants }) => accessGrants.dismiss(id, account), signal);
  },
);

/** Passes the signer's own permission on, one step far and no longer than it lasts itself. Readers only. */
export const delegate = action(
  "delegate",
  async (client: Client, document: Id, to: Account, { until, signal }: GrantOptions = {}): Sent => {
    const [id, account, seconds] = [parseDocumentId(document), parseAddress(to), secondsOf(until)];
    return transactAs(client, "The delegation", ({ accessGrants }) => accessGrants.delegate(id, account, seconds), signal);
  },
);

/** Ends a delegation: for its delegator, the delegate itself, the owner and administrators. */
export const endDelegation = action(
  "endDelegation",
  async (client: Client, document: Id, to: Account, { signal }: CallOptions = {}): Sent => {
    const [id, account] = [parseDocumentId(document), parseAddress(to)];
    return transactAs(client, "Ending the delegation", ({ accessGrants }) => accessGrants.endDelegation(id, account), signal);
  },
);

/** Makes signed grants for a reader void that have not been submitted. Owner or administrator. */
export const cancelSignedGrants = action(
  "cancelSignedGrants",
  async (client: Client, document: Id, reader: Account, { signal }: CallOptions = {}): Sent => {
    const [id, account] = [parseDocumentId(document), parseAddress(reader)];
    return transactAs(client, "Cancelling the signed grants", ({ accessGrants }) => accessGrants.cancelSignedGrants(id, account), signal);
  },
);
