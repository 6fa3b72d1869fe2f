import { interfaceOf } from "@keyquorum/bindings";
import type { Chain } from "../chain/chain.ts";
import type { JoinedCall, JoinedQuestion } from "../chain/joinedCalls.ts";
import { type MemberOrder, membersCode } from "./membersCode.ts";

/** How many calls `withKey` adds. */
export const KEY_CALLS = 3;

/**
 * Asks, behind other calls, for a key, its active epoch and who was removed; then for as many of that epoch's members as `membersCode` says, the first in
 * the order.
 * @param keyId 32 bytes as 0x hex, or where an earlier answer has it
 */
export const withKey = (
  { deployment: { contracts } }: Pick<Chain, "deployment">,
  {
    before,
    keyId,
    order,
  }: { readonly before: readonly JoinedCall[]; readonly keyId: JoinedCall["words"][number]; readonly order: MemberOrder },
): JoinedQuestion => {
  const { keyGeneration, keeperRegistry } = contracts;
  const [keys, keepers] = [interfaceOf("keyGeneration"), interfaceOf("keeperRegistry")];
  const first = before.length;
  const epoch = [first, 1] as const;
  const inEpoch = (word: number) => [first + 1, word] as const;
  return {
    calls: [
      ...before,
      { to: keyGeneration, selector: keys.getFunction("keyOf").selector, words: [keyId], answer: 7 },
      { to: keyGeneration, selector: keys.getFunction("keyEpochOf").selector, words: [keyId, epoch], answer: 5 },
      { to: keeperRegistry, selector: keepers.getFunction("removedKeepers").selector, words: [], answer: 1 },
    ],
    behind: membersCode({
      registry: keeperRegistry,
      memberOf: keepers.getFunction("memberOf").selector,
      keeperAt: keepers.getFunction("keeperAt").selector,
      order,
      ...{ epoch, threshold: inEpoch(0), committee: inEpoch(2), removed: [first + 2, 0] },
    }),
  };
};
