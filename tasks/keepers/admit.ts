import { parseContractLogOf } from "@keyquorum/bindings";
import { parsePoint, toXY } from "@keyquorum/threshold";
import { checksumAddress, hexToBytes } from "@keyquorum/wire";
import type { TaskContext } from "../context.ts";
import { UsageError } from "../usageError.ts";
import type { KeeperRecord } from "./readKeeperFile.ts";

/** A keeper that was admitted; `transaction` null: it was there already. */
export type Admitted = KeeperRecord & { readonly slot: number; readonly transaction: string | null; readonly gasUsed: bigint };

/** Admits a keeper. */
export const admitKeeper = async (context: TaskContext, keeper: KeeperRecord): Promise<Admitted> => {
  const deployment = await context.deployment();
  const { contracts } = await context.signing();
  const identity = toXY(parsePoint(hexToBytes(keeper.identityKey)));
  const { operator, endpoint, peerAddress, name } = keeper;
  const receipt = await context.transact(contracts.keeperRegistry.addKeeper(operator, identity, endpoint, peerAddress, name));
  const added = receipt.logs.map((log) => parseContractLogOf(deployment, log, "KeeperAdded")).find((event) => event !== undefined);
  const slot = Number(added?.args.slot);
  context.terminal.print(
    `Keeper ${name === "" ? "" : `${name} `}is admitted at slot ${slot}: operator ${checksumAddress(operator)}, ${endpoint}.`,
  );
  return { ...keeper, slot, transaction: receipt.hash, gasUsed: receipt.gasUsed };
};

/** The same, where an earlier run may have done it. Throws UsageError for a keeper that was removed: a slot is never used again. */
export const admitUnlessThere = async (context: TaskContext, keeper: KeeperRecord): Promise<Admitted> => {
  const { keeperRegistry } = await context.contracts();
  const slot = Number(await keeperRegistry.slotOf(keeper.operator));
  if (slot === 0) return admitKeeper(context, keeper);
  const known = await keeperRegistry.keeperAt(slot);
  if (known.removed || known.operator.toLowerCase() !== keeper.operator)
    throw new UsageError(
      `The account ${checksumAddress(keeper.operator)} is a former operator of slot ${slot}. A keeper that returns needs another account.`,
    );
  context.terminal.progress(`The keeper is admitted already, at slot ${slot}`);
  return { ...keeper, slot, transaction: null, gasUsed: 0n };
};
