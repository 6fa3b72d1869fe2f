import type { BlockRef } from "@keyquorum/chain";
import type { Address } from "@keyquorum/wire";
import type { ChainReader } from "../contracts/chainReader.ts";
import { REQUEST_CONTRACTS } from "../contracts/requestContract.ts";
import type { Metrics } from "../report/metrics.ts";
import type { Clock } from "../run/clock.ts";
import { hasCome } from "../run/every.ts";

/** Fees that this keeper's accounts earned and nobody withdrew, in wei, of both request contracts together. */
export type FeeCredit = {
  readonly refresh: (head: BlockRef) => Promise<void>;
  /** The last one known. */
  readonly last: () => bigint | undefined;
};

const EVERY_MILLISECONDS = 30_000;

export const createFeeCredit = (options: {
  readonly reader: ChainReader;
  /** 0 while it has none. */
  readonly slot: () => number;
  /** The current account and those before: each is paid what it earned in its epochs. */
  readonly operators: readonly Address[];
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, "feeCredit">;
}): FeeCredit => {
  let last: bigint | undefined;
  let next = 0;
  return {
    refresh: async ({ hash }) => {
      if (options.slot() === 0 || !hasCome(next, { now: options.clock.now(), longest: EVERY_MILLISECONDS })) return;
      next = options.clock.now() + EVERY_MILLISECONDS;
      const at = options.reader.at(hash);
      const credits = await Promise.all(
        REQUEST_CONTRACTS.map(async (contract) => {
          const earned = await Promise.all(options.operators.map((operator) => at.creditOf(contract, operator)));
          return { contract, wei: earned.reduce((sum, wei) => sum + wei, 0n) };
        }),
      );
      for (const { contract, wei } of credits) options.metrics.feeCredit.set({ contract }, Number(wei));
      last = credits.reduce((sum, { wei }) => sum + wei, 0n);
    },
    last: () => last,
  };
};
