import { eventTopic } from "@keyquorum/bindings";
import { type DocumentId, KeyquorumError } from "@keyquorum/wire";
import type { Chain } from "../chain/chain.ts";
import { keep } from "../chain/chainMemory.ts";
import { reasonOf } from "../chain/patience.ts";
import { type PublishedVersion, publishedIn } from "./published.ts";
import type { ServedVersion } from "./versionNow.ts";

/**
 * Finds the event of a version that the registry has. What was found before is known by its header hash and time: only the document's owner could have
 * given one header two ciphertexts. Else one question for all blocks since the deployment is put at once, beside whatever else is asked now.
 */
export const createEventFinder = (chain: Chain, document: DocumentId, signal?: AbortSignal) => {
  const { memory, calls, provider, deployment } = chain;
  const known = memory?.made.get(document) as ReadonlyMap<string, PublishedVersion> | undefined; // true: under a document's id nothing else is kept
  const search = (fromBlock: number, toBlock: number | "latest"): Promise<readonly PublishedVersion[]> => {
    const query = {
      address: deployment.contracts.documentRegistry,
      topics: [eventTopic("DocumentPublished"), document],
      fromBlock,
      toBlock,
    };
    const read = calls.read("Reading events", () => provider.getLogs(query), signal);
    return read.then((logs) => logs.flatMap((log) => publishedIn(chain, log) ?? []));
  };
  const searchAll = (): Promise<readonly PublishedVersion[]> =>
    search(deployment.block, "latest").catch((error: unknown) => {
      if (!(error instanceof KeyquorumError) || error.code !== "CHAIN_UNAVAILABLE") throw error;
      if (reasonOf(error) !== "RATE_LIMITED") memory?.refused.add("search");
      return [];
    });
  const isAsked = memory?.refused.has("search") === false;
  const early = isAsked && known === undefined ? searchAll() : undefined;
  early?.catch(() => undefined); // whoever asks beside it meets the same failure

  return {
    /** The document's events in a few blocks. Throws CHAIN_UNAVAILABLE. */
    search,
    /** Undefined where the node does not have it, or does not search all blocks. Throws CHAIN_UNAVAILABLE. */
    find: async (served: ServedVersion): Promise<PublishedVersion | undefined> =>
      known?.get(nameOf(served)) ??
      (await (early ?? (isAsked ? searchAll() : [])))?.find(({ headerHash }) => headerHash === served.headerHash),
    keep: (served: ServedVersion, found: PublishedVersion): void => {
      if (memory !== undefined) keep(memory, document, new Map([...(known ?? []), [nameOf(served), found]]));
    },
  };
};

export type EventFinder = ReturnType<typeof createEventFinder>;

const nameOf = ({ headerHash, publishedAt }: ServedVersion): string => `${headerHash} ${publishedAt}`;
