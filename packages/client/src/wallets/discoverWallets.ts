import type { Eip1193Provider } from "ethers";
import { milliseconds } from "../numbers.ts";

/** A wallet that a page found (EIP-6963). Name and rdns are its own words: any script of the page can announce itself under them. */
export type DiscoveredWallet = {
  /** Of this announcement: another one of the same wallet, after the page is loaded again, has another. */
  readonly id: string;
  readonly name: string;
  /** A data URI of an image, or empty where it was none: show it as an image, never as markup. */
  readonly icon: string;
  /** Reverse domain name, the same in every session: "io.metamask". */
  readonly rdns: string;
  readonly provider: Eip1193Provider;
  /** Whether another wallet found has the same name or rdns: show both, with their rdns, and let the user decide. */
  readonly hasTwin: boolean;
  /** Whether another provider was announced under this id later: one of the two is not what it says. */
  readonly isDisputed: boolean;
};

/** An announcement that is not in the list, and why. */
export type DroppedWallet = {
  readonly reason: "id taken" | "malformed" | "too many";
  /** Where it said one that can be shown. */
  readonly name?: string;
  readonly id?: string;
};

export type DiscoverOptions = {
  /** Default: 200. */
  readonly timeoutMs?: number;
  /** Told of every announcement that is dropped: something on this page may want to pass for a wallet. */
  readonly onDropped?: (dropped: DroppedWallet) => void;
  /** Where wallets announce themselves. Default: the window. */
  readonly page?: EventTarget;
};

const MAX_WALLETS = 100;
const [MAX_TEXT, MAX_ICON] = [200, 256 * 1024];
/** Nothing that hides, reorders or breaks what is shown. */
const SHOWN = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]+$/u;
const ICON = /^data:image\/[a-z0-9.+-]+[;,]/i;

type Announcement = Omit<DiscoveredWallet, "hasTwin" | "isDisputed">;

/**
 * The wallets that announce themselves to a page (EIP-6963) within `timeoutMs`, each once. The first provider under an id stays: a later one is dropped and
 * reported. Browsers only. Throws INVALID_VALUE.
 */
export const discoverWallets = async ({ timeoutMs = 200, onDropped, page }: DiscoverOptions = {}): Promise<readonly DiscoveredWallet[]> => {
  milliseconds("timeoutMs", timeoutMs);
  return new Promise((resolve) => {
    const window = page ?? (globalThis as unknown as EventTarget); // in a browser the global object is the window
    const found = new Map<string, Announcement>();
    const disputed = new Set<string>();
    /** Takes an announcement, or says why it is dropped. */
    const take = (announced: Announcement | undefined): DroppedWallet["reason"] | undefined => {
      if (announced === undefined) return "malformed";
      const { id, provider } = announced;
      const known = found.get(id);
      if (known?.provider === provider) return undefined; // wallets announce themselves again when they are asked
      if (known !== undefined) disputed.add(id);
      if (known !== undefined) return "id taken";
      if (found.size >= MAX_WALLETS) return "too many";
      found.set(id, announced);
      return undefined;
    };
    const onAnnounce = (event: Event): void => {
      const announced = readAnnouncement(event);
      const reason = take(announced);
      if (reason === undefined) return;
      onDropped?.({ reason, ...(announced === undefined ? {} : { id: announced.id, name: announced.name }) });
    };
    window.addEventListener("eip6963:announceProvider", onAnnounce);
    window.dispatchEvent(new Event("eip6963:requestProvider"));
    setTimeout(() => {
      window.removeEventListener("eip6963:announceProvider", onAnnounce);
      const all = [...found.values()];
      resolve(
        all.map((wallet) => ({
          ...wallet,
          hasTwin: all.some((other) => other !== wallet && (isSameText(other.name, wallet.name) || isSameText(other.rdns, wallet.rdns))),
          isDisputed: disputed.has(wallet.id),
        })),
      );
    }, timeoutMs);
  });
};

/** Any script of the page may announce anything: each value is read once and checked, and what throws is malformed. */
const readAnnouncement = (event: Event): Announcement | undefined => {
  try {
    const { info, provider } = (event as CustomEvent).detail;
    const { uuid, name, icon, rdns } = info;
    const isShown = [uuid, name, rdns].every((text) => typeof text === "string" && text.length <= MAX_TEXT && SHOWN.test(text));
    if (!isShown || name.trim() === "" || typeof provider.request !== "function") return undefined;
    const isImage = typeof icon === "string" && icon.length <= MAX_ICON && ICON.test(icon);
    return { id: uuid, name, icon: isImage ? icon : "", rdns, provider };
  } catch {
    return undefined;
  }
};

const isSameText = (one: string, other: string): boolean =>
  one.normalize("NFKC").trim().toLowerCase() === other.normalize("NFKC").trim().toLowerCase();
