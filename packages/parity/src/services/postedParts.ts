import type { ExtensionServices } from "@keyquorum/keeper";
import type { Address } from "@keyquorum/wire";
import { type PostedPart, parsePartLog, partLogsOf, type RequestOf } from "./serviceRequest.ts";

type Logs = Pick<ReturnType<ExtensionServices["follow"]>["logs"], "find">;

/** What holders have posted of a reading, by the logs that this keeper has mirrored, and who posted one of them. */
export const createPostedParts = (
  { chain }: { readonly chain: Pick<ExtensionServices["chain"], "rpc"> },
  logsOf: (contract: Address) => Logs | undefined,
) => ({
  partsOf: async (request: RequestOf<"personal">): Promise<readonly PostedPart[]> => {
    const logs = (await logsOf(request.contract)?.find(partLogsOf(request))) ?? [];
    return logs.flatMap((one) => parsePartLog(one, request) ?? []);
  },
  /** An account in lower-case hex. Undefined: the node knows of no such transaction. */
  posterOf: async ({ transactionHash }: PostedPart): Promise<string | undefined> => {
    const found = await chain.rpc.send("eth_getTransactionByHash", [transactionHash]);
    const from = typeof found === "object" && found !== null && "from" in found ? found.from : undefined;
    return typeof from === "string" ? from.toLowerCase() : undefined;
  },
});
