import { type ContractEvent, type EmitterName, interfaceOf } from "@keyquorum/bindings";
import { type Contract, id, type Provider } from "ethers";
import type { Chain } from "../chain/chain.ts";
import { createChainCalls } from "../chain/chainCalls.ts";
import { systemClock } from "../time/clock.ts";
import { fakeDeployment } from "./fakeDeployment.ts";

type FakeLog = { readonly address: string; readonly topics: readonly string[]; readonly data: string };
type FakeBlock = { readonly hash: string; readonly logs: readonly FakeLog[] };
type Filter = {
  readonly address: string | readonly string[];
  readonly topics: readonly (string | readonly string[] | null)[];
  readonly fromBlock: number;
  readonly toBlock: number;
};
/** What eth_getLogs was asked for: a range, or one block by its hash. */
type Asked = Omit<Filter, "fromBlock" | "toBlock"> & {
  readonly fromBlock?: number;
  readonly toBlock?: number;
  readonly blockHash?: string;
};

/** An error as ethers throws it for a JSON-RPC error of a node. */
export const nodeError = (code: number, message: string): Error =>
  Object.assign(new Error("could not coalesce error"), { code: "UNKNOWN_ERROR", error: { code, message } });

/** A node whose chain the test writes: blocks with events of our contracts, reorganisations, limits and failures. Block 0 is there. */
export const createFakeNode = (finality: Chain["finality"] = { kind: "confirmations", blocks: 0 }) => {
  const deployment = fakeDeployment();
  const state = {
    blocks: [{ hash: id("block 0"), logs: [] }] as FakeBlock[],
    maxRange: Number.POSITIVE_INFINITY,
    failures: 0,
    /** The node that answers for events lags by so many blocks: it leaves out what it does not have, silently. */
    logsBehind: 0,
    /** How often a block by its hash that the lagging node lacks is answered all the same, by a node that has it. */
    luckyHashes: 0,
    /** Thrown for the next questions for events, one by one. */
    refusals: [] as Error[],
    /** Ranges only, for the questions of what was read. */
    asked: [] as Filter[],
    questions: 0,
    /** Milliseconds of each wait. */
    pauses: [] as number[],
    made: 0,
  };
  const number = (hash: string): number => state.blocks.findIndex((block) => block.hash === hash);
  const work = <T>(answer: () => T): Promise<T> => {
    if (state.failures === 0) return Promise.resolve().then(answer);
    state.failures -= 1;
    return Promise.reject(new Error("the node stumbles"));
  };
  const isMatch = (log: FakeLog, { address, topics }: Filter): boolean =>
    [address].flat().includes(log.address) &&
    topics.every((topic, index) => topic === null || (log.topics[index] !== undefined && [topic].flat().includes(log.topics[index])));
  const provider = {
    getBlockNumber: () => work(() => state.blocks.length - 1),
    getBlock: (tag: number | string) =>
      work(() => {
        const at = tag === "latest" ? state.blocks.length - 1 : typeof tag === "number" ? tag : number(tag);
        const block = state.blocks[at];
        return block === undefined ? null : { number: at, hash: block.hash, timestamp: at };
      }),
    getLogs: (asked: Asked) =>
      work(() => {
        state.questions += 1;
        const refusal = state.refusals.shift();
        if (refusal !== undefined) throw refusal;
        const newest = state.blocks.length - 1 - state.logsBehind;
        const byHash = asked.blockHash === undefined ? undefined : number(asked.blockHash);
        if (byHash !== undefined && (byHash < 0 || byHash > newest)) {
          if (byHash < 0 || state.luckyHashes === 0) throw nodeError(-32000, "unknown block");
          state.luckyHashes -= 1;
        }
        const filter: Filter = {
          ...asked,
          fromBlock: byHash ?? asked.fromBlock ?? 0,
          toBlock: byHash ?? Math.min(asked.toBlock ?? newest, newest),
        };
        if (byHash === undefined) {
          state.asked.push({ ...filter, toBlock: asked.toBlock ?? newest });
          if ((asked.toBlock ?? newest) - filter.fromBlock + 1 > state.maxRange) throw nodeError(-32000, "block range is too large");
        }
        return state.blocks.flatMap((block, blockNumber) =>
          blockNumber < filter.fromBlock || blockNumber > filter.toBlock
            ? []
            : block.logs.flatMap((log, index) =>
                isMatch(log, filter)
                  ? [{ ...log, blockNumber, blockHash: block.hash, transactionHash: id(`${block.hash} ${index}`), index }]
                  : [],
              ),
        );
      }),
  } as unknown as Provider; // of a provider, only these are used
  const chainWith = (
    contracts: Readonly<Record<string, Readonly<Record<string, (...args: never[]) => Promise<unknown>>>>> = {},
  ): Chain => ({
    deployment,
    provider,
    contracts: contracts as unknown as Chain["contracts"] & Contract, // of the contracts, only these are used
    calls: {
      ...createChainCalls({ provider, clock: systemClock, readMs: 1_000, transactMs: 1_000, pollMs: 5 }),
      pause: async (milliseconds, signal) => {
        signal?.throwIfAborted();
        state.pauses.push(milliseconds);
      },
    },
    finality,
  });
  return {
    state,
    deployment,
    chainWith,
    /** An event as a contract emits it. */
    log: (contract: EmitterName, name: ContractEvent["name"], args: readonly unknown[]): FakeLog => {
      const { topics, data } = interfaceOf(contract).encodeEventLog(name as never, args as never); // the test gives the event's arguments
      return { address: deployment.contracts[contract], topics, data };
    },
    mine: (...logs: FakeLog[]): void => {
      state.made += 1;
      state.blocks.push({ hash: id(`block ${state.made}`), logs });
    },
    /** Takes the newest blocks away. */
    drop: (count: number): void => {
      state.blocks.splice(-count);
    },
  };
};

export type FakeNode = ReturnType<typeof createFakeNode>;
