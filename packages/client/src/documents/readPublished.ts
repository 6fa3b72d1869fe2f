import type { Chain } from "../chain/chain.ts";
import type { WantedVersion } from "./documentCalls.ts";
import { type PublishedVersion, readCurrentVersion, readState, scanPublished } from "./published.ts";
import { createEventFinder } from "./publishingEvent.ts";
import { askVersion } from "./versionNow.ts";

/**
 * A document's published version; when no number is given, the current one (the owner's choice, else the newest), and if that was withdrawn the newest
 * that was not. PROTOCOL section 4.7. Throws UNKNOWN_DOCUMENT, CHAIN_UNAVAILABLE.
 */
export const readPublished = async (chain: Chain, wanted: WantedVersion, signal?: AbortSignal): Promise<PublishedVersion> => {
  const events = createEventFinder(chain, wanted.document, signal);
  const served = await askVersion(chain, wanted, signal);
  const found = served && (await events.find(served));
  if (!served || !found) {
    const reads = { askVersion, readCurrentVersion, readState, scanPublished };
    return (await import("./searchPublished.ts")).searchPublished(chain, wanted, { served, events, reads, signal });
  }
  events.keep(served, found);
  return found;
};
