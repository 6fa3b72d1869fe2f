import { createPublicClient, createWalletClient, custom, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { ViemClient } from "../wallets/viem.ts";
import type { FakeRpcChain } from "./fakeRpcChain.ts";

// viem's own clients, as programs and wagmi make them. `retryCount` 0: the tests count what is asked.

/** A wallet client of an injected wallet, as wagmi makes it. */
export const viemWallet = (chain: FakeRpcChain): ViemClient =>
  createWalletClient({ account: chain.state.account as `0x${string}`, transport: custom(chain.wallet, { retryCount: 0 }) });

/** A wallet client whose account's key is in this process. */
export const viemKey = (chain: FakeRpcChain): ViemClient => {
  const account = privateKeyToAccount(`0x${"11".repeat(32)}`);
  chain.state.account = account.address.toLowerCase();
  return createWalletClient({ account, transport: custom(chain.wallet, { retryCount: 0 }) });
};

/** A public client of the same node. */
export const viemReader = (chain: FakeRpcChain): ViemClient => createPublicClient({ transport: custom(chain.wallet, { retryCount: 0 }) });

/** A public client of a node behind HTTP. */
export const viemHttp = (url: string): ViemClient => createPublicClient({ transport: http(url, { retryCount: 0 }) });
