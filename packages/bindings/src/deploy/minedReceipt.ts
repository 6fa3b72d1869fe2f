import type { TransactionReceipt, TransactionResponse } from "ethers";

/** Milliseconds between two looks after one that failed, and until a transaction is given up. */
type Patience = { readonly pauseMs: number; readonly giveUpMs: number };
const PATIENCE: Patience = { pauseMs: 1_000, giveUpMs: 300_000 };

/** What became of the transaction, in the words of ethers: the rest are failures of the node, which say nothing about it. */
const OUTCOMES: ReadonlySet<unknown> = new Set(["CALL_EXCEPTION", "TRANSACTION_REPLACED"]);

/**
 * The receipt of a deployment or of a call that belongs to one, once it is mined. A look that fails is repeated; the same call that was sent again with
 * a higher fee counts. Throws ethers' CALL_EXCEPTION and TRANSACTION_REPLACED, and an error with the hash when the time is over.
 */
export const minedReceipt = async (
  transaction: TransactionResponse | null,
  { pauseMs, giveUpMs } = PATIENCE,
): Promise<TransactionReceipt> => {
  if (transaction === null) throw new Error("There is no transaction to wait for.");
  const giveUpAt = Date.now() + giveUpMs;
  for (;;) {
    try {
      const receipt = await transaction.wait(1, giveUpMs);
      if (receipt !== null) return receipt;
    } catch (error) {
      const { code, reason, receipt } = error as { readonly code?: unknown; readonly reason?: unknown; readonly receipt?: unknown };
      if (code === "TRANSACTION_REPLACED" && reason === "repriced") return receipt as TransactionReceipt; // by ethers' definition
      if (OUTCOMES.has(code)) throw error;
    }
    if (Date.now() >= giveUpAt)
      throw new Error(
        `It is not known what became of the transaction ${transaction.hash}: look for it on the chain before you send it again.`,
      );
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
};
