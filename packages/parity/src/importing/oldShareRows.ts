import type { ExtensionServices, OwnStores, OwnTable } from "@keyquorum/keeper";
import { encodeScalar, keccakWords } from "@keyquorum/threshold";
import { type Address, bytesToHex, type Hash32, hexToBytes, parseAddress, parseHash32 } from "@keyquorum/wire";
import { assertRoom } from "../board/room.ts";
import { createImporterRoom, roomOfImporter } from "./importerRoom.ts";
import { encodeOldShare, parseOldShare } from "./importMessages.ts";
import type { ImportOptions } from "./importOptions.ts";
import type { OldShare } from "./oldShare.ts";
import { assertOneRecord } from "./oneRecord.ts";

/** Old shares that were dealt to this keeper, sealed, until their key is there: one row each. Its key: id, importer, place with version, length. */
const TABLE = "old-shares";
/** Of one key: 8 versions of each of 64 importers. */
const MOST_OF_KEY = 512;
const PAGE = 512;
const VERSION = 1;

/** An old share with who brought it, by its name. */
export type HeldShare = OldShare & { readonly name: Hash32; readonly importer: Address };

export type OldShareRows = {
  readonly ofKey: (serverKeyId: Hash32) => Promise<readonly HeldShare[]>;
  /**
   * Takes the place of an earlier one of the same importer, place and version, and of those that it brought to an earlier epoch. In one transaction with the
   * look at what it has brought of the key: throws what `assertOneRecord` throws. Throws ACCESS_DENIED where there is no room, or not for this importer.
   */
  readonly put: (share: HeldShare, options: Pick<ImportOptions, "from">) => Promise<void>;
  readonly delete: (share: HeldShare) => Promise<void>;
  /** All of one key. */
  readonly forget: (serverKeyId: Hash32) => Promise<void>;
  /** All of importers that are none of these. */
  readonly forgetOthers: (from: readonly Address[]) => Promise<void>;
  /** Ids of which there are shares, in the order of their bytes. */
  readonly ids: () => Promise<readonly Hash32[]>;
};

const rowKeyOf = ({ claim, importer, place }: Pick<HeldShare, "claim" | "importer" | "place">, bytes: number): string => {
  const name = bytesToHex(keccakWords(encodeScalar(place), hexToBytes(claim.version, 32))).slice(2, 34);
  return [claim.serverKeyId, importer, name, bytes].join("-");
};

const readRowKey = (key: string): { readonly id: Hash32; readonly importer: Address; readonly bytes: number } => {
  const [id = "", importer = "", , bytes] = key.split("-");
  return { id: parseHash32(id), importer: parseAddress(importer), bytes: Number(bytes) };
};

/** Those of one key, within the transaction that stores the key. */
export const deleteOldShares = async (tx: Pick<OwnStores, "table">, serverKeyId: Hash32): Promise<void> => {
  const table = tx.table(TABLE);
  for (const key of await keysOf(table, serverKeyId)) await table.delete(key);
};

const keysOf = async (table: Pick<OwnTable, "list">, id: Hash32): Promise<readonly string[]> =>
  (await table.list({ after: id, limit: MOST_OF_KEY })).filter((key) => key.startsWith(`${id}-`));

export const createOldShareRows = (services: Pick<ExtensionServices, "table" | "held" | "transaction">): OldShareRows => {
  const allKeys = async (): Promise<readonly string[]> => {
    const table = services.table(TABLE);
    const found: string[] = [];
    let page = await table.list({ limit: PAGE });
    while (page.length > 0) {
      found.push(...page);
      const after = page.at(-1);
      page = after === undefined || page.length < PAGE ? [] : await table.list({ after, limit: PAGE });
    }
    return found;
  };
  const room = createImporterRoom();
  const countAll = async (): Promise<readonly string[]> => {
    const keys = await allKeys();
    const held = new Map<Address, { rows: number; bytes: number }>();
    for (const key of keys) {
      const { importer, bytes } = readRowKey(key);
      const before = held.get(importer) ?? { rows: 0, bytes: 0 };
      held.set(importer, { rows: before.rows + 1, bytes: before.bytes + bytes });
    }
    room.set(held);
    return keys;
  };
  return {
    ofKey: async (id) => {
      const table = services.table(TABLE);
      const found: HeldShare[] = [];
      for (const key of await keysOf(table, id)) {
        const bytes = await table.get(key);
        if (bytes !== undefined) found.push(parseRow(bytes));
      }
      return found;
    },
    put: async (share, { from }) => {
      const bytes = encodeRow(share);
      const { quota } = await services.held();
      if (room.isOld()) await countAll();
      room.take(share.importer, bytes.length, roomOfImporter(quota, from.length));
      await services.transaction(async (tx) => {
        const table = tx.table(TABLE);
        const own = (await keysOf(table, share.claim.serverKeyId)).filter((key) => readRowKey(key).importer === share.importer);
        const brought: HeldShare[] = [];
        for (const key of own) {
          const row = await table.get(key);
          if (row === undefined) continue;
          const one = parseRow(row);
          const isSame = one.place === share.place && one.claim.version === share.claim.version;
          if (isSame || one.epoch < share.epoch) await table.delete(key);
          else brought.push(one);
        }
        assertOneRecord(brought, share, { from });
        assertRoom(await tx.held(), { rows: 1, bytes: bytes.length });
        await table.put(rowKeyOf(share, bytes.length), bytes);
      });
    },
    delete: (share) => services.transaction((tx) => tx.table(TABLE).delete(rowKeyOf(share, encodeRow(share).length))),
    forgetOthers: async (from) => {
      const others = (await allKeys()).filter((key) => !from.includes(readRowKey(key).importer));
      for (const key of others) await services.table(TABLE).delete(key);
    },
    forget: (id) => services.transaction((tx) => deleteOldShares(tx, id)),
    ids: async () => [...new Set((await countAll()).map((key) => readRowKey(key).id))],
  };
};

type RowText = ReturnType<typeof encodeOldShare> & { readonly name: string; readonly importer: string };

const encodeRow = ({ name, importer, ...share }: HeldShare): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ format: VERSION, ...encodeOldShare(share), name, importer }));

/** Reads what `encodeRow` wrote: the vault vouches for it. */
const parseRow = (bytes: Uint8Array): HeldShare => {
  const text = JSON.parse(new TextDecoder().decode(bytes)) as RowText; // true: it was sealed by this keeper
  return { ...parseOldShare(text, "INVALID_REQUEST"), name: parseHash32(text.name), importer: parseAddress(text.importer) };
};
