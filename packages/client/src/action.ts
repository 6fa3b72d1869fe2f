import type { Client } from "./bareClient.ts";
import { withKnownError } from "./knownErrors.ts";

/**
 * An action: a function of a client, or of the part of it that it uses, and its parameters. It fails with a KeyquorumError, or with the reason of the
 * signal that it was given, whatever it and its caller's objects throw. `name` is how errors call it.
 * @__NO_SIDE_EFFECTS__
 */
export const action = <C, A extends unknown[], R>(
  name: string,
  run: (client: C, ...parameters: A) => R,
): ((client: C, ...parameters: A) => R) => withKnownError<[C, ...A], R>(name, run);

// biome-ignore lint/suspicious/noExplicitAny: any action's parameters, which `ActionsOf` keeps
export type AnyAction = (client: Client, ...parameters: any[]) => unknown;

/** Actions as methods of a client: the same parameters and results, without the client. */
export type MethodsOf<Actions> = {
  readonly [Name in keyof Actions]: Actions[Name] extends (client: never, ...parameters: infer Parameters) => infer Result
    ? (...parameters: Parameters) => Result
    : never;
};

/** Makes methods of actions: `withActions(client, { grant, revoke })`. */
export const withActions = <Actions extends Readonly<Record<keyof Actions, AnyAction>>>(
  client: Client,
  actions: Actions,
): MethodsOf<Actions> =>
  Object.fromEntries(
    Object.entries<AnyAction>(actions).map(([name, run]) => [name, (...parameters: unknown[]) => run(client, ...parameters)]),
  ) as MethodsOf<Actions>; // the same names
