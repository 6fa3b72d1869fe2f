import { type BlockStorage, type Cid, createBlobStore } from "@keyquorum/blobs";
import { type Address, type DocumentHeader, type DocumentMetadata, type Hash32, headerHashOf, parseAddress } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import { untilAborted } from "../content/bytes.ts";
import { readKey } from "../keys/keys.ts";
import type { CallOptions } from "../options.ts";
import type { Author, DocumentSource } from "../types.ts";
import { findVersion, readableCid, readCurrentVersion, readState } from "./published.ts";
import { checkDeployment, checkProof, findEnvelope } from "./source.ts";

/** What anybody can know about a ciphertext. All public. */
export type DocumentDescription = {
  readonly header: DocumentHeader;
  readonly headerHash: Hash32;
  /** The content id of the ciphertext. */
  readonly cid: Cid;
  /** Whether the owner of `header` vouches for this ciphertext. `unverified`: anybody could have made it, metadata included. */
  readonly author: Author;
  /** What the author shows to everybody. */
  readonly publicMetadata?: DocumentMetadata;
  /** The contract that permits reading now. */
  readonly permissions: Address;
  /** Undefined: this header is not published. */
  readonly published?: {
    readonly version: number;
    readonly blockNumber: number;
    /** Seconds since 1970, by the chain's clock. */
    readonly publishedAt: number;
    /** The ciphertext that was published with this header. */
    readonly cid: Cid | undefined;
    readonly withdrawn: boolean;
    /** The one that readers get by default. */
    readonly current: boolean;
  };
};

/**
 * Says what a ciphertext is, without asking keepers: its header, public metadata, whether it is published, and whether its owner vouches for it. Bytes of
 * the caller's own are read whole, to know their content id.
 * Throws WRONG_CHAIN, INVALID_HEADER (also when its proof does not verify), UNKNOWN_KEY, KEY_NOT_READY, and what finding the ciphertext throws.
 */
export const describe = action(
  "describe",
  async (chain: Client, source: DocumentSource, { signal }: CallOptions = {}): Promise<DocumentDescription> => {
    const found = await findEnvelope(chain, source, signal);
    const { header, publicMetadata } = found;
    checkDeployment(chain, header);
    checkProof(header, await readKey(chain, header.keyId, signal));
    const headerHash = headerHashOf(header);
    const { document } = header;
    const cid = found.cid ?? (await cidOf(found.open(signal), signal));
    const published = await findVersion(chain, { document, headerHash, signal });
    const isPublishedCid = published !== undefined && readableCid(published.cid) === cid;
    const author = isPublishedCid ? "verified" : await found.author(signal);
    const readPermissions = () => chain.contracts.documentRegistry.permissionsOf(document);
    const permissions = await chain.calls.read("Reading the document", readPermissions, signal);
    const description = {
      header,
      headerHash,
      cid,
      author,
      permissions: BigInt(permissions) === 0n ? header.initialPermissions : parseAddress(permissions),
      ...(publicMetadata === undefined ? {} : { publicMetadata }),
    };
    if (published === undefined) return description;
    const [{ withdrawn, publishedAt }, current] = await Promise.all([
      readState(chain, published, signal),
      readCurrentVersion(chain, document, signal),
    ]);
    const { version, blockNumber } = published;
    const recorded = { version, blockNumber, publishedAt, cid: readableCid(published.cid), withdrawn, current: version === current };
    return { ...description, published: recorded };
  },
);

/** The content id that a store would give these bytes. Keeps nothing. */
export const cidOf = (bytes: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<Cid> =>
  createBlobStore(nowhere).add(untilAborted(bytes, signal), { signal });

const nowhere: BlockStorage = {
  put: async () => undefined,
  get: async () => undefined,
  has: async () => false,
  remove: async () => undefined,
  addRoot: async () => undefined,
  removeRoot: async () => undefined,
  roots: async () => [],
};
