import type { Contracts } from "@keyquorum/bindings";
import { type Address, parseAddress } from "@keyquorum/wire";

/** The accounts that may have earned fees for a slot: its operator in each open epoch, because a fee belongs to the operator of its epoch. */
export const earnersOf = async ({ keeperRegistry }: Pick<Contracts, "keeperRegistry">, slot: number): Promise<readonly Address[]> => {
  const epochs = Array.from({ length: Number(await keeperRegistry.lastEpoch()) }, (_, index) => index + 1);
  const operators = await Promise.all(epochs.map((epoch) => keeperRegistry.operatorIn(epoch, slot)));
  return [...new Set(operators.filter((operator) => BigInt(operator) !== 0n).map(parseAddress))];
};
