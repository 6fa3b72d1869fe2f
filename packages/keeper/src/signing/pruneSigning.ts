import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import type { BlockRef } from "@keyquorum/chain";
import type { Vault } from "@keyquorum/vault";
import type { Core } from "../run/core.ts";
import type { SigningContract } from "./signingContract.ts";

const DAY = 86_400n;
/** After a request's deadline: a look back helps an operator. */
const KEPT_SECONDS = 8n * DAY;
const PAGE = 500;
const MOST_PAGES = 20;

/**
 * Drops what no request can need any more (D58): logs of requests that were over for eight days, their work and transactions, and the markers of shares
 * that left as long ago. Nonces live seconds, so nobody can be asked for those again. Evidence stays as long as its epoch is of use to anybody: 90 days.
 */
export const pruneSigning = async (
  {
    vault,
    contracts,
    contract,
    readAgainFrom,
  }: Pick<Core, "contracts"> & {
    readonly vault: Pick<Vault, "logs" | "work" | "outbox" | "signingShares" | "signingEvidence">;
    readonly contract: Pick<SigningContract, "address">;
    readonly readAgainFrom: (final: number) => number;
  },
  final: BlockRef,
  now: number,
): Promise<void> => {
  const filter = { address: contract.address, topic0: eventTopic("SigningRequested"), toBlock: final.number, limit: PAGE };
  let belowBlock = final.number;
  let fromBlock = 0;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const logs = await vault.logs.find({ ...filter, fromBlock });
    const needed = logs.find((log) => {
      const event = parseContractLogOf(contracts.deployment, log, "SigningRequested", "signingRequests");
      return event !== undefined && event.args.deadline + KEPT_SECONDS > BigInt(final.timestamp);
    });
    const last = logs.at(-1)?.blockNumber;
    if (needed !== undefined || last === undefined) {
      belowBlock = needed?.blockNumber ?? belowBlock;
      break;
    }
    belowBlock = last;
    if (logs.length < PAGE) {
      belowBlock = final.number;
      break;
    }
    fromBlock = last + 1; // requests of one block have one deadline
  }
  await vault.logs.prune({ addresses: [contract.address], belowBlock: Math.min(belowBlock, readAgainFrom(final.number)) });
  await vault.work.prune({ kind: "signing", belowBlock });
  const before = now - Number(KEPT_SECONDS) * 1000;
  await vault.outbox.prune({ kinds: ["signature"], states: ["final", "dropped"], before });
  await vault.signingShares.prune(before);
  await vault.signingEvidence.prune(now - 90 * Number(DAY) * 1000);
};
