import type { KeyServer } from "./keyServer.ts";
import type { Quotas } from "./quotas.ts";

/**
 * The key server with the quotas of whom asks from this address. An id that this keeper holds, or is bound to, costs nothing: nothing more is stored for it.
 * It belongs inside the request's turn, so that requests that wait take nothing of what others may have.
 */
export const countedKeyServer = (keyServer: KeyServer, quotas: Quotas, address: string): KeyServer => ({
  ...keyServer,
  generate: async (ask) => {
    const { serverKeyId, author } = ask;
    if ((await keyServer.heldFor(serverKeyId)) !== undefined) return keyServer.generate(ask);
    return quotas.within({
      ...{ author, address },
      generate: () => keyServer.generate(ask),
      // Another author's was stored by another's request, and is counted there.
      isStored: async () => (await keyServer.heldFor(serverKeyId)) === author,
    });
  },
});
