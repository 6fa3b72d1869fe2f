import { httpRpc, quorumRpc, type Rpc } from "@keyquorum/chain";
import { createKeepAlivePost } from "@keyquorum/chain/node";
import type { KeeperConfig } from "../config/parseConfig.ts";
import type { Clock } from "./clock.ts";

/** The RPC providers that a configuration names, asked as one. */
export const rpcOf = (
  { chain }: { readonly chain: Pick<KeeperConfig["chain"], "rpcUrls" | "rpcTimeoutMilliseconds"> },
  clock: Clock,
): Rpc => {
  const post = createKeepAlivePost();
  return quorumRpc(
    chain.rpcUrls.map((url) => httpRpc(url, { post, timeoutMs: chain.rpcTimeoutMilliseconds, clock })),
    { clock },
  );
};
