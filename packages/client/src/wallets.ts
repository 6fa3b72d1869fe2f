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
 * later: clients made of it refuse to work meanwhile (WRONG_CHAIN). Throws ethers' ACTION_REJECTED.
 */
export const signerFromProvider = (provider: Eip1193Provider, account?: string): Promise<JsonRpcSigner> => {
  // "any": otherwise ethers refuses a wallet for ever that has switched once. No cache: it would hold answers of the chain before.
  const connected = new BrowserProvider(provider, "any", { cacheTimeout: -1 });
  followSwitches(provider, connected);
  return connected.getSigner(account);
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
