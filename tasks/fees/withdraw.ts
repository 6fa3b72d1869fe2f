import { checksumAddress, parseAddress } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseCount } from "../parse.ts";
import { UsageError } from "../usageError.ts";
import { earnersOf } from "./earners.ts";
import { formatPrice } from "./formatPrice.ts";

type Payment = {
  readonly mode: string;
  readonly operator: string;
  /** Another account than the operator where that was revoked as stolen. */
  readonly payee: string;
  readonly amount: bigint;
  readonly transaction: string;
};

/** Pays what a keeper's accounts earned: to each what it earned itself. Anyone may send it. */
export default command<CommonArguments & { readonly slot: string }>(async (args, context) => {
  const slot = parseCount("slot", args.slot, 1);
  const { contracts } = await context.signing();
  const paid: Payment[] = [];
  for (const operator of await earnersOf(contracts, slot))
    for (const [mode, contract] of [
      ["verified", contracts.shareRequests],
      ["optimistic", contracts.optimisticRequests],
    ] as const) {
      const amount = await contract.creditOf(operator);
      if (amount === 0n) continue;
      const payee = parseAddress(await contracts.keeperRegistry.payeeOf(operator));
      const receipt = await context.transact(contract.withdrawFees(operator));
      paid.push({ mode, operator, payee, amount, transaction: receipt.hash });
      const because = payee === operator ? "" : `, in place of ${checksumAddress(operator)}, which was revoked as stolen`;
      context.terminal.print(`${formatPrice(amount)} went to ${checksumAddress(payee)}${because}.`);
    }
  if (paid.length === 0) throw new UsageError(`The keeper at slot ${slot} has nothing to withdraw.`);
  return { slot, paid };
});
