import { RpcError } from "../errors.ts";
import { parseBigQuantity, parseRecord } from "../parse.ts";
import type { Rpc, RpcOptions } from "../rpc.ts";
import type { SenderAttempt } from "./types.ts";

/** What a transaction offers per gas, in wei. `tip` undefined: a chain without EIP-1559, where `cap` is the gas price. */
export type Fees = { readonly cap: bigint; readonly tip: bigint | undefined };

/** For nodes that suggest no tip: 1 gwei. */
const DEFAULT_TIP = 1_000_000_000n;

/** What the market asks now: room for six full blocks in a row, and the node's tip. `limit`: the most that may be offered per gas. */
export const marketFees = async (rpc: Rpc, limit: bigint | undefined, options?: RpcOptions): Promise<Fees> => {
  const { price, tip } = await readMarket(rpc, options);
  return limited(tip === undefined ? { cap: price + price / 10n, tip } : { cap: price * 2n + tip, tip }, limit);
};

/** What a unit of gas costs in the next block, in wei: without the room that `marketFees` leaves for later ones. */
export const gasPriceNow = async (rpc: Rpc, options?: RpcOptions): Promise<bigint> => {
  const { price, tip = 0n } = await readMarket(rpc, options);
  return price + tip;
};

/** `price`: the newest block's base fee, or the gas price where there is none; then there is no `tip`. */
const readMarket = async (
  rpc: Rpc,
  options: RpcOptions | undefined,
): Promise<{ readonly price: bigint; readonly tip: bigint | undefined }> => {
  const block = parseRecord("eth_getBlockByNumber", await rpc.send("eth_getBlockByNumber", ["latest", false], options));
  if (block.baseFeePerGas === undefined || block.baseFeePerGas === null)
    return { price: parseBigQuantity("eth_gasPrice", "result", await rpc.send("eth_gasPrice", [], options)), tip: undefined };
  const base = parseBigQuantity("eth_getBlockByNumber", "baseFeePerGas", block.baseFeePerGas);
  return { price: base, tip: await suggestedTip(rpc, options) };
};

const suggestedTip = async (rpc: Rpc, options: RpcOptions | undefined): Promise<bigint> => {
  try {
    return parseBigQuantity("eth_maxPriorityFeePerGas", "result", await rpc.send("eth_maxPriorityFeePerGas", [], options));
  } catch (error) {
    if (error instanceof RpcError) return DEFAULT_TIP; // not every node has the method
    throw error;
  }
};

/**
 * What replaces an attempt: the market's fees, and at least an eighth more than the attempt's, as nodes demand of a replacement. Undefined when that
 * is above the limit.
 */
export const bumpedFees = (attempt: SenderAttempt, market: Fees, limit: bigint | undefined): Fees | undefined => {
  const cap = maximum(raised(BigInt(attempt.feeCap)), market.cap);
  if (limit !== undefined && cap > limit) return undefined;
  return attempt.tip === null
    ? { cap, tip: undefined }
    : { cap, tip: minimum(cap, maximum(raised(BigInt(attempt.tip)), market.tip ?? 0n)) };
};

const limited = ({ cap, tip }: Fees, limit: bigint | undefined): Fees => {
  const least = limit === undefined ? cap : minimum(cap, limit);
  return { cap: least, tip: tip === undefined ? undefined : minimum(tip, least) };
};

const raised = (wei: bigint): bigint => wei + wei / 8n + 1n;
const maximum = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const minimum = (a: bigint, b: bigint): bigint => (a < b ? a : b);
