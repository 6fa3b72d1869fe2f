import { broadcast } from "./broadcast.ts";
import { SenderError } from "./errors.ts";
import type { Ledger } from "./ledger.ts";
import { freeNonce, type Preparing, prepare, signAttempt, transactionCount } from "./prepare.ts";
import type { SenderRecord } from "./types.ts";
import type { SenderProblem } from "./watch.ts";

/**
 * Sends a record's transaction under the next nonce: simulates, signs, saves, then sends. Attempts it already has stay watched.
 * Throws `SenderError` TX_WOULD_REVERT, INSUFFICIENT_FUNDS or TX_REFUSED, or `ChainUnavailableError`: then nothing was sent.
 */
export const launch = async (
  ledger: Ledger,
  preparing: Preparing,
  {
    record,
    gasLimit,
    onProblem,
  }: { readonly record: SenderRecord; readonly gasLimit: bigint | undefined; readonly onProblem: (problem: SenderProblem) => void },
): Promise<void> => {
  const { id, to, data } = record;
  const prepared = await prepare(preparing, { to, data, value: BigInt(record.value), gasLimit });
  const count = Math.max(await transactionCount(preparing), ledger.nonceFloor());
  const withGas = { ...record, gasLimit: prepared.gasLimit.toString() };
  const { fees, headNumber } = prepared;
  const attempt = await signAttempt(preparing, withGas, { nonce: freeNonce(count, ledger.live()), fees, headNumber });
  const signed = await ledger.put({ ...withGas, state: "pending", attempts: [...record.attempts, attempt], receipt: null });

  const sent = await broadcast(preparing.rpc, attempt, preparing.options);
  if (sent.kind === "unknown") onProblem({ id, kind: "UNAVAILABLE", error: sent.error });
  if (sent.kind !== "refused") return;
  await ledger.put({ ...signed, state: "dropped", attempts: [] }); // the node never had it: its nonce is free again
  throw new SenderError("TX_REFUSED", `The node rejected the transaction. ${sent.error.message}`, {
    cause: sent.error,
    details: { id },
  });
};
