import { checksumAddress, parseAddress } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseCount } from "../parse.ts";
import { UsageError } from "../usageError.ts";
import { formatPrice } from "./formatPrice.ts";

/** Pays what a keeper earned to its operator. Anyone may send it. */
export default command<CommonArguments & { readonly slot: string }>(async (args, context) => {
  const slot = parseCount("slot", args.slot, 1);
  const { contracts } = await context.signing();
  const { operator } = await contracts.keeperRegistry.keeperAt(slot);
  const paid: { readonly mode: string; readonly amount: bigint; readonly transaction: string }[] = [];
  for (const [mode, contract] of [
    ["verified", contracts.shareRequests],
    ["optimistic", contracts.optimisticRequests],
  ] as const) {
    const amount = await contract.creditOf(slot);
    if (amount === 0n) continue;
    const receipt = await context.transact(contract.withdrawFees(slot));
    paid.push({ mode, amount, transaction: receipt.hash });
  }
  if (paid.length === 0) throw new UsageError(`The keeper at slot ${slot} has nothing to withdraw.`);
  const sum = paid.reduce((total, { amount }) => total + amount, 0n);
  context.terminal.print(`${formatPrice(sum)} went to ${checksumAddress(parseAddress(operator))}, the operator of slot ${slot}.`);
  return { slot, operator, paid };
});
