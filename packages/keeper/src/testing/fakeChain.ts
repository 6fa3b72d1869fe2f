import {
  CONTRACT_NAMES,
  type ContractEvent,
  type ContractName,
  type EmitterName,
  emittersOf,
  interfaceOf,
  parseDeployment,
  rememberHashes,
} from "@keyquorum/bindings";
import { ChainUnavailableError, type Heads, type Rpc, RpcError } from "@keyquorum/chain";
import type { MirroredLog } from "@keyquorum/vault";
import type { Address, Hash32 } from "@keyquorum/wire";
import type { Interface } from "ethers";
import type { ServedContracts } from "../contracts/deployment.ts";

/** What is simulated to ask a contract account about a signature, for tests of extensions. */
export { signatureQuestionCode } from "@keyquorum/bindings/simulatedSignature";

// As a keeper does at its start: else ethers hashes the signatures of a contract's functions again for each call.
rememberHashes();

/** Answers a contract's function at a block: gives the list of its results. */
type Answer = (args: readonly unknown[], block: number) => readonly unknown[];

/** A chain that is made up: blocks by number, contracts by answers such as `"keeperRegistry.slotOf": ([operator], block) => [1]`. Tests only. */
export type FakeChain = {
  readonly rpc: Rpc;
  /** Number of the newest block; may be set. */
  head: number;
  /** How many blocks the final one is behind. */
  finalLag: number;
  /** Seconds; of block 0. Blocks are a second apart. */
  genesisTime: number;
  isReachable: boolean;
  /** It takes every call and answers none. */
  isHanging: boolean;
  chainId: bigint;
  balance: bigint;
  logs: readonly Readonly<Record<string, unknown>>[];
  /** Blocks from this number on are others than at first. */
  reorgedFrom: number;
  readonly answers: Record<string, Answer>;
  /** Contracts that are not of the deployment, by address: the data of a call and its block's number to what is returned; undefined: it reverts. */
  readonly foreign: Record<string, (data: string, block: number) => string | undefined>;
  /** What creation code that is run by eth_call returns: a check of a contract account's signature. By default there is no such account. */
  simulate: (creationCode: string, block: number) => string;
  /** What any transaction is estimated to take. Default: nobody can say. */
  gas?: bigint;
  /** Who sent a transaction, by its hash. */
  readonly senders: Record<string, string>;
  readonly calls: string[];
};

export const blockHash = (number: number): Hash32 => `0x${(0xb10c).toString(16)}${number.toString(16).padStart(60, "0")}` as Hash32;

export const FAKE_ADDRESSES = Object.fromEntries(
  CONTRACT_NAMES.map((name, index) => [name, `0x${(0xc0 + index).toString(16).repeat(20)}`]),
) as Readonly<Record<ContractName, Address>>;

/** A deployment on the made-up chain, in its block 1. */
export const FAKE_DEPLOYMENT = {
  version: 1,
  chainId: "31337",
  genesisHash: blockHash(0),
  block: 1,
  blockHash: blockHash(1),
  contracts: FAKE_ADDRESSES,
};

