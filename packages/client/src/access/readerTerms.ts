import { type Address, type DocumentId, KeyquorumError, parseAddress, parseDocumentId } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import { summaryOf } from "../chain/chainCalls.ts";
import type { CallOptions } from "../options.ts";
import type { TransactionSummary } from "../types.ts";
import { checkGrantable } from "./grantable.ts";
import { type GrantEnd, secondsOf } from "./grantEnd.ts";

/** A reader and until when it may read. Default: without end. */
export type ReaderTerm = { readonly reader: Address | string; readonly until?: GrantEnd };

/** About 26 000 gas each: so many fit a block of any chain. */
const MAX_READERS = 200;

/** Lets up to 200 readers read, in one transaction: all or none. Owner or administrator. Throws NO_SIGNER, INVALID_VALUE, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE. */
export const grantMany = action(
  "grantMany",
  async (
    client: Client,
    document: DocumentId | string,
    terms: readonly (ReaderTerm | Address | string)[],
    { signal }: CallOptions = {},
  ): Promise<TransactionSummary> => {
    const { contracts } = await client.signing(signal);
    const id = parseDocumentId(document);
    const parsed = terms.map((term) => {
      const { reader, until } = typeof term === "string" ? { reader: term, until: undefined } : term;
      return { reader: parseAddress(reader), until: secondsOf(until) };
    });
    checkReaders(parsed.map(({ reader }) => reader));
    await checkGrantable(client, id, signal);
    return summaryOf(await client.calls.transact("The grants", () => contracts.accessGrants.grantMany(id, parsed), signal));
  },
);

/** Takes up to 200 readers' permission away, in one transaction: all or none. Owner or administrator. Throws NO_SIGNER, INVALID_VALUE, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE. */
export const revokeMany = action(
  "revokeMany",
  async (
    client: Client,
    document: DocumentId | string,
    readers: readonly (Address | string)[],
    { signal }: CallOptions = {},
  ): Promise<TransactionSummary> => {
    const { contracts } = await client.signing(signal);
    const id = parseDocumentId(document);
    const parsed = readers.map(parseAddress);
    checkReaders(parsed);
    return summaryOf(await client.calls.transact("The revocations", () => contracts.accessGrants.revokeMany(id, parsed), signal));
  },
);

const checkReaders = (readers: readonly Address[]): void => {
  if (readers.length === 0 || readers.length > MAX_READERS)
    throw new KeyquorumError("INVALID_VALUE", `1 to ${MAX_READERS} readers go into one transaction, not ${readers.length}.`);
  const twice = readers.find((reader, index) => readers.indexOf(reader) !== index);
  if (twice !== undefined) throw new KeyquorumError("INVALID_VALUE", `The reader ${twice} is named twice.`, { details: { reader: twice } });
};
