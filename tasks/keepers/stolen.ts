import { checksumAddress, parseAddress } from "@keyquorum/wire";
import type { TaskContext } from "../context.ts";
import { readNewestEpoch } from "../epoch/openEpoch.ts";

/** What a revoked account can do no more, and what is left to do. */
export const sayOperatorRevoked = async (context: TaskContext, slot: number, operator: string): Promise<void> => {
  const { terminal } = context;
  terminal.print(
    `The account ${checksumAddress(parseAddress(operator))} is revoked as stolen. From this block on it deals, confirms, answers, asks for repairs and withdraws nothing; what it has earned and not withdrawn is paid to the slot's present account (fees withdraw). The keeper at slot ${slot} continues answering readers by HTTP, and is absent from the epochs that have that account.`,
  );
  terminal.warn(
    `whoever may have had the account before the keeper posted its encryption key of an open epoch, or may have had its machine, may have its shares: remove the keeper instead (npx hardhat keyquorum keepers remove ${slot} --reshare), and admit it again`,
  );
  await sayProposedIsOver(context, slot);
};

/** What a revoked identity key is worth. */
export const sayIdentityRevoked = async (context: TaskContext, slot: number, identityKey: string): Promise<void> => {
  context.terminal.print(
    `The identity key ${identityKey} of slot ${slot} is revoked as stolen. From this block on receipts by it count for nothing and convict nobody, and no keeper helps its holder to a share. Reading continues, because answers by HTTP carry their own proofs.`,
  );
  await sayProposedIsOver(context, slot);
};

/** An epoch that was proposed with what was stolen never opens. */
const sayProposedIsOver = async (context: TaskContext, slot: number): Promise<void> => {
  const newest = await readNewestEpoch(context);
  if (newest?.status === "Proposed" && newest.candidates.includes(slot))
    context.terminal.warn(
      `epoch ${newest.epoch} was proposed with this keeper, and does not open where it has what was stolen: npx hardhat keyquorum epoch cancel, then propose it again`,
    );
};
