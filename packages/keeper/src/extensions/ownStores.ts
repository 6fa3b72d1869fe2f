import type { VaultStores } from "@keyquorum/vault";
import { ownName } from "./names.ts";
import type { OwnStores, OwnTable } from "./services.ts";

type Stores = Pick<VaultStores, "sealedTables" | "work">;

/** The rows of one extension: it reaches no others, because its name is not its to say. */
export const ownTable = (extension: string, { sealedTables }: Pick<Stores, "sealedTables">, table: string): OwnTable => ({
  get: (key) => sealedTables.get({ extension, table, key }),
  put: (key, value) => sealedTables.put({ extension, table, key }, value),
  delete: (key) => sealedTables.delete({ extension, table, key }),
  list: (page) => sealedTables.list({ extension, table }, page),
});

export const ownStores = (extension: string, tx: Stores): OwnStores => ({
  table: (name) => ownTable(extension, tx, name),
  held: () => tx.sealedTables.held(extension),
  addWork: ({ kind, subject, payload }) => {
    const named = ownName(extension, kind);
    return tx.work.add({ id: `${named}:${subject}`, kind: named, payload });
  },
});
