import type { BlobStore, Cid } from "@keyquorum/blobs";
import {
  type Address,
  type DocumentId,
  type DocumentMetadata,
  headerHashOf,
  KeyquorumError,
  parseAddress,
  readEnvelopeStart,
} from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import type { Chain } from "../chain/chain.ts";
import { wholeNumber } from "../numbers.ts";
import type { ListOptions } from "../options.ts";
import { type PublishedVersion, readableCid, readCurrentVersion, readState, scanPublished } from "./published.ts";

/** A published document as a list shows it: the version that readers get by default. */
export type DocumentSummary = Omit<PublishedVersion, "header" | "cid"> & {
  /** Undefined when the registry has bytes that are no content id. */
  readonly cid: Cid | undefined;
  /** How many versions were published; `version` is another one when the owner has rolled back. */
  readonly latestVersion: number;
  /** The contract that permits reading now. */
  readonly permissions: Address;
  /** Whether this version was withdrawn. */
  readonly withdrawn: boolean;
  /** Present when the list was asked to look into the store (`withContent`). */
  readonly stored?: StoredContent;
};

/** What the store has of a ciphertext. */
export type StoredContent =
  | {
      readonly isThere: true;
      /** Bytes of ciphertext. */
      readonly envelopeBytes: number;
      /** What the author shows to everybody; `size` is the content's. */
      readonly publicMetadata?: DocumentMetadata;
    }
  | {
      readonly isThere: false;
      /** The code of the error: BLOB_NOT_FOUND, INVALID_HEADER (it is another ciphertext), ... */
      readonly reason: string;
    };

/** Lists published documents, the one published last first; of one owner, or all. Throws INVALID_VALUE, CHAIN_UNAVAILABLE. */
export const listDocuments = action(
  "listDocuments",
  async (client: Client, { owner, limit = 100, withContent = false, signal }: ListOptions = {}): Promise<readonly DocumentSummary[]> =>
    listPublished(client, {
      owner: owner === undefined ? undefined : parseAddress(owner),
      limit: wholeNumber("limit", limit, [1, Number.MAX_SAFE_INTEGER]),
      blobs: withContent ? client.blobs : undefined,
      signal,
    }),
);

const listPublished = async (
  chain: Chain,
  options: {
    readonly owner?: Address | undefined;
    readonly limit: number;
    /** Where to look for ciphertexts. */
    readonly blobs?: BlobStore | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<readonly DocumentSummary[]> => {
  const { limit, blobs, signal } = options;
  const found = new Map<DocumentId, DocumentSummary>();
  for await (const newest of scanPublished(chain, options)) {
    if (found.has(newest.document)) continue;
    const current = await readCurrentVersion(chain, newest.document, signal);
    const shown = (current === newest.version ? newest : await findNumber(chain, newest.document, current, signal)) ?? newest;
    found.set(newest.document, await summaryOf(chain, shown, { latestVersion: newest.version, blobs, signal }));
    if (found.size >= limit) break;
  }
  return [...found.values()];
};

const summaryOf = async (
  chain: Chain,
  { header: _, cid: cidBytes, ...version }: PublishedVersion,
  options: { readonly latestVersion: number; readonly blobs: BlobStore | undefined; readonly signal: AbortSignal | undefined },
): Promise<DocumentSummary> => {
  const { latestVersion, blobs, signal } = options;
  const readPermissions = () => chain.contracts.documentRegistry.permissionsOf(version.document);
  const [permissions, { withdrawn }] = await Promise.all([
    chain.calls.read("Reading the document", readPermissions, signal),
    readState(chain, version, signal),
  ]);
  const summary = { ...version, latestVersion, permissions: parseAddress(permissions), withdrawn };
  const cid = readableCid(cidBytes);
  return blobs === undefined ? { ...summary, cid } : { ...summary, cid, stored: await readStored(blobs, cid, version, signal) };
};

const findNumber = async (
  chain: Chain,
  document: DocumentId,
  version: number,
  signal: AbortSignal | undefined,
): Promise<PublishedVersion | undefined> => {
  for await (const candidate of scanPublished(chain, { document, signal })) if (candidate.version === version) return candidate;
  return undefined;
};

/** One ciphertext that is missing, damaged or out of reach does not keep the others from being listed. */
const readStored = async (
  blobs: BlobStore,
  cid: Cid | undefined,
  { headerHash }: Pick<PublishedVersion, "headerHash">,
  signal: AbortSignal | undefined,
): Promise<StoredContent> => {
  if (cid === undefined) return { isThere: false, reason: "INVALID_CID" };
  try {
    const [envelopeBytes, start] = await Promise.all([blobs.size(cid, { signal }), readEnvelopeStart(blobs.get(cid, { signal }))]);
    if (headerHashOf(start.header) !== headerHash) return { isThere: false, reason: "INVALID_HEADER" };
    const { publicMetadata } = start;
    return { isThere: true, envelopeBytes, ...(publicMetadata === undefined ? {} : { publicMetadata }) };
  } catch (error) {
    if (!(error instanceof KeyquorumError)) throw error;
    return { isThere: false, reason: error.code };
  }
};
