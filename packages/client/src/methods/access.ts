import {
  type Address,
  type DocumentId,
  type GrantDomain,
  type GrantFileBody,
  type Hash32,
  parseAddress,
  parseDocumentId,
  parseHash32,
} from "@keyquorum/wire";
import type { ContractTransactionResponse } from "ethers";
import type { AvailableDocuments, AvailableOptions } from "../access/availableDocuments.ts";
import type { DocumentIndex, DocumentIndexOptions } from "../access/documentIndex.ts";
import type { ReaderTerm } from "../access/readerTerms.ts";
import type { SignGrantOptions, SubmittedGrant } from "../access/signedGrants.ts";
import { summaryOf } from "../chain/chainCalls.ts";
import type { ClientContext } from "../clientContext.ts";
import type { CallOptions, GrantOptions } from "../options.ts";
import type { Signing } from "../sending/signing.ts";
import type { TransactionSummary } from "../types.ts";
import { withinWalletTime } from "../wallets/walletTime.ts";

type Id = DocumentId | string;
type Account = Address | string;

/** Who may read, in AccessGrants: what owners, administrators and readers do. Transactions throw NO_SIGNER, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE. */
export type AccessMethods = {
  /** Takes ownership, in AccessGrants, of a document of the signer's that will not be published. */
  readonly claim: (salt: Hash32, options?: CallOptions) => Promise<TransactionSummary>;
  /** Records the owner of a document that is not published. Anyone may: the id names the owner. */
  readonly claimFor: (owner: Account, salt: Hash32 | string, options?: CallOptions) => Promise<TransactionSummary>;
  /** Lets a reader read, for ever or until a time. Owner or administrator. Throws INVALID_VALUE too. */
  readonly grant: (document: Id, reader: Account, options?: GrantOptions) => Promise<TransactionSummary>;
  /** Lets up to 200 readers read, in one transaction: all or none. Owner or administrator. Throws INVALID_VALUE too. */
  readonly grantMany: (document: Id, terms: readonly (ReaderTerm | Account)[], options?: CallOptions) => Promise<TransactionSummary>;
  /** Takes a reader's permission away, and what it passed on: keepers refuse from the next block on. Owner or administrator. */
  readonly revoke: (document: Id, reader: Account, options?: CallOptions) => Promise<TransactionSummary>;
  /** Takes up to 200 readers' permission away, in one transaction: all or none. Owner or administrator. Throws INVALID_VALUE too. */
  readonly revokeMany: (document: Id, readers: readonly Account[], options?: CallOptions) => Promise<TransactionSummary>;
  /** Lets an account grant and revoke in the owner's place. Owner only. */
  readonly appoint: (document: Id, administrator: Account, options?: CallOptions) => Promise<TransactionSummary>;
  /** Ends that: the grants that the administrator made stop counting at once. Owner only. */
  readonly dismiss: (document: Id, administrator: Account, options?: CallOptions) => Promise<TransactionSummary>;
  /** Passes the signer's own permission on, one step far and no longer than it lasts itself. Readers only. */
  readonly delegate: (document: Id, delegate: Account, options?: GrantOptions) => Promise<TransactionSummary>;
  /** Ends a delegation: for its delegator, the delegate itself, the owner and administrators. */
  readonly endDelegation: (document: Id, delegate: Account, options?: CallOptions) => Promise<TransactionSummary>;
  /**
   * Signs a grant that anyone may bring to the chain, without gas for the signer. With `nonce` it needs no network. Returns JSON data.
   * Throws INVALID_VALUE, INVALID_GRANT, NO_SIGNER, CHAIN_UNAVAILABLE.
   */
  readonly signGrant: (document: Id, reader: Account, options?: SignGrantOptions) => Promise<GrantFileBody>;
  /** Brings a signed grant to the chain; anyone may. Throws INVALID_GRANT too. */
  readonly submitGrant: (signed: GrantFileBody | unknown, options?: CallOptions) => Promise<SubmittedGrant>;
  /** Makes signed grants for a reader void that have not been submitted. Owner or administrator. */
  readonly cancelSignedGrants: (document: Id, reader: Account, options?: CallOptions) => Promise<TransactionSummary>;
  /**
   * Lists the documents that an account may read now, by the chain's events, each confirmed by asking its permissions contract; the one that changed
   * last first. Default: the signer's own. Throws NO_SIGNER, INVALID_VALUE, CHAIN_UNAVAILABLE.
   */
  readonly availableDocuments: (user?: Account, options?: AvailableOptions) => Promise<AvailableDocuments>;
  /**
   * Makes an index of the documents that concern an account, to be kept: `refresh` reads only what is new. Default: the signer's own.
   * Throws NO_SIGNER, INVALID_VALUE.
   */
  readonly documentIndex: (user?: Account, options?: DocumentIndexOptions) => Promise<DocumentIndex>;
};

