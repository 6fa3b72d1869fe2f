import { interfaceOf } from "@keyquorum/bindings";
import type { Chain } from "../chain/chain.ts";
import type { JoinedCall } from "../chain/joinedCalls.ts";

/**
 * Asks for a key, its active epoch and that epoch's members, at the end of a joined question.
 * @param keyId 32 bytes as 0x hex, or where an earlier answer has it
 * @param first how many calls are before these
 */
export const keyCalls = (
  { deployment: { contracts } }: Pick<Chain, "deployment">,
  keyId: JoinedCall["words"][number],
  first: number,
): readonly JoinedCall[] => {
  const { keyGeneration, keeperRegistry } = contracts;
  const [keys, keepers] = [interfaceOf("keyGeneration"), interfaceOf("keeperRegistry")];
  const activeEpoch = [first, 1] as const;
  return [
    { to: keyGeneration, selector: keys.getFunction("keyOf").selector, words: [keyId], answer: 7 },
    { to: keyGeneration, selector: keys.getFunction("keyEpochOf").selector, words: [keyId, activeEpoch], answer: 5 },
    { to: keeperRegistry, selector: keepers.getFunction("committeeOf").selector, words: [activeEpoch], answer: 0 },
  ];
};
