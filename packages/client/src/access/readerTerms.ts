import type { Contracts } from "@keyquorum/bindings";
import { type Address, type DocumentId, KeyquorumError, parseAddress } from "@keyquorum/wire";
import type { Chain } from "../chain/chain.ts";
import { summaryOf } from "../chain/chainCalls.ts";
import type { TransactionSummary } from "../types.ts";
import { checkGrantable, type GrantEnd, secondsOf } from "./grants.ts";

type AccessContext = { readonly chain: Chain; readonly contracts: Contracts };

/** A reader and until when it may read. Default: without end. */
export type ReaderTerm = { readonly reader: Address | string; readonly until?: GrantEnd };

/** About 26 000 gas each: so many fit a block of any chain. */
const MAX_READERS = 200;

/** Lets several readers read, in one transaction: all or none. Throws INVALID_VALUE, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE. */
export const grantMany = async (
  { chain, contracts }: AccessContext,
  document: DocumentId,
  terms: readonly (ReaderTerm | Address | string)[],
  signal?: AbortSignal,
): Promise<TransactionSummary> => {
  const parsed = terms.map((term) => {
    const { reader, until } = typeof term === "string" ? { reader: term, until: undefined } : term;
    return { reader: parseAddress(reader), until: secondsOf(until) };
  });
  checkReaders(parsed.map(({ reader }) => reader));
  await checkGrantable(chain, document, signal);
  return summaryOf(await chain.calls.transact("The grants", () => contracts.accessGrants.grantMany(document, parsed), signal));
};

/** Takes several readers' permission away, in one transaction: all or none. Throws INVALID_VALUE, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE. */
export const revokeMany = async (
  { chain, contracts }: AccessContext,
  document: DocumentId,
  readers: readonly (Address | string)[],
  signal?: AbortSignal,
): Promise<TransactionSummary> => {
  const parsed = readers.map(parseAddress);
  checkReaders(parsed);
  return summaryOf(await chain.calls.transact("The revocations", () => contracts.accessGrants.revokeMany(document, parsed), signal));
};

const checkReaders = (readers: readonly Address[]): void => {
  if (readers.length === 0 || readers.length > MAX_READERS)
    throw new KeyquorumError("INVALID_VALUE", `1 to ${MAX_READERS} readers go into one transaction, not ${readers.length}.`);
  const twice = readers.find((reader, index) => readers.indexOf(reader) !== index);
  if (twice !== undefined) throw new KeyquorumError("INVALID_VALUE", `The reader ${twice} is named twice.`, { details: { reader: twice } });
};
