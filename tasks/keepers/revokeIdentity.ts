import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import { searchEvents } from "@keyquorum/client/node";
import { parsePoint, toXY } from "@keyquorum/threshold";
import { hexToBytes } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { TaskContext } from "../context.ts";
import type { CommonArguments } from "../options.ts";
import { searchOptions } from "../scanProgress.ts";
import { parseIdentityKey } from "./readKeeperFile.ts";
import { sayIdentityRevoked } from "./stolen.ts";

/** Revokes, as stolen, an identity key that a keeper had before. */
export default command<CommonArguments & { readonly identityKey: string }>(async (args, context) => {
  const identityKey = parseIdentityKey(args.identityKey);
  const point = toXY(parsePoint(hexToBytes(identityKey, 33)));
  const { contracts } = await context.signing();
  const { keeperRegistry } = contracts;
  const isRevoked = (await keeperRegistry.identityRevokedAt(point)) !== 0n;
  const receipt = isRevoked ? undefined : await context.transact(keeperRegistry.revokeFormerIdentity(point));
  const slot = await slotOfRevoked(context, point.x);
  await sayIdentityRevoked(context, slot, identityKey);
  return { slot, identityKey, revoked: true, transaction: receipt?.hash ?? null };
});

/** Whose key it was, by the event of its revocation: the registry has no other word of it. */
const slotOfRevoked = async (context: TaskContext, x: bigint): Promise<number> => {
  const deployment = await context.deployment();
  const { provider } = await context.connection();
  const { keeperRegistry } = deployment.contracts;
  const query = { address: keeperRegistry, topics: [eventTopic("KeeperIdentityRevoked")], fromBlock: deployment.block };
  for await (const log of searchEvents(provider, query, searchOptions(context))) {
    const event = parseContractLogOf(deployment, log, "KeeperIdentityRevoked");
    if (event?.args.identityKey.x === x) return Number(event.args.slot);
  }
  return 0;
};
