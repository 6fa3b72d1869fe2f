import type { LocalChain } from "@keyquorum/cluster";
import { type JsonRpcProvider, Wallet } from "ethers";
import type { BrowserContext } from "playwright-core";

/** A wallet of a test: its account lives in the test's process, as a real one lives in the wallet's. */
export type TestWallet = {
  readonly name: string;
  readonly address: string;
  /** What it asked its user since the last call of this: transactions and signatures. */
  readonly takePrompts: () => readonly string[];
  /** Refuses the next thing that needs its user, as EIP-1193 says it. */
  readonly refuseOnce: () => void;
};

type Answer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } };

/**
 * Gives the pages of a browser wallets: `injected` as `window.ethereum` (EIP-1193), each of `announced` by its event (EIP-6963).
 * @param keys private keys by the wallets' names
 */
export const giveWallets = async (
  context: BrowserContext,
  chain: LocalChain,
  keys: { readonly injected: readonly [name: string, key: string]; readonly announced: Readonly<Record<string, string>> },
): Promise<Readonly<Record<string, TestWallet>>> => {
  const all = { [keys.injected[0]]: keys.injected[1], ...keys.announced };
  const wallets = Object.fromEntries(Object.entries(all).map(([name, key]) => [name, createWallet(name, key, chain)]));
  await context.exposeFunction("askTestWallet", (name: string, method: string, params: readonly unknown[]) =>
    wallets[name]?.ask(method, params),
  );
  await context.addInitScript(
    ({ injected, announced }) => {
      const page = globalThis as unknown as EventTarget & {
        ethereum: unknown;
        askTestWallet: (name: string, method: string, params: readonly unknown[]) => Promise<Answer>;
      };
      const providerOf = (name: string) => ({
        request: async ({ method, params = [] }: { method: string; params?: readonly unknown[] }) => {
          const answer = await page.askTestWallet(name, method, params);
          if ("error" in answer) throw Object.assign(new Error(answer.error.message), answer.error);
          return answer.result;
        },
        on: () => {},
        removeListener: () => {},
      });
      page.ethereum = providerOf(injected);
      const announce = (): void => {
        for (const name of announced) {
          const info = { uuid: `test-${name}`, name, icon: "data:image/svg+xml,<svg/>", rdns: `test.${name}` };
          page.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider: providerOf(name) }) }));
        }
      };
      page.addEventListener("eip6963:requestProvider", announce);
      announce();
    },
    { injected: keys.injected[0], announced: Object.keys(keys.announced) },
  );
  return wallets;
};

const createWallet = (name: string, key: string, { provider, send }: LocalChain) => {
  const wallet = new Wallet(key, provider);
  const prompts: string[] = [];
  let refuses = false;

  const answer = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    if (method === "eth_accounts" || method === "eth_requestAccounts") return [wallet.address.toLowerCase()];
    if (method !== "eth_sendTransaction" && method !== "eth_signTypedData_v4") return send(method, params);
    prompts.push(method);
    if (refuses) {
      refuses = false;
      throw Object.assign(new Error("User rejected the request."), { code: 4001 });
    }
    return method === "eth_sendTransaction" ? sendFrom(wallet, provider, params[0]) : signTyped(wallet, params[1]);
  };
  return {
    name,
    address: wallet.address,
    takePrompts: () => prompts.splice(0),
    refuseOnce: () => {
      refuses = true;
    },
    ask: (method: string, params: readonly unknown[]): Promise<Answer> =>
      answer(method, params).then(
        (result) => ({ result }),
        (error: unknown) => ({ error: errorOf(error) }),
      ),
  };
};

const sendFrom = async (wallet: Wallet, provider: JsonRpcProvider, given: unknown): Promise<string> => {
  const {
    from: _,
    gas,
    ...transaction
  } = given as { readonly from: string; readonly gas?: string; readonly to: string; readonly data: string };
  const sent = await wallet.connect(provider).sendTransaction({ ...transaction, ...(gas === undefined ? {} : { gasLimit: gas }) });
  return sent.hash;
};

const signTyped = (wallet: Wallet, given: unknown): Promise<string> => {
  const { domain, types, message } = JSON.parse(String(given));
  const { EIP712Domain: _, ...own } = types;
  return wallet.signTypedData(domain, own, message);
};

/** An error as a node or wallet gives it: code, message and revert data. */
const errorOf = (error: unknown): { readonly code: number; readonly message: string; readonly data?: unknown } => {
  const { code, message, info } = error as {
    readonly code?: unknown;
    readonly message: string;
    readonly info?: { readonly error?: unknown };
  };
  const inner = info?.error as { readonly code: number; readonly message: string; readonly data?: unknown } | undefined;
  return inner ?? { code: typeof code === "number" ? code : -32603, message };
};
