import { createClientContext } from "./clientContext.ts";
import { knownly, withKnownErrors } from "./knownErrors.ts";
import { type AccessMethods, createAccessMethods } from "./methods/access.ts";
import { createDocumentMethods, type DocumentMethods } from "./methods/documents.ts";
import { createKeyMethods, type KeyMethods } from "./methods/keys.ts";
import { createPublishingMethods, type PublishingMethods } from "./methods/publishing.ts";
import { createReadingMethods, type ReadingMethods } from "./methods/reading.ts";
import type { ClientOptions } from "./options.ts";

/**
 * Everything a document's author and its readers do. Every method takes `signal` and throws its reason when it aborts; every other error is a
 * KeyquorumError with a stable `code` that says what to do, and whether trying again may help (`retryable`).
 */
export type KeyquorumClient = KeyMethods & DocumentMethods & PublishingMethods & AccessMethods & ReadingMethods;

/** Makes a client for one deployment. Opens no connection. Throws INVALID_VALUE for an option that cannot be, and without provider and signer. */
export const createClient = (options: ClientOptions): KeyquorumClient => {
  const context = knownly("createClient", () => createClientContext(options));
  return withKnownErrors({
    ...createKeyMethods(context),
    ...createDocumentMethods(context),
    ...createPublishingMethods(context),
    ...createAccessMethods(context),
    ...createReadingMethods(context),
  });
};
