import type { ExtensionServices } from "@keyquorum/keeper";
import type { Address } from "@keyquorum/wire";
import { readOnFrom } from "./requestRows.ts";

/** Between two looks at what may go. */
const EVERY_MILLISECONDS = 600_000;
/** Mirrored logs are kept for so many final blocks: a reading's parts are looked at while it waits. */
export const KEPT_BLOCKS = 50_000;

type Services = Pick<ExtensionServices, "chain" | "clock" | "table">;
type Logs = Pick<ReturnType<ExtensionServices["follow"]>["logs"], "prune">;

/**
 * Deletes contracts' mirrored logs that nobody reads any more: those of requests are rows by then, but for requests that found no place, from whose block on
 * logs stay.
 */
export const createLogPruning = (
  services: Services,
  served: readonly Address[],
  logsOf: (contract: Address) => Logs | undefined,
): (() => Promise<void>) => {
  let last = Number.NEGATIVE_INFINITY;
  return async () => {
    const since = services.clock.now() - last;
    if (since >= 0 && since < EVERY_MILLISECONDS) return;
    last = services.clock.now();
    const { final } = await services.chain.look();
    for (const contract of served) {
      const from = await readOnFrom(services, contract);
      const belowBlock = Math.min(final.number - KEPT_BLOCKS, from?.blockNumber ?? Number.POSITIVE_INFINITY);
      if (belowBlock > 0) await logsOf(contract)?.prune({ addresses: [contract], belowBlock });
    }
  };
};
