import { type Cid, parseCid } from "@keyquorum/blobs";
import {
  type Address,
  type DocumentId,
  type Hash32,
  headerHashOf,
  KeyquorumError,
  parseAddress,
  parseDocumentId,
  readEnvelopeHeader,
} from "@keyquorum/wire";
import { dismiss, endDelegation } from "../access/grants.ts";
import { revokeMany } from "../access/readerTerms.ts";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import type { Chain } from "../chain/chain.ts";
import { readableCid, readState, scanPublished } from "../documents/published.ts";
import type { TransactionSummary } from "../types.ts";
import { readAdministrators, readGrantedReaders, readOwnDelegates } from "./grantees.ts";
import { withdraw } from "./versions.ts";

/** What deleting does, step by step. `done` of `total` of that step are done. */
export type DeletionStep =
  | { readonly step: "withdrawn"; readonly version: number; readonly done: number; readonly total: number }
  | { readonly step: "dismissed"; readonly administrator: Address; readonly done: number; readonly total: number }
  | { readonly step: "revoked"; readonly readers: readonly Address[]; readonly done: number; readonly total: number }
  | { readonly step: "delegationEnded"; readonly delegate: Address; readonly done: number; readonly total: number }
  | { readonly step: "removed" | "kept"; readonly cid: Cid; readonly done: number; readonly total: number };

/** What this call did. What an earlier one had done already is not in it. */
export type DeletionReport = {
  readonly document: DocumentId;
  readonly steps: readonly DeletionStep[];
  readonly transactions: readonly TransactionSummary[];
  /** What no deletion can promise, in sentences for people. */
  readonly cannotPromise: readonly string[];
};

export type DeleteOptions = {
  /** Of a document that is not published: its ciphertexts, to be removed from the store. */
  readonly cids?: readonly string[];
  /** Told each step as soon as it is done: also those before a failure. */
  readonly onProgress?: (step: DeletionStep) => void;
  readonly signal?: AbortSignal | undefined;
};

const CANNOT_PROMISE = [
  "Whoever has read the document may have kept it, or its content secret.",
  "Copies of the ciphertext in other stores are out of reach; t+1 keepers together could still open them.",
  "The chain keeps the history forever: that the document existed, its content ids, and who was granted access.",
];
const UNPUBLISHED =
  "The document is not published, so its ciphertext cannot be withdrawn: keepers continue to serve its owner and everyone whom the permissions contract permits, for example by signed grants that are not submitted yet.";
const ELSEWHERE = "A contract other than AccessGrants permits reading; its permissions were not changed.";
const READERS_AT_ONCE = 100;

/**
 * Deletes a document as far as that is possible, and says what is not (`cannotPromise`): withdraws its versions, dismisses administrators, revokes grants and the owner's delegations, and
 * removes its ciphertexts from the store. Repeatable: after a failure, the same call continues with what is left.
 *
 * Throws NO_SIGNER, INVALID_CID (of `cids`), INVALID_VALUE (the signer is not the owner), UNKNOWN_DOCUMENT (neither published nor claimed), TRANSACTION_REFUSED, CHAIN_UNAVAILABLE, and
 * what the store throws.
 */
