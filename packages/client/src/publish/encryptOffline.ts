import type { RandomSource } from "@keyquorum/threshold";
import { type Address, type ChunkCipher, type KeyFile, type KeyFileBody, parseAddress, parseKeyFile } from "@keyquorum/wire";
import { parseContent } from "../content/content.ts";
import { createWebCipher } from "../content/webCipher.ts";
import { knownly } from "../knownErrors.ts";
import type { DocumentContent, EncryptedDocument } from "../types.ts";
import { type ContentOptions, encryptParsed } from "./encrypt.ts";

/** What the author chooses; there is no wallet to ask whose the document is. */
export type OfflineOptions = ContentOptions & {
  /** The account that owns the document: only it can publish it or sign its authorship. */
  readonly owner: Address | string;
  /** The contract that says who may read. Default: the key file's AccessGrants. */
  readonly permissions?: Address | string;
  /** Default: WebCrypto. */
  readonly cipher?: ChunkCipher;
  readonly random?: RandomSource;
};

/**
 * Encrypts a document with nothing but a key's public data (`exportKey`): no chain, no network. Publish it later (`loadEncrypted`, `publish`) or never
 * (`signAuthorship`). Who may have changed the key file can read what is encrypted by it: take it from somebody you believe.
 *
 * Throws INVALID_KEY_FILE, INVALID_VALUE, INVALID_METADATA (also while the envelope is read).
 */
export const encryptOffline = (content: DocumentContent, keyFile: KeyFile | KeyFileBody, options: OfflineOptions): EncryptedDocument =>
  knownly("encryptOffline", () => {
    const parsed = parseContent(content, options);
    try {
      const key = "format" in keyFile ? parseKeyFile(keyFile) : keyFile;
      const { owner, permissions, cipher = createWebCipher(), ...rest } = options;
      const context = {
        chainId: key.chainId,
        documentRegistry: key.documentRegistry,
        keyId: key.keyId,
        publicKey: key.publicKey,
        owner: parseAddress(owner),
        initialPermissions: permissions === undefined ? key.accessGrants : parseAddress(permissions),
      };
      return encryptParsed(parsed, context, { ...rest, cipher });
    } catch (error) {
      parsed.discard();
      throw error;
    }
  });
