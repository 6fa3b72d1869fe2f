import type { OfDeployment } from "@keyquorum/bindings";
import { type Address, type Hash32, KeyquorumError, parseAddress, parseDocumentId, parseKeyId } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import { parseContent } from "../content/content.ts";
import { readLabel } from "../documents/published.ts";
import { readDefaultKey, readKey } from "../keys/keys.ts";
import type { EncryptOptions } from "../options.ts";
import type { DocumentContent, EncryptedDocument } from "../types.ts";
import { type EncryptionContext, encryptParsed } from "./encrypt.ts";

/**
 * Encrypts a file, a text or a JSON value. The ciphertext is made while it is read. Only the key and the owner's address are looked up where
 * they are not given; the functions `encryptOffline` and `encryptDocument` of this package need no network at all.
 * A stream is listened to from now on, and destroyed when this fails.
 * Throws INVALID_VALUE, INVALID_METADATA, NO_SIGNER (no owner given and no signer), and what `keyInfo` throws.
 */
export const encryptDocument = action(
  "encryptDocument",
  async (client: Client, content: DocumentContent, options: EncryptOptions = {}): Promise<EncryptedDocument> => {
    const parsed = parseContent(content, options); // before anything is waited for: until then nobody listens to a stream
    try {
      const { context, salt } = await contextFor(client, options);
      const { cipher, random } = client;
      const { publicMetadata } = options;
      return encryptParsed(parsed, context, {
        cipher,
        random,
        ...(salt === undefined ? {} : { salt }),
        ...(publicMetadata === undefined ? {} : { publicMetadata }),
      });
    } catch (error) {
      parsed.discard();
      throw error;
    }
  },
);

/** What encrypting binds, looked up where it is not given. A further version has the label of the first. */
const contextFor = async (
  client: Client,
  given: EncryptOptions,
): Promise<{ readonly context: EncryptionContext; readonly salt: Hash32 | undefined }> => {
  const { signal } = given;
  const { chainId, contracts } = client.deployment;
  const first = given.versionOf === undefined ? undefined : await readLabel(client, parseDocumentId(given.versionOf), signal);
  const keyId = first?.keyId ?? given.keyId;
  const key = keyId === undefined ? await readDefaultKey(client, signal) : await readKey(client, parseKeyId(keyId), signal);
  if (key.purpose !== "Decrypt") throw new KeyquorumError("UNKNOWN_KEY", `The key ${key.keyId} is for ${key.purpose}, not for encrypting.`);
  const owner = first?.owner ?? (given.owner === undefined ? (await client.signing()).account : parseAddress(given.owner));
  const { accessGrants, documentRegistry } = contracts as OfDeployment<Address>; // a deployment's addresses are lower case
  return {
    context: {
      chainId,
      documentRegistry: parseAddress(documentRegistry),
      keyId: key.keyId,
      publicKey: key.publicKey,
      owner,
      initialPermissions: first?.initialPermissions ?? parseAddress(given.permissions ?? accessGrants),
    },
    salt: first?.salt ?? given.salt,
  };
};
