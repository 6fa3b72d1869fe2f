import type { ExtensionServices, OwnStores, OwnTable } from "@keyquorum/keeper";
import { instanceOf, requestName, type ServiceRequest } from "./serviceRequest.ts";

/** One row for each request that a service contract's logs made, under its name: the newest of that name. */
const TABLE = "service-requests";
/** This keeper's part of a reading on chain, under the request's name: see `stagedPart.ts`. */
export const PARTS_TABLE = "service-parts";
/** Of all contracts together, each with a row for this keeper's part: server keys leave room for a hundred. Parity's contracts let 24 wait. */
export const MOST_REQUESTS = 40;

type Tables = { readonly table: (name: string) => OwnTable };

/** A request of this name. Undefined: this keeper knows of none. */
export const findRequest = async (tables: Tables, name: string): Promise<ServiceRequest | undefined> => {
  const bytes = await tables.table(TABLE).get(name);
  return bytes === undefined ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as ServiceRequest); // true: sealed by this keeper
};

/** All of them, in the order in which they were made. */
export const listRequests = async (tables: Tables): Promise<readonly ServiceRequest[]> => {
  const names = await tables.table(TABLE).list({ limit: MOST_REQUESTS });
  const found = await Promise.all(names.map((name) => findRequest(tables, name)));
  return found.flatMap((request) => request ?? []).toSorted((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex);
};

/**
 * Notes requests, within the transaction that mirrors their logs. Where there are too many, those that `isOver` says nobody waits for make room, the
 * oldest first.
 * @returns those for which there is none
 */
export const noteRequests = async (
  tx: Pick<OwnStores, "table">,
  requests: readonly ServiceRequest[],
  isOver: (request: ServiceRequest) => boolean,
): Promise<readonly ServiceRequest[]> => {
  const table = tx.table(TABLE);
  const without: ServiceRequest[] = [];
  for (const request of requests) {
    const name = requestName(request);
    const known = await listRequests(tx);
    const isNew = !known.some((one) => requestName(one) === name);
    if (isNew && known.length >= MOST_REQUESTS) {
      const over = known.find(isOver);
      if (over === undefined) {
        without.push(request);
        continue;
      }
      await forget(tx, requestName(over));
    }
    await table.put(name, new TextEncoder().encode(JSON.stringify(request)));
  }
  return without;
};

/** Forgets requests for which `isGone` holds. */
export const forgetRequests = async (tx: Pick<OwnStores, "table">, isGone: (request: ServiceRequest) => boolean): Promise<void> => {
  for (const request of await listRequests(tx)) if (isGone(request)) await forget(tx, requestName(request));
};

const forget = async (tx: Pick<OwnStores, "table">, name: string): Promise<void> => {
  await tx.table(TABLE).delete(name);
  await tx.table(PARTS_TABLE).delete(name);
};

type Heads = Awaited<ReturnType<ExtensionServices["chain"]["look"]>>;

/** Blocks on top of a request's, as Parity's nodes wait for. */
const CONFIRMATIONS = 3;

/** Whether a request is final, and as deep as Parity's nodes want it. */
export const isConfirmed = ({ blockNumber }: Pick<ServiceRequest, "blockNumber">, { head, final }: Heads): boolean =>
  blockNumber <= final.number && blockNumber + CONFIRMATIONS <= head.number;

/** Names one request for good: for transactions and logs. */
export const idOfRequest = (request: ServiceRequest): string => `${requestName(request)}-${instanceOf(request)}`;
