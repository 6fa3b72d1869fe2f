import { checksumAddress, parseAddress } from "@keyquorum/wire";
import { command } from "../command.ts";
import { parseArgument } from "../parse.ts";
import { parseSlot } from "../slots.ts";
import { UsageError } from "../usageError.ts";
import { finishChange } from "./finishChange.ts";
import type { ReshareArguments } from "./reshareArguments.ts";
import { sayOperatorRevoked } from "./stolen.ts";
import { assertNoKeyStranded } from "./strandedKeys.ts";

type Arguments = ReshareArguments & {
  readonly slot: string;
  readonly operator: string;
  readonly stolen: boolean;
  readonly anyway: boolean;
  readonly reshare: boolean;
};

/** Gives a keeper another operator account, for epochs proposed from now on. The former one continues in its epochs, or, --stolen, is revoked. */
export default command<Arguments>(async (args, context) => {
  const { terminal } = context;
  const slot = parseSlot(args.slot);
  const operator = parseArgument("operator", args.operator, parseAddress);
  const { contracts } = await context.signing();
  const { keeperRegistry } = contracts;
  const known = await keeperRegistry.keeperAt(slot);
  if (known.slot === 0n || (known.removed && !args.stolen))
    throw new UsageError(`There is no keeper at slot ${slot}, or it was removed: npx hardhat keyquorum keepers list`);
  const former = parseAddress(known.operator);
  const isThere = former === operator;
  if (isThere && args.stolen)
    throw new UsageError(
      `The operator of slot ${slot} is ${checksumAddress(operator)} already. Say which of its former accounts was stolen: npx hardhat keyquorum keepers revoke-operator ADDRESS`,
    );
  if (args.stolen && !args.anyway) await assertNoKeyStranded(context, slot, former);
  const change = args.stolen ? keeperRegistry.replaceStolenOperator : keeperRegistry.setOperator;
  const receipt = isThere ? undefined : await context.transact(change(slot, operator));
  terminal.print(`The operator of slot ${slot} is ${checksumAddress(operator)} for every epoch that is proposed from now on.`);
  if (args.stolen) await sayOperatorRevoked(context, slot, former);
  else if (!isThere)
    terminal.print(
      `The former account ${checksumAddress(former)} finishes what is open in its epochs, and is paid for it. If it was stolen: npx hardhat keyquorum keepers revoke-operator ${checksumAddress(former)}`,
    );
  const finished = await finishChange(context, args, {
    slot,
    what: "operator account",
    isInEpoch: async (epoch) => parseAddress((await keeperRegistry.memberOf(epoch, slot)).operator) === operator,
  });
  return { slot, operator, former, revoked: args.stolen, transaction: receipt?.hash ?? null, ...finished };
});