export const createFakeChain = (): FakeChain => {
  const chain: FakeChain = {
    rpc: { send: async (method, params, options) => send(method, params, options?.signal) },
    head: 20,
    finalLag: 2,
    genesisTime: 1_800_000_000,
    isReachable: true,
    isHanging: false,
    chainId: 31337n,
    balance: 10n ** 18n,
    logs: [],
    reorgedFrom: Number.POSITIVE_INFINITY,
    answers: {
      "keeperRegistry.slotOf": () => [0],
      "keeperRegistry.currentEpoch": () => [0],
      "keeperRegistry.removedKeepers": () => [0n],
      "keeperRegistry.absentIn": ([, slots], block) => [BigInt(slots as bigint) & removedAt(block)],
      "keeperRegistry.isRevoked": () => [false],
      "keeperRegistry.identityRevokedAt": () => [0n],
      "keeperRegistry.lastEpoch": () => [0],
      "shareRequests.creditOf": () => [0n],
      "optimisticRequests.creditOf": () => [0n],
    },
    foreign: {},
    simulate: () => NO_CODE,
    senders: {},
    calls: [],
  };

  const removedAt = (block: number): bigint => BigInt((chain.answers["keeperRegistry.removedKeepers"]?.([], block)[0] ?? 0n) as bigint);

  const hashAt = (number: number): Hash32 =>
    number >= chain.reorgedFrom ? (blockHash(number).replace("0xb10c", "0xf0f0") as Hash32) : blockHash(number); // true: as long
  const blockOf = (number: number) =>
    number < 0 || number > chain.head
      ? null
      : {
          number: hex(number),
          hash: hashAt(number),
          parentHash: number === 0 ? blockHash(0) : hashAt(number - 1),
          timestamp: hex(chain.genesisTime + number),
        };

  const numberOf = (tag: unknown): number => {
    if (tag === "latest") return chain.head;
    return tag === "finalized" ? Math.max(0, chain.head - chain.finalLag) : Number(tag);
  };

  const foreign = (method: string, to: string, data: string, block: number): string => {
    const contract = chain.foreign[to];
    const returned = contract === undefined ? "0x" : contract(data, block);
    if (returned === undefined) throw new RpcError(method, 3, "execution reverted", "0x");
    return returned;
  };

  const call = (
    method: string,
    { to, data }: { readonly to?: string; readonly data: string },
    at: "latest" | { readonly blockHash: string },
  ): string => {
    const hash = at === "latest" ? blockHash(chain.head) : at.blockHash;
    const block = Number(`0x${hash.slice(6)}`); // a hash ends with its block's number
    if (!(block <= chain.head && hashAt(block) === hash)) throw new RpcError(method, -32000, "unknown block", undefined);
    if (to === undefined) {
      chain.calls.push(`simulate@${block}`);
      return chain.simulate(data, block);
    }
    const name = CONTRACT_NAMES.find((candidate) => FAKE_ADDRESSES[candidate] === to);
    if (name === undefined) return foreign(method, to, data, block);
    const contract = interfaceOf(name as ContractName);
    const parsed = contract.parseTransaction({ data });
    if (parsed === null) throw new Error("no such function");
    const key = `${name}.${parsed.name}`;
    chain.calls.push(`${key}@${block}`);
    const answer = chain.answers[key];
    if (answer === undefined) throw new Error(`the made-up chain has no answer for ${key}`);
    return contract.encodeFunctionResult(parsed.name as never, answer([...parsed.args], block) as never);
  };

  const logsOf = ({ blockHash: hash, fromBlock, toBlock, address: asked }: LogFilter) =>
    chain.logs.filter(
      ({ blockHash: of, blockNumber, address }) =>
        (asked === undefined || [asked].flat().includes(String(address))) &&
        (hash === undefined ? Number(blockNumber) >= Number(fromBlock) && Number(blockNumber) <= Number(toBlock) : of === hash),
    );

  const send = async (method: string, params: readonly unknown[], signal: AbortSignal | undefined): Promise<unknown> => {
    if (signal?.aborted) throw signal.reason;
    if (chain.isHanging)
      await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true }));
    if (!chain.isReachable)
      throw new ChainUnavailableError("TRANSPORT", "The node at https://rpc.example could not be reached (ECONNREFUSED).");
    switch (method) {
      case "eth_chainId":
        return `0x${chain.chainId.toString(16)}`;
      case "eth_getBlockByNumber":
        return blockOf(numberOf(params[0]));
      case "eth_getCode":
        return "0x60";
      case "eth_getBalance":
        return `0x${chain.balance.toString(16)}`;
      case "eth_getTransactionByHash": {
        const from = chain.senders[String(params[0])];
        return from === undefined ? null : { hash: params[0], from };
      }
      case "eth_getLogs":
        return logsOf(params[0] as LogFilter); // true: chain writes it so
      case "eth_call":
        return call(method, params[0] as { to?: string; data: string }, params[1] as "latest" | { blockHash: string }); // true: chain writes calls so
      default:
        if (method === "eth_estimateGas" && chain.gas !== undefined) return `0x${chain.gas.toString(16)}`;
        throw new RpcError(method, -32601, "no such method", undefined);
    }
  };
  return chain;
};

type LogFilter = {
  readonly address?: string | readonly string[];
  readonly blockHash?: string;
  readonly fromBlock?: string;
  readonly toBlock?: string;
};

/** As contracts/SimulatedSignature.sol says it. */
const NO_CODE = "0x02";

const hex = (value: number): string => `0x${value.toString(16)}`;

/** The deployment as the keeper reads it. */
export const fakeContracts = (): ServedContracts => ({
  deployment: parseDeployment(FAKE_DEPLOYMENT),
  chainId: 31337n,
  genesisHash: blockHash(0),
  block: 1,
  blockHash: blockHash(1),
  addresses: FAKE_ADDRESSES,
});

/** Heads of the made-up chain. */
export const headsOf = (chain: FakeChain): Heads => {
  const blockOf = (number: number) => ({
    number,
    hash: blockHash(number),
    parentHash: blockHash(number - 1),
    timestamp: chain.genesisTime + number,
  });
  return { head: blockOf(chain.head), final: blockOf(chain.head - chain.finalLag) };
};

/** A log as the contract would emit it in a block; by the first contract that has such an event, if none is named. */
export const emitLog = (
  name: ContractEvent["name"],
  args: readonly unknown[],
  blockNumber: number,
  logIndex = 0,
  emitter?: EmitterName,
): MirroredLog => {
  const contract = emitter ?? emittersOf(name)[0];
  if (contract === undefined) throw new Error(`no contract has an event ${name}`);
  // true: ethers encodes by the same ABI; the types of a union of contracts are too narrow for a name that varies
  const { topics, data } = (interfaceOf(contract) as unknown as Interface).encodeEventLog(name, args);
  const transactionHash = `0x${"7a".repeat(31)}${blockNumber.toString(16).padStart(2, "0")}`;
  return {
    address: FAKE_ADDRESSES[contract],
    topics: topics as string[],
    data,
    blockNumber,
    blockHash: blockHash(blockNumber),
    transactionHash,
    logIndex,
  };
};
