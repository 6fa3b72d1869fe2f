import type { ExtensionServices } from "@keyquorum/keeper";
import type { QuotaRow, QuotaStore } from "../keyServer/quotas.ts";

/** Today's count of generations, in one row: it outlives a restart. */
export const quotaStoreOf = (services: Pick<ExtensionServices, "table">): QuotaStore => {
  const table = services.table("quotas");
  return {
    read: async () => {
      const bytes = await table.get("today");
      return bytes === undefined ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as QuotaRow); // true: it was sealed by this keeper
    },
    write: (row) => table.put("today", new TextEncoder().encode(JSON.stringify(row))),
  };
};
