import { eventTopic } from "@keyquorum/bindings";
import type { BlockRef } from "@keyquorum/chain";
import type { MirroredLog, Vault } from "@keyquorum/vault";
import { REQUEST_CONTRACTS } from "../contracts/requestContract.ts";
import type { ServedContracts } from "../deployment.ts";
import { ANSWER_ID_PREFIX } from "./answerCall.ts";
import { CHALLENGE_ID_PREFIX } from "./challengeTransaction.ts";
import { deadlineOf } from "./findRequested.ts";

/** After a request's deadline: the budgets count a day, an optimistic answer can be challenged for a while, and a look back helps an operator. */
const KEPT_SECONDS = 8n * 86_400n;
const PAGE = 500;
const MOST_PAGES = 20;

/**
 * Drops what strangers paid for on chain and no request can need any more (D58): logs of the request contracts, and of contracts whose logs no work
 * reads, from before the first request that was over for less than eight days; with them the work and the transactions that those requests were.
 * Published headers and what keys are made of stay.
 */
export const pruneRequests = async (
  { vault, contracts }: { readonly vault: Pick<Vault, "logs" | "work" | "outbox" | "challenges">; readonly contracts: ServedContracts },
  final: BlockRef,
  now: number,
): Promise<void> => {
  const { addresses } = contracts;
  const belowBlock = await firstNeeded({ vault, contracts }, final);
  const unread = [addresses.accessGrants, addresses.readerSessions, addresses.receiptFaults];
  await vault.logs.prune({ addresses: [...REQUEST_CONTRACTS.map((contract) => addresses[contract]), ...unread], belowBlock });
  for (const kind of ["request", "challenge"]) await vault.work.prune({ kind, belowBlock });
  const before = now - Number(KEPT_SECONDS) * 1000;
  for (const prefix of [ANSWER_ID_PREFIX, CHALLENGE_ID_PREFIX]) await vault.outbox.prune({ prefix, states: ["final", "dropped"], before });
  await vault.challenges.prune(before);
};

/** The block of the oldest request that may still be needed; the final block when there is none. Requests of a contract are over in the order they came. */
const firstNeeded = async (
  { vault, contracts }: { readonly vault: Pick<Vault, "logs">; readonly contracts: ServedContracts },
  final: BlockRef,
): Promise<number> => {
  const isNeeded = (log: MirroredLog): boolean => deadlineOf(log) + KEPT_SECONDS > BigInt(final.timestamp);
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
