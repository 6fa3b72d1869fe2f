import type { ExtensionServices, OwnStores, OwnTable } from "@keyquorum/keeper";
import type { Address } from "@keyquorum/wire";
import { instanceOf, requestName, type ServiceRequest } from "./serviceRequest.ts";

/** One row for each request that a service contract's logs made, under its name: the newest of that name. */
const TABLE = "service-requests";
/** This keeper's part of a reading on chain, under the request's name: see `stagedPart.ts`. */
export const PARTS_TABLE = "service-parts";
/** Of all contracts together, each with a row for this keeper's part: server keys leave room for a hundred. Parity's contracts let 24 wait. */
export const MOST_REQUESTS = 40;
/** Of these, so many are one contract's own at most. */
const MOST_OWN_PLACES = 4;
/** Where to read on in a contract's logs, under its address without 0x. */
const READ_ON_TABLE = "service-read-on";

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

/** How many of all places a contract has for itself, where so many are served: others leave them free. */
const ownPlaces = (contracts: number): number => Math.min(MOST_OWN_PLACES, Math.floor(MOST_REQUESTS / Math.max(1, contracts)));

/** Whether there is a place for one more request of a contract, beside those that are the other contracts' own. */
const hasPlace = (known: Iterable<ServiceRequest>, contract: Address, contracts: readonly Address[]): boolean => {
  const held = new Map<Address, number>();
  for (const one of known) held.set(one.contract, (held.get(one.contract) ?? 0) + 1);
  const most = ownPlaces(contracts.length);
  const kept = contracts.filter((one) => one !== contract).reduce((sum, one) => sum + Math.max(0, most - (held.get(one) ?? 0)), 0);
  const used = [...held.values()].reduce((sum, count) => sum + count, 0);
  return used + kept < MOST_REQUESTS;
};

/**
 * Notes requests, by ascending block and log, within the transaction that mirrors their logs. The first of a contract for which there is no place is
 * written down as where to read on (`readOn`): it waits longer, and is not lost.
 * @param contracts that are served
 * @returns how many found no place
 */
export const noteRequests = async (
  tx: Pick<OwnStores, "table">,
  requests: readonly ServiceRequest[],
  contracts: readonly Address[],
): Promise<number> => {
  const known = new Map((await listRequests(tx)).map((one) => [requestName(one), one]));
  const noted = new Set<string>();
  const without = new Map<Address, ServiceRequest>();
  let count = 0;
  for (const request of requests) {
    const name = requestName(request);
    const present = known.get(name);
    if (present !== undefined && !isLater(request, present)) continue;
    if (present === undefined && !hasPlace(known.values(), request.contract, contracts)) {
      count += 1;
      if (!without.has(request.contract)) without.set(request.contract, request);
      continue;
    }
    known.set(name, request);
    noted.add(name);
  }
  for (const name of noted) await tx.table(TABLE).put(name, new TextEncoder().encode(JSON.stringify(known.get(name))));
  for (const [contract, first] of without) if ((await readOnFrom(tx, contract)) === undefined) await putReadOn(tx, contract, first);
  return count;
};

/** Of a log among those of one contract. */
type Place = Pick<ServiceRequest, "blockNumber" | "logIndex">;

const isLater = (one: Place, other: Place): boolean =>
  one.blockNumber > other.blockNumber || (one.blockNumber === other.blockNumber && one.logIndex > other.logIndex);

/** From where on a contract's mirrored logs have requests that found no place. Undefined: nowhere. */
export const readOnFrom = async (tables: Tables, contract: Address): Promise<Place | undefined> => {
  const bytes = await tables.table(READ_ON_TABLE).get(contract.slice(2));
  return bytes === undefined ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as Place); // true: sealed by this keeper
};

const putReadOn = (tx: Pick<OwnStores, "table">, contract: Address, { blockNumber, logIndex }: Place): Promise<void> =>
  tx.table(READ_ON_TABLE).put(contract.slice(2), new TextEncoder().encode(JSON.stringify({ blockNumber, logIndex })));

/**
 * Gives places that are free now to requests that found none.
 * @param mirrored logs of the contract from the block of `from` on. `end`: the place behind them, where there may be more
 */
export const noteMissed = async (
  tx: Pick<OwnStores, "table">,
  contract: Address,
  mirrored: { readonly from: Place; readonly requests: readonly ServiceRequest[]; readonly end: Place | undefined },
  contracts: readonly Address[],
): Promise<void> => {
  const from = await readOnFrom(tx, contract);
  if (from === undefined || instanceOf(from) !== instanceOf(mirrored.from)) return; // a reorganisation came between
  await tx.table(READ_ON_TABLE).delete(contract.slice(2));
  const missed = mirrored.requests.filter((request) => !isLater(from, request));
  await noteRequests(tx, missed, contracts);
  if (mirrored.end !== undefined && (await readOnFrom(tx, contract)) === undefined) await putReadOn(tx, contract, mirrored.end);
};

/** A contract's logs above a block are gone. */
export const forgetAbove = async (tx: Pick<OwnStores, "table">, contract: Address, toBlock: number): Promise<void> => {
  await forgetRequests(tx, (one) => one.contract === contract && one.blockNumber > toBlock);
  const from = await readOnFrom(tx, contract);
  if (from !== undefined && from.blockNumber > toBlock) await tx.table(READ_ON_TABLE).delete(contract.slice(2));
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
