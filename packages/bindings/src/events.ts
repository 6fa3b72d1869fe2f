import type { TypedContractEvent } from "../../../typechain-types/common.ts";
import {
  CONTRACT_NAMES,
  type ContractName,
  type IAccessGrants,
  type IDocumentRegistry,
  type IKeeperRegistry,
  type IKeyGeneration,
  type IShareRequests,
  interfaceOf,
} from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import { type Plain, plain } from "./plain.ts";

/** The contracts whose events are ours. AccessManager's are OpenZeppelin's, and no keeper acts on them. */
type Emitters = {
  readonly keeperRegistry: IKeeperRegistry;
  readonly keyGeneration: IKeyGeneration;
  readonly documentRegistry: IDocumentRegistry;
  readonly accessGrants: IAccessGrants;
  readonly shareRequests: IShareRequests;
};

/** The arguments of each event of a contract by the event's name. The generated `filters` hold each event twice; the long form is left out. */
type EventsOf<Filters> = {
  readonly [Name in keyof Filters as Name extends `${string}(${string}` ? never : Name]: Filters[Name] extends TypedContractEvent<
    infer _Input,
    infer _Output,
    infer Arguments
  >
    ? Plain<Arguments>
    : never;
};

/**
 * An event of ours as plain data: `contract` and `name` tell which, `args` are its arguments by name, in plain form.
 * Integers are bigint (enumerations too: `nameOfState`), bytes and addresses are lower-case 0x strings. Public.
 */
export type ContractEvent = {
  [C in keyof Emitters]: {
    [Name in keyof EventsOf<Emitters[C]["filters"]>]: {
      readonly contract: C;
      readonly name: Name;
      readonly args: EventsOf<Emitters[C]["filters"]>[Name];
    };
  }[keyof EventsOf<Emitters[C]["filters"]>];
}[keyof Emitters];

/** One kind of event: `ContractEventOf<"Dealt">`. */
export type ContractEventOf<Name extends ContractEvent["name"]> = Extract<ContractEvent, { readonly name: Name }>;

/** What of a log is needed to read it. ethers' Log and chain's ChainLog both are one. */
export type RawLog = { readonly address: string; readonly topics: readonly string[]; readonly data: string };

/**
 * Reads a log of one of the deployment's contracts. Undefined for foreign addresses, events that the interfaces do not have, and AccessManager's.
 * A log that has our topic but malformed data is undefined too: no contract of ours can emit one.
 */
export const parseContractLog = (deployment: Deployment, log: RawLog): ContractEvent | undefined => {
  const address = log.address.toLowerCase();
  const contract = CONTRACT_NAMES.find((name) => deployment.contracts[name] === address);
  if (contract === undefined || contract === "accessManager") return undefined;
  const parsed = parseLog(contract, log);
  if (parsed === null) return undefined;
  // true: name and arguments come from the same ABI as the type
  return { contract, name: parsed.name, args: plain(parsed.args) } as unknown as ContractEvent;
};

/** Reads a log and wants one kind of event; undefined for every other. */
export const parseContractLogOf = <Name extends ContractEvent["name"]>(
  deployment: Deployment,
  log: RawLog,
  name: Name,
): ContractEventOf<Name> | undefined => {
  const event = parseContractLog(deployment, log);
  return event?.name === name ? (event as ContractEventOf<Name>) : undefined; // true: the name was just compared
};

/** topics[0] of an event, 32 bytes as 0x hex: finds it in a store of logs. */
export const eventTopic = (name: ContractEvent["name"]): string => {
  for (const contract of CONTRACT_NAMES) {
    const event = contract === "accessManager" ? null : interfaceOf(contract).getEvent(name as never); // unknown names give null
    if (event !== null) return event.topicHash;
  }
  throw new RangeError(`No contract has an event ${name}.`);
};

/** The contract that emits an event. */
export const emitterOf = (name: ContractEvent["name"]): keyof Emitters => {
  const found = (CONTRACT_NAMES as readonly ContractName[]).find(
    (contract): contract is keyof Emitters => contract !== "accessManager" && interfaceOf(contract).getEvent(name as never) !== null,
  );
  if (found === undefined) throw new RangeError(`No contract has an event ${name}.`);
  return found;
};

const parseLog = (contract: keyof Emitters, log: RawLog) => {
  try {
    return interfaceOf(contract).parseLog({ topics: [...log.topics], data: log.data });
  } catch {
    return null; // ethers throws on data that does not decode
  }
};
