import type { BlockRef } from "../blocks.ts";
import { ChainUnavailableError } from "../errors.ts";
import type { Finality } from "../finality.ts";
import type { Rpc, RpcOptions } from "../rpc.ts";
import { askNeeds } from "./askNeeds.ts";
import { CONTRACT_NUMBER } from "./code.ts";
import type { ChainProbe, Numbering } from "./finding.ts";
import { probeFinality } from "./probeFinality.ts";
import { headerOf, run } from "./question.ts";

/** Block times are a mean over so many blocks; full nodes keep the state of 128. */
const SPAN = 1_000;
const SPAN_WITH_STATE = 120;
/** Below this many blocks a mean says nothing. */
const ENOUGH = 10;

/**
 * Asks one node for all that Keyquorum needs of a chain: by eth_call of a few bytes of code and by plain calls, so that it costs nothing and works
 * before anything is deployed (D67). What is missing is a finding that names it; what cannot be found out is "unknown".
 * Throws `ChainUnavailableError` only where the node does not even say its newest block.
 */
export const probeChain = async (rpc: Rpc, finality: Finality, options?: RpcOptions): Promise<ChainProbe> => {
  const reply = await headerOf(rpc, "latest", options);
  if (reply.kind !== "answered" || reply.block === undefined)
    throw new ChainUnavailableError("BAD_RESPONSE", "The node does not say what its newest block is. Check the RPC URL and the node.");
  const head = reply.block;
  const needs = await askNeeds(rpc, head, options);
  const blockSeconds = await secondsPerBlock(rpc, head, options);
  const { numbering, contractBlockSeconds } = await contractClock(rpc, { head, blockSeconds }, options);
  const { finding, lag } = await probeFinality(rpc, { finality, head, blockSeconds }, options);
  return { findings: [...needs, finding], numbering, contractBlockSeconds, blockSeconds, finalityLag: lag };
};

const earlier = async (rpc: Rpc, head: BlockRef, span: number, options?: RpcOptions): Promise<BlockRef | undefined> => {
  const number = Math.max(1, head.number - span); // block 0 may have any date
  if (head.number - number < ENOUGH) return undefined;
  const reply = await headerOf(rpc, `0x${number.toString(16)}`, options);
  return reply.kind === "answered" ? reply.block : undefined;
};

const secondsPerBlock = async (rpc: Rpc, head: BlockRef, options?: RpcOptions): Promise<number | undefined> => {
  const past = await earlier(rpc, head, SPAN, options);
  return past === undefined ? undefined : positive((head.timestamp - past.timestamp) / (head.number - past.number));
};

const contractClock = async (
  rpc: Rpc,
  { head, blockSeconds }: { readonly head: BlockRef; readonly blockSeconds: number | undefined },
  options?: RpcOptions,
): Promise<{ readonly numbering: Numbering; readonly contractBlockSeconds: number | undefined }> => {
  const numberAt = async ({ hash }: BlockRef): Promise<bigint | undefined> =>
    (await run(rpc, CONTRACT_NUMBER, { blockHash: hash }, options)).word;
  const now = await numberAt(head);
  if (now === undefined) return { numbering: "unknown", contractBlockSeconds: undefined };
  if (now === BigInt(head.number)) return { numbering: "same", contractBlockSeconds: blockSeconds };
  for (const span of [SPAN, SPAN_WITH_STATE]) {
    const past = await earlier(rpc, head, span, options);
    const then = past === undefined ? undefined : await numberAt(past);
    if (past === undefined || then === undefined || then >= now) continue;
    return { numbering: "other", contractBlockSeconds: positive((head.timestamp - past.timestamp) / Number(now - then)) };
  }
  return { numbering: "other", contractBlockSeconds: undefined };
};

const positive = (seconds: number): number | undefined => (Number.isFinite(seconds) && seconds > 0 ? seconds : undefined);
