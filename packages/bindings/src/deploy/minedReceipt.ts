import type { ContractTransactionReceipt, ContractTransactionResponse } from "ethers";

/** The receipt of a deployment or of a call that belongs to one, once it is mined. */
export const minedReceipt = async (transaction: ContractTransactionResponse | null): Promise<ContractTransactionReceipt> => {
  const receipt = await transaction?.wait();
  if (receipt === null || receipt === undefined)
    throw new Error("The node did not return the receipt of a deployment transaction; check the node and deploy again.");
  return receipt;
};
