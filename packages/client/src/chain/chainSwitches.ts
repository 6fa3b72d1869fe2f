import type { Eip1193Provider } from "ethers";

type Switches = { count: number };

/** By what a page asks: the wallet itself, and the ethers provider that was made of it. */
const switchesOf = new WeakMap<object, Switches>();

/** How often a wallet has said that its user switched to another chain; 0 for what is no wallet. */
export const countSwitches = (provider: object): number => switchesOf.get(provider)?.count ?? 0;

/** Counts a wallet's `chainChanged` (EIP-1193) for the ethers provider made of it. One listener for each wallet, however often a page connects. */
export const followSwitches = (wallet: Eip1193Provider, provider: object): void => {
  const known = switchesOf.get(wallet);
  const switches = known ?? { count: 0 };
  switchesOf.set(provider, switches);
  if (known !== undefined || !isEmitter(wallet)) return;
  switchesOf.set(wallet, switches);
  wallet.on("chainChanged", () => {
    switches.count += 1;
  });
};

/**
 * For a provider whose wallet's `chainChanged` is out of reach: returns what is told each chain id that the wallet gives. Another one than the last counts
 * as a switch.
 */
export const tellSwitches = (provider: object): ((chainId: unknown) => void) => {
  const switches = { count: 0 };
  let last: unknown;
  switchesOf.set(provider, switches);
  return (chainId) => {
    if (typeof chainId !== "string") return;
    if (last !== undefined && chainId !== last) switches.count += 1;
    last = chainId;
  };
};

const isEmitter = (wallet: object): wallet is { on: (event: string, listener: () => void) => unknown } =>
  "on" in wallet && typeof wallet.on === "function";
