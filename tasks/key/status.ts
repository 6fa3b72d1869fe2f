import { eventTopic } from "@keyquorum/bindings";
import { searchEvents } from "@keyquorum/client/node";
import { type KeyId, parseKeyId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { TaskContext } from "../context.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";
import { searchOptions } from "../scanProgress.ts";
import { UsageError } from "../usageError.ts";
import { printKeyStatus, readKeyStatus } from "./keyStatus.ts";
import { watchKey } from "./watchKey.ts";

/** Shows a key, the newest one unless told otherwise. */
export default command<CommonArguments & { readonly key: string | undefined; readonly watch: boolean }>(async (args, context) => {
  const keyId = args.key === undefined ? await newestKey(context) : parseArgument("key", args.key, parseKeyId);
  const state = args.watch ? await watchKey(context, keyId) : await readKeyStatus(context, keyId);
  printKeyStatus(context, state);
  return state;
});

const newestKey = async (context: TaskContext): Promise<KeyId> => {
  const { block, contracts } = await context.deployment();
  const { provider } = await context.connection();
  const query = { address: contracts.keyGeneration, topics: [eventTopic("KeyRequested")], fromBlock: block };
  for await (const newest of searchEvents(provider, query, searchOptions(context))) return parseKeyId(newest.topics[1]);
  throw new UsageError("No key was requested yet: npx hardhat keyquorum key request");
};
