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
import { zeroPadValue } from "ethers";
import type { Chain } from "./chain.ts";
import { scanLogs } from "./logs.ts";

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

/**
 * A document's published version, the newest that is not withdrawn when no number is given.
 * Throws UNKNOWN_DOCUMENT, CHAIN_UNAVAILABLE.
 */
export const readPublished = async (
  chain: Chain,
  {
    document,
    version,
    signal,
  }: { readonly document: DocumentId; readonly version?: number | undefined; readonly signal?: AbortSignal | undefined },
): Promise<PublishedVersion> => {
  for await (const candidate of scanPublished(chain, { document, signal })) {
    if (version !== undefined && candidate.version !== version) continue;
    const { withdrawn } = await chain.calls.read(
      "Reading the document",
      () => chain.contracts.documentRegistry.versionOf(document, candidate.headerHash),
      signal,
    );
    if (!withdrawn) return candidate;
    if (version !== undefined) break;
  }
  const which = version === undefined ? "" : ` version ${version} of`;
  throw new KeyquorumError("UNKNOWN_DOCUMENT", `There is no${which} published document ${document}, or it was withdrawn.`, {
    details: { document },
  });
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
    const event = parseContractLogOf(deployment, log, "DocumentPublished");
    if (event === undefined) continue;
    const version = versionOf(chain, event);
    if (version !== undefined) yield { ...version, blockNumber: log.blockNumber, transactionHash: log.transactionHash as Hash32 };
  }
}

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

/** A published document as a list shows it: its newest version. */
export type DocumentSummary = Omit<PublishedVersion, "header" | "cid"> & {
  readonly cid: Cid;
  /** The contract that permits reading now. */
  readonly permissions: Address;
  readonly withdrawn: boolean;
};

/** Published documents, the one published last first; of one owner, or all. Throws CHAIN_UNAVAILABLE. */
export const listPublished = async (
  chain: Chain,
  options: { readonly owner?: Address | undefined; readonly limit: number; readonly signal?: AbortSignal | undefined },
): Promise<readonly DocumentSummary[]> => {
  const { limit, signal } = options;
  const found = new Map<DocumentId, DocumentSummary>();
  for await (const { header: _, cid, ...version } of scanPublished(chain, options)) {
    if (found.has(version.document)) continue;
    const { documentRegistry } = chain.contracts;
    const [permissions, { withdrawn }] = await Promise.all([
      chain.calls.read("Reading the document", () => documentRegistry.permissionsOf(version.document), signal),
      chain.calls.read("Reading the document", () => documentRegistry.versionOf(version.document, version.headerHash), signal),
    ]);
    found.set(version.document, { ...version, cid: cidFromBytes(cid), permissions: parseAddress(permissions), withdrawn });
    if (found.size >= limit) break;
  }
  return [...found.values()];
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
