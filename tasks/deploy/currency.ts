import { formatEther } from "ethers";

/** What gas is paid in, where it is not called ETH. Test networks have the coin of theirs. */
const SYMBOLS: Readonly<Record<string, string>> = {
  56: "BNB",
  97: "tBNB",
  100: "xDAI",
  137: "POL",
  10200: "xDAI",
  43113: "AVAX",
  43114: "AVAX",
  80002: "POL",
};
/** Chains that pay in ether, as far as we know. Of others the name is not known. */
const ETHER: ReadonlySet<string> = new Set([
  "1",
  "10",
  "8453",
  "42161",
  "59144",
  "534352",
  "11155111",
  "17000",
  "560048",
  "84532",
  "11155420",
  "421614",
  "1337",
  "31337",
]);

/** An amount in wei as people read it, in the chain's currency: "0.0231 ETH". Rounded up to four digits that say something. */
export const formatAmount = (wei: bigint, chainId: bigint): string => {
  const id = chainId.toString();
  const symbol = SYMBOLS[id] ?? (ETHER.has(id) ? "ETH" : "of the chain's currency");
  return `${formatEther(roundedUp(wei))} ${symbol}`.replace(/\.0 /, " ");
};

const roundedUp = (wei: bigint): bigint => {
  const step = 10n ** BigInt(Math.max(0, wei.toString().length - 4));
  return ((wei + step - 1n) / step) * step;
};

/** The price of a unit of gas: "1.52 gwei". */
export const formatGasPrice = (wei: bigint): string => `${Number(roundedUp(wei)) / 1e9} gwei`;
