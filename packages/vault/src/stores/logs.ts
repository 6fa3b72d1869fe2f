import type { Kysely, Selectable } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { isIntact, withMark } from "../sealing/marks.ts";
import type { Sealer } from "../sealing/sealer.ts";
import type { StoreContext } from "./context.ts";
import type { LogStore, MirroredLog } from "./types.ts";

const TOPICS = ["topic0", "topic1", "topic2", "topic3"] as const;

/** Mirrored logs, for questions like "all Dealt of this session". */
export const createLogStore = ({ run, sealer, damage }: StoreContext): LogStore => ({
  find: (filter = {}) =>
    run(async (db) => {
      let query = db.selectFrom("mirrored_log").selectAll().orderBy("block_number").orderBy("log_index");
      if (filter.address !== undefined) query = query.where("address", "=", filter.address.toLowerCase());
      for (const topic of TOPICS) {
        const value = filter[topic];
        if (value !== undefined) query = query.where(topic, "=", value.toLowerCase());
      }
      if (filter.fromBlock !== undefined) query = query.where("block_number", ">=", filter.fromBlock);
      if (filter.toBlock !== undefined) query = query.where("block_number", "<=", filter.toBlock);
      if (filter.limit !== undefined) query = query.limit(filter.limit);
      return (await query.execute()).flatMap((row) => {
        if (isIntact(sealer, "mirrored_log", row)) return [logOf(row)];
        damage.note({ table: "mirrored_log", id: `${row.block_number}/${row.log_index}` });
        return [];
      });
    }),
  prune: ({ addresses, belowBlock, exceptTopic0 }) =>
    run(async (db) => {
      let query = db
        .deleteFrom("mirrored_log")
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
});

/** Stores a log. False when it is stored already, also where the row was damaged and is made good; throws VAULT_CONFLICT when another block's log is at its place. */
export const insertLog = async (db: Kysely<VaultSchema>, sealer: Sealer, log: MirroredLog): Promise<boolean> => {
  const row = withMark(sealer, "mirrored_log", rowOf(log));
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("mirrored_log")
    .values(row)
    .onConflict((conflict) => conflict.columns(["block_number", "log_index"]).doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 1n) return true;
  const stored = await db
    .selectFrom("mirrored_log")
    .selectAll()
    .where("block_number", "=", row.block_number)
    .where("log_index", "=", row.log_index)
    .executeTakeFirstOrThrow();
  if (!isIntact(sealer, "mirrored_log", stored)) {
    await db
      .updateTable("mirrored_log")
      .set(row)
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

const rowOf = (log: MirroredLog): Omit<Selectable<VaultSchema["mirrored_log"]>, "mark"> => {
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

const logOf = (row: Selectable<VaultSchema["mirrored_log"]>): MirroredLog => ({
  address: row.address,
  topics: TOPICS.map((topic) => row[topic]).filter((topic) => topic !== null),
  data: row.data,
  blockNumber: row.block_number,
  blockHash: row.block_hash,
  transactionHash: row.transaction_hash,
  logIndex: row.log_index,
});