export const deleteDocument = action(
  "deleteDocument",
  async (client: Client, id: DocumentId | string, { cids = [], onProgress, signal }: DeleteOptions = {}): Promise<DeletionReport> => {
    const { account } = await client.signing(signal);
    const document = parseDocumentId(id);
    const { blobs } = client;
    const given = cids.map(parseCid);
    const isPublished = await checkOwner(client, { document, account, signal });
    const steps: DeletionStep[] = [];
    const transactions: TransactionSummary[] = [];
    const tell = (step: DeletionStep): void => {
      steps.push(step);
      onProgress?.(step);
    };

    const versions = await readDeletable(client, document, signal);
    const served = versions.filter(({ withdrawn }) => !withdrawn);
    for (const [i, { version }] of served.entries()) {
      transactions.push(await withdraw(client, document, version, { signal }));
      tell({ step: "withdrawn", version, done: i + 1, total: served.length });
    }

    const administrators = await readAdministrators(client, document, signal);
    for (const [i, administrator] of administrators.entries()) {
      transactions.push(await dismiss(client, document, administrator, { signal }));
      tell({ step: "dismissed", administrator, done: i + 1, total: administrators.length });
    }
    const readers = await readGrantedReaders(client, document, signal);
    for (let done = 0; done < readers.length; ) {
      const batch = readers.slice(done, done + READERS_AT_ONCE);
      transactions.push(await revokeMany(client, document, batch, { signal }));
      done += batch.length;
      tell({ step: "revoked", readers: batch, done, total: readers.length });
    }
    const delegates = await readOwnDelegates(client, document, account, signal);
    for (const [i, delegate] of delegates.entries()) {
      transactions.push(await endDelegation(client, document, delegate, { signal }));
      tell({ step: "delegationEnded", delegate, done: i + 1, total: delegates.length });
    }

    const blobsOf: readonly { readonly cid: Cid; readonly headerHash: Hash32 | undefined }[] = [
      ...versions.flatMap(({ cid, headerHash }) => (cid === undefined ? [] : [{ cid, headerHash }])),
      ...given.map((cid) => ({ cid, headerHash: undefined })),
    ];
    for (const [i, { cid, headerHash }] of blobsOf.entries()) {
      const isOurs = await isCiphertextOf(blobs, cid, { document, headerHash, signal });
      if (isOurs) await blobs.remove(cid);
      tell({ step: isOurs ? "removed" : "kept", cid, done: i + 1, total: blobsOf.length });
    }

    const asked = await client.calls.read("Reading the document", () => client.contracts.documentRegistry.permissionsOf(document), signal);
    const isElsewhere = isPublished && parseAddress(asked) !== client.deployment.contracts.accessGrants;
    const cannotPromise = [...CANNOT_PROMISE, ...(isPublished ? [] : [UNPUBLISHED]), ...(isElsewhere ? [ELSEWHERE] : [])];
    return { document, steps, transactions, cannotPromise };
  },
);

/** Says before anything is paid for that the signer cannot do this. Returns whether the document is published. */
const checkOwner = async (
  { calls, contracts }: Chain,
  { document, account, signal }: { readonly document: DocumentId; readonly account: Address; readonly signal: AbortSignal | undefined },
): Promise<boolean> => {
  const { documentRegistry, accessGrants } = contracts;
  const [known, claimed] = await Promise.all([
    calls.read("Reading the document", () => documentRegistry.documentOf(document), signal),
    calls.read("Reading the document's owner", () => accessGrants.ownerOf(document), signal),
  ]);
  const isPublished = BigInt(known.owner) !== 0n;
  const owner = parseAddress(isPublished ? known.owner : claimed);
  if (BigInt(owner) === 0n) {
    throw new KeyquorumError("UNKNOWN_DOCUMENT", `The document ${document} is neither published nor claimed.`, { details: { document } });
  }
  if (owner !== account) {
    throw new KeyquorumError("INVALID_VALUE", `The document belongs to ${owner}, but the signer is ${account}.`, {
      details: { owner, account },
    });
  }
  return isPublished;
};

type Deletable = { readonly version: number; readonly headerHash: Hash32; readonly cid: Cid | undefined; readonly withdrawn: boolean };

const readDeletable = async (chain: Chain, document: DocumentId, signal: AbortSignal | undefined): Promise<Deletable[]> => {
  const found: Deletable[] = [];
  for await (const published of scanPublished(chain, { document, signal })) {
    const { version, headerHash, cid } = published;
    const recorded = await readState(chain, published, signal);
    if (recorded.version === version) found.push({ version, headerHash, cid: readableCid(cid), withdrawn: recorded.withdrawn });
  }
  return found;
};

/** A content id is the chain node's statement: only what is this document's is removed from the store. True also for what is not there. */
const isCiphertextOf = async (
  blobs: Client["blobs"],
  cid: string,
  {
    document,
    headerHash,
    signal,
  }: { readonly document: DocumentId; readonly headerHash: Hash32 | undefined; readonly signal: AbortSignal | undefined },
): Promise<boolean> => {
  try {
    const header = await readEnvelopeHeader(blobs.get(cid, { signal }));
    return headerHash === undefined ? header.document === document : headerHashOf(header) === headerHash;
  } catch (error) {
    if (!(error instanceof KeyquorumError)) throw error;
    if (error.code === "BLOB_NOT_FOUND") return true;
    if (error.code === "INVALID_ENVELOPE" || error.code === "INVALID_HEADER" || error.code === "BLOB_CORRUPT") return false;
    throw error;
  }
};
