import { checksumAddress, parseAddress } from "@keyquorum/wire";
import { command } from "../command.ts";
import { parseArgument } from "../parse.ts";
import { parseSlot } from "../slots.ts";
import { UsageError } from "../usageError.ts";
import { finishChange } from "./finishChange.ts";
import type { ReshareArguments } from "./reshareArguments.ts";

type Arguments = ReshareArguments & { readonly slot: string; readonly operator: string; readonly reshare: boolean };

/** Gives a keeper another operator account, for epochs proposed from now on. */
export default command<Arguments>(async (args, context) => {
  const { terminal } = context;
  const slot = parseSlot(args.slot);
  const operator = parseArgument("operator", args.operator, parseAddress);
  const { contracts } = await context.signing();
  const known = await contracts.keeperRegistry.keeperAt(slot);
  if (known.slot === 0n || known.removed)
    throw new UsageError(`There is no keeper at slot ${slot}, or it was removed: npx hardhat keyquorum keepers list`);
  const isThere = known.operator.toLowerCase() === operator;
  const receipt = isThere ? undefined : await context.transact(contracts.keeperRegistry.setOperator(slot, operator));
  terminal.print(`The operator of slot ${slot} is ${checksumAddress(operator)} for every epoch that is proposed from now on.`);
  const finished = await finishChange(context, args, {
    slot,
    what: "operator account",
    isInEpoch: async (epoch) => (await contracts.keeperRegistry.memberOf(epoch, slot)).operator.toLowerCase() === operator,
  });
  return { slot, operator, transaction: receipt?.hash ?? null, ...finished };
});
