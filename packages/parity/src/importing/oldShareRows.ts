import type { ExtensionServices, OwnStores, OwnTable } from "@keyquorum/keeper";
import { encodeScalar, keccakWords } from "@keyquorum/threshold";
import { type Address, bytesToHex, type Hash32, hexToBytes, KeyquorumError, parseAddress, parseHash32 } from "@keyquorum/wire";
import { assertRoom } from "../board/room.ts";
import { encodeOldShare, parseOldShare } from "./importMessages.ts";
import type { OldShare } from "./oldShare.ts";

/** Old shares that were dealt to this keeper, sealed, until their key is there: one row each, under id, importer, place and version. */
const TABLE = "old-shares";
/** Of all keys. The others are for keys. */
const MOST_SHARES = 8_000;
/** Of one key. */
const MOST_OF_KEY = 256;
/** Rows are counted again after so many new ones. */
const COUNT_EVERY = 100;
const PAGE = 512;
const VERSION = 1;

/** An old share with who brought it, by its name. */
export type HeldShare = OldShare & { readonly name: Hash32; readonly importer: Address };

export type OldShareRows = {
  readonly ofKey: (serverKeyId: Hash32) => Promise<readonly HeldShare[]>;
  /** Takes the place of an earlier one of the same importer, place and version. Throws ACCESS_DENIED where there is no room. */
  readonly put: (share: HeldShare) => Promise<void>;
  readonly delete: (share: HeldShare) => Promise<void>;
  /** All of one key. */
  readonly forget: (serverKeyId: Hash32) => Promise<void>;
  /** Ids of which there are shares, in the order of their bytes. */
  readonly ids: () => Promise<readonly Hash32[]>;
};

const rowKeyOf = ({ claim, importer, place }: Pick<HeldShare, "claim" | "importer" | "place">): string => {
  const name = keccakWords(hexToBytes(importer, 20), encodeScalar(place), hexToBytes(claim.version, 32));
  return `${claim.serverKeyId}-${bytesToHex(name).slice(2, 34)}`;
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
  let counted = { rows: 0, since: COUNT_EVERY };
  const assertBelowMost = async (): Promise<void> => {
    if (counted.since >= COUNT_EVERY || counted.rows + counted.since >= MOST_SHARES) counted = { rows: (await allKeys()).length, since: 0 };
    counted = { ...counted, since: counted.since + 1 };
    if (counted.rows + counted.since > MOST_SHARES)
      throw new KeyquorumError("ACCESS_DENIED", "This keeper waits for the other shares of too many keys: bring those first.", {
        details: { reason: "OLD_SHARES_FULL" },
      });
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
    put: async (share) => {
      const bytes = encodeRow(share);
      const room = { rows: 1, bytes: bytes.length };
      assertRoom(await services.held(), room);
      await assertBelowMost();
      await services.transaction(async (tx) => {
        assertRoom(await tx.held(), room);
        await tx.table(TABLE).put(rowKeyOf(share), bytes);
      });
    },
    delete: (share) => services.transaction((tx) => tx.table(TABLE).delete(rowKeyOf(share))),
    forget: (id) => services.transaction((tx) => deleteOldShares(tx, id)),
    ids: async () => [...new Set((await allKeys()).map((key) => parseHash32(key.slice(0, 66))))],
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
