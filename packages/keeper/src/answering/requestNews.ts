import { eventTopic } from "@keyquorum/bindings";
import type { Heads } from "@keyquorum/chain";
import type { Vault } from "@keyquorum/vault";
import type { RequestId } from "@keyquorum/wire";
import type { ServedContracts } from "../contracts/deployment.ts";
import { setNewest } from "../run/newestOnly.ts";

/** Says whether anything came of an optimistic request, without a read for each request. */
export type RequestNews = {
  /** Another number than before: an answer or a conviction of the request was mirrored, became final, or was reorganised away. */
  readonly of: (requestId: RequestId, heads: Heads) => Promise<number>;
};

const EVENTS = ["ShareAnswered", "AnswerDisproved"] as const;
/** What is forgotten counts as news. */
const MOST_REMEMBERED = 20_000;

/** Reads the logs of both events once for the same heads, however many requests wait. To be asked whenever logs were mirrored up to a head. */
export const createRequestNews = ({
  vault,
  contracts,
}: {
  readonly vault: Pick<Vault, "logs">;
  readonly contracts: ServedContracts;
}): RequestNews => {
  const address = contracts.addresses.optimisticRequests;
  const numbers = new Map<string, number>();
  const rounds = new WeakMap<Heads, Promise<void>>();
  let newest: Promise<void> = Promise.resolve();
  let count = 0;
  /** Of the last read: up to which block, and where each request's logs are that are not final, or were new. */
  let last: { readonly head: number; readonly places: ReadonlyMap<string, string> } | undefined;

  const read = async ({ head, final }: Heads): Promise<void> => {
    const fromBlock = Math.min(final.number, last?.head ?? final.number) + 1;
    const find = (name: (typeof EVENTS)[number]) => vault.logs.find({ address, topic0: eventTopic(name), fromBlock });
    const places = new Map<string, string>();
    for (const { topics, blockHash, logIndex } of (await Promise.all(EVENTS.map(find))).flat()) {
      const [, requestId = ""] = topics;
      places.set(requestId, `${places.get(requestId) ?? ""} ${blockHash}:${logIndex}`);
    }
    for (const requestId of new Set([...places.keys(), ...(last?.places.keys() ?? [])]))
      if (places.get(requestId) !== last?.places.get(requestId)) setNewest(numbers, requestId, ++count, MOST_REMEMBERED);
    last = { head: head.number, places };
  };

  return {
    of: async (requestId, heads) => {
      let round = rounds.get(heads);
      if (round === undefined) {
        round = newest.catch(() => undefined).then(() => read(heads)); // one after the other: each compares with the one before
        rounds.set(heads, round);
        newest = round;
      }
      await round;
      return numbers.get(requestId) ?? 0;
    },
  };
};
