import { type ContractEvent, emittersOf, eventTopic, parseContractLog } from "@keyquorum/bindings";
import { nextTurn } from "@keyquorum/chain";
import type { MirroredLog } from "@keyquorum/vault";
import type { ServedContracts } from "../contracts/deployment.ts";
import type { Logger } from "../report/logger.ts";
import type { Duty, DutyContext } from "./duty.ts";
import type { Story } from "./story.ts";

/** A block may have hundreds of logs, and answers wait while these are read: so many at a time, about 3 ms. */
const AT_ONCE = 16;

/** Runs the duties of logs inside the transaction that mirrors them, of each event in the order of the stories. */
export const createDutyRunner = (options: {
  readonly contracts: ServedContracts;
  readonly stories: readonly Pick<Story, "on">[];
  readonly log: Logger;
}) => {
  const { contracts, stories, log } = options;
  return async (tx: DutyContext["tx"], logs: readonly MirroredLog[]): Promise<void> => {
    const names = stories.flatMap(({ on = {} }) => Object.keys(on) as ContractEvent["name"][]); // true: by the type of `on`
    const topics = new Set(names.filter((name) => emittersOf(name).length > 0).map(eventTopic)); // an extension may name what is no event
    const wanted = logs.filter(({ topics: [topic = ""] }) => topics.has(topic)); // reading a log takes longer than all else that is done with it here
    for (const [index, mirrored] of wanted.entries()) {
      if (index > 0 && index % AT_ONCE === 0) await nextTurn();
      const event = parseContractLog(contracts.deployment, mirrored);
      if (event === undefined) continue;
      // An extension's duty gets no more of the vault than it is promised, whatever its types say.
      const own: DutyContext["tx"] = { work: tx.work, epochProposals: tx.epochProposals };
      const place = { blockNumber: mirrored.blockNumber, blockHash: mirrored.blockHash };
      for (const { on } of stories) {
        const duty = on?.[event.name] as Duty<ContractEvent["name"]> | undefined; // true: a duty stands under its own event's name
        await duty?.(event, { tx: own, log: log.child({ duty: event.name }), place });
      }
    }
  };
};

export type DutyRunner = ReturnType<typeof createDutyRunner>;
