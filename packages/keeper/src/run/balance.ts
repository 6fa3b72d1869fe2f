import { ChainUnavailableError, type Rpc } from "@keyquorum/chain";
import type { Address } from "@keyquorum/wire";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import type { Clock } from "./clock.ts";
import { every } from "./every.ts";

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
  /** Wei below which no request is answered on chain. */
  readonly reserve: bigint;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "balance" | "balanceReserve">;
}): Balance => {
  const { operator, reserve, log } = options;
  let [last, isLow]: [bigint | undefined, boolean] = [undefined, false];
  options.metrics.balanceReserve.set(Number(reserve));

  /** A quarter above the reserve it counts as enough again, so that one answer more or less is no news. */
  const noteLow = (balance: bigint): void => {
    if (!isLow && balance < reserve)
      log.warn("The operator's balance is below the reserve: requests on chain are not answered until its account is funded", {
        operator,
        balance,
        reserve,
      });
    if (isLow && balance * 4n >= reserve * 5n) log.info("The operator's balance is above the reserve again", { operator, balance });
    isLow = isLow ? balance * 4n < reserve * 5n : balance < reserve;
  };
  const ask = async (): Promise<bigint> => {
    const wei = await options.rpc.send("eth_getBalance", [options.operator, "latest"]);
    if (typeof wei !== "string" || !/^0x[0-9a-fA-F]{1,64}$/.test(wei))
      throw new ChainUnavailableError("BAD_RESPONSE", "The node did not return a balance. Check the node.");
    last = BigInt(wei);
    options.metrics.balance.set(Number(last));
    noteLow(last);
    return last;
  };
  return { refresh: every(EVERY_MILLISECONDS, options.clock, ask), read: async () => last ?? ask(), last: () => last };
};
