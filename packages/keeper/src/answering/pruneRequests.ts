import { eventTopic } from "@keyquorum/bindings";
import type { BlockRef } from "@keyquorum/chain";
import type { MirroredLog, Vault } from "@keyquorum/vault";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../contracts/deployment.ts";
import { deadlineOf } from "../contracts/mirroredRequests.ts";
import { REQUEST_CONTRACTS } from "../contracts/requestContract.ts";

const DAY = 86_400n;
/** After a request's deadline: the budgets count a day, and a look back helps an operator. */
const KEPT_SECONDS = 8n * DAY;
const PAGE = 500;
const MOST_PAGES = 20;

/**
 * Drops what strangers paid for on chain and no request can need any more (D58): logs of the request contracts, and of contracts whose logs no work
 * reads, from before the first request that was over for less than eight days, or may be challenged still; with them the work and the transactions
 * that those requests were. Published headers, prices and what keys are made of stay, and logs of blocks that will be read again, which would
 * seem to come late. Throws ChainUnavailableError.
 */
export const pruneRequests = async (
  {
    vault,
    contracts,
    reader,
    readAgainFrom,
  }: {
    readonly vault: Pick<Vault, "logs" | "work" | "outbox" | "challenges">;
    readonly contracts: ServedContracts;
    readonly reader: ChainReader;
    readonly readAgainFrom: (final: number) => number;
  },
  final: BlockRef,
  now: number,
): Promise<void> => {
  const { addresses } = contracts;
  const keptSeconds = await keptSecondsAt(reader, final);
  const belowBlock = await firstNeeded({ vault, contracts }, final, keptSeconds);
  const belowRead = Math.min(belowBlock, readAgainFrom(final.number));
  const unread = [addresses.accessGrants, addresses.readerSessions, addresses.receiptFaults];
  const requests = REQUEST_CONTRACTS.map((contract) => addresses[contract]);
  // A price holds until the next one, and only governance sets one.
  await vault.logs.prune({ addresses: [...requests, ...unread], belowBlock: belowRead, exceptTopic0: eventTopic("PriceChanged") });
  for (const kind of ["request", "challenge"]) await vault.work.prune({ kind, belowBlock });
  const before = now - Number(keptSeconds) * 1000;
  await vault.outbox.prune({ kinds: ["answer", "challenge"], states: ["final", "dropped"], before });
  await vault.challenges.prune(before);
};

/** A challenge is remembered from when it was decided on, which may be as early as the request. */
const keptSecondsAt = async (reader: ChainReader, { hash }: BlockRef): Promise<bigint> => {
  const [lifetime, window] = await Promise.all([reader.at(hash).requestLifetime(), reader.at(hash).challengeWindow()]);
  const needed = lifetime + window + DAY;
  return needed > KEPT_SECONDS ? needed : KEPT_SECONDS;
};

/** The block of the oldest request that may still be needed; the final block when there is none. Requests of a contract are over in the order they came. */
const firstNeeded = async (
  { vault, contracts }: { readonly vault: Pick<Vault, "logs">; readonly contracts: ServedContracts },
  final: BlockRef,
  keptSeconds: bigint,
): Promise<number> => {
  const isNeeded = (log: MirroredLog): boolean => deadlineOf(log) + keptSeconds > BigInt(final.timestamp);
  const firsts = REQUEST_CONTRACTS.map(async (contract) => {
    const filter = { address: contracts.addresses[contract], topic0: eventTopic("SharesRequested"), toBlock: final.number, limit: PAGE };
    let fromBlock = 0;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const logs = await vault.logs.find({ ...filter, fromBlock });
      const needed = logs.find(isNeeded);
      if (needed !== undefined) return needed.blockNumber;
      const last = logs.at(-1)?.blockNumber;
      if (last === undefined || logs.length < PAGE) return final.number;
      fromBlock = last + 1; // requests of one block have one deadline
    }
    return fromBlock;
  });
  return Math.min(...(await Promise.all(firsts)));
};
