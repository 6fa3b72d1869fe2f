import type { DocumentSource, KeyquorumClient, RetrievalEvent, RetrievedDocument } from "@keyquorum/client";
import type { TaskContext } from "../context.ts";
import { readJsonFile } from "../jsonFile.ts";
import { parseCount } from "../parse.ts";
import { UsageError } from "../usageError.ts";
import { type GatewayArguments, gatewaysOf } from "./gateways.ts";

/** How a document is asked for. */
export type RetrieveArguments = GatewayArguments & {
  readonly onChain: boolean;
  readonly optimistic: boolean;
  readonly session: string | undefined;
  readonly timeout: string | undefined;
};

/** Asks for a document: by HTTP as the account or under a session, or by a transaction of either mode. Tells what happens. */
export const retrieve = async (
  source: DocumentSource,
  args: RetrieveArguments,
  context: TaskContext,
): Promise<{ readonly client: KeyquorumClient; readonly read: RetrievedDocument }> => {
  const { terminal, signal } = context;
  const isOnChain = args.onChain || args.optimistic;
  if (args.session !== undefined && isOnChain) throw new UsageError("A session reads by HTTP: omit --on-chain and --optimistic.");
  const timeout = args.timeout === undefined ? {} : { timeoutMs: parseCount("--timeout", args.timeout, 1) * 1000 };
  const client = await context.client({ signs: args.session === undefined, ...gatewaysOf(args) });
  if (isOnChain) {
    const mode = args.optimistic ? "optimistic" : "verified";
    terminal.progress(`Asking on chain, by a transaction (${mode} mode)`);
    return { client, read: await client.requestOnChain(source, { ...timeout, mode, signal, onEvent: tellOnChain(context) }) };
  }
  const session = args.session === undefined ? {} : { session: await client.importSession(await readJsonFile(args.session)) };
  terminal.progress(`Asking the keepers by HTTP, without gas${args.session === undefined ? "" : ", under a session"}`);
  return { client, read: await client.requestOffChain(source, { ...timeout, ...session, signal, onEvent: tellHandOver(context) }) };
};

const tellOnChain =
  ({ terminal }: TaskContext) =>
  (event: RetrievalEvent): void => {
    if (event.kind === "requested") terminal.progress(`Request ${event.requestId} is on the chain`);
    if (event.kind === "answered") terminal.progress(`${event.name} answered (${event.have} of ${event.need})`);
  };

const tellHandOver =
  ({ terminal }: TaskContext) =>
  (event: RetrievalEvent): void => {
    if (event.kind === "reshared") terminal.progress(`The key has moved to epoch ${event.epoch} meanwhile; asking its keepers`);
  };
