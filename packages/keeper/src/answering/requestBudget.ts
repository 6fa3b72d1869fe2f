import { eventTopic } from "@keyquorum/bindings";
import type { ReceivedShareRequest } from "@keyquorum/protocol";
import type { MirroredLog, Vault } from "@keyquorum/vault";
import type { RequestId } from "@keyquorum/wire";
import type { KeeperConfig } from "../config/parseConfig.ts";
import type { ServedContracts } from "../contracts/deployment.ts";
import { deadlineOf } from "../contracts/mirroredRequests.ts";
import { REQUEST_CONTRACTS } from "../contracts/requestContract.ts";
import { type Clock, systemClock } from "../run/clock.ts";
import type { Core } from "../run/core.ts";
import { hasCome } from "../run/every.ts";

/** A request, whose document it is, and whether it pays for its answers. */
export type Budgeted = Pick<ReceivedShareRequest, "requestId" | "requester" | "deadline"> & {
  readonly owner: string;
  readonly isPaid: boolean;
};
export type BudgetRefusal = "BALANCE_RESERVE" | "TOTAL_BUDGET" | "OWNER_BUDGET" | "REQUESTER_BUDGET";

/**
 * Keeps this keeper's own money (D35): it answers on chain only above a reserve, and within a number per day for each requester, for the documents of
 * each owner, and in all, of both contracts together. Requests that pay nothing have a part of the total, and stop at twice the reserve, so that they
 * leave room for those that pay.
 */
export type RequestBudget = {
  /** Why a request must wait; undefined when it may be answered, and then it counts. */
  readonly refusalOf: (request: Budgeted) => Promise<BudgetRefusal | undefined>;
  /** It was allowed and is not answered after all: it does not count. */
  readonly giveBack: (requestId: RequestId) => void;
};

const DAY_SECONDS = 86_400n;
const LOOK_AGAIN_MILLISECONDS = 10_000;

type BudgetLimits = Pick<
  KeeperConfig["limits"],
  "balanceReserveWei" | "answersPerRequesterPerDay" | "answersPerOwnerPerDay" | "answersPerDay" | "freeAnswersPerDay"
>;

export const createRequestBudget = (
  options: BudgetLimits &
    Pick<Core, "contracts"> & {
      readonly vault: Pick<Vault, "logs">;
      readonly slot: () => number;
      /** Balance of the operator's account in wei. */
      readonly balance: () => Promise<bigint>;
      readonly clock?: Clock;
    },
): RequestBudget => {
  const { clock = systemClock } = options;
  const day = createDay();
  const mirrored = createMirroredAnswers(options);
  let lookedAt: number | undefined;
  let look: Promise<void> = Promise.resolve();

  /** What this keeper answered by the mirrored logs, so that restarts forget nothing. */
  const catchUp = (): Promise<void> => {
    const now = clock.now();
    if (lookedAt !== undefined && !hasCome(lookedAt + LOOK_AGAIN_MILLISECONDS, { now, longest: LOOK_AGAIN_MILLISECONDS })) return look;
    lookedAt = now;
    look = mirrored((answered) => day.add(answered)).catch((error: unknown) => {
      lookedAt = undefined;
      throw error;
    });
    return look;
  };

  return {
    refusalOf: async (request) => {
      const reserve = options.balanceReserveWei * (request.isPaid ? 1n : 2n);
      if ((await options.balance()) < reserve) return "BALANCE_RESERVE";
      await catchUp();
      day.moveTo(request.deadline);
      if (day.has(request.requestId)) return undefined;
      if (day.count("all") >= options.answersPerDay) return "TOTAL_BUDGET";
      if (!request.isPaid && day.count("free") >= options.freeAnswersPerDay) return "TOTAL_BUDGET";
      if (day.count(`owner ${request.owner}`) >= options.answersPerOwnerPerDay) return "OWNER_BUDGET";
      if (day.count(`requester ${request.requester}`) >= options.answersPerRequesterPerDay) return "REQUESTER_BUDGET";
      day.add(request);
      return undefined;
    },
    giveBack: day.remove,
  };
};

