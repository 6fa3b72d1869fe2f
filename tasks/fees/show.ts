import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { earnersOf } from "./earners.ts";
import { formatPrice } from "./formatPrice.ts";

/** Shows the prices and what each keeper's accounts may withdraw. */
export default command<CommonArguments>(async (_args, context) => {
  const { keeperRegistry, shareRequests, optimisticRequests } = await context.contracts();
  const [verified, optimistic, registered] = await Promise.all([
    shareRequests.price(),
    optimisticRequests.price(),
    keeperRegistry.keepers(),
  ]);
  const keepers = await Promise.all(
    registered.map(async ({ slot, name, operator }) => {
      const earners = await earnersOf({ keeperRegistry }, Number(slot));
      const owedBy = async (contract: typeof shareRequests | typeof optimisticRequests) =>
        (await Promise.all(earners.map((earner) => contract.creditOf(earner)))).reduce((sum, credit) => sum + credit, 0n);
      const [byVerified, byOptimistic, faults] = await Promise.all([
        owedBy(shareRequests),
        owedBy(optimisticRequests),
        optimisticRequests.faultsOf(slot),
      ]);
      return { slot: Number(slot), name, operator, credit: byVerified + byOptimistic, byVerified, byOptimistic, faults: Number(faults) };
    }),
  );
  const { terminal } = context;
  terminal.facts([
    ["Price of an answer", `${formatPrice(verified)} verified, ${formatPrice(optimistic)} optimistic`],
    ["A request pays", "t+1 of them"],
  ]);
  terminal.print();
  terminal.table(
    ["SLOT", "KEEPER", "OPERATOR", "TO WITHDRAW", "FAULTS"],
    keepers.map(({ slot, name, operator, credit, faults }) => [String(slot), name, operator, formatPrice(credit), String(faults)]),
  );
  return { price: { verified, optimistic }, keepers };
});
