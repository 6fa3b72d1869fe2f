import type { ExtensionServices, OwnStores } from "@keyquorum/keeper";

/** One row for each epoch of which this keeper holds, or held, a session or a server key, under its number. Few, and none is ever deleted. */
const TABLE = "server-key-epochs";

/** Notes, within the transaction that binds this keeper to an epoch, that its identity key there is needed. */
export const noteEpoch = async (tx: OwnStores, epoch: number): Promise<void> => {
  const table = tx.table(TABLE);
  if ((await table.get(String(epoch))) === undefined) await table.put(String(epoch), Uint8Array.of(1));
};

/** `ExtensionStory.neededEpochs`: without their identity keys, nobody reads what was stored there. */
export const neededEpochs = async (services: Pick<ExtensionServices, "table">): Promise<readonly number[]> =>
  (await services.table(TABLE).list()).map(Number);
