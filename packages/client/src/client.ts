import { type MethodsOf, withActions } from "./action.ts";
import type * as actions from "./actions.ts";
import { createBareClient } from "./bareClient.ts";
import * as first from "./firstActions.ts";
import { laterMethods } from "./laterMethods.ts";
import type { ClientOptions } from "./options.ts";

/**
 * Everything that a document's author and its readers do: the actions as methods. Every method takes `signal` and throws its reason when it aborts; every
 * other error is a KeyquorumError with a stable `code` that says what to do, and whether trying again may help (`retryable`).
 */
export type KeyquorumClient = MethodsOf<typeof actions>;

/** Makes a client for one deployment. Opens no connection. Throws INVALID_VALUE for an option that cannot be, and without provider and signer. */
export const createClient = (options: ClientOptions): KeyquorumClient => {
  const client = createBareClient(options);
  return { ...withActions(client, first), ...laterMethods(client) };
};
