import { KeyquorumError } from "@keyquorum/wire";
import { BrowserProvider, type Eip1193Provider, type JsonRpcSigner } from "ethers";
import { followSwitches } from "../chain/chainSwitches.ts";
import { milliseconds } from "../numbers.ts";
import { abortable, limitedSignal } from "../time/abortable.ts";
import { systemClock } from "../time/clock.ts";

/** How long a person may take to connect. */
const CONNECT_MS = 300_000;

/**
 * The signer of an injected wallet (EIP-1193), e.g. `window.ethereum`: asks the user to connect. The wallet may be switched to another chain and back
 * later: clients made of it refuse to work meanwhile (WRONG_CHAIN).
 * Throws INVALID_VALUE for what is no wallet, ACTION_REJECTED, WALLET_LOCKED, WALLET_UNAUTHORIZED (no account, or not this one), WALLET_DISCONNECTED, WALLET_TIMEOUT, WALLET_FAILED.
 */
export const signerFromProvider = async (
  provider: Eip1193Provider,
  account?: string,
  { timeoutMs = CONNECT_MS }: { readonly timeoutMs?: number } = {},
): Promise<JsonRpcSigner> => {
  milliseconds("timeoutMs", timeoutMs);
  const { walletFailure, walletTimeout } = await import("./walletFailure.ts");
  const limited = limitedSignal({ timeoutMs, clock: systemClock, onTimeout: () => walletTimeout("Connecting the wallet", timeoutMs) });
  let connected: BrowserProvider | undefined;
  try {
    // A wallet is somebody else's object: reading it may throw.
    const isWallet = typeof (provider as Eip1193Provider | null | undefined)?.request === "function"; // ethers would ask anything else forever
    if (!isWallet)
      throw new KeyquorumError("INVALID_VALUE", "provider is not a wallet: it has no request().", { details: { field: "provider" } });
    // "any": otherwise ethers refuses a wallet forever that has switched once. No cache: it would hold answers of the chain before.
    connected = new BrowserProvider(provider, "any", { cacheTimeout: -1 });
    followSwitches(provider, connected);
    return await abortable(connected.getSigner(account), limited.signal);
  } catch (error) {
    connected?.destroy(); // it would continue asking for the chain
    throw walletFailure("Connecting the wallet", error);
  } finally {
    limited.dispose();
  }
};
