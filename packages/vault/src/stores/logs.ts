import { type Kysely, type Selectable, sql } from "kysely";
import { forEachInTurns } from "../commits/endOfTurn.ts";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { isIntact, withMark } from "../sealing/marks.ts";
import type { Sealer } from "../sealing/sealer.ts";
import type { StoreContext } from "./context.ts";
import { followerIdOf } from "./extensionNames.ts";
import type { FollowerName, LogStore, MirroredLog } from "./types/logs.ts";

const TOPICS = ["topic0", "topic1", "topic2", "topic3"] as const;

/** Where a follower's logs are: the keeper's own have a table, those of extensions another one, which has a column more. */
export type LogPlace =
  | { readonly table: "mirrored_log"; readonly follower?: never }
  | { readonly table: "extension_log"; readonly follower: string };

export const logPlaceOf = (follower: FollowerName | undefined): LogPlace =>
  follower === undefined ? { table: "mirrored_log" } : { table: "extension_log", follower: followerIdOf(follower) };

/** Mirrored logs, for questions like "all Dealt of this session". */
export const createLogStore = ({ run, read, sealer, damage }: StoreContext, follower?: FollowerName): LogStore => {
  const place = logPlaceOf(follower);
  const { table } = place;
  return {
    find: (filter = {}) =>
      read(async (db) => {
        let query = db.selectFrom(table).selectAll().where(isAt(place)).orderBy("block_number").orderBy("log_index");
        if (filter.address !== undefined) query = query.where("address", "=", filter.address.toLowerCase());
        for (const topic of TOPICS) {
          const value = filter[topic];
          if (value !== undefined) query = query.where(topic, "=", value.toLowerCase());
        }
        if (filter.fromBlock !== undefined) query = query.where("block_number", ">=", filter.fromBlock);
        if (filter.toBlock !== undefined) query = query.where("block_number", "<=", filter.toBlock);
        if (filter.limit !== undefined) query = query.limit(filter.limit);
        const logs: MirroredLog[] = [];
        await forEachInTurns(await query.execute(), async (row) => {
          if (isIntact(sealer, table, row)) logs.push(logOf(row));
          else damage.note({ table, id: logIdOf(place, row) });
        });
        return logs;
      }),
    prune: ({ addresses, belowBlock, exceptTopic0 }) =>
      run(async (db) => {
        let query = db
          .deleteFrom(table)
          .where(isAt(place))
          .where("block_number", "<", belowBlock)
          .where(
            "address",
            "in",
            addresses.map((address) => address.toLowerCase()),
          );
        if (exceptTopic0 !== undefined) query = query.where("topic0", "is distinct from", exceptTopic0.toLowerCase());
        const { numDeletedRows } = await query.executeTakeFirst();
        return Number(numDeletedRows);
      }),
  };
};

/** Whether a row is one of this follower's. */
const isAt = ({ follower }: LogPlace) => (follower === undefined ? sql<boolean>`TRUE` : sql<boolean>`follower = ${follower}`);

/** Stores a log. False when it is stored already, also where the row was damaged and is made good; throws VAULT_CONFLICT when another block's log is at its place. */
export const insertLog = async (db: Kysely<VaultSchema>, sealer: Sealer, place: LogPlace, log: MirroredLog): Promise<boolean> => {
  const { table } = place;
  const row = rowAt(sealer, place, log);
  const { numInsertedOrUpdatedRows } = await db
    .insertInto(table)
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 1n) return true;
  const stored = await db
    .selectFrom(table)
    .selectAll()
    .where(isAt(place))
    .where("block_number", "=", row.block_number)
    .where("log_index", "=", row.log_index)
    .executeTakeFirstOrThrow();
  if (!isIntact(sealer, table, stored)) {
    await db
      .updateTable(table)
      .set(row)
      .where(isAt(place))
      .where("block_number", "=", row.block_number)
      .where("log_index", "=", row.log_index)
      .execute();
    return false;
  }
  if (stored.block_hash === row.block_hash) return false;
  throw new VaultError("VAULT_CONFLICT", "A log of another block is stored at this place. Roll the follower back first.", {
    blockNumber: row.block_number,
    stored: stored.block_hash,
    given: row.block_hash,
  });
};

/** Deletes a follower's logs above a block. */
export const deleteLogsAbove = async (db: Kysely<VaultSchema>, place: LogPlace, block: number): Promise<void> => {
  await db.deleteFrom(place.table).where(isAt(place)).where("block_number", ">", block).execute();
};

type LogRow = Omit<Selectable<VaultSchema["mirrored_log"]>, "mark">;

const rowAt = (sealer: Sealer, { table, follower }: LogPlace, log: MirroredLog) =>
  table === "mirrored_log" ? withMark(sealer, table, rowOf(log)) : withMark(sealer, table, { follower, ...rowOf(log) });

const rowOf = (log: MirroredLog): LogRow => {
  const topic = (index: number) => log.topics[index]?.toLowerCase() ?? null;
  return {
    block_number: log.blockNumber,
    log_index: log.logIndex,
    block_hash: log.blockHash.toLowerCase(),
    transaction_hash: log.transactionHash.toLowerCase(),
    address: log.address.toLowerCase(),
    topic0: topic(0),
    topic1: topic(1),
    topic2: topic(2),
    topic3: topic(3),
    data: log.data.toLowerCase(),
  };
};

const logOf = (row: LogRow): MirroredLog => ({
  address: row.address,
  topics: TOPICS.map((topic) => row[topic]).filter((topic) => topic !== null),
  data: row.data,
  blockNumber: row.block_number,
  blockHash: row.block_hash,
  transactionHash: row.transaction_hash,
  logIndex: row.log_index,
});

const logIdOf = ({ follower }: LogPlace, { block_number, log_index }: LogRow): string =>
  [...(follower === undefined ? [] : [follower]), block_number, log_index].join("/");
