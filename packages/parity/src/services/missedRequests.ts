import type { ExtensionServices } from "@keyquorum/keeper";
import type { Address } from "@keyquorum/wire";
import { isAnswerRequired } from "./keyServerIndex.ts";
import { forgetRequests, idOfRequest, listRequests, noteMissed, readOnFrom } from "./requestRows.ts";
import { parseRequestLog, type ServiceRequest } from "./serviceRequest.ts";

/** Mirrored logs that are read at once of those that found no place. */
const MISSED_PAGE = 1_000;

type Services = Pick<ExtensionServices, "chain" | "members" | "transactions" | "table" | "transaction">;
type Heads = Awaited<ReturnType<Services["chain"]["look"]>>;
type Logs = Pick<ReturnType<ExtensionServices["follow"]>["logs"], "find">;

/** Requests that found no place among the rows: to be called before each pass over these. @param logsOf what is mirrored of a contract */
export const createMissedRequests = (
  services: Services,
  served: readonly Address[],
  logsOf: (contract: Address) => Logs | undefined,
): (() => Promise<void>) => {
  /** Nobody's answer would count by the final block: of none of the members that could answer. A key server that has answered may be asked again. */
  const isOver = async (request: ServiceRequest, { final }: Heads, accounts: readonly Address[]): Promise<boolean> => {
    if (request.blockNumber > final.number) return false;
    for (const account of accounts) if (await isAnswerRequired(services, request, account, final)) return false;
    return true;
  };

  /** Gives the places of requests that are over to those that found none. */
  return async (): Promise<void> => {
    const places = await Promise.all(served.map(async (contract) => ({ contract, from: await readOnFrom(services, contract) })));
    const missed = places.flatMap(({ contract, from }) => (from === undefined ? [] : [{ contract, from }]));
    if (missed.length === 0) return;
    const heads = await services.chain.look();
    const epoch = await services.members.epochAt(heads.final);
    const members = await Promise.all([epoch, epoch - 1].filter((one) => one > 0).map((one) => services.members.of(one, heads)));
    const accounts = [...new Set([services.transactions.account, ...members.flat().map(({ operator }) => operator)])];
    const over = new Set<string>();
    for (const request of await listRequests(services)) if (await isOver(request, heads, accounts)) over.add(idOfRequest(request));
    const pages = await Promise.all(
      missed.map(async ({ contract, from }) => {
        const logs = (await logsOf(contract)?.find({ fromBlock: from.blockNumber, limit: MISSED_PAGE })) ?? [];
        const last = logs.length < MISSED_PAGE ? undefined : logs.at(-1);
        // A block that fills a page by itself is a contract's that asks for nothing: what else it has there is passed over.
        const isOneBlock = last !== undefined && last.blockNumber === from.blockNumber && last.logIndex < from.logIndex;
        const end = last && (isOneBlock ? { blockNumber: last.blockNumber + 1, logIndex: 0 } : { ...last, logIndex: last.logIndex + 1 });
        return { contract, from, end, requests: logs.flatMap((one) => parseRequestLog(one) ?? []) };
      }),
    );
    await services.transaction(async (tx) => {
      await forgetRequests(tx, (one) => over.has(idOfRequest(one)));
      for (const { contract, ...mirrored } of pages) await noteMissed(tx, contract, mirrored, served);
    });
  };
};
