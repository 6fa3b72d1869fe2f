import type { OwnStores } from "@keyquorum/keeper";
import { bytesToHex, type Hash32 } from "@keyquorum/wire";
import { encodeServerKeyRecord, parseServerKeyRecord, type ServerKeyRecord } from "./serverKeyRecord.ts";

/**
 * Records of keys that were moved to a later epoch: readers that have not heard of that are answered by them until they are erased. Under id and epoch,
 * sealed like all others; beside each, where it went.
 */
const LEFT = "server-keys-left";
const WENT = "server-keys-went";
/** Epochs that one key has left and whose shares are not erased yet. */
const MOST_EPOCHS = 64;

/** Where a key went, whose members confirmed that they have it, and when this keeper learned of it, by its own clock in ms. */
export type Went = { readonly toEpoch: number; readonly members: readonly number[]; readonly at: number };
export type LeftKey = Went & { readonly id: Hash32; readonly epoch: number };

type Tables = Pick<OwnStores, "table">;

const keyOf = (id: string, epoch: number): string => `${id}-${epoch.toString().padStart(10, "0")}`;

/** In the transaction that takes the record out of use. The share stays the caller's. */
export const putLeftKey = async (tx: Tables, record: ServerKeyRecord, went: Went): Promise<void> => {
  const key = keyOf(bytesToHex(record.serverKeyId), record.epoch);
  const bytes = encodeServerKeyRecord(record);
  try {
    await tx.table(LEFT).put(key, bytes);
    await tx.table(WENT).put(key, new TextEncoder().encode(JSON.stringify(went)));
  } finally {
    bytes.fill(0);
  }
};

/** With the share, which the caller erases. */
export const findLeftKey = async (tables: Tables, serverKeyId: Uint8Array, epoch: number): Promise<ServerKeyRecord | undefined> => {
  const bytes = await tables.table(LEFT).get(keyOf(bytesToHex(serverKeyId), epoch));
  if (bytes === undefined) return undefined;
  try {
    return parseServerKeyRecord(bytes);
  } finally {
    bytes.fill(0);
  }
};

/** The newest first. */
export const leftEpochsOf = async (tables: Tables, serverKeyId: Uint8Array): Promise<readonly number[]> => {
  const id = bytesToHex(serverKeyId);
  const keys = await tables.table(WENT).list({ after: id, limit: MOST_EPOCHS });
  return keys
    .filter((key) => key.startsWith(`${id}-`))
    .map((key) => Number(key.slice(id.length + 1)))
    .toReversed();
};

/** Up to `limit`, behind `after`. */
export const listLeftKeys = async (
  tables: Tables,
  page: { readonly after?: string; readonly limit: number },
): Promise<readonly LeftKey[]> => {
  const found: LeftKey[] = [];
  for (const key of await tables.table(WENT).list(page)) {
    const bytes = await tables.table(WENT).get(key);
    if (bytes === undefined) continue;
    const went = JSON.parse(new TextDecoder().decode(bytes)) as Went; // true: it was sealed by this keeper
    const at = key.lastIndexOf("-");
    found.push({ ...went, id: key.slice(0, at) as Hash32, epoch: Number(key.slice(at + 1)) }); // true: putLeftKey made the name
  }
  return found;
};

/** Name of a left key, for the next page. */
export const leftKeyName = ({ id, epoch }: Pick<LeftKey, "id" | "epoch">): string => keyOf(id, epoch);

/** Erases the share: its row's key is destroyed. */
export const deleteLeftKey = async (tx: Tables, { id, epoch }: Pick<LeftKey, "id" | "epoch">): Promise<void> => {
  await tx.table(LEFT).delete(keyOf(id, epoch));
  await tx.table(WENT).delete(keyOf(id, epoch));
};
