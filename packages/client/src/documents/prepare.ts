import { type DocumentHeader, KeyquorumError } from "@keyquorum/wire";
import type { Client } from "../bareClient.ts";
import { askHolders, type KeyHolders, memberOrder, readHolders } from "../keys/holders.ts";
import type { DocumentSource } from "../types.ts";
import { documentCalls } from "./documentCalls.ts";
import { checkDeployment, checkProof, type FoundEnvelope, findEnvelope, findPublished, wantedIn } from "./source.ts";

/** A document that was found and whose header is honest, and who is to be asked about it. */
export type Prepared = KeyHolders & { readonly found: FoundEnvelope; readonly header: DocumentHeader };

/** Finds a ciphertext and checks its header before anybody is asked. Throws what finding it throws, WRONG_CHAIN, INVALID_HEADER, and as `keepersOf`. */
export const prepare = async (client: Client, source: DocumentSource, signal?: AbortSignal): Promise<Prepared> => {
  const { refused } = client.memory;
  const before = refused.size;
  try {
    return await prepareOnce(client, source, signal);
  } catch (error) {
    // A search that took too long takes what was asked beside it along; it is not put again.
    if (refused.size === before || !(error instanceof KeyquorumError) || error.code !== "CHAIN_UNAVAILABLE") throw error;
    return prepareOnce(client, source, signal);
  }
};

const prepareOnce = async (client: Client, source: DocumentSource, signal: AbortSignal | undefined): Promise<Prepared> => {
  const named = wantedIn(source);
  const wanted = named && { ...named, order: memberOrder(client) };
  const early = wanted && askHolders(client, { question: documentCalls(client, wanted), order: wanted.order }, signal);
  early?.catch(() => undefined); // what finding the document throws says more
  const found = await (wanted === undefined ? findEnvelope(client, source, signal) : findPublished(client, wanted, signal));
  const { header } = found;
  checkDeployment(client, header);
  const asked = await early;
  const { key, keepers } = asked?.key.keyId === header.keyId ? asked : await readHolders(client, header.keyId, signal);
  checkProof(header, key);
  return { found, header, key, keepers };
};
