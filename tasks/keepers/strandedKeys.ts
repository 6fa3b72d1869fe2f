import { type KeyId, parseAddress, slotsOf } from "@keyquorum/wire";
import type { TaskContext } from "../context.ts";
import { shortKey } from "../key/reshareKeys.ts";
import { bitmapOf, counted } from "../slots.ts";

/** A key that could never be reshared again, because fewer than t+1 keepers of its epoch could still deal. */
export type StrandedKey = { readonly keyId: KeyId; readonly epoch: number; readonly left: number; readonly needed: number };

/** Revoking this account would leave keys that no reshare can move any more. The contract does not refuse that: a thief may be worse. */
export class KeysStrandedError extends Error {
  override readonly name = "KeysStrandedError";
  readonly code = "KEYS_STRANDED";
  readonly details: { readonly keys: readonly StrandedKey[] };

  constructor(slot: number, operator: string, keys: readonly StrandedKey[]) {
    const [first] = keys;
    super(
      `Without the account ${operator}, epoch ${first?.epoch} would have ${counted(first?.left ?? 0, "keeper")} that can deal, and ${first?.needed} are needed to reshare a key: ${keys.map(({ keyId }) => shortKey(keyId)).join(", ")} could be read, and never be moved again. Let the account deal once more: npx hardhat keyquorum keepers set-operator ${slot} NEW_ACCOUNT --reshare, then keepers revoke-operator ${operator}. Where the thief is worse than that: --anyway.`,
    );
    this.details = { keys };
  }
}

/** Throws KeysStrandedError where the account's slot is all that a key's epoch can do without. */
export const assertNoKeyStranded = async (context: TaskContext, slot: number, operator: string): Promise<void> => {
  const { signal } = context;
  const { keeperRegistry } = await context.contracts();
  const client = await context.client({ signs: false });
  const stranded: StrandedKey[] = [];
  for (const keyId of await client.keys({ signal })) {
    const [now] = await client.keyEpochs(keyId, { signal });
    if (now === undefined || !now.slots.includes(slot)) continue;
    const [member, absent] = await Promise.all([
      keeperRegistry.memberOf(now.epoch, slot),
      keeperRegistry.absentIn(now.epoch, bitmapOf(now.slots)),
    ]);
    if (parseAddress(member.operator) !== parseAddress(operator)) continue;
    const left = now.slots.filter((other) => other !== slot && !slotsOf(absent).includes(other)).length;
    if (left < now.quorum) stranded.push({ keyId, epoch: now.epoch, left, needed: now.quorum });
  }
  if (stranded.length > 0) throw new KeysStrandedError(slot, operator, stranded);
};
