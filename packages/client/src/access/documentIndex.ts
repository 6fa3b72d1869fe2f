import { eventTopic, parseContractLog } from "@keyquorum/bindings";
import { type Address, type DocumentId, type Hash32, parseAddress, parseDocumentId } from "@keyquorum/wire";
import { type Log, zeroPadValue } from "ethers";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import type { Chain } from "../chain/chain.ts";
import { finalBlockOf } from "../chain/finality.ts";
import { type LogQuery, scanLogs } from "../chain/logs.ts";
import type { CallOptions } from "../options.ts";
import { type Checkpoint, type DocumentIndexState, parseIndexState } from "./indexState.ts";

/** A document that concerns an account: some event says so. Whether the account may read it, its permissions contract says. */
export type Candidate = {
  readonly document: DocumentId;
  /** The block of the newest such event. */
  readonly block: number;
};

/** Documents that concern one account, by the chain's events. It only grows: what is in it is a hint, never a permission. */
export type DocumentIndex = {
  readonly user: Address;
  /**
   * Reads what is new since the last refresh; again what a reorganisation replaced, and the last 128 blocks that were read: a node that lagged may
   * have left something out. Throws CHAIN_UNAVAILABLE, also where the node that answers for events does not have the newest block; the signal's reason.
   */
  readonly refresh: (options?: CallOptions) => Promise<void>;
  /** The one with the newest event first. */
  readonly candidates: () => readonly Candidate[];
  /** To be kept: `documentIndex(user, { state })` continues from it. JSON data; public. */
  readonly toJSON: () => DocumentIndexState;
};

export type DocumentIndexOptions = {
  /** What `toJSON` of an index for the same account and deployment returned. */
  readonly state?: unknown;
  /**
   * Also considers every published document whose permissions contract is not AccessGrants: its readers are in no event, so each is asked about.
   * Default: false.
   */
  readonly otherPermissions?: boolean;
};

/** Events that name an account as reader, delegate or owner, always in the same place: the second indexed argument. */
const ACCOUNT_EVENTS = [
  "AccessGranted",
  "AccessRevoked",
  "ReadingDelegated",
  "DelegationEnded",
  "DocumentClaimed",
  "DocumentPublished",
] as const;

/** So many blocks are remembered, to find where a reorganisation began. */
const MAX_CHECKPOINTS = 32;
/** So many blocks are read again each time: one of several nodes behind an address may have lagged, and left events out silently. */
const OVERLAP = 128;

/**
 * Makes an index of the documents that concern an account, to be kept: `refresh` reads only what is new. Default: the signer's own.
 * Throws NO_SIGNER, INVALID_VALUE.
 */
export const documentIndex = action(
  "documentIndex",
  (client: Client, user?: Address | string, options: DocumentIndexOptions = {}): Promise<DocumentIndex> => indexFor(client, user, options),
);

/** An index of the account's, or of the signer's own. */
export const indexFor = async (
  client: Client,
  user: Address | string | undefined,
  options: DocumentIndexOptions & CallOptions,
): Promise<DocumentIndex> =>
  createDocumentIndex(client, user === undefined ? (await client.signing(options.signal)).account : parseAddress(user), options);

/** Makes an index; asks nobody. Throws INVALID_VALUE for a state that is not this account's. */
export const createDocumentIndex = (chain: Chain, user: Address, options: DocumentIndexOptions = {}): DocumentIndex => {
  const { deployment, provider, calls, finality } = chain;
  const { accessGrants, documentRegistry } = deployment.contracts;
  const of = { chainId: deployment.chainId.toString(), accessGrants, user, otherPermissions: options.otherPermissions ?? false };
  const start = options.state === undefined ? { checkpoints: [], documents: [] } : parseIndexState(options.state, of);
  const blockOf = new Map<DocumentId, number>(start.documents);
  let checkpoints: readonly Checkpoint[] = start.checkpoints;

  const queries: readonly Pick<LogQuery, "address" | "topics">[] = [
    { address: [accessGrants, documentRegistry], topics: [ACCOUNT_EVENTS.map(eventTopic), null, zeroPadValue(user, 32)] },
    ...(of.otherPermissions
      ? [{ address: documentRegistry, topics: [[eventTopic("DocumentPublished"), eventTopic("PermissionsMoved")]] }]
      : []),
  ];

  /** The newest checkpoint that is still a block of the chain. */
  const newestValid = async (signal: AbortSignal | undefined): Promise<readonly Checkpoint[]> => {
    for (let count = checkpoints.length; count > 0; count--) {
      const last = checkpoints[count - 1];
      const block = await calls.read("Reading a block", () => provider.getBlock(last?.number ?? 0), signal);
      if (last !== undefined && block?.hash === last.hash) return checkpoints.slice(0, count);
    }
    return [];
  };

  const take = (log: Log): void => {
    const event = parseContractLog(deployment, log);
    if (event === undefined || !("document" in event.args)) return;
    // Of documents under AccessGrants, the first query knows all.
    if (event.name === "DocumentPublished" && event.args.owner !== user && event.args.initialPermissions === accessGrants) return;
    const document = parseDocumentId(event.args.document);
    blockOf.set(document, Math.max(blockOf.get(document) ?? 0, log.blockNumber));
  };

  return {
    user,
    refresh: async ({ signal } = {}) => {
      const valid = await newestValid(signal);
      const head = await calls.read("Reading the block number", () => provider.getBlockNumber(), signal);
      const final = await calls.read("Reading the newest final block", () => finalBlockOf(provider, finality), signal);
      const last = valid.at(-1)?.number;
      const fromBlock = last === undefined ? deployment.block : Math.max(deployment.block, last + 1 - OVERLAP);
      for (const query of queries)
        for await (const log of scanLogs({ ...chain, signal }, { ...query, fromBlock, toBlock: head })) take(log);
      checkpoints = valid;
      if (final === undefined) return;
      const readTo = Math.min(final, head); // a node that is further on may have said which block is final
      if (readTo <= (last ?? deployment.block - 1)) return;
      const block = await calls.read("Reading a block", () => provider.getBlock(readTo), signal);
      if (block?.hash) checkpoints = [...valid, { number: readTo, hash: block.hash as Hash32 }].slice(-MAX_CHECKPOINTS);
    },
    candidates: () =>
      [...blockOf]
        .map(([document, block]) => ({ document, block }))
        .sort((a, b) => b.block - a.block || (a.document < b.document ? -1 : 1)),
    toJSON: () => ({ format: "keyquorum-index", version: 1, ...of, checkpoints, documents: [...blockOf] }),
  };
};
