import { ERROR_CODES } from "@keyquorum/wire";
import type { BlockRef } from "../blocks.ts";
import type { Finality } from "../finality.ts";
import type { Rpc, RpcOptions } from "../rpc.ts";
import type { ChainProbe, Finding } from "./finding.ts";
import { headerOf } from "./question.ts";

/** A node that calls block 0 final so long after it has no finality to tell of. */
const STUCK_BLOCKS = 1_000;

/** What the node says of finality as it is set, and how far it is behind the head. `blockSeconds`: for confirmations, undefined where not known. */
export const probeFinality = async (
  rpc: Rpc,
  { finality, head, blockSeconds }: { readonly finality: Finality; readonly head: BlockRef; readonly blockSeconds: number | undefined },
  options?: RpcOptions,
): Promise<{ readonly finding: Finding; readonly lag: ChainProbe["finalityLag"] }> => {
  if (finality.kind === "confirmations") {
    const { blocks } = finality;
    const sentence = `Blocks count as final with ${blocks} confirmations, as it is set.`;
    const seconds = blocks === 0 ? 0 : blockSeconds === undefined ? undefined : blocks * blockSeconds;
    return { finding: { need: "finality", verdict: "there", sentence }, lag: { blocks, seconds } };
  }
  const first = await headerOf(rpc, "finalized", options);
  const reply = first.kind === "refused" ? await headerOf(rpc, "finalized", options) : first; // a node may fail once
  if (reply.kind === "failed")
    return {
      finding: {
        need: "finality",
        verdict: "unknown",
        sentence: `Whether the node knows a finalized block could not be found out: ${reply.why}`,
      },
      lag: undefined,
    };
  const final = reply.kind === "refused" ? undefined : reply.block;
  if (final === undefined || (final.number === 0 && head.number > STUCK_BLOCKS))
    return {
      finding: {
        need: "finality",
        verdict: "missing",
        sentence: `${ERROR_CODES.NO_FINALIZED_BLOCK.meaning} ${ERROR_CODES.NO_FINALIZED_BLOCK.action}`,
      },
      lag: undefined,
    };
  return {
    finding: { need: "finality", verdict: "there", sentence: `The node knows a finalized block: ${final.number}.` },
    lag: { blocks: Math.max(0, head.number - final.number), seconds: Math.max(0, head.timestamp - final.timestamp) },
  };
};
