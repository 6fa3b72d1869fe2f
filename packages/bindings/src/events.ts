import type { TypedContractEvent } from "../../../typechain-types/common.ts";
import type { Contracts } from "./connect.ts";
import { CONTRACT_NAMES, type ContractName, interfaceOf } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import { type Plain, plain } from "./plain.ts";

/** The contracts whose events are ours. AccessManager's are OpenZeppelin's, and no keeper acts on them. */
export type EmitterName = Exclude<ContractName, "accessManager">;

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
  [C in EmitterName]: {
    [Name in keyof EventsOf<Contracts[C]["filters"]>]: {
      readonly contract: C;
      readonly name: Name;
      readonly args: EventsOf<Contracts[C]["filters"]>[Name];
    };
  }[keyof EventsOf<Contracts[C]["filters"]>];
}[EmitterName];

/** The contracts that have an event: `EmitterOf<"ShareAnswered">`. */
export type EmitterOf<Name extends ContractEvent["name"]> = Extract<ContractEvent, { readonly name: Name }>["contract"];

/**
 * One kind of event: `ContractEventOf<"Dealt">`. Where several contracts have an event of that name it is any of theirs, and `contract` tells
 * which; a second parameter means one contract's.
 */
export type ContractEventOf<Name extends ContractEvent["name"], C extends EmitterName = EmitterOf<Name>> = Extract<
  ContractEvent,
  { readonly name: Name; readonly contract: C }
>;

/** What of a log is needed to read it. ethers' Log and chain's ChainLog both are one. */
export type RawLog = { readonly address: string; readonly topics: readonly string[]; readonly data: string };

/**
 * Reads a log of one of the deployment's contracts. Undefined for foreign addresses, events that the interfaces do not have, and AccessManager's.
 * A log that has our topic but malformed data is undefined too: no contract of ours can emit one.
 */
export const parseContractLog = (deployment: Deployment, log: RawLog): ContractEvent | undefined => {
  const address = log.address.toLowerCase();
  const contract = EMITTERS.find((name) => deployment.contracts[name] === address);
  if (contract === undefined) return undefined;
  const parsed = parseLog(contract, log);
  if (parsed === null) return undefined;
  // true: name and arguments come from the same ABI as the type
  return { contract, name: parsed.name, args: plain(parsed.args) } as unknown as ContractEvent;
};

/**
 * Reads a log and wants one kind of event; undefined for every other. Without `contract`, every contract of the deployment that has such an
 * event counts, and the event's `contract` tells which it was. Never take the name alone for the contract: two of them have `SharesRequested`.
 */
export const parseContractLogOf = <Name extends ContractEvent["name"], C extends EmitterOf<Name> = EmitterOf<Name>>(
  deployment: Deployment,
  log: RawLog,
  name: Name,
  contract?: C,
): ContractEventOf<Name, C> | undefined => {
  const event = parseContractLog(deployment, log);
  if (event === undefined || event.name !== name) return undefined;
  if (contract !== undefined && event.contract !== contract) return undefined;
  return event as unknown as ContractEventOf<Name, C>; // true: name and contract were just compared
};

/**
 * topics[0] of an event, 32 bytes as 0x hex: finds it in a store of logs. Contracts that share a name share the topic (a test proves it), so a
 * search needs the contract's address too.
 */
export const eventTopic = (name: ContractEvent["name"]): string => {
  const [first] = emittersOf(name);
  const topic = first === undefined ? undefined : eventOf(first, name)?.topicHash;
  if (topic === undefined) throw new RangeError(`No contract has an event ${name}.`);
  return topic;
};

/** The contracts that have an event of that name: usually one. */
export const emittersOf = <Name extends ContractEvent["name"]>(name: Name): readonly EmitterOf<Name>[] =>
  EMITTERS.filter((contract): contract is EmitterOf<Name> => eventOf(contract, name) !== null);

const EMITTERS = CONTRACT_NAMES.filter((name): name is EmitterName => name !== "accessManager");

const eventOf = (contract: EmitterName, name: string) => interfaceOf(contract).getEvent(name as never); // names that it lacks give null

const parseLog = (contract: EmitterName, log: RawLog) => {
  try {
    return interfaceOf(contract).parseLog({ topics: [...log.topics], data: log.data });
  } catch {
    return null; // ethers throws on data that does not decode
  }
};
