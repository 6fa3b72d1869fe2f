import type { ContractViews } from "@keyquorum/bindings";
import { type Hash32, parseHash32, type SessionId, ZERO_HASH } from "@keyquorum/wire";

/** The contracts that take dealings. PROTOCOL sections 3.3 and 3.9. */
export type DealingContract = "keyGeneration" | "keyResharing";

type DealingContracts = Pick<ContractViews, DealingContract>;

/** What a contract stores of a dealer's dealing; undefined where it took none. */
export const readDealHash = async (
  { keyGeneration, keyResharing }: DealingContracts,
  contract: DealingContract,
  sid: SessionId,
  dealer: number,
): Promise<Hash32 | undefined> => {
  const stored = parseHash32(await (contract === "keyGeneration" ? keyGeneration : keyResharing).dealHashOf(sid, dealer));
  return stored === ZERO_HASH ? undefined : stored;
};
