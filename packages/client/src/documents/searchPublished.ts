import { KeyquorumError } from "@keyquorum/wire";
import { blockAtTime } from "../chain/blockAtTime.ts";
import type { Chain } from "../chain/chain.ts";
import type { WantedVersion } from "./documentCalls.ts";
import type * as published from "./published.ts";
import type { PublishedVersion } from "./published.ts";
import type { EventFinder } from "./publishingEvent.ts";
import type * as now from "./versionNow.ts";
import type { ServedVersion } from "./versionNow.ts";

// Imported where the short way did not lead to an event: bundlers make a file of it. Import it by `await import`, never otherwise. What a page has loaded
// already is handed in: a bundler would put what this imports besides into files of their own.

/** So many blocks may share a second and still be looked through. Nodes that limit searches allow as many. */
const BLOCKS_OF_A_SECOND = 10;

type Searching = {
  /** What the registry has of the wanted version, where that was learnt. */
  readonly served: ServedVersion | undefined;
  readonly events: EventFinder;
  readonly reads: Pick<typeof now, "askVersion"> & Pick<typeof published, "readCurrentVersion" | "readState" | "scanPublished">;
  readonly signal?: AbortSignal | undefined;
};

/**
 * What `readPublished` finds, the long way: in the blocks of the time that the registry has of the version, whose number headers tell; by older versions
 * where the current one was withdrawn; in the end by all events, the newest first. Throws UNKNOWN_DOCUMENT, CHAIN_UNAVAILABLE.
 */
export const searchPublished = async (chain: Chain, wanted: WantedVersion, searching: Searching): Promise<PublishedVersion> => {
  const served = searching.served ?? (wanted.version === undefined ? await askOlder(chain, wanted, searching) : undefined);
  const found = served && (await findEvent(chain, served, searching));
  if (!served || !found) return scanForVersion(chain, wanted, searching);
  searching.events.keep(served, found);
  return found;
};

const findEvent = async (chain: Chain, served: ServedVersion, { events, signal }: Searching): Promise<PublishedVersion | undefined> => {
  const found = await events.find(served);
  if (found !== undefined) return found;
  const first = await blockAtTime(chain, served.publishedAt, signal);
  const there = first === undefined ? [] : await events.search(first, first + BLOCKS_OF_A_SECOND - 1);
  return there.find(({ headerHash }) => headerHash === served.headerHash);
};

/** The newest version that was not withdrawn; undefined where there is none. */
const askOlder = async (chain: Chain, { document }: WantedVersion, { reads, signal }: Searching): Promise<ServedVersion | undefined> => {
  const read = () => chain.contracts.documentRegistry.documentOf(document);
  const { latestVersion } = await chain.calls.read("Reading the document", read, signal);
  for (let version = Number(latestVersion); version > 0; version -= 1) {
    const served = await reads.askVersion(chain, { document, version }, signal);
    if (served !== undefined) return served;
  }
  return undefined;
};

const scanForVersion = async (
  chain: Chain,
  { document, version }: WantedVersion,
  { reads, signal }: Searching,
): Promise<PublishedVersion> => {
  const wanted = version ?? (await reads.readCurrentVersion(chain, document, signal));
  const isServed = async (candidate: PublishedVersion): Promise<boolean> => {
    const recorded = await reads.readState(chain, candidate, signal);
    return recorded.version === candidate.version && !recorded.withdrawn;
  };
  const newer: PublishedVersion[] = [];
  for await (const candidate of reads.scanPublished(chain, { document, signal })) {
    if (candidate.version > wanted) {
      newer.push(candidate);
      continue;
    }
    if (candidate.version === wanted && (await isServed(candidate))) return candidate;
    if (version !== undefined) break;
    for (const other of [...newer.splice(0), candidate]) if (other.version !== wanted && (await isServed(other))) return other;
  }
  const which = version === undefined ? "" : ` version ${version} of`;
  throw new KeyquorumError("UNKNOWN_DOCUMENT", `There is no${which} published document ${document}, or it was withdrawn.`, {
    details: { document },
  });
};
