import { randomBytes } from "node:crypto";
import type { LocalChain } from "@keyquorum/cluster";
import { JsonRpcProvider, JsonRpcSigner, NonceManager, type Signer } from "ethers";
import { type RequestProvider, startRpcBridge } from "./rpcBridge.ts";

/** A connection's chain as a cluster takes it, reachable from other processes. */
export type ConnectedChain = LocalChain & {
  /** An account of the network, signing through the connection. */
  readonly signerOf: (account: Signer | { readonly address: string }) => Signer;
};

/** Makes a connection's chain reachable. Account 0 of the result is the governor. Throws when the network has no such account. */
export const connectChain = async (provider: RequestProvider, { governor }: { readonly governor: number }): Promise<ConnectedChain> => {
  const [chainId, accounts] = (await Promise.all([
    provider.request({ method: "eth_chainId" }),
    provider.request({ method: "eth_accounts" }),
  ])) as [string, readonly string[]];
  const own = accounts[governor];
  if (own === undefined) throw new Error(`The network has no account ${governor}; correct keyquorum.governor in hardhat.config.ts.`);
  const bridge = await startRpcBridge(provider, randomBytes(16).toString("hex"));
  const rpc = new JsonRpcProvider(bridge.url, BigInt(chainId), {
    staticNetwork: true,
    cacheTimeout: -1,
    pollingInterval: 50,
    batchMaxCount: 1,
  });
  const signerOf = (account: Signer | { readonly address: string }): Signer => {
    if (!("address" in account) || typeof account.address !== "string")
      throw new TypeError("Give an account of the network (it has an address), or an ethers Wallet.");
    return new JsonRpcSigner(rpc, account.address);
  };
  return {
    kind: "hardhat",
    pid: process.pid,
    rpcUrl: bridge.url,
    chainId: BigInt(chainId),
    provider: rpc,
    account: (index) => new NonceManager(new JsonRpcSigner(rpc, accounts[(governor + index) % accounts.length] ?? own)),
    send: (method, params) => provider.request({ method, params: [...params] }),
    signerOf,
    stop: async () => {
      rpc.destroy();
      await bridge.close();
    },
  };
};
