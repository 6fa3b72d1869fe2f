import { type ContractEvent, eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import { type Address, type DocumentId, parseAddress } from "@keyquorum/wire";
import { zeroPadValue } from "ethers";
import type { Chain } from "../chain/chain.ts";
import { scanLogs } from "../chain/logs.ts";

/** Readers with a grant, in force or ended by time, by AccessGrants' events, each confirmed by its state. Throws CHAIN_UNAVAILABLE. */
export const readGrantedReaders = async (chain: Chain, document: DocumentId, signal?: AbortSignal): Promise<readonly Address[]> =>
  confirmed(await namedIn(chain, { document, name: "AccessGranted", argument: "reader" }, signal), async (reader) => {
    const read = () => chain.contracts.accessGrants.grantOf(document, reader);
    return BigInt((await chain.calls.read("Reading the grant", read, signal)).grantor) !== 0n;
  });

/** Accounts that the owner appointed and has not dismissed. Throws CHAIN_UNAVAILABLE. */
export const readAdministrators = async (chain: Chain, document: DocumentId, signal?: AbortSignal): Promise<readonly Address[]> =>
  confirmed(await namedIn(chain, { document, name: "AdministratorAppointed", argument: "administrator" }, signal), (administrator) =>
    chain.calls.read("Reading the administrators", () => chain.contracts.accessGrants.isAdministrator(document, administrator), signal),
  );

/** Accounts that read by a delegation of this account's own, which no revocation of grants ends. Throws CHAIN_UNAVAILABLE. */
export const readOwnDelegates = async (
  chain: Chain,
  document: DocumentId,
  delegator: Address,
  signal?: AbortSignal,
): Promise<readonly Address[]> =>
  confirmed(await namedIn(chain, { document, name: "ReadingDelegated", argument: "delegate", delegator }, signal), async (delegate) => {
    const read = () => chain.contracts.accessGrants.delegationOf(document, delegate);
    return parseAddress((await chain.calls.read("Reading the delegation", read, signal)).delegator) === delegator;
  });

type GrantEvent = Extract<ContractEvent, { readonly contract: "accessGrants" }>["name"];

/** Every account that events of this kind name, once. `delegator`: delegations of this account only, so that readers cannot make the search long. */
const namedIn = async (
  chain: Chain,
  wanted: { readonly document: DocumentId; readonly name: GrantEvent; readonly argument: string; readonly delegator?: Address },
  signal: AbortSignal | undefined,
): Promise<readonly Address[]> => {
  const { document, name, argument, delegator } = wanted;
  const toBlock = await chain.calls.read("Reading the block number", () => chain.provider.getBlockNumber(), signal);
  const query = {
    address: chain.deployment.contracts.accessGrants,
    topics: [eventTopic(name), document, ...(delegator === undefined ? [] : [null, zeroPadValue(delegator, 32)])],
    fromBlock: chain.deployment.block,
    toBlock,
  };
  const found = new Set<Address>();
  for await (const log of scanLogs({ ...chain, signal }, query)) {
    const event = parseContractLogOf(chain.deployment, log, name);
    const account = event === undefined ? undefined : (event.args as Readonly<Record<string, unknown>>)[argument];
    if (account !== undefined) found.add(parseAddress(account));
  }
  return [...found];
};

const confirmed = async (accounts: readonly Address[], isSo: (account: Address) => Promise<boolean>): Promise<readonly Address[]> => {
  const kept: Address[] = [];
  for (const account of accounts) if (await isSo(account)) kept.push(account);
  return kept;
};
