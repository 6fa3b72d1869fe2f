import { type ContractEvent, eventTopic, parseContractLog } from "@keyquorum/bindings";
import { type DocumentId, type Hash32, KeyquorumError, parseDocumentId } from "@keyquorum/wire";
import type { Log } from "ethers";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import { wholeNumber } from "../numbers.ts";
import { type Clock, sleep } from "../time/clock.ts";
import type { Chain } from "./chain.ts";
import { finalBlockOf } from "./finality.ts";
import { scanLogs } from "./logs.ts";

/** An event of one of the deployment's contracts, and where it is. `contract` and `name` tell which it is and what `args` holds. Public. */
export type WatchedEvent = ContractEvent & {
  readonly blockNumber: number;
  readonly blockHash: Hash32;
  readonly transactionHash: Hash32;
  readonly logIndex: number;
  /** Watching the head only: a reorganisation took it away again. */
  readonly removed: boolean;
};

export type WatchOptions = {
  /** Only what is about this document: its versions, permissions and requests. */
  readonly document?: DocumentId | string;
  /** Only events of these names. */
  readonly events?: readonly ContractEvent["name"][];
  /** Default: the block after the newest one now. */
  readonly fromBlock?: number;
  /** `final` (default): each event once, when nothing can take it away. `head`: at once, and again with `removed` where a reorganisation takes it. */
  readonly at?: "final" | "head";
  readonly signal?: AbortSignal;
};

/** So many failures of the node in a row end the watch. */
const MAX_FAILURES = 10;
/** So many final blocks are read again each time: one of several nodes behind an address may have lagged, and left events out silently. */
const OVERLAP = 128;

/**
 * Watches the deployment's contracts: their events, final ones by default, for as long as the loop runs. See `watchEvents`.
 * Throws CHAIN_UNAVAILABLE when the node fails ten times in a row, INVALID_VALUE; the signal's reason.
 */
export const watch = action(
  "watch",
  (client: Client, options?: WatchOptions): AsyncGenerator<WatchedEvent, never> =>
    watchEvents({ chain: client, clock: client.clock, pollMs: client.timeouts.pollMs }, options),
);

/**
 * Watches the deployment's contracts by polling, which every node can do: events in the chain's order, for as long as the loop runs. An event that a
 * lagging node left out comes late, out of order, if it is among the last 128 final blocks when a better node is asked.
 * Throws CHAIN_UNAVAILABLE when the node fails ten times in a row, INVALID_VALUE; the signal's reason.
 *
 * ```ts
 * for await (const event of client.watch({ document, signal })) console.log(event.name, event.args);
 * ```
 */
export async function* watchEvents(
  { chain, clock, pollMs }: { readonly chain: Chain; readonly clock: Clock; readonly pollMs: number },
  options: WatchOptions = {},
): AsyncGenerator<WatchedEvent, never> {
  const { signal, at = "final" } = options;
  if (options.fromBlock !== undefined) wholeNumber("fromBlock", options.fromBlock, [0, Number.MAX_SAFE_INTEGER]);
  if (at !== "final" && at !== "head") throw new KeyquorumError("INVALID_VALUE", "at is final or head.", { details: { field: "at" } });
  const isWanted = filterOf(options.document === undefined ? undefined : parseDocumentId(options.document));
  const topics = options.events === undefined ? [] : [options.events.map(topicOf)];
  let next = options.fromBlock;
  let shown: ReadonlyMap<string, WatchedEvent> = new Map(); // of the blocks that are read again
  let failures = 0;
  let last: string | undefined;
  for (;;) {
    const look = await lookAt(chain, { next, last, topics, at, signal }).catch((error: unknown) => {
      failures += 1;
      if (failures >= MAX_FAILURES || !(error instanceof KeyquorumError) || error.code !== "CHAIN_UNAVAILABLE") throw error;
      return undefined;
    });
    if (look !== undefined) {
      failures = 0;
      [next, last] = [look.next, look.last];
      if (look.logs !== undefined) {
        const found = new Map<string, WatchedEvent>();
        for (const log of look.logs) {
          const event = watchedOf(chain, log);
          if (event !== undefined && isWanted(event)) found.set(`${log.blockHash} ${log.index}`, event);
        }
        const { firm } = look;
        const kept: [string, WatchedEvent][] = [];
        for (const [place, event] of shown) {
          if (found.has(place)) continue;
          if (event.blockNumber <= firm || (await isCanonical(chain, event, signal))) kept.push([place, event]);
          else yield { ...event, removed: true };
        }
        for (const [place, event] of found) if (!shown.has(place)) yield event;
        next = Math.max(next, firm + 1 - OVERLAP);
        const again = next;
        shown = new Map([...kept, ...found].filter(([, { blockNumber }]) => blockNumber >= again));
      }
    }
    await sleep(clock, failures === 0 ? pollMs : Math.min(pollMs * 2 ** failures, 30_000), signal);
  }
}

