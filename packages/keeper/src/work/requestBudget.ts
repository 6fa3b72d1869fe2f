import { eventTopic } from "@keyquorum/bindings";
import type { ReceivedShareRequest } from "@keyquorum/protocol";
import type { MirroredLog, Vault } from "@keyquorum/vault";
import type { Address, RequestId } from "@keyquorum/wire";
import { type Clock, systemClock } from "../clock.ts";
import { REQUEST_CONTRACTS } from "../contracts/requestContract.ts";
import type { ServedContracts } from "../deployment.ts";

/** Keeps this keeper's own money (D35): on-chain answers only within a number per requester and day, of both contracts together, and above a reserve. */
export type RequestBudget = {
  /** Why a request must wait; undefined when it may be answered. */
  readonly refusalOf: (request: ReceivedShareRequest) => Promise<"BALANCE_RESERVE" | "REQUESTER_BUDGET" | undefined>;
};

const DAY_SECONDS = 86_400n;
/** A requester's requests are counted this seldom, however many of them wait: counting them for each would take time by the square. */
const COUNT_AGAIN_MILLISECONDS = 10_000;
const MOST_REMEMBERED = 1_000;

/** A requester's last day. `allowed`: what was allowed since it was counted. `fromBlocks`: what came before is older than a day, for each contract. */
type Day = { readonly fromBlocks: readonly number[]; readonly answered: number; readonly allowed: Set<RequestId> };

export const createRequestBudget = (options: {
  readonly vault: Pick<Vault, "logs">;
  readonly contracts: ServedContracts;
  readonly slot: () => number;
  /** Balance of the operator's account in wei. */
  readonly balance: () => Promise<bigint>;
  readonly balanceReserveWei: bigint;
  readonly answersPerRequesterPerDay: number;
  readonly clock?: Clock;
}): RequestBudget => {
  const { vault, contracts, answersPerRequesterPerDay: most, clock = systemClock } = options;
  const addresses = REQUEST_CONTRACTS.map((contract) => contracts.addresses[contract]);
  const days = new Map<Address, { readonly countedAt: number; readonly day: Promise<Day> }>();

  /** Of these requests, how many this keeper has answered on chain, as far as it matters. */
  const countAnswered = async (requests: readonly MirroredLog[]): Promise<number> => {
    if (requests.length <= most) return 0; // the request that is asked about is one of them: it cannot be too many
    const topic0 = eventTopic("ShareAnswered");
    const topic2 = `0x${options.slot().toString(16).padStart(64, "0")}`;
    let answered = 0;
    for (const { address, topics } of requests) {
      if (answered >= most) break;
      const topic1 = topics[1] === undefined ? {} : { topic1: topics[1] };
      answered += (await vault.logs.find({ address, topic0, topic2, ...topic1, limit: 1 })).length;
    }
    return answered;
  };

  /** A requester's requests of the last day at one contract. */
  const recentAt = async (address: Address, requester: Address, fromBlock: number): Promise<readonly MirroredLog[]> => {
    const topic3 = `0x${"00".repeat(12)}${requester.slice(2)}`;
    const logs = await vault.logs.find({ address, topic0: eventTopic("SharesRequested"), topic3, fromBlock });
    const newest = logs.reduce((latest, log) => (deadlineOf(log) > latest ? deadlineOf(log) : latest), 0n);
    return logs.filter((log) => deadlineOf(log) > newest - DAY_SECONDS); // all live equally long, so deadlines are as far apart as requests
  };

  /** Counted in the mirrored logs, so restarts forget nothing. */
  const count = async (requester: Address, fromBlocks: readonly number[]): Promise<Day> => {
    const recent = await Promise.all(addresses.map((address, index) => recentAt(address, requester, fromBlocks[index] ?? 0)));
    return {
      fromBlocks: recent.map(([oldest]) => oldest?.blockNumber ?? 0),
      answered: await countAnswered(recent.flat()),
      allowed: new Set<RequestId>(),
    };
  };

  const dayOf = (requester: Address): Promise<Day> => {
    const known = days.get(requester);
    if (known !== undefined && clock.now() - known.countedAt < COUNT_AGAIN_MILLISECONDS) return known.day;
    const day = known === undefined ? count(requester, []) : known.day.then(({ fromBlocks }) => count(requester, fromBlocks));
    if (days.size >= MOST_REMEMBERED) days.delete([...days.keys()][0] as Address); // true: it is not empty
    days.set(requester, { countedAt: clock.now(), day });
    day.catch(() => days.delete(requester));
    return day;
  };

  return {
    refusalOf: async ({ requester, requestId }) => {
      if ((await options.balance()) < options.balanceReserveWei) return "BALANCE_RESERVE";
      const { answered, allowed } = await dayOf(requester);
      if (allowed.has(requestId)) return undefined;
      if (answered + allowed.size >= most) return "REQUESTER_BUDGET";
      allowed.add(requestId);
      return undefined;
    },
  };
};

/** The event's last word. Decoding all of it takes a hundred times as long. */
const deadlineOf = ({ data }: MirroredLog): bigint => BigInt(`0x${data.slice(-64)}`);
