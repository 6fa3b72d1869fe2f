import { type ContractEvent, parseContractLog } from "@keyquorum/bindings";
import type { MirroredLog } from "@keyquorum/vault";
import type { ServedContracts } from "../contracts/deployment.ts";
import { describeError } from "../report/describeError.ts";
import type { Logger } from "../report/logger.ts";
import type { Duties, Duty, DutyContext, DutyName } from "./duty.ts";

type DutySet = { readonly name: string; readonly duties?: Partial<Duties> };

/** Runs the duties of logs inside the transaction that mirrors them. */
export const createDutyRunner = (options: {
  readonly contracts: ServedContracts;
  readonly duties: Duties;
  readonly extensions: readonly DutySet[];
  readonly log: Logger;
}) => {
  const { contracts, log } = options;
  const sets: readonly DutySet[] = [{ name: "keeper", duties: options.duties }, ...options.extensions];

  const run = async (set: DutySet, event: ContractEvent, context: DutyContext): Promise<void> => {
    // true: a duty stands under its own event's name
    const duty = set.duties?.[event.name as DutyName] as Duty<ContractEvent["name"]> | undefined;
    if (duty === undefined) return;
    if (set.name === "keeper") return duty(event, context);
    try {
      await duty(event, context);
    } catch (error) {
      log.error("An extension's duty failed", { extension: set.name, event: event.name, ...describeError(error) });
    }
  };

  return async (tx: DutyContext["tx"], logs: readonly MirroredLog[]): Promise<void> => {
    for (const mirrored of logs) {
      const event = parseContractLog(contracts.deployment, mirrored);
      if (event === undefined) continue;
      const place = { blockNumber: mirrored.blockNumber, blockHash: mirrored.blockHash };
      for (const set of sets) await run(set, event, { tx, log: log.child({ duty: event.name }), place });
    }
  };
};

export type DutyRunner = ReturnType<typeof createDutyRunner>;
