import type { Provider, TransactionResponse } from "ethers";

/** A call as an account makes it: what tells one transaction from another one of the same account. */
export type Call = { readonly from: string; readonly to: string | null; readonly data: string; readonly value: bigint };

/** How many blocks at the head are read again: a reorganisation may have changed them. */
const READ_AGAIN = 3;

/** Searches an account's mined transactions from one block on; each look reads only the blocks that are new. */
export const createAccountScan = (provider: Provider, account: string, since: number) => {
  let next = since;
  return async (isWanted: (transaction: TransactionResponse) => boolean): Promise<TransactionResponse | undefined> => {
    const wanted = account.toLowerCase();
    const head = await provider.getBlockNumber();
    for (let number = next; number <= head; number += 1) {
      const block = await provider.getBlock(number, true);
      if (block === null) return undefined; // the node that answered lags behind
      const found = block.prefetchedTransactions.find((one) => one.from.toLowerCase() === wanted && isWanted(one));
      if (found !== undefined) return found;
      next = Math.max(next, number + 1); // looks that were given up continue beside this one: none may pass a block that another one found it in
    }
    next = Math.max(since, head + 1 - READ_AGAIN);
    return undefined;
  };
};

export const isSameCall = (one: Call, other: Call): boolean =>
  one.from.toLowerCase() === other.from.toLowerCase() &&
  one.to?.toLowerCase() === other.to?.toLowerCase() &&
  one.data.toLowerCase() === other.data.toLowerCase() &&
  one.value === other.value;

/** What wallets send to cancel a transaction: nothing, to the account itself. */
export const isCancellation = ({ from, to, data, value }: Call): boolean =>
  to?.toLowerCase() === from.toLowerCase() && data === "0x" && value === 0n;
