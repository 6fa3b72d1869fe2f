import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import type { ReceivedShareRequest } from "@keyquorum/protocol";
import type { Vault } from "@keyquorum/vault";
import type { ServedContracts } from "../deployment.ts";

/** Keeps this keeper's own money (D35): on-chain answers only within a number per requester and day, and above a reserve. */
export type RequestBudget = {
  /** Why a request must wait; undefined when it may be answered. */
  readonly refusalOf: (request: ReceivedShareRequest) => Promise<"BALANCE_RESERVE" | "REQUESTER_BUDGET" | undefined>;
};

const DAY_SECONDS = 86_400n;

export const createRequestBudget = (options: {
  readonly vault: Pick<Vault, "logs">;
  readonly contracts: ServedContracts;
  readonly slot: () => number;
  /** Balance of the operator's account in wei. */
  readonly balance: () => Promise<bigint>;
  readonly balanceReserveWei: bigint;
  readonly answersPerRequesterPerDay: number;
}): RequestBudget => {
  const { vault, contracts, answersPerRequesterPerDay: most } = options;
  const address = contracts.addresses.shareRequests;

  /** How many of the requester's requests of the last day this keeper has answered on chain: counted in the mirrored logs, so restarts forget nothing. */
  const answeredToday = async ({ requester, deadline }: ReceivedShareRequest): Promise<number> => {
    const logs = await vault.logs.find({
      address,
      topic0: eventTopic("SharesRequested"),
      topic3: `0x${"00".repeat(12)}${requester.slice(2)}`,
    });
    const recent = logs
      .flatMap((log) => parseContractLogOf(contracts.deployment, log, "SharesRequested") ?? [])
      .filter(({ args }) => args.deadline > deadline - DAY_SECONDS); // all live equally long, so deadlines are as far apart as requests
    if (recent.length <= most) return 0; // this request is one of them: it cannot be too many
    const slot = `0x${options.slot().toString(16).padStart(64, "0")}`;
    const answers = await Promise.all(
      recent.map(({ args }) =>
        vault.logs.find({ address, topic0: eventTopic("ShareAnswered"), topic1: args.requestId, topic2: slot, limit: 1 }),
      ),
    );
    return answers.filter((found) => found.length > 0).length;
  };

  return {
    refusalOf: async (request) => {
      if ((await options.balance()) < options.balanceReserveWei) return "BALANCE_RESERVE";
      return (await answeredToday(request)) >= most ? "REQUESTER_BUDGET" : undefined;
    },
  };
};
