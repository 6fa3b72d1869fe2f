import type { TaskContext } from "../context.ts";
import { type Names, parseSlots } from "../slots.ts";
import { UsageError } from "../usageError.ts";

/** Who shall be in an epoch, as it is typed. */
export type MemberOptions = { readonly members?: string | undefined; readonly without?: string | undefined };

/**
 * The slots that may be in the epoch to be proposed: those named, or all but those named, or, by default, all keepers that are not removed.
 * Throws UsageError for a slot that is nobody's, and where fewer than 3 are left.
 */
export const chooseMembers = ({ members, without }: MemberOptions, names: Names): readonly number[] => {
  if (members !== undefined && without !== undefined) throw new UsageError("Say either --members or --without.");
  const named = members ?? without;
  const slots = named === undefined ? [] : parseSlots(named);
  const stranger = slots.find((slot) => !names.staying.includes(slot));
  if (stranger !== undefined)
    throw new UsageError(`There is no keeper at slot ${stranger}, or it was removed: npx hardhat keyquorum keepers list`);
  const chosen = members === undefined ? names.staying.filter((slot) => !slots.includes(slot)) : slots;
  if (chosen.length < 3) throw new UsageError("An epoch needs at least 3 keepers. Admit more with `npx hardhat keyquorum keepers add`.");
  return chosen;
};

/** Who comes and who goes, against the epoch that is open now. */
export const describeChange = (before: readonly number[], after: readonly number[], names: Names): string => {
  const comes = after.filter((slot) => !before.includes(slot));
  const goes = before.filter((slot) => !after.includes(slot));
  if (comes.length === 0 && goes.length === 0) return "the same keepers";
  return [...(comes.length === 0 ? [] : [`comes: ${names.list(comes)}`]), ...(goes.length === 0 ? [] : [`goes: ${names.list(goes)}`])].join(
    "; ",
  );
};

/** Members of the epoch that is open now; none while there is none. */
export const readCurrent = async (context: TaskContext): Promise<{ readonly epoch: number; readonly members: readonly number[] }> => {
  const { keeperRegistry } = await context.contracts();
  const epoch = Number(await keeperRegistry.currentEpoch());
  if (epoch === 0) return { epoch, members: [] };
  const client = await context.client({ signs: false });
  return { epoch, members: (await client.epoch(epoch))?.members ?? [] };
};

/** The members of the open epoch that are not removed, with some more and without others: who is to be in the next. Ascending. */
export const changedMembers = async (
  context: TaskContext,
  names: Names,
  { adding = [], dropping = [] }: { readonly adding?: readonly number[]; readonly dropping?: readonly number[] },
): Promise<readonly number[]> => {
  const { members } = await readCurrent(context);
  const all = new Set([...members.filter((slot) => names.staying.includes(slot)), ...adding]);
  return [...all].filter((slot) => !dropping.includes(slot)).sort((a, b) => a - b);
};
