import { type Address, type DocumentId, KeyquorumError } from "@keyquorum/wire";
import type { Chain } from "../chain/chain.ts";
import { isAskedBy } from "./ruleParts.ts";

/**
 * A grant in AccessGrants does nothing for a document that does not ask it, by itself or in a combined rule.
 * Throws INVALID_VALUE, CHAIN_UNAVAILABLE.
 */
export const checkGrantable = async (chain: Chain, document: DocumentId, signal?: AbortSignal): Promise<void> => {
  const { calls, contracts, deployment } = chain;
  const asked = await calls.read("Reading the document", () => contracts.documentRegistry.permissionsOf(document), signal);
  const accessGrants = deployment.contracts.accessGrants as Address; // a deployment's addresses are lower case
  if (BigInt(asked) === 0n || (await isAskedBy(chain, accessGrants, asked, signal))) return;
  throw new KeyquorumError(
    "INVALID_VALUE",
    `The document's permissions contract is ${asked}, not this deployment's AccessGrants: grant access there.`,
    {
      details: { document, permissions: asked },
    },
  );
};
