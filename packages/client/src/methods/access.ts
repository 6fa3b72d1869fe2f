import { type Address, type DocumentId, type Hash32, parseAddress, parseDocumentId, parseHash32 } from "@keyquorum/wire";
import type { ClientContext } from "../clientContext.ts";
import { claimDocument, grantAccess, revokeAccess } from "../grants.ts";
import type { CallOptions, GrantOptions } from "../options.ts";
import type { TransactionSummary } from "../types.ts";

/** Who may read: the owner's side, in AccessGrants. */
export type AccessMethods = {
  /** Takes ownership, in AccessGrants, of a document that will not be published. Throws NO_SIGNER, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE. */
  readonly claim: (salt: Hash32, options?: CallOptions) => Promise<TransactionSummary>;
  /** Lets a reader read, for ever or until a time. Throws NO_SIGNER, INVALID_VALUE, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE. */
  readonly grant: (document: DocumentId, reader: Address | string, options?: GrantOptions) => Promise<TransactionSummary>;
  /** Takes a reader's permission away: keepers refuse from the next block on. Throws NO_SIGNER, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE. */
  readonly revoke: (document: DocumentId, reader: Address | string, options?: CallOptions) => Promise<TransactionSummary>;
};

export const createAccessMethods = ({ signing }: ClientContext): AccessMethods => ({
  claim: async (salt, { signal } = {}) => claimDocument(await signing(), parseHash32(salt), signal),
  grant: async (document, reader, given = {}) => grantAccess(await signing(), parseDocumentId(document), parseAddress(reader), given),
  revoke: async (document, reader, given = {}) => revokeAccess(await signing(), parseDocumentId(document), parseAddress(reader), given),
});
