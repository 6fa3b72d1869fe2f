import { parseUnits } from "ethers";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { UsageError } from "../usageError.ts";
import { formatPrice } from "./formatPrice.ts";

const MAX_PRICE = 2n ** 96n - 1n;

/** Wei, or a number with a unit. Throws UsageError. */
export const parsePrice = (text: string): bigint => {
  const match = /^([0-9]{1,30}(?:\.[0-9]{1,18})?)(wei|gwei|ether)?$/.exec(text);
  const [, amount = "", unit = "wei"] = match ?? [];
  try {
    if (match === null) throw new RangeError("no price");
    const price = parseUnits(amount, unit);
    if (price <= MAX_PRICE) return price;
  } catch {
    // said below
  }
  throw new UsageError(`price ${text} is not an amount such as 1000 (wei), 5gwei or 0.001ether.`);
};

/** Sets what an answer costs, for requests made from now on. Governance only. */
export default command<CommonArguments & { readonly price: string; readonly optimistic: boolean }>(async (args, context) => {
  const price = parsePrice(args.price);
  const { contracts } = await context.signing();
  const contract = args.optimistic ? contracts.optimisticRequests : contracts.shareRequests;
  const receipt = await context.transact(contract.setPrice(price));
  context.terminal.print(
    `An answer costs ${formatPrice(price)} from now on (${args.optimistic ? "optimistic" : "verified"} requests). Requests made before keep theirs.`,
  );
  return { mode: args.optimistic ? "optimistic" : "verified", price, transaction: receipt.hash };
});
