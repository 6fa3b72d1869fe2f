import type { Hash32 } from "@keyquorum/wire";
import { askJoined } from "../chain/askJoined.ts";
import type { Chain } from "../chain/chain.ts";
import { documentCalls, type WantedVersion } from "./documentCalls.ts";

/** A version that keepers serve, as the registry has it at the head. `publishedAt`: seconds of block time. */
export type ServedVersion = { readonly headerHash: Hash32; readonly publishedAt: number };

/** The version that is wanted. Undefined where it was withdrawn or there is none, or the node does not take the question. Throws CHAIN_UNAVAILABLE. */
export const askVersion = async (chain: Chain, wanted: WantedVersion, signal?: AbortSignal): Promise<ServedVersion | undefined> => {
  const asking = { what: "Reading the document", blockTag: "latest", signal };
  const [, , headerHash, state = ""] = (await askJoined(chain, documentCalls(chain, wanted), asking)) ?? [];
  const [number, withdrawn, publishedAt] = state.match(/[0-9a-f]{64}/g) ?? []; // without its 0x, IDocumentRegistry.Version
  if (!Number(`0x${number}`) || Number(`0x${withdrawn}`)) return undefined;
  return { headerHash: headerHash as Hash32, publishedAt: Number(`0x${publishedAt}`) }; // a word
};
