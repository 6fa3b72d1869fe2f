import type { ExtensionServices } from "@keyquorum/keeper";
import { KeyquorumError } from "@keyquorum/wire";

/** A part of who cannot post it is worth nothing to its set, and keeps the others from another one. Throws KeyquorumError UNAVAILABLE. */
export const requireFunds = async ({
  transactions,
}: {
  readonly transactions: Pick<ExtensionServices["transactions"], "isFunded">;
}): Promise<void> => {
  if (await transactions.isFunded()) return;
  throw new KeyquorumError("UNAVAILABLE", "This keeper's account has less than its reserve: it posts nothing.");
};
