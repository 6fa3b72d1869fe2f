import { type ContractEvent, type EmitterName, interfaceOf } from "@keyquorum/bindings";
import { type Contract, id, type Provider } from "ethers";
import type { Chain } from "../chain.ts";
import { createChainCalls } from "../chainCalls.ts";
import { systemClock } from "../clock.ts";
import { fakeDeployment } from "./fakeDeployment.ts";

type FakeLog = { readonly address: string; readonly topics: readonly string[]; readonly data: string };
type FakeBlock = { readonly hash: string; readonly logs: readonly FakeLog[] };
type Filter = {
  readonly address: string | readonly string[];
  readonly topics: readonly (string | readonly string[] | null)[];
  readonly fromBlock: number;
  readonly toBlock: number;
};

/** A node whose chain the test writes: blocks with events of our contracts, reorganisations, limits and failures. Block 0 is there. */
export const createFakeNode = (finality: Chain["finality"] = { kind: "confirmations", blocks: 0 }) => {
  const deployment = fakeDeployment();
  const state = {
    blocks: [{ hash: id("block 0"), logs: [] }] as FakeBlock[],
    maxRange: Number.POSITIVE_INFINITY,
    failures: 0,
    asked: [] as Filter[],
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
    getLogs: (filter: Filter) =>
      work(() => {
        state.asked.push(filter);
        if (filter.toBlock - filter.fromBlock + 1 > state.maxRange) throw new Error("too many blocks");
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
    calls: createChainCalls({ provider, clock: systemClock, readMs: 1_000, transactMs: 1_000, pollMs: 5 }),
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
