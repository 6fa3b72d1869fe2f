import { DECISIONS, type Decision, nameOfState, plain } from "@keyquorum/bindings";
import {
  type Address,
  type DocumentId,
  type Hash32,
  type KeyId,
  KeyquorumError,
  parseAddress,
  parseHash32,
  parseKeyId,
  ZERO_HASH,
} from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import type { Chain } from "../chain/chain.ts";
import { wholeNumber } from "../numbers.ts";
import type { CallOptions } from "../options.ts";
import { type Candidate, type DocumentIndex, type DocumentIndexOptions, indexFor } from "./documentIndex.ts";

/** A document that an account may read, as of the newest block. */
export type AvailableDocument = {
  readonly document: DocumentId;
  readonly owner: Address;
  /** The contract that said yes. */
  readonly permissions: Address;
  /** The version that is read by default; undefined for a document that is not published. */
  readonly published: { readonly version: number; readonly headerHash: Hash32; readonly keyId: KeyId } | undefined;
  /** The block of the newest event about it and the account. */
  readonly block: number;
};

/** One page. `next`, where there may be more, is `after` of the next page. */
export type AvailableDocuments = { readonly documents: readonly AvailableDocument[]; readonly next?: string };

export type AvailableOptions = CallOptions &
  DocumentIndexOptions & {
    /** How many at most. Default: 100. */
    readonly limit?: number;
    /** `next` of the page before. */
    readonly after?: string;
    /** A kept index; it is refreshed. Default: a new one, which reads all events. */
    readonly index?: DocumentIndex;
  };

/** So many documents are asked about at once. */
const CONCURRENCY = 8;
/** So many withdrawn versions are looked past. */
const MAX_WITHDRAWN = 32;

/**
 * Lists the documents that an account may read now, by the chain's events, each confirmed by asking its permissions contract; the one that changed
 * last first. Default: the signer's own. Throws NO_SIGNER, INVALID_VALUE, CHAIN_UNAVAILABLE.
 */
export const availableDocuments = action(
  "availableDocuments",
  async (client: Client, user?: Address | string, options: AvailableOptions = {}): Promise<AvailableDocuments> =>
    confirmCandidates(client, options.index ?? (await indexFor(client, user, options)), options),
);

/**
 * Confirms an index's candidates one by one, by the same question that keepers ask (`ShareRequests.decide`), at the newest block.
 * Throws INVALID_VALUE, CHAIN_UNAVAILABLE; the signal's reason.
 */
export const confirmCandidates = async (
  chain: Chain,
  index: DocumentIndex,
  options: AvailableOptions = {},
): Promise<AvailableDocuments> => {
  const { limit = 100, after, signal } = options;
  wholeNumber("limit", limit, [1, Number.MAX_SAFE_INTEGER]);
  await index.refresh(signal === undefined ? {} : { signal });
  const candidates = index.candidates();
  const blockTag = await chain.calls.read("Reading the block number", () => chain.provider.getBlockNumber(), signal);
  const documents: AvailableDocument[] = [];
  for (let at = after === undefined ? 0 : positionAfter(candidates, after); at < candidates.length; at += CONCURRENCY) {
    const batch = candidates.slice(at, at + CONCURRENCY);
    const answers = await Promise.all(batch.map((candidate) => confirm(chain, index.user, candidate, blockTag, signal)));
    for (const [offset, answer] of answers.entries()) {
      if (answer !== undefined) documents.push(answer);
      const candidate = batch[offset];
      const isLast = at + offset + 1 >= candidates.length;
      if (documents.length >= limit && candidate !== undefined) return isLast ? { documents } : { documents, next: tokenOf(candidate) };
    }
  }
  return { documents };
};

/** The document, where the account may read it. */
const confirm = async (
  chain: Chain,
  user: Address,
  { document, block }: Candidate,
  blockTag: number,
  signal: AbortSignal | undefined,
): Promise<AvailableDocument | undefined> => {
  const { documentRegistry, accessGrants, shareRequests } = chain.contracts;
  const read = <T>(call: () => Promise<T>): Promise<T> => chain.calls.read("Asking for the permission", call, signal);
  const decide = async (headerHash: Hash32, initialPermissions: string): Promise<Decision> =>
    nameOfState(DECISIONS, await read(() => shareRequests.decide(document, headerHash, initialPermissions, user, ZERO_HASH, { blockTag })));
  const known = plain(await read(() => documentRegistry.documentOf(document, { blockTag })));
  if (BigInt(known.owner) === 0n) {
    // Only AccessGrants' events name documents that are not published.
    const permissions = chain.deployment.contracts.accessGrants;
    if ((await decide(ZERO_HASH, permissions)) !== "Permitted") return undefined;
    const owner = parseAddress(await read(() => accessGrants.ownerOf(document, { blockTag })));
    return { document, owner, permissions: parseAddress(permissions), published: undefined, block };
  }
  const newest = Number(known.latestVersion);
  const current = Number(await read(() => documentRegistry.currentVersionOf(document, { blockTag })));
  const others = Array.from({ length: Math.min(newest, MAX_WITHDRAWN) }, (_, back) => newest - back).filter(
    (version) => version !== current,
  );
  for (const version of [current, ...others]) {
    const headerHash = parseHash32(await read(() => documentRegistry.headerHashOf(document, version, { blockTag })));
    const decision = await decide(headerHash, known.initialPermissions);
    if (decision === "Denied") return undefined;
    if (decision !== "Permitted") continue;
    const published = { version, headerHash, keyId: parseKeyId(known.keyId) };
    return { document, owner: parseAddress(known.owner), permissions: parseAddress(known.permissions), published, block };
  }
  return undefined;
};

/** A place in the order of candidates: it stays right when newer ones come in before it. */
const tokenOf = ({ block, document }: Candidate): string => `${block}-${document}`;

const positionAfter = (candidates: readonly Candidate[], token: string): number => {
  const [, block, document] = /^([0-9]{1,15})-(0x[0-9a-f]{64})$/.exec(token) ?? [];
  if (block === undefined || document === undefined)
    throw new KeyquorumError("INVALID_VALUE", "after is not the `next` of another page.", { details: { field: "after" } });
  const found = candidates.findIndex(
    (candidate) => candidate.block < Number(block) || (candidate.block === Number(block) && candidate.document > document),
  );
  return found < 0 ? candidates.length : found;
};
