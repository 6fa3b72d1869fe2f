import type { PeerTransport } from "@keyquorum/keeper";
import { type Address, bytesToHex, hexToBytes, parseAddress } from "@keyquorum/wire";
import { createExtensionHosts, type ExtensionHost, type ExtensionHosts } from "../../../keeper/src/testing/extensionHosts.ts";
import { blockHash, type FakeChain } from "../../../keeper/src/testing/fakeChain.ts";
import type { MayGenerate } from "../board/boardMembers.ts";
import { createServerKeyBoard, type ServerKeyBoard } from "../board/serverKeyBoard.ts";
import { EXTENSION_NAME } from "../extensionName.ts";
import { createServerKeyRecords } from "../records/serverKeyRecords.ts";
import { createDocumentKeys, type DocumentKeys } from "../retrieval/documentKeys.ts";
import type { Holder } from "../retrieval/holder.ts";
import { type AbiValue, encodeCall, readAbi } from "../services/abi.ts";
import { createServiceDuties, type ServiceDuties } from "../services/serviceDuties.ts";
import { REQUEST_TOPICS, SERVICE_TOPICS } from "../services/serviceRequest.ts";
import { withoutSessions } from "./boardHosts.ts";
import { ACL } from "./keyHolders.ts";

export const CONTRACT = parseAddress(`0x${"5e".repeat(20)}`);
const ZERO_ADDRESS = `0x${"00".repeat(20)}`;
/** `documentKeyPersonalRetrieved`, and its event. */
const PART = "b9b36c42";
const PART_TOPIC = SERVICE_TOPICS.at(-1) as string; // true: it is the last one
const [GENERATION, RETRIEVAL, STORING, COMMON, PERSONAL] = REQUEST_TOPICS as [string, string, string, string, string];

/** What a key server called: selector, and its values behind. */
export type Said = { readonly by: Address; readonly selector: string; readonly data: string };

/** A contract of Parity's services, as far as key servers see it: it wants every key server's answer to what waits. Tests only. */
export type FakeService = {
  /** Announces a request in the next block, and what `is..Required` says until it is closed. */
  readonly ask: {
    readonly generation: (id: Uint8Array, author: Address, threshold: number) => void;
    readonly retrieval: (id: Uint8Array) => void;
    readonly storing: (id: Uint8Array, author: Address, commonPoint: Uint8Array, encryptedPoint: Uint8Array) => void;
    readonly common: (id: Uint8Array, requester: Address) => void;
    readonly personal: (id: Uint8Array, requesterPublic: Uint8Array) => void;
  };
  /** What has been called since, by whom. */
  readonly said: Said[];
  /** The set of key servers has changed: nobody has answered what waits. */
  readonly askAgain: () => void;
  /** Nothing waits any more. */
  readonly close: () => void;
  /** Accounts by place; may be set. */
  keyServers: readonly Address[];
};

/** Keepers that serve a contract, each with a real vault. Tests only. */
export type ServiceHosts = ExtensionHosts & {
  readonly contract: FakeService;
  readonly boardOf: (slot: number) => ServerKeyBoard;
  readonly keysOf: (slot: number) => DocumentKeys;
  readonly dutiesOf: (slot: number) => ServiceDuties;
  readonly restart: (slot: number) => Promise<void>;
  readonly decide: (decision: (requester: string, block: number) => number) => void;
  /** Blocks pass (seconds, too), every keeper that is there follows and does its round, and what it posts is mined. */
  readonly pass: (blocks?: number) => Promise<void>;
  /** Keepers that are not there: they answer nobody and do nothing. */
  readonly away: Set<number>;
};

