import { ChainUnavailableError, type Rpc } from "@keyquorum/chain";
import type { Address } from "@keyquorum/wire";
import type { Clock } from "./clock.ts";
import { every } from "./every.ts";
import type { Metrics } from "./metrics.ts";

/** Balance of the operator's account in wei, asked now and then. */
export type Balance = {
  readonly refresh: () => Promise<void>;
  /** The last one known; asks when there is none. Throws ChainUnavailableError. */
  readonly read: () => Promise<bigint>;
  readonly last: () => bigint | undefined;
};

const EVERY_MILLISECONDS = 10_000;

export const createBalance = (options: {
  readonly rpc: Rpc;
  readonly operator: Address;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, "balance">;
}): Balance => {
  let last: bigint | undefined;
  const ask = async (): Promise<bigint> => {
    const wei = await options.rpc.send("eth_getBalance", [options.operator, "latest"]);
    if (typeof wei !== "string" || !/^0x[0-9a-fA-F]{1,64}$/.test(wei))
      throw new ChainUnavailableError("BAD_RESPONSE", "The node did not return a balance. Check the node.");
    last = BigInt(wei);
    options.metrics.balance.set(Number(last));
    return last;
  };
  return { refresh: every(EVERY_MILLISECONDS, options.clock, ask), read: async () => last ?? ask(), last: () => last };
};
