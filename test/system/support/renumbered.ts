import { developmentKey, type LocalChain } from "@keyquorum/cluster";
import { startRenumberingProxy } from "@keyquorum/testing";
import { JsonRpcProvider, NonceManager, type Signer, Wallet } from "ethers";

/** The chain as everybody sees it through a proxy that adds `offset` to every block number that the node says. */
export const renumbered =
  (offset: number) =>
  async (chain: LocalChain): Promise<LocalChain> => {
    const proxy = await startRenumberingProxy(chain.rpcUrl, offset);
    const provider = new JsonRpcProvider(proxy.url, chain.chainId, {
      ...{ staticNetwork: true, cacheTimeout: -1, pollingInterval: 50, batchMaxCount: 1 },
    });
    const signers = new Map<number, Signer>();
    return {
      ...chain,
      rpcUrl: proxy.url,
      provider,
      send: (method, params) => provider.send(method, [...params]),
      account: (index) => {
        const signer = signers.get(index) ?? new NonceManager(new Wallet(developmentKey(index), provider));
        signers.set(index, signer);
        return signer;
      },
      stop: async () => {
        provider.destroy();
        await proxy.close();
        await chain.stop();
      },
    };
  };
