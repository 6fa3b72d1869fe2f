/** Governance that removes keepers while a session is under way, and boards that heed it or do not. */
import type { ModelTransaction } from "./modelChain.ts";

/** `KeeperRegistry.removeKeeper`, which both model boards take. `from` is 0: governance is not a keeper. */
export type Remove = ModelTransaction & { readonly kind: "remove"; readonly slot: number };

/** Contracts end a session that a removal has hit. An old or a hostile one continues, and honest keepers refuse by themselves (D56). */
export type RemovalRule = "ends" | "ignored";

/** `slots` are removed as soon as the board's status is the one named; governance insists after a reorg. */
export type Removal<Status extends string> = {
  readonly when: Status;
  readonly slots: readonly number[];
  readonly rule?: RemovalRule;
};

/** Whether a member is removed: what ends a session of `members`, and what no honest keeper acts after. */
export const isAnyRemoved = (members: readonly { readonly slot: number }[], removed: readonly number[]): boolean =>
  members.some(({ slot }) => removed.includes(slot));

/** Sends the removals from the moment on in which `when` was first seen. To be called before every block. */
export const createGovernance = <Status extends string>(
  removal: Removal<Status> | undefined,
  {
    status,
    removed,
    submit,
  }: { readonly status: () => Status; readonly removed: () => readonly number[]; readonly submit: (remove: Remove) => void },
) => {
  let isDecided = false;
  return (): void => {
    if (removal === undefined) return;
    isDecided ||= status() === removal.when;
    if (!isDecided) return;
    for (const slot of removal.slots) if (!removed().includes(slot)) submit({ kind: "remove", id: `remove:${slot}`, from: 0, slot });
  };
};
