import { plain, viewsOf } from "@keyquorum/bindings";
import { askerAt, type BlockRef, blockByNumber, type Rpc } from "@keyquorum/chain";
import type { ServedContracts } from "../contracts/deployment.ts";

/** Blocks over which the time between blocks is measured. */
const MEASURED_BLOCKS = 100;

/**
 * A warning where the operator's delay is longer than what passes between an epoch's proposal and the end of the window for dealings, if a reshare is
 * asked for as soon as the epoch may open: this keeper would then deal too late. The window is counted in blocks and told in seconds, by the time
 * between this chain's newest blocks. Throws ChainUnavailableError.
 */
export const delayWarning = async (options: {
  readonly rpc: Rpc;
  readonly contracts: Pick<ServedContracts, "deployment">;
  readonly minDelaySeconds: number;
}): Promise<string | undefined> => {
  const { rpc, minDelaySeconds } = options;
  const head = await blockByNumber(rpc, "latest");
  if (head === undefined) return undefined;
  const { keeperRegistry, keyGeneration } = viewsOf(options.contracts.deployment, askerAt(rpc, head.hash));
  const [earlier, minEpochDelay, stored] = await Promise.all([
    blockByNumber(rpc, Math.max(0, head.number - MEASURED_BLOCKS)),
    keeperRegistry.minEpochDelay(),
    keyGeneration.windows(),
  ]);
  const window = Number(plain(stored).deal) * secondsPerBlock(head, earlier);
  const least = Number(minEpochDelay) + window;
  if (minDelaySeconds <= least) return undefined;
  return `[epochs] minDelaySeconds is ${minDelaySeconds}, but an epoch may open ${minEpochDelay} s after it is proposed, and dealings end about ${Math.round(window)} s after a reshare is asked for: this keeper deals too late where governance does not wait. Other keepers must suffice then, or governance waits until /readyz shows no deals_later.`;
};

const secondsPerBlock = (head: BlockRef, earlier: BlockRef | undefined): number =>
  earlier === undefined || earlier.number >= head.number ? 0 : (head.timestamp - earlier.timestamp) / (head.number - earlier.number);
