import type { TransactionCost } from "@keyquorum/chain";
import type { Vault } from "@keyquorum/vault";
import type { RequestId } from "@keyquorum/wire";
import { type Clock, systemClock } from "../run/clock.ts";

/** What bears a challenge's gas, or why this keeper does not send it. */
export type Booking =
  | { readonly kind: "booked"; readonly from: "fee" | "budget" }
  | { readonly kind: "refused"; readonly reason: "LIAR_BUDGET" | "BALANCE_RESERVE" };

/**
 * Keeps this keeper's own money (D63). A challenge is sent when the fee that it regains is above the gas of all its challenges in that request;
 * every other one only within a budget of gas per liar and 24 hours, and above the reserve. What is booked is the most that it can cost, before it
 * is sent and durably: no restart, and no transaction that comes too late, makes room.
 */
export type ChallengeBudget = {
  /** Call it once for a challenge. `fee`: what this keeper regains in that request, in wei. */
  readonly book: (challenge: {
    readonly requestId: RequestId;
    readonly liar: number;
    readonly cost: TransactionCost;
    readonly fee: bigint;
  }) => Promise<Booking>;
};

const DAY_MILLISECONDS = 86_400_000;

export const createChallengeBudget = (options: {
  readonly vault: Pick<Vault, "challenges">;
  /** Balance of the operator's account in wei. */
  readonly balance: () => Promise<bigint>;
  readonly balanceReserveWei: bigint;
  readonly challengeGasPerLiarPerDay: number;
  readonly clock?: Clock;
}): ChallengeBudget => {
  const { vault, balance, balanceReserveWei, challengeGasPerLiarPerDay, clock = systemClock } = options;
  return {
    book: async ({ requestId, liar, cost, fee }) => {
      const { gasLimit: gas, gasPrice } = cost;
      const before = (await vault.challenges.of(requestId)).reduce((sum, challenge) => sum + challenge.gas, 0n);
      if (fee > (before + gas) * gasPrice) {
        await vault.challenges.save({ requestId, slot: liar, gas });
        return { kind: "booked", from: "fee" };
      }
      if ((await balance()) - gas * gasPrice < balanceReserveWei) return { kind: "refused", reason: "BALANCE_RESERVE" };
      const budget = { gas: BigInt(challengeGasPerLiarPerDay), since: clock.now() - DAY_MILLISECONDS };
      const saved = await vault.challenges.save({ requestId, slot: liar, gas, budget });
      return saved === undefined ? { kind: "refused", reason: "LIAR_BUDGET" } : { kind: "booked", from: "budget" };
    },
  };
};
