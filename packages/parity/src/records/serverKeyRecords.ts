import type { ExtensionServices, OwnStores, OwnTable } from "@keyquorum/keeper";
import { bytesToHex } from "@keyquorum/wire";
import { findLeftKey, leftEpochsOf } from "./leftKeys.ts";
import { noteEpoch } from "./neededEpochs.ts";
import { encodeServerKeyRecord, parseServerKeyRecord, type ServerKeyRecord, type StoredDocumentKey } from "./serverKeyRecord.ts";

/** One sealed row for each server key, under its id. The vault's roll covers it; deleting it destroys the row's key. */
const TABLE = "server-keys";

/** What this keeper holds of server keys, with their shares. */
export type ServerKeyRecords = {
  /** With the share, which the caller erases: see `use`. */
  readonly find: (serverKeyId: Uint8Array, epoch?: number) => Promise<ServerKeyRecord | undefined>;
  /** In which epochs it holds a share of this key, the newest first: beside its present one, those that the key has left. */
  readonly epochsOf: (serverKeyId: Uint8Array) => Promise<readonly number[]>;
  /**
   * Runs `work` with the record and erases its share afterwards. Undefined: there is none. `epoch`: the record of that epoch, which the key may have left.
   * Default: the newest.
   */
  readonly use: <Result>(
    serverKeyId: Uint8Array,
    work: (record: ServerKeyRecord) => Promise<Result> | Result,
    epoch?: number,
  ) => Promise<Result | undefined>;
  /**
   * Changes the document key of a record, durably, in one transaction: `next` gets the record as it then is and gives what is to be stored; undefined:
   * nothing changes. Its result is what is stored afterwards; undefined: there is no such record, or nothing stored.
   */
  readonly storeDocumentKey: (
    serverKeyId: Uint8Array,
    next: (record: ServerKeyRecord) => StoredDocumentKey | undefined,
    /** What becomes true with a change. */
    also?: (tx: OwnStores) => Promise<unknown>,
  ) => Promise<StoredDocumentKey | undefined>;
  /** Server key ids in the order of their bytes, behind `after`. */
  readonly list: (page?: { readonly after?: Uint8Array; readonly limit?: number }) => Promise<readonly string[]>;
  /** Erases share and all: the row's key is destroyed. */
  readonly erase: (serverKeyId: Uint8Array) => Promise<void>;
};

/** Writes a record, within the caller's transaction: what else becomes true with it, becomes true at the same moment. Replaces one of the same id. */
export const putServerKey = async (tx: OwnStores, record: ServerKeyRecord): Promise<void> => {
  const bytes = encodeServerKeyRecord(record);
  try {
    await noteEpoch(tx, record.epoch);
    await tx.table(TABLE).put(keyOf(record.serverKeyId), bytes);
  } finally {
    bytes.fill(0);
  }
};

/** Takes a record out of use, within the caller's transaction: its row's key is destroyed. */
export const deleteServerKey = (tx: Pick<OwnStores, "table">, serverKeyId: Uint8Array): Promise<void> =>
  tx.table(TABLE).delete(keyOf(serverKeyId));

/** A record within the caller's transaction, or outside of one. Its share is the caller's to erase. */
export const findServerKey = async (
  stores: { readonly table: (name: string) => OwnTable },
  serverKeyId: Uint8Array,
): Promise<ServerKeyRecord | undefined> => {
  const bytes = await stores.table(TABLE).get(keyOf(serverKeyId));
  if (bytes === undefined) return undefined;
  try {
    return parseServerKeyRecord(bytes);
  } finally {
    bytes.fill(0);
  }
};

export const createServerKeyRecords = (services: Pick<ExtensionServices, "table" | "transaction">): ServerKeyRecords => {
  const find = async (serverKeyId: Uint8Array, epoch?: number): Promise<ServerKeyRecord | undefined> => {
    const record = await findServerKey(services, serverKeyId);
    if (record !== undefined && (epoch === undefined || record.epoch === epoch)) return record;
    record?.share.erase();
    const [newest] = await leftEpochsOf(services, serverKeyId);
    const left = epoch ?? newest;
    return left === undefined ? undefined : findLeftKey(services, serverKeyId, left);
  };
  return {
    find,
    epochsOf: async (serverKeyId) => {
      const record = await findServerKey(services, serverKeyId);
      record?.share.erase();
      return [...(record === undefined ? [] : [record.epoch]), ...(await leftEpochsOf(services, serverKeyId))];
    },
    use: async (serverKeyId, work, epoch) => {
      const record = await find(serverKeyId, epoch);
      if (record === undefined) return undefined;
      try {
        return await work(record);
      } finally {
        record.share.erase();
      }
    },
    storeDocumentKey: (serverKeyId, next, also) =>
      services.transaction(async (tx) => {
        const record = await findServerKey(tx, serverKeyId);
        if (record === undefined) return undefined;
        try {
          const documentKey = next(record);
          if (documentKey === undefined) return record.documentKey;
          await putServerKey(tx, { ...record, documentKey });
          await also?.(tx);
          return documentKey;
        } finally {
          record.share.erase();
        }
      }),
    list: ({ after, limit } = {}) =>
      services.table(TABLE).list({
        ...(after === undefined ? {} : { after: keyOf(after) }),
        ...(limit === undefined ? {} : { limit }),
      }),
    erase: (serverKeyId) => services.table(TABLE).delete(keyOf(serverKeyId)),
  };
};

const keyOf = (serverKeyId: Uint8Array): string => bytesToHex(serverKeyId);
