import type { KeyId } from "@keyquorum/wire";
import type { TaskContext } from "../context.ts";
import { shortKey } from "../key/reshareKeys.ts";
import { counted } from "../slots.ts";

/** The keys that are in use in an epoch in which the keeper at `slot` holds a share. */
export const readHeldKeys = async (context: TaskContext, slot: number): Promise<readonly KeyId[]> => {
  const { signal } = context;
  const client = await context.client({ signs: false });
  const held: KeyId[] = [];
  for (const keyId of await client.keys({ signal })) {
    const [now] = await client.keyEpochs(keyId, { signal });
    if (now?.slots.includes(slot)) held.push(keyId);
  }
  return held;
};

/** What a removal does not do, until the keys are reshared: D-49. */
export const warnOfHeldKeys = ({ terminal }: TaskContext, slot: number, held: readonly KeyId[]): void => {
  const count =
    held.length === 0
      ? "No key in use has a share there now."
      : `It holds a share of ${counted(held.length, "key")} in use: ${held.map(shortKey).join(", ")}.`;
  terminal.warn(
    `the shares of the keeper at slot ${slot} are not taken away. What it took part in, it can still help to open, until each of them has been reshared in a later epoch. ${count}`,
  );
};