export const createServiceHosts = async (
  slots: readonly number[],
  options: {
    readonly network?: (inner: PeerTransport) => PeerTransport;
    readonly mayGenerate?: MayGenerate;
    readonly change?: (slot: number) => (holder: Holder) => Holder;
    /** Slots whose configuration names the contract. Default: all. */
    readonly following?: readonly number[];
  } = {},
): Promise<ServiceHosts> => {
  const hosts = await createExtensionHosts(EXTENSION_NAME, slots, options);
  withoutSessions(hosts);
  const operatorOf = ({ services }: ExtensionHost): Address => services.transactions.account;
  const contract = createFakeService(hosts, hosts.hosts.map(operatorOf));
  const [boards, keys, duties] = [new Map<number, ServerKeyBoard>(), new Map<number, DocumentKeys>(), new Map<number, ServiceDuties>()];
  const away = new Set<number>();
  const answerersOf = new Map<number, ExtensionHost["answerers"]>();

  const start = async (host: ExtensionHost): Promise<void> => {
    const { services, slot } = host;
    const records = createServerKeyRecords(services);
    const change = options.change?.(slot);
    const documentKeys = createDocumentKeys({
      ...{ services, records, acl: ACL, report: { named: () => undefined } },
      ...(change === undefined ? {} : { change }),
    });
    const mayGenerate = options.mayGenerate ?? (async () => undefined);
    const board = await createServerKeyBoard({ services, mayGenerate, patience: 60_000 });
    const follows = options.following?.includes(slot) ?? true;
    const served = await createServiceDuties({
      ...{ services, records, board, documentKeys, mayGenerate, acl: ACL },
      contracts: follows ? [{ contract: CONTRACT, fromBlock: 1, gas: 1_000_000n }] : [],
    });
    boards.set(slot, board);
    keys.set(slot, documentKeys);
    duties.set(slot, served);
    answerersOf.set(slot, [...board.answerers, ...documentKeys.answerers, ...served.answerers]);
    host.answerers = answerersOf.get(slot);
  };
  for (const host of hosts.hosts) await start(host);

  const decide: ServiceHosts["decide"] = (decision) =>
    hosts.everywhere((chain) => {
      chain.answers["shareRequests.decide"] = (args, block) => [decision(String(args.at(-2)).toLowerCase(), block)];
    });
  decide(() => 1);
  return {
    ...{ ...hosts, contract, decide, away },
    boardOf: (slot) => boards.get(slot) as ServerKeyBoard, // true: tests ask for those they made
    keysOf: (slot) => keys.get(slot) as DocumentKeys, // true: as above
    dutiesOf: (slot) => duties.get(slot) as ServiceDuties, // true: as above
    restart: async (slot) => {
      await hosts.at(slot).restart();
      await start(hosts.at(slot));
    },
    pass: async (blocks = 1) => {
      hosts.everywhere((chain) => {
        chain.head += blocks;
      });
      for (const host of hosts.hosts) host.answerers = away.has(host.slot) ? undefined : answerersOf.get(host.slot);
      for (const host of hosts.hosts) {
        if (away.has(host.slot)) continue;
        await host.follow();
        await boards.get(host.slot)?.eachRound();
        await duties.get(host.slot)?.eachRound();
        await contract.mine(host);
      }
    },
  };
};

const nameOf = (topic: string, id: Uint8Array): string => `${topic} ${bytesToHex(id)}`;

