import { KeyquorumError } from "@keyquorum/wire";
import { BrowserProvider, type Eip1193Provider, type JsonRpcSigner } from "ethers";
import { followSwitches } from "./chainSwitches.ts";
import { milliseconds } from "./numbers.ts";

/** A wallet that a page found (EIP-6963). `icon` is a data URI of the wallet's own: show it as an image, never as markup. */
export type DiscoveredWallet = {
  readonly id: string;
  readonly name: string;
  readonly icon: string;
  /** Reverse domain name, the same in every session: "io.metamask". */
  readonly rdns: string;
  readonly provider: Eip1193Provider;
};

/**
 * The signer of an injected wallet (EIP-1193), e.g. `window.ethereum`: asks the user to connect. The wallet may be switched to another chain and back
 * later: clients made of it refuse to work meanwhile (WRONG_CHAIN). Throws INVALID_VALUE for what is no wallet, NO_SIGNER where it gives no account: it is
 * locked, or its user declined; the `cause` is ethers' own error.
 */
export const signerFromProvider = async (provider: Eip1193Provider, account?: string): Promise<JsonRpcSigner> => {
  const isWallet = typeof (provider as Eip1193Provider | null | undefined)?.request === "function"; // ethers would ask anything else for ever
  if (!isWallet)
    throw new KeyquorumError("INVALID_VALUE", "provider is no wallet: it has no request().", { details: { field: "provider" } });
  // "any": otherwise ethers refuses a wallet for ever that has switched once. No cache: it would hold answers of the chain before.
  const connected = new BrowserProvider(provider, "any", { cacheTimeout: -1 });
  followSwitches(provider, connected);
  try {
    return await connected.getSigner(account);
  } catch (cause) {
    connected.destroy();
    throw new KeyquorumError("NO_SIGNER", "The wallet gives no account. Unlock it, and let this page connect.", { cause });
  }
};

/** The wallets that announce themselves to this page (EIP-6963) within `timeoutMs` (default 200). Browsers only. Throws INVALID_VALUE. */
export const discoverWallets = async ({ timeoutMs = 200 }: { readonly timeoutMs?: number } = {}): Promise<readonly DiscoveredWallet[]> => {
  milliseconds("timeoutMs", timeoutMs);
  return new Promise((resolve) => {
    const page = globalThis as unknown as EventTarget; // in a browser the global object is the window
    const found = new Map<string, DiscoveredWallet>();
    const onAnnounce = (event: Event): void => {
      const { info, provider } = (event as CustomEvent).detail ?? {}; // any page script may announce: everything is checked
      const texts = [info?.uuid, info?.name, info?.icon, info?.rdns];
      if (!texts.every((text) => typeof text === "string") || typeof provider?.request !== "function") return;
      found.set(info.uuid, { id: info.uuid, name: info.name, icon: info.icon, rdns: info.rdns, provider });
    };
    page.addEventListener("eip6963:announceProvider", onAnnounce);
    page.dispatchEvent(new Event("eip6963:requestProvider"));
    setTimeout(() => {
      page.removeEventListener("eip6963:announceProvider", onAnnounce);
      resolve([...found.values()]);
    }, timeoutMs);
  });
};