/** Requests that were answered, or are about to be, in the last day: by their deadlines, since all live equally long. As many at most as a day allows. */
const createDay = () => {
  const entries = new Map<RequestId, Budgeted>();
  const counts = new Map<string, number>();
  let newest = 0n;
  const namesOf = ({ owner, requester, isPaid }: Budgeted): readonly string[] => [
    ...["all", `owner ${owner}`, `requester ${requester}`],
    ...(isPaid ? [] : ["free"]),
  ];
  const remove = (requestId: RequestId): void => {
    const entry = entries.get(requestId);
    if (entry === undefined) return;
    entries.delete(requestId);
    for (const name of namesOf(entry)) {
      const count = (counts.get(name) ?? 0) - 1;
      if (count > 0) counts.set(name, count);
      else counts.delete(name);
    }
  };
  return {
    has: (requestId: RequestId): boolean => entries.has(requestId),
    count: (name: string): number => counts.get(name) ?? 0,
    moveTo: (deadline: bigint): void => {
      if (deadline <= newest) return;
      newest = deadline;
      for (const entry of [...entries.values()]) if (entry.deadline <= newest - DAY_SECONDS) remove(entry.requestId);
    },
    add: (entry: Budgeted): void => {
      if (entries.has(entry.requestId) || entry.deadline <= newest - DAY_SECONDS) return;
      entries.set(entry.requestId, entry);
      for (const name of namesOf(entry)) counts.set(name, (counts.get(name) ?? 0) + 1);
    },
    remove,
  };
};

/** Gives what this keeper answered on chain, each time only what came since the last time. A request pays what the price was when it was made. */
const createMirroredAnswers = ({
  vault,
  contracts,
  slot,
}: {
  readonly vault: Pick<Vault, "logs">;
  readonly contracts: ServedContracts;
  readonly slot: () => number;
}) => {
  let fromBlock = 0;
  const topicOf = (name: "SharesRequested" | "ShareAnswered" | "DocumentPublished" | "PriceChanged") => eventTopic(name);
  const findOne = async (filter: Parameters<Vault["logs"]["find"]>[0]): Promise<MirroredLog | undefined> =>
    (await vault.logs.find({ ...filter, limit: 1 }))[0];

  return async (give: (answered: Budgeted) => void): Promise<void> => {
    const topic2 = `0x${slot().toString(16).padStart(64, "0")}`;
    let newest = fromBlock;
    for (const contract of REQUEST_CONTRACTS) {
      const address = contracts.addresses[contract];
      const prices = await vault.logs.find({ address, topic0: topicOf("PriceChanged") });
      for (const { topics, blockNumber } of await vault.logs.find({ address, topic0: topicOf("ShareAnswered"), topic2, fromBlock })) {
        newest = Math.max(newest, blockNumber);
        const [, requestId] = topics;
        const requested = requestId && (await findOne({ address, topic0: topicOf("SharesRequested"), topic1: requestId }));
        const [, , document, requester] = requested ? requested.topics : [];
        if (!requested || document === undefined || requester === undefined) continue; // older than what is kept
        const published = await findOne({
          address: contracts.addresses.documentRegistry,
          topic0: topicOf("DocumentPublished"),
          topic1: document,
        });
        give({
          requestId: requestId as RequestId, // true: the first topic of the event
          requester: addressIn(requester),
          owner: addressIn(published?.topics[2] ?? document),
          deadline: deadlineOf(requested),
          isPaid: isPriced(prices, requested),
        });
      }
    }
    fromBlock = newest;
  };
};

/** Before the first change everything is free. @param prices in their order */
const isPriced = (prices: readonly MirroredLog[], { blockNumber, logIndex }: MirroredLog): boolean => {
  const before = prices.findLast((log) => log.blockNumber < blockNumber || (log.blockNumber === blockNumber && log.logIndex < logIndex));
  return before !== undefined && BigInt(before.data) > 0n; // the price is all of its data
};

const addressIn = (topic: string): Budgeted["requester"] => `0x${topic.slice(-40)}` as Budgeted["requester"]; // true: an address is the end of its word
