import { type ContractEventOf, eventTopic, parseContractLogOf, plain } from "@keyquorum/bindings";
import { type Cid, cidFromBytes } from "@keyquorum/blobs";
import { pointFromXY } from "@keyquorum/threshold";
import {
  type Address,
  type DocumentHeader,
  type DocumentId,
  type Hash32,
  headerHashOf,
  hexToBytes,
  type KeyId,
  KeyquorumError,
  parseAddress,
  parseHash32,
  parseKeyId,
} from "@keyquorum/wire";
import { type Log, zeroPadValue } from "ethers";
import type { Chain } from "../chain/chain.ts";
import { scanLogs } from "../chain/logs.ts";

/** A published version as its event says. All public. */
export type PublishedVersion = {
  readonly document: DocumentId;
  readonly owner: Address;
  readonly keyId: KeyId;
  readonly version: number;
  readonly header: DocumentHeader;
  readonly headerHash: Hash32;
  /** The content id's bytes, as published. */
  readonly cid: Uint8Array;
  /** Where it was published. */
  readonly blockNumber: number;
  readonly transactionHash: Hash32;
};

/** The version that this header was published as, withdrawn or not; undefined when it was not. Throws CHAIN_UNAVAILABLE. */
export const findVersion = async (
  chain: Chain,
  {
    document,
    headerHash,
    signal,
  }: { readonly document: DocumentId; readonly headerHash: Hash32; readonly signal?: AbortSignal | undefined },
): Promise<PublishedVersion | undefined> => {
  if ((await readState(chain, { document, headerHash }, signal)).version === 0) return undefined;
  for await (const candidate of scanPublished(chain, { document, signal })) if (candidate.headerHash === headerHash) return candidate;
  return undefined;
};

/** The number of the version that readers get by default; 0: the document is not published. Throws CHAIN_UNAVAILABLE. */
export const readCurrentVersion = async ({ calls, contracts }: Chain, document: DocumentId, signal?: AbortSignal): Promise<number> =>
  Number(await calls.read("Reading the document", () => contracts.documentRegistry.currentVersionOf(document), signal));

/** What the registry has recorded about a version now; `version` 0: nothing. `publishedAt` is in seconds since 1970. Throws CHAIN_UNAVAILABLE. */
export const readState = async (
  { calls, contracts }: Chain,
  { document, headerHash }: { readonly document: DocumentId; readonly headerHash: Hash32 },
  signal?: AbortSignal,
): Promise<{ readonly version: number; readonly withdrawn: boolean; readonly publishedAt: number }> => {
  const read = () => contracts.documentRegistry.versionOf(document, headerHash);
  const { number, withdrawn, publishedAt } = await calls.read("Reading the document", read, signal);
  return { version: Number(number), withdrawn, publishedAt: Number(publishedAt) };
};

/** Published versions, newest first: of one document, of one owner, or all. Throws CHAIN_UNAVAILABLE. */
export async function* scanPublished(
  chain: Chain,
  filter: {
    readonly document?: DocumentId | undefined;
    readonly owner?: Address | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): AsyncGenerator<PublishedVersion> {
  const { deployment, provider, calls } = chain;
  const toBlock = await calls.read("Reading the block number", () => provider.getBlockNumber(), filter.signal);
  const query = {
    address: deployment.contracts.documentRegistry,
    topics: [eventTopic("DocumentPublished"), filter.document ?? null, filter.owner === undefined ? null : zeroPadValue(filter.owner, 32)],
    fromBlock: deployment.block,
    toBlock,
  };
  for await (const log of scanLogs({ ...chain, signal: filter.signal }, query)) {
    const version = publishedIn(chain, log);
    if (version === undefined) continue;
    const { document = version.document, owner = version.owner } = filter;
    if (version.document === document && version.owner === owner) yield version; // a node may answer another question than was put
  }
}

/** The version that a log says was published; undefined for every other log, and for one whose parts do not fit together. */
export const publishedIn = (chain: Chain, log: Log): PublishedVersion | undefined => {
  const event = parseContractLogOf(chain.deployment, log, "DocumentPublished");
  const version = event === undefined ? undefined : versionOf(chain, event);
  return version && { ...version, blockNumber: log.blockNumber, transactionHash: log.transactionHash as Hash32 };
};

/** What all versions of a published document share. Throws UNKNOWN_DOCUMENT, CHAIN_UNAVAILABLE. */
export const readLabel = async (
  { calls, contracts }: Chain,
  document: DocumentId,
  signal?: AbortSignal,
): Promise<{ readonly owner: Address; readonly keyId: KeyId; readonly salt: Hash32; readonly initialPermissions: Address }> => {
  const known = plain(await calls.read("Reading the document", () => contracts.documentRegistry.documentOf(document), signal));
  if (BigInt(known.owner) === 0n)
    throw new KeyquorumError("UNKNOWN_DOCUMENT", `The document ${document} is not published.`, { details: { document } });
  return {
    owner: parseAddress(known.owner),
    keyId: parseKeyId(known.keyId),
    salt: parseHash32(known.salt),
    initialPermissions: parseAddress(known.initialPermissions),
  };
};

/** The registry takes any bytes for a content id: undefined when they are none that our stores know. Nobody's odd bytes may break a list. */
export const readableCid = (bytes: Uint8Array): Cid | undefined => {
  try {
    return cidFromBytes(bytes);
  } catch (error) {
    if (error instanceof KeyquorumError) return undefined;
    throw error;
  }
};

/** Undefined when the event's parts do not hash to its own header hash: then the node made it up. */
const versionOf = (
  { deployment }: Chain,
  { args }: ContractEventOf<"DocumentPublished">,
): Omit<PublishedVersion, "blockNumber" | "transactionHash"> | undefined => {
  const { ciphertext } = args;
  const header: DocumentHeader = {
    chainId: deployment.chainId,
    documentRegistry: deployment.contracts.documentRegistry as Address, // a deployment's addresses are lower case
    keyId: args.keyId as KeyId,
    document: args.document as DocumentId,
    owner: args.owner as Address,
    salt: args.salt as Hash32,
    initialPermissions: args.initialPermissions as Address,
    ciphertext: {
      u: pointFromXY(ciphertext.u.x, ciphertext.u.y),
      uBar: pointFromXY(ciphertext.uBar.x, ciphertext.uBar.y),
      e: ciphertext.e,
      f: ciphertext.f,
    },
  };
  const headerHash = headerHashOf(header);
  if (headerHash !== args.headerHash) return undefined;
  return {
    document: header.document,
    owner: header.owner,
    keyId: header.keyId,
    version: Number(args.version),
    header,
    headerHash,
    cid: hexToBytes(args.cid),
  };
};
