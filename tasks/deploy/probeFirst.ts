import { type ChainProbe, type Finality, missingOf, probeChain, type Rpc, unknownOf } from "@keyquorum/chain";
import { KeyquorumError } from "@keyquorum/wire";
import type { Terminal } from "../terminal.ts";
import { formatSeconds } from "./windows.ts";

/**
 * Asks the chain for all that it must have, before anything is paid for, and says what was found. What cannot be found out is warned of.
 * Throws NO_FINALIZED_BLOCK, CHAIN_UNSUITABLE (`details.missing` names what), CHAIN_UNAVAILABLE.
 */
export const probeFirst = async (
  terminal: Pick<Terminal, "progress" | "warn">,
  options: { readonly rpc: Rpc; readonly finality: Finality; readonly signal: AbortSignal },
): Promise<ChainProbe> => {
  terminal.progress("Checking that the chain meets the requirements (docs/CHAINS.md)");
  const probe = await probeChain(options.rpc, options.finality, { signal: options.signal });
  refuseMissing(probe);
  for (const { sentence } of unknownOf(probe)) terminal.warn(sentence);
  const { blockSeconds, contractBlockSeconds, finalityLag, numbering } = probe;
  if (numbering === "other")
    terminal.progress("Contracts on this chain number blocks differently from its node: the windows below count the contracts' blocks");
  const times = [
    contractBlockSeconds === undefined ? "the block time could not be measured" : `a block every ${contractBlockSeconds.toFixed(1)} s`,
    ...(numbering === "other" && blockSeconds !== undefined ? [`the node's every ${blockSeconds.toFixed(2)} s`] : []),
    finalityLag?.seconds === undefined
      ? "the time to finality could not be measured"
      : `final after ${formatSeconds(finalityLag.seconds)} now`,
  ];
  terminal.progress(`The chain: ${times.join(", ")}`);
  return probe;
};

const refuseMissing = (probe: ChainProbe): void => {
  const missing = missingOf(probe);
  const [first] = missing;
  if (first === undefined) return;
  if (missing.length === 1 && first.need === "finality") throw new KeyquorumError("NO_FINALIZED_BLOCK");
  throw new KeyquorumError("CHAIN_UNSUITABLE", missing.map(({ sentence }) => sentence).join(" "), {
    details: { missing: missing.map(({ need }) => need) },
  });
};
