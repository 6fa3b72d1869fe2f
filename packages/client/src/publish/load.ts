import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import { checkDeployment, findEnvelope } from "../documents/source.ts";
import { readKey } from "../keys/keys.ts";
import type { CallOptions } from "../options.ts";
import type { DocumentSource, EncryptedDocument } from "../types.ts";
import { encryptedOf } from "./loadEncrypted.ts";

/**
 * Takes a ciphertext that was made earlier, offline for one, so that it can be published or signed.
 * Throws WRONG_CHAIN, INVALID_HEADER (also when its proof does not verify), UNKNOWN_KEY, KEY_NOT_READY and what finding it throws.
 */
export const loadEncrypted = action(
  "loadEncrypted",
  async (client: Client, source: DocumentSource, { signal }: CallOptions = {}): Promise<EncryptedDocument> => {
    const found = await findEnvelope(client, source, signal);
    checkDeployment(client, found.header);
    return encryptedOf(found, (await readKey(client, found.header.keyId, signal)).publicKey);
  },
);
