import { KeyquorumError } from "@keyquorum/wire";
import { abortable, limitedSignal } from "../time/abortable.ts";
import type { Clock } from "../time/clock.ts";

/**
 * Gives up what waits for a wallet when the time is over: a wallet that never answers must hold nobody. `work` gets a signal that ends with the time.
 * Throws WALLET_TIMEOUT; the signal's reason.
 */
export const withinWalletTime = async <T>(
  { clock, limitMs, signal }: { readonly clock: Clock; readonly limitMs: number; readonly signal: AbortSignal | undefined },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const onTimeout = (): Error => new KeyquorumError("WALLET_TIMEOUT", `The wallet did not answer within ${limitMs} ms.`);
  const limited = limitedSignal({ signal, timeoutMs: limitMs, clock, onTimeout });
  try {
    return await abortable(work(limited.signal), limited.signal);
  } finally {
    limited.dispose();
  }
};
