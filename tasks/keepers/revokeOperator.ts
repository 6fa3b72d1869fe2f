import { checksumAddress, parseAddress } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";
import { UsageError } from "../usageError.ts";
import { sayOperatorRevoked } from "./stolen.ts";
import { assertNoKeyStranded } from "./strandedKeys.ts";

/** Revokes, as stolen, an account that a keeper had before. */
export default command<CommonArguments & { readonly operator: string; readonly anyway: boolean }>(async (args, context) => {
  const operator = parseArgument("operator", args.operator, parseAddress);
  const { contracts } = await context.signing();
  const { keeperRegistry } = contracts;
  const slot = Number(await keeperRegistry.slotOf(operator));
  if (slot === 0) throw new UsageError(`${checksumAddress(operator)} never was a keeper's account: npx hardhat keyquorum keepers list`);
  if (parseAddress((await keeperRegistry.keeperAt(slot)).operator) === operator)
    throw new UsageError(
      `${checksumAddress(operator)} is the present account of slot ${slot}. Replace it: npx hardhat keyquorum keepers set-operator ${slot} NEW_ACCOUNT --stolen`,
    );
  const isRevoked = await keeperRegistry.isRevoked(operator);
  if (!isRevoked && !args.anyway) await assertNoKeyStranded(context, slot, operator);
  const receipt = isRevoked ? undefined : await context.transact(keeperRegistry.revokeFormerOperator(operator));
  await sayOperatorRevoked(context, slot, operator);
  return { slot, operator, revoked: true, transaction: receipt?.hash ?? null };
});
