import { callAt } from "../calls.ts";
import { isUnavailable } from "../errors.ts";
import { reasonOf, SenderError } from "./errors.ts";
import type { Preparing } from "./prepare.ts";
import type { SenderReceipt, SenderRecord } from "./types.ts";

/** The error for a transaction that was mined and reverted. A receipt does not say why; the same call at its block usually does. */
export const revertedError = async (preparing: Preparing, record: SenderRecord, receipt: SenderReceipt): Promise<SenderError> => {
  const data = await revertDataAt(preparing, record, receipt.blockHash);
  const why = data === undefined ? "The reason could not be found out." : reasonOf(data);
  return new SenderError("TX_REVERTED", `The transaction was mined, but the contract ${record.to} refused it. ${why}`, {
    ...(data === undefined ? {} : { data }),
    details: { id: record.id, transactionHash: receipt.transactionHash, blockNumber: receipt.blockNumber },
  });
};

const revertDataAt = async ({ rpc, address, options }: Preparing, record: SenderRecord, blockHash: string): Promise<string | undefined> => {
  const { to, data, value, gasLimit } = record;
  try {
    const result = await callAt(rpc, { from: address, to, data, value: BigInt(value), gas: BigInt(gasLimit) }, blockHash, options);
    return result.kind === "reverted" ? result.data : undefined;
  } catch (error) {
    if (isUnavailable(error)) return undefined; // the failure is certain, only its reason is not
    throw error;
  }
};
