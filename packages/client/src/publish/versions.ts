import type { Cid } from "@keyquorum/blobs";
import { type Address, type DocumentId, type Hash32, KeyquorumError, parseDocumentId, parseHash32, ZERO_HASH } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import type { Chain } from "../chain/chain.ts";
import { summaryOf } from "../chain/chainCalls.ts";
import { readableCid, readCurrentVersion, readState, scanPublished } from "../documents/published.ts";
import { wholeNumber } from "../numbers.ts";
import type { CallOptions } from "../options.ts";
import type { TransactionSummary } from "../types.ts";

/** One published version of a document. All public. */
export type DocumentVersion = {
  readonly document: DocumentId;
  /** 1, 2, 3, ... in the order of publication. */
  readonly version: number;
  readonly headerHash: Hash32;
  /** Undefined when the registry has bytes that are no content id. */
  readonly cid: Cid | undefined;
  readonly blockNumber: number;
  readonly transactionHash: Hash32;
  /** Seconds since 1970, by the chain's clock. */
  readonly publishedAt: number;
  /** Only the owner can publish. */
  readonly author: Address;
  /** Keepers serve it no more. */
  readonly withdrawn: boolean;
  /** The one that readers get by default. */
  readonly current: boolean;
};

/** Lists a document's versions, the newest first. Throws UNKNOWN_DOCUMENT, CHAIN_UNAVAILABLE. */
export const versions = action(
  "versions",
  async (chain: Chain, id: DocumentId | string, { signal }: CallOptions = {}): Promise<readonly DocumentVersion[]> => {
    const document = parseDocumentId(id);
    const current = await readCurrentVersion(chain, document, signal);
    if (current === 0) throw unknown(document);
    const listed: DocumentVersion[] = [];
    for await (const found of scanPublished(chain, { document, signal })) {
      const { version, headerHash, blockNumber, transactionHash, owner, cid } = found;
      const recorded = await readState(chain, found, signal);
      if (recorded.version !== version) continue; // an event that the registry knows nothing of: the node made it up
      const { withdrawn, publishedAt } = recorded;
      const place = { blockNumber, transactionHash, publishedAt };
      listed.push({
        document,
        version,
        headerHash,
        cid: readableCid(cid),
        ...place,
        author: owner,
        withdrawn,
        current: version === current,
      });
    }
    return listed;
  },
);

/**
 * Chooses the version that readers get by default; 0: the newest. Other versions stay readable by their number.
 * Throws NO_SIGNER, INVALID_VALUE, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE.
 */
export const rollBack = action(
  "rollBack",
  async (client: Client, id: DocumentId | string, version: number, { signal }: CallOptions = {}): Promise<TransactionSummary> => {
    const { contracts } = await client.signing(signal);
    const document = parseDocumentId(id);
    checkVersion(version, 0);
    const send = () => contracts.documentRegistry.chooseVersion(document, version);
    return summaryOf(await client.calls.transact("Choosing the version", send, signal));
  },
);

/** Withdraws a version for good: keepers serve it no more. Throws NO_SIGNER, INVALID_VALUE, UNKNOWN_DOCUMENT, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE. */
export const withdraw = action(
  "withdraw",
  async (client: Client, id: DocumentId | string, version: number, { signal }: CallOptions = {}): Promise<TransactionSummary> => {
    const { contracts } = await client.signing(signal);
    const document = parseDocumentId(id);
    checkVersion(version, 1);
    const read = () => client.contracts.documentRegistry.headerHashOf(document, version);
    const headerHash = parseHash32(await client.calls.read("Reading the document", read, signal));
    if (headerHash === ZERO_HASH) throw unknown(document, version);
    const send = () => contracts.documentRegistry.withdrawVersion(document, headerHash);
    return summaryOf(await client.calls.transact("Withdrawing the version", send, signal));
  },
);

const checkVersion = (version: number, least: number): number => wholeNumber("version", version, [least, 2 ** 32 - 1]);

const unknown = (document: DocumentId, version?: number): KeyquorumError => {
  const what = version === undefined ? "is not published" : `has no version ${version}`;
  return new KeyquorumError("UNKNOWN_DOCUMENT", `The document ${document} ${what}.`, { details: { document } });
};
