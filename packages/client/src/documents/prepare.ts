import type { DocumentHeader } from "@keyquorum/wire";
import type { Client } from "../bareClient.ts";
import { type KeeperContact, readKeepers } from "../keys/committee.ts";
import { type KeyInfo, readKey } from "../keys/keys.ts";
import type { DocumentSource } from "../types.ts";
import { checkDeployment, checkProof, type FoundEnvelope, findEnvelope } from "./source.ts";

/** A document that was found and whose header is honest, and who is to be asked about it. */
export type Prepared = {
  readonly found: FoundEnvelope;
  readonly header: DocumentHeader;
  readonly key: KeyInfo;
  readonly keepers: readonly KeeperContact[];
};

/** Finds a ciphertext and checks its header before anybody is asked. Throws what finding it throws, WRONG_CHAIN, INVALID_HEADER, and as `keepersOf`. */
export const prepare = async (client: Client, source: DocumentSource, signal?: AbortSignal): Promise<Prepared> => {
  const found = await findEnvelope(client, source, signal);
  const { header } = found;
  checkDeployment(client, header);
  const key = await readKey(client, header.keyId, signal);
  checkProof(header, key);
  return { found, header, key, keepers: await readKeepers(client, key, signal) };
};