export const createAccessMethods = (client: ClientContext): AccessMethods => {
  const { signing, chain, clock, deployment, timeouts } = client;
  const { accessGrants } = deployment.contracts as Readonly<Record<string, Address>>; // a deployment's addresses are lower case
  const domain: GrantDomain = { chainId: deployment.chainId, accessGrants: parseAddress(accessGrants) };

  const transact = async (
    what: string,
    send: (grants: Signing["contracts"]["accessGrants"]) => Promise<ContractTransactionResponse>,
    { signal }: CallOptions,
  ): Promise<TransactionSummary> => {
    const { contracts } = await signing(signal);
    return summaryOf(await chain.calls.transact(what, () => send(contracts.accessGrants), signal));
  };
  const indexOf = async (user: Account | undefined, options: DocumentIndexOptions & CallOptions): Promise<DocumentIndex> => {
    const { createDocumentIndex } = await import("../rest.ts");
    return createDocumentIndex(chain, user === undefined ? (await signing(options.signal)).account : parseAddress(user), options);
  };

  // What comes from rest.ts is loaded when it is called.
  return {
    claim: async (salt, { signal } = {}) => {
      const { claimDocument } = await import("../rest.ts");
      return claimDocument(await signing(signal), parseHash32(salt), signal);
    },
    claimFor: async (owner, salt, options = {}) => {
      const [account, bytes] = [parseAddress(owner), parseHash32(salt)];
      return transact("The claim", (grants) => grants.claimFor(account, bytes), options);
    },
    grant: async (document, reader, given = {}) => {
      const { grantAccess } = await import("../rest.ts");
      return grantAccess(await signing(given.signal), parseDocumentId(document), parseAddress(reader), given);
    },
    grantMany: async (document, terms, { signal } = {}) => {
      const { grantMany } = await import("../rest.ts");
      return grantMany(await signing(signal), parseDocumentId(document), terms, signal);
    },
    revoke: async (document, reader, given = {}) => {
      const { revokeAccess } = await import("../rest.ts");
      return revokeAccess(await signing(given.signal), parseDocumentId(document), parseAddress(reader), given);
    },
    revokeMany: async (document, readers, { signal } = {}) => {
      const { revokeMany } = await import("../rest.ts");
      return revokeMany(await signing(signal), parseDocumentId(document), readers, signal);
    },
    appoint: async (document, administrator, options = {}) => {
      const [id, account] = [parseDocumentId(document), parseAddress(administrator)];
      return transact("The appointment", (grants) => grants.appoint(id, account), options);
    },
    dismiss: async (document, administrator, options = {}) => {
      const [id, account] = [parseDocumentId(document), parseAddress(administrator)];
      return transact("The dismissal", (grants) => grants.dismiss(id, account), options);
    },
    delegate: async (document, delegate, options = {}) => {
      const { secondsOf } = await import("../rest.ts");
      const [id, account, until] = [parseDocumentId(document), parseAddress(delegate), secondsOf(options.until)];
      return transact("The delegation", (grants) => grants.delegate(id, account, until), options);
    },
    endDelegation: async (document, delegate, options = {}) => {
      const [id, account] = [parseDocumentId(document), parseAddress(delegate)];
      return transact("Ending the delegation", (grants) => grants.endDelegation(id, account), options);
    },
    signGrant: async (document, reader, options = {}) => {
      const { signGrant } = await import("../rest.ts");
      const { signer } = await signing(options.signal);
      const nonceOf = async (id: DocumentId, account: Address): Promise<number> => {
        const read = () => chain.contracts.accessGrants.grantOf(id, account);
        return Number((await chain.calls.read("Reading the grant", read, options.signal)).nonce);
      };
      const limits = { clock, limitMs: timeouts.transactMs, signal: options.signal };
      return withinWalletTime(limits, (signal) =>
        signGrant({ signer, domain, clock, nonceOf }, parseDocumentId(document), parseAddress(reader), { ...options, signal }),
      );
    },
    submitGrant: async (signed, { signal } = {}) => {
      const { submitGrant } = await import("../rest.ts");
      return submitGrant({ ...(await signing(signal)), domain }, signed, signal);
    },
    cancelSignedGrants: async (document, reader, options = {}) => {
      const [id, account] = [parseDocumentId(document), parseAddress(reader)];
      return transact("Cancelling the signed grants", (grants) => grants.cancelSignedGrants(id, account), options);
    },
    documentIndex: (user, options = {}) => indexOf(user, options),
    availableDocuments: async (user, options = {}) => {
      const { availableDocuments } = await import("../rest.ts");
      const index = options.index ?? (await indexOf(user, options));
      return availableDocuments(chain, index, options);
    },
  };
};
