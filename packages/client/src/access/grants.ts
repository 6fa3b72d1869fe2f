import type { Contracts } from "@keyquorum/bindings";
import { type Address, type DocumentId, type Hash32, KeyquorumError, parseAddress, parseDocumentId } from "@keyquorum/wire";
import type { Chain } from "../chain/chain.ts";
import { summaryOf } from "../chain/chainCalls.ts";
import type { TransactionSummary } from "../types.ts";
import { isAskedBy } from "./ruleParts.ts";

type GrantContext = { readonly chain: Chain; readonly contracts: Contracts };

/** Until when a grant lasts: a date, or whole seconds since 1970. */
export type GrantEnd = Date | bigint | number;

/** Lets a reader read. Throws INVALID_VALUE, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE. PROTOCOL section 4.5. */
export const grantAccess = async (
  { chain, contracts }: GrantContext,
  document: DocumentId,
  reader: Address,
  options: { readonly until?: GrantEnd | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<TransactionSummary> => {
  const id = parseDocumentId(document);
  const address = parseAddress(reader);
  const until = secondsOf(options.until);
  await checkGrantable(chain, id, options.signal);
  return summaryOf(await chain.calls.transact("The grant", () => contracts.accessGrants.grant(id, address, until), options.signal));
};

/** Takes a reader's permission away. Throws INVALID_VALUE, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE. PROTOCOL section 4.5. */
export const revokeAccess = async (
  { chain, contracts }: GrantContext,
  document: DocumentId,
  reader: Address,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<TransactionSummary> => {
  const id = parseDocumentId(document);
  const address = parseAddress(reader);
  return summaryOf(await chain.calls.transact("The revocation", () => contracts.accessGrants.revoke(id, address), options.signal));
};

/** Takes ownership, in AccessGrants, of a document that will not be published. Throws TRANSACTION_REFUSED, CHAIN_UNAVAILABLE. */
export const claimDocument = async ({ chain, contracts }: GrantContext, salt: Hash32, signal?: AbortSignal): Promise<TransactionSummary> =>
  summaryOf(await chain.calls.transact("The claim", () => contracts.accessGrants.claim(salt), signal));

/**
 * A grant in AccessGrants does nothing for a document that does not ask it, by itself or in a combined rule.
 * Throws INVALID_VALUE, CHAIN_UNAVAILABLE.
 */
export const checkGrantable = async (chain: Chain, document: DocumentId, signal?: AbortSignal): Promise<void> => {
  const { calls, contracts, deployment } = chain;
  const asked = await calls.read("Reading the document", () => contracts.documentRegistry.permissionsOf(document), signal);
  const accessGrants = deployment.contracts.accessGrants as Address; // a deployment's addresses are lower case
  if (BigInt(asked) === 0n || (await isAskedBy(chain, accessGrants, asked, signal))) return;
  throw new KeyquorumError(
    "INVALID_VALUE",
    `The document's permissions contract is ${asked}, not this deployment's AccessGrants: grant access there.`,
    {
      details: { document, permissions: asked },
    },
  );
};

/** Seconds since 1970, as the chain keeps them (64 bits); 0 for no end. Throws INVALID_VALUE that names the field. */
export const secondsOf = (until: GrantEnd | undefined, field = "until"): bigint => {
  if (until === undefined) return 0n;
  const seconds = until instanceof Date ? Math.floor(until.getTime() / 1000) : until;
  if ((typeof seconds === "bigint" || Number.isSafeInteger(seconds)) && seconds > 0 && BigInt(seconds) >> 64n === 0n)
    return BigInt(seconds);
  throw new KeyquorumError("INVALID_VALUE", `${field} is not a date or a whole number of seconds since 1970, of at most 64 bits.`, {
    details: { field },
  });
};
