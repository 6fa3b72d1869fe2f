import type { HookContext, NetworkHooks } from "hardhat/types/hooks";
import type { ChainType, NetworkConnection } from "hardhat/types/network";
import { createKeyquorum } from "../deployKeyquorum.ts";

/** Every connection gets `keyquorum`; what it started ends with the connection. */
export default async (): Promise<Partial<NetworkHooks>> => ({
  newConnection: async <ChainTypeT extends ChainType | string>(
    context: HookContext,
    next: (nextContext: HookContext) => Promise<NetworkConnection<ChainTypeT>>,
  ): Promise<NetworkConnection<ChainTypeT>> => {
    const connection = await next(context);
    connection.keyquorum = createKeyquorum(context.config.keyquorum, connection.provider);
    return connection;
  },
  closeConnection: async <ChainTypeT extends ChainType | string>(
    context: HookContext,
    connection: NetworkConnection<ChainTypeT>,
    next: (nextContext: HookContext, nextConnection: NetworkConnection<ChainTypeT>) => Promise<void>,
  ): Promise<void> => {
    await connection.keyquorum.stop();
    await next(context, connection);
  },
});
