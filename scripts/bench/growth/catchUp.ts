import { type Rpc, systemClock } from "@keyquorum/chain";
import { createKeeper } from "@keyquorum/keeper";
import { toXY } from "@keyquorum/threshold";
import { headerHashOf, ZERO_HASH } from "@keyquorum/wire";
import { createLogger } from "../../../packages/keeper/src/report/logger.ts";
import { initialiseKeeper } from "../../../packages/keeper/src/run/initialiseKeeper.ts";
import { createFakeChain, emitLog, type FakeChain } from "../../../packages/keeper/src/testing/fakeChain.ts";
import { bob, createHeader, KEY_ID, VERIFYING_SHARE } from "../../../packages/keeper/src/testing/reader.ts";
import { createTempKeeper } from "../../../packages/keeper/src/testing/tempKeeper.ts";
import { cpuOf } from "./cpu.ts";
import type { Curve, Sizes } from "./curve.ts";

const BLOCKS = [1_000, 10_000, 100_000] as const;
/** A served request: the keeper has nothing to do but to see that. */
const SERVED = 2;
const [LOOK_MILLISECONDS, LIFETIME_SECONDS] = [25, 3_600];

/**
 * What a keeper takes to catch up with a chain that is so long, where nothing happened, and where each block has a document and a request, all but those of the
 * last hour over; and to start again.
 */
export const catchUpCurves = async ({ isQuick }: Sizes): Promise<readonly Curve[]> => {
  const points: Record<"empty" | "full" | "again", (readonly [number, number])[]> = { empty: [], full: [], again: [] };
  for (const blocks of isQuick ? BLOCKS.slice(0, 2) : BLOCKS) {
    const empty = await catchUpWith(blocks, { isFull: false });
    const full = await catchUpWith(blocks, { isFull: true });
    points.empty.push([blocks, empty.catchUp]);
    points.full.push([blocks, full.catchUp]);
    points.again.push([blocks, full.again]);
  }
  const curve = (name: string, order: Curve["order"], what: keyof typeof points): Curve => ({
    ...{ name: `catch-up: ${name}`, unit: "ms", along: "blocks", order, points: points[what] },
    note: "CPU of a keeper and its made-up chain",
  });
  return [
    curve("blocks without events", 1, "empty"),
    curve("a document and a request in each block", 1, "full"),
    curve("a start after that, with nothing new", 0, "again"),
  ];
};

/** CPU milliseconds until a keeper without a key has mirrored the chain and has no work left; and the same when it starts again. */
const catchUpWith = async (
  blocks: number,
  { isFull }: { readonly isFull: boolean },
): Promise<{ readonly catchUp: number; readonly again: number }> => {
  const temp = await createTempKeeper("");
  try {
    await initialiseKeeper(temp.config, { createOperatorKey: false });
    const chain = createFakeChain();
    chain.head = blocks + 20;
    chain.genesisTime = Math.floor(Date.now() / 1000) - chain.head;
    chain.answers["shareRequests.statusOf"] = () => [SERVED];
    chain.answers["shareRequests.requestOf"] = () => [[KEY_ID, 0n, 1, 3, 3, 0n, false, 0b111n]];
    for (const contract of ["shareRequests", "optimisticRequests"])
      chain.answers[`${contract}.requestLifetime`] = () => [BigInt(LIFETIME_SECONDS)];
    chain.answers["optimisticRequests.challengeWindow"] = () => [BigInt(LIFETIME_SECONDS)];
    const rpc = withLogs(chain, isFull ? blocks : 0);
    const run = async (): Promise<void> => {
      const keeper = await createKeeper(temp.config, { rpc, extensions: [], log: createLogger("error") });
      await keeper.start();
      try {
        await untilIdle(keeper.url(), chain.head, isFull);
      } finally {
        await keeper.stop();
      }
    };
    const catchUp = await cpuOf(run);
    const again = await cpuOf(run);
    return { catchUp: catchUp.milliseconds, again: again.milliseconds };
  } finally {
    await temp.remove();
  }
};

const untilIdle = async (url: string, head: number, isFull: boolean): Promise<void> => {
  const value = (text: string, name: string): number => Number(new RegExp(`^${name} ([0-9.e+]+)$`, "m").exec(text)?.[1] ?? -1);
  for (;;) {
    const text = await (await fetch(`${url}/metrics`)).text();
    const isMirrored = value(text, "keeper_chain_mirrored_block") === head;
    if (isMirrored && (!isFull || value(text, 'keeper_work_pending\\{kind="request"\\}') === 0)) return;
    await systemClock.sleep(LOOK_MILLISECONDS);
  }
};

/** The made-up chain with a document and a request in each block from 10 on. Logs are found by their block's number, and not by looking at all of them. */
const withLogs = (chain: FakeChain, blocks: number): Rpc => {
  const header = createHeader();
  const { u, uBar, e, f } = header.ciphertext;
  const published = emitLog(
    "DocumentPublished",
    [
      ...[header.document, header.owner, header.keyId, 1, header.salt, header.initialPermissions, headerHashOf(header)],
      { u: toXY(u), uBar: toXY(uBar), e, f },
      `0x01551220${"ab".repeat(32)}`,
    ],
    1,
  );
  const asked = emitLog(
    "SharesRequested",
    [ZERO_HASH, header.document, bob.address, 1, header.keyId, 1, headerHashOf(header), toXY(VERIFYING_SHARE), ZERO_HASH, 0n],
    1,
  );
  const first = 10;
  /** The event's last word is the deadline; blocks are a second apart. */
  const dataOf = (number: number): string =>
    `${asked.data.slice(0, -64)}${(chain.genesisTime + number + LIFETIME_SECONDS).toString(16).padStart(64, "0")}`;
  const logsOf = (number: number, hash: string): readonly object[] => {
    if (number < first || number >= first + blocks) return [];
    const id = `0x${number.toString(16).padStart(64, "d")}`;
    const at = { blockNumber: hex(number), blockHash: hash, transactionHash: id };
    return [
      { ...published, ...at, topics: [published.topics[0], id, ...published.topics.slice(2)], logIndex: "0x0" },
      { ...asked, ...at, topics: [asked.topics[0], id, id, ...asked.topics.slice(3)], data: dataOf(number), logIndex: "0x1" },
    ];
  };
  const numberOf = (hash: string): number => Number(`0x${hash.slice(6)}`);
  const hashOf = async (number: number): Promise<string> =>
    ((await chain.rpc.send("eth_getBlockByNumber", [hex(number), false])) as { readonly hash: string }).hash;
  return {
    send: async (method, params, options) => {
      if (method !== "eth_getLogs") return chain.rpc.send(method, params, options);
      const { blockHash, fromBlock, toBlock } = params[0] as {
        readonly blockHash?: string;
        readonly fromBlock: string;
        readonly toBlock: string;
      };
      if (blockHash !== undefined) return logsOf(numberOf(blockHash), blockHash);
      const found: object[] = [];
      for (let number = Number(fromBlock); number <= Number(toBlock); number += 1) found.push(...logsOf(number, await hashOf(number)));
      return found;
    },
  };
};

const hex = (value: number): string => `0x${value.toString(16)}`;