const createFakeService = (
  hosts: ExtensionHosts,
  keyServers: readonly Address[],
): FakeService & { mine: (host: ExtensionHost) => Promise<void> } => {
  const said: Said[] = [];
  const mined = new Map<number, number>();
  /** Topic and server key id -> who has answered; personal requests take answers until they are closed. */
  const waiting = new Map<string, Set<string>>();
  const chain = (): FakeChain => (hosts.hosts[0] as ExtensionHost).chain; // there is one at least

  const REQUIRED: Readonly<Record<string, readonly string[]>> = {
    ...{ ec6b0360: [GENERATION], "3b68c427": [RETRIEVAL], "8ba9e398": [STORING], "77dc782b": [COMMON, PERSONAL] },
  };
  const ANSWERS: Readonly<Record<string, readonly string[]>> = {
    ...{ ebbcc2e1: [GENERATION], "3fbd7ecd": [GENERATION], a45362f6: [RETRIEVAL], "15eb5309": [RETRIEVAL] },
    ...{ "8a9a9a0f": [STORING], "87f76b1a": [STORING], "7b97eecc": [COMMON], e2f1d4f9: [COMMON, PERSONAL] },
  };
  const call = (data: string): string | undefined => {
    const selector = data.slice(2, 10);
    const read = readAbi(`0x${data.slice(10)}`);
    const account = bytesToHex(read.address((data.length - 10) / 64 - 1));
    const place = service.keyServers.indexOf(account as Address);
    if (selector === "2b4f030a") return place < 0 ? undefined : encodeCall("", place);
    const topics = REQUIRED[selector];
    if (topics === undefined) throw new Error(`the made-up contract has no function ${selector}`);
    const isWanted = topics.some((topic) => waiting.get(nameOf(topic, read.word(0)))?.has(account) === false);
    return encodeCall("", place >= 0 && isWanted ? 1 : 0);
  };
  hosts.everywhere((one) => {
    one.foreign[CONTRACT] = call;
  });

  const addLog = (topics: readonly string[], data: string, sender: string): void => {
    const [block, index] = [chain().head + 1, chain().logs.length];
    const transactionHash = `0x${(index + 1).toString(16).padStart(64, "7a")}`;
    const log = {
      ...{ address: CONTRACT, topics, data, blockNumber: `0x${block.toString(16)}` },
      ...{ blockHash: blockHash(block), transactionHash, logIndex: `0x${index.toString(16)}` },
    };
    hosts.everywhere((one) => {
      one.logs = [...one.logs, log];
      one.senders[transactionHash] = sender;
    });
  };
  const emit = (topic: string, id: Uint8Array, ...values: readonly AbiValue[]): void => {
    waiting.set(nameOf(topic, id), new Set());
    addLog([topic], encodeCall("", id, ...values), ZERO_ADDRESS);
  };
  const bytesOf = (address: Address): Uint8Array => hexToBytes(address, 20);
  const service: FakeService & { mine: (host: ExtensionHost) => Promise<void> } = {
    ask: {
      generation: (id, author, threshold) => emit(GENERATION, id, bytesOf(author), threshold),
      retrieval: (id) => emit(RETRIEVAL, id),
      storing: (id, author, commonPoint, encryptedPoint) =>
        emit(STORING, id, bytesOf(author), { bytes: commonPoint }, { bytes: encryptedPoint }),
      common: (id, requester) => emit(COMMON, id, bytesOf(requester)),
      personal: (id, requesterPublic) => emit(PERSONAL, id, { bytes: requesterPublic }),
    },
    ...{ said, keyServers },
    askAgain: () => {
      for (const answered of waiting.values()) answered.clear();
    },
    close: () => waiting.clear(),
    mine: async (host) => {
      const { slot, posted, services } = host;
      for (const intent of posted.slice(mined.get(slot) ?? 0)) {
        if (!(await mineOnce(host, intent))) continue;
        const { data } = intent;
        const selector = data.slice(2, 10);
        said.push({ by: services.transactions.account, selector, data: `0x${data.slice(10)}` });
        const id = readAbi(`0x${data.slice(10)}`).word(0);
        if (selector === PART) {
          const read = readAbi(`0x${data.slice(10)}`);
          const [secret, shadow] = [{ bytes: read.bytes(3, 64) }, { bytes: read.bytes(4, 145) }];
          addLog([PART_TOPIC, bytesToHex(id), bytesToHex(read.word(1))], encodeCall("", secret, shadow), services.transactions.account);
        }
        for (const topic of ANSWERS[selector] ?? []) waiting.get(nameOf(topic, id))?.add(services.transactions.account);
      }
      mined.set(slot, posted.length);
    },
  };
  return service;
};

/** As the keeper's sender does it: the same id is the same transaction. False: it was mined before. */
export const mineOnce = async (
  { chain, temp }: ExtensionHost,
  { id, kind, subject }: ExtensionHost["posted"][number],
): Promise<boolean> => {
  const { outbox } = temp.vault;
  if ((await outbox.load(id)) !== undefined) return false;
  await outbox.save({ id, kind, subject, entry: { receipt: { status: "success", blockNumber: chain.head } } });
  return true;
};