/** Whether an event that was not found again is there all the same: then the node that was asked lags. Only another block in its place removes it. */
const isCanonical = async ({ provider, calls }: Chain, event: WatchedEvent, signal: AbortSignal | undefined): Promise<boolean> => {
  const block = await calls
    .read("Reading a block", () => provider.getBlock(event.blockNumber), signal)
    .catch((error: unknown) => {
      if (signal?.aborted) throw error;
      return null; // asked again at the next look
    });
  return block === null || block.hash === event.blockHash;
};

/** What is new: `logs` from block `next` on, of which those up to block `firm` are there to stay. */
const lookAt = async (
  chain: Chain,
  options: {
    readonly next: number | undefined;
    readonly last: string | undefined;
    readonly topics: string[][];
    readonly at: "final" | "head";
    readonly signal: AbortSignal | undefined;
  },
): Promise<{ readonly next: number; readonly firm: number; readonly last: string; readonly logs: readonly Log[] | undefined }> => {
  const { provider, calls, finality, deployment } = chain;
  const { topics, at, signal } = options;
  const [head, final = -1] = await Promise.all([
    calls.read("Reading the newest block", () => provider.getBlock("latest"), signal),
    calls.read("Reading the newest final block", () => finalBlockOf(provider, finality), signal),
  ]);
  if (head === null) throw new KeyquorumError("CHAIN_UNAVAILABLE", "The node has no newest block.");
  const next = options.next ?? head.number + 1;
  const firm = Math.min(final, head.number);
  const [toBlock, last] = at === "head" ? [head.number, `${head.hash} ${firm}`] : [firm, `${firm}`];
  if (toBlock < next || last === options.last) return { next, firm, last, logs: undefined };
  const address = Object.values(deployment.contracts);
  const logs: Log[] = [];
  for await (const log of scanLogs({ ...chain, signal }, { address, topics, fromBlock: next, toBlock })) logs.push(log);
  return { next, firm, last, logs: logs.reverse() };
};

const watchedOf = ({ deployment }: Chain, log: Log): WatchedEvent | undefined => {
  const event = parseContractLog(deployment, log);
  if (event === undefined) return undefined;
  const { blockNumber, blockHash, transactionHash, index } = log;
  return {
    ...event,
    blockNumber,
    blockHash: blockHash as Hash32, // nodes give 32 bytes of lower-case hex
    transactionHash: transactionHash as Hash32,
    logIndex: index,
    removed: false,
  };
};

/** Answers and refunds name a request, not a document: those of requests that were seen belong to it. */
const filterOf = (document: DocumentId | undefined): ((event: ContractEvent) => boolean) => {
  if (document === undefined) return () => true;
  const requests = new Set<string>();
  return ({ args }) => {
    if (!("document" in args)) return "requestId" in args && requests.has(args.requestId);
    const isOurs = args.document === document;
    if (isOurs && "requestId" in args) requests.add(args.requestId);
    return isOurs;
  };
};

const topicOf = (name: ContractEvent["name"]): string => {
  try {
    return eventTopic(name);
  } catch (cause) {
    throw new KeyquorumError("INVALID_VALUE", `No contract has an event ${String(name)}.`, { details: { field: "events" }, cause });
  }
};
