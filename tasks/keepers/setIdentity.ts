import { parsePoint, toXY } from "@keyquorum/threshold";
import { hexToBytes } from "@keyquorum/wire";
import { command } from "../command.ts";
import { parseSlot } from "../slots.ts";
import { UsageError } from "../usageError.ts";
import { finishChange } from "./finishChange.ts";
import { parseIdentityKey } from "./readKeeperFile.ts";
import type { ReshareArguments } from "./reshareArguments.ts";

type Arguments = ReshareArguments & { readonly slot: string; readonly identityKey: string; readonly reshare: boolean };

/** Gives a keeper another identity key, for epochs proposed from now on. */
export default command<Arguments>(async (args, context) => {
  const { terminal } = context;
  const slot = parseSlot(args.slot);
  const identityKey = parseIdentityKey(args.identityKey);
  const point = toXY(parsePoint(hexToBytes(identityKey, 33)));
  const { contracts } = await context.signing();
  const known = await contracts.keeperRegistry.keeperAt(slot);
  if (known.slot === 0n || known.removed)
    throw new UsageError(`There is no keeper at slot ${slot}, or it was removed: npx hardhat keyquorum keepers list`);
  const isSame = ({ x, y }: { readonly x: bigint; readonly y: bigint }): boolean => x === point.x && y === point.y;
  const receipt = isSame(known.identityKey) ? undefined : await context.transact(contracts.keeperRegistry.setIdentityKey(slot, point));
  terminal.print(`The identity key of slot ${slot} is ${identityKey} for every epoch that is proposed from now on.`);
  const finished = await finishChange(context, args, {
    slot,
    what: "identity key",
    isInEpoch: async (epoch) => isSame((await contracts.keeperRegistry.memberOf(epoch, slot)).identityKey),
  });
  return { slot, identityKey, transaction: receipt?.hash ?? null, ...finished };
});
