import { encodePoint, parsePoint, pointFromXY, toXY } from "@keyquorum/threshold";
import { bytesToHex, hexToBytes } from "@keyquorum/wire";
import { command } from "../command.ts";
import { parseSlot } from "../slots.ts";
import { UsageError } from "../usageError.ts";
import { finishChange } from "./finishChange.ts";
import { parseIdentityKey } from "./readKeeperFile.ts";
import type { ReshareArguments } from "./reshareArguments.ts";
import { sayIdentityRevoked } from "./stolen.ts";

type Arguments = ReshareArguments & {
  readonly slot: string;
  readonly identityKey: string;
  readonly stolen: boolean;
  readonly reshare: boolean;
};

/** Gives a keeper another identity key, for epochs proposed from now on. The former one continues in its epochs, or, --stolen, is revoked. */
export default command<Arguments>(async (args, context) => {
  const { terminal } = context;
  const slot = parseSlot(args.slot);
  const identityKey = parseIdentityKey(args.identityKey);
  const point = toXY(parsePoint(hexToBytes(identityKey, 33)));
  const { contracts } = await context.signing();
  const { keeperRegistry } = contracts;
  const known = await keeperRegistry.keeperAt(slot);
  if (known.slot === 0n || (known.removed && !args.stolen))
    throw new UsageError(`There is no keeper at slot ${slot}, or it was removed: npx hardhat keyquorum keepers list`);
  const isSame = ({ x, y }: { readonly x: bigint; readonly y: bigint }): boolean => x === point.x && y === point.y;
  const isThere = isSame(known.identityKey);
  if (isThere && args.stolen)
    throw new UsageError(
      `The identity key of slot ${slot} is ${identityKey} already. Say which of its former keys was stolen: npx hardhat keyquorum keepers revoke-identity KEY`,
    );
  const former = bytesToHex(encodePoint(pointFromXY(known.identityKey.x, known.identityKey.y)));
  const change = args.stolen ? keeperRegistry.replaceStolenIdentity : keeperRegistry.setIdentityKey;
  const receipt = isThere ? undefined : await context.transact(change(slot, point));
  terminal.print(`The identity key of slot ${slot} is ${identityKey} for every epoch that is proposed from now on.`);
  if (args.stolen) await sayIdentityRevoked(context, slot, former);
  else if (!isThere)
    terminal.print(
      `The former key ${former} signs receipts in its epochs until they are over. If it was stolen: npx hardhat keyquorum keepers revoke-identity ${former}`,
    );
  const finished = await finishChange(context, args, {
    slot,
    what: "identity key",
    isInEpoch: async (epoch) => isSame((await keeperRegistry.memberOf(epoch, slot)).identityKey),
  });
  return { slot, identityKey, former, revoked: args.stolen, transaction: receipt?.hash ?? null, ...finished };
});
