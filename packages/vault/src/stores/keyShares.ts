import { parseHash32, parseKeyId } from "@keyquorum/wire";
import type { Kysely, Selectable } from "kysely";
import { forEachInTurns } from "../commits/endOfTurn.ts";
import type { Damage } from "../damage.ts";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { publicKeyOf } from "../publicKey.ts";
import { isIntact, withMark } from "../sealing/marks.ts";
import { listedIds } from "../sealing/rollEntries.ts";
import { eraseSealedRow, openSealedRow, saveSealedRow } from "../sealing/sealedRows.ts";
import { decodeStored, encodeStored } from "../storedJson.ts";
import { noteWhenDamaged, type StoreContext } from "./context.ts";
import { assertSecretLength } from "./ownSecrets.ts";
import type { KeyShareId, KeyShareInfo, KeyShareRecord, KeyShareStore } from "./types/shares.ts";

const KIND = "key_share";
const nameOf = ({ keyId, epoch, digest }: KeyShareId) => ({ kind: KIND, id: `${keyId}/${epoch}/${digest}` });
const idOf = (name: string): KeyShareId => {
  const [keyId, epoch, digest] = name.split("/");
  return { keyId: parseKeyId(keyId), epoch: Number(epoch), digest: parseHash32(digest) };
};

/** Shares by (key, epoch, digest), never overwritten: D18. The sealed content holds the public part too, so neither can be exchanged alone. */
export const createKeyShareStore = ({ run, sealer, roll, secrets, damage, noteErased }: StoreContext): KeyShareStore => ({
  save: (record) =>
    run(async (db) => {
      assertSecretLength(record.share);
      const content = canonicalContent(record);
      const plaintext = Buffer.from(encodeStored(content), "utf8");
      const isNew = await saveSealedRow(db, { sealer, roll, secrets }, nameOf(record), plaintext).finally(() => plaintext.fill(0));
      if (!isNew) return;
      const { share: _secret, ...publicPart } = content;
      const { kind, id } = nameOf(record);
      await db
        .insertInto("key_share")
        .values(
          withMark(sealer, "key_share", {
            key_id: record.keyId,
            epoch: record.epoch,
            digest: record.digest,
            sid: record.sid,
            slot: record.slot,
            state: "pending" as const,
            public_part: encodeStored(publicPart),
            sealed_kind: kind,
            sealed_id: id,
          }),
        )
        .execute();
      for (const one of damagesOf(id)) damage.forget(one);
    }),

  activate: (id) =>
    run(async (db) => {
      const found = await db.selectFrom("key_share").selectAll().where("key_id", "=", id.keyId).where("epoch", "=", id.epoch).execute();
      const rows = found.filter((row) => isIntact(sealer, "key_share", row));
      const active = rows.find(({ state }) => state === "active");
      if (active?.digest === id.digest) return;
      if (active !== undefined) throw new VaultError("VAULT_CONFLICT", "Another share of this key and epoch is in use.", { ...id });
      const row = rows.find(({ digest }) => digest === id.digest);
      if (row === undefined) throw new VaultError("VAULT_CONFLICT", "The share to activate does not exist.", { ...id });
      await db
        .updateTable("key_share")
        .set(withMark(sealer, "key_share", { ...row, state: "active" as const }))
        .where("key_id", "=", id.keyId)
        .where("epoch", "=", id.epoch)
        .where("digest", "=", id.digest)
        .execute();
    }),

  load: (id, expected) =>
    run(async (db) => {
      const plaintext = await openSealedRow(db, { sealer, secrets }, nameOf(id)).catch(noteWhenDamaged(damage));
      if (plaintext === undefined) return undefined;
      const record = readRecord(plaintext);
      try {
        assertShareMatches(record, expected.verifyingShare);
      } catch (error) {
        if (!isConsistent(record)) damage.note({ table: "sealed", ...nameOf(id) });
        record.share.fill(0);
        throw error;
      }
      return record;
    }),

  list: (filter = {}) =>
    run(async (db) => {
      let query = db.selectFrom("key_share").selectAll().orderBy("key_id").orderBy("epoch").orderBy("digest");
      if (filter.keyId !== undefined) query = query.where("key_id", "=", filter.keyId);
      if (filter.epoch !== undefined) query = query.where("epoch", "=", filter.epoch);
      if (filter.sid !== undefined) query = query.where("sid", "=", filter.sid);
      if (filter.state !== undefined) query = query.where("state", "=", filter.state);
      const intact: KeyShareInfo[] = [];
      await forEachInTurns(await query.execute(), async (row) => {
        if (!isIntact(sealer, "key_share", row)) damage.note({ table: "key_share", id: `${row.key_id}/${row.epoch}/${row.digest}` });
        else if (!damage.has({ table: "sealed", kind: KIND, id: row.sealed_id })) intact.push(infoOf(row));
      });
      return intact;
    }),

  distrust: (id) => run(async () => damage.note({ table: "sealed", ...nameOf(id) })),

  stored: () => run(async (db) => (await listedIds(db, KIND)).map(idOf)),

  erase: (id) =>
    run(async (db) => {
      if (await eraseOne(db, { sealer, roll, secrets, damage }, id)) noteErased();
    }),

  makeRoomFor: ({ keyId, epoch, digest }) =>
    run(async (db) => {
      const rows = await db.selectFrom("key_share").selectAll().where("key_id", "=", keyId).where("epoch", "=", epoch).execute();
      const listed = (await listedIds(db, KIND)).filter((id) => id.startsWith(`${keyId}/${epoch}/`)).map(idOf);
      const kept: string[] = [];
      for (const row of rows) {
        if (
          row.digest === digest ||
          !isIntact(sealer, "key_share", row) ||
          !(await isWhole(db, { sealer, secrets, damage }, row.sealed_id))
        )
          continue;
        kept.push(row.digest);
        await db
          .updateTable("key_share")
          .set(withMark(sealer, "key_share", { ...row, state: "pending" as const }))
          .where("key_id", "=", keyId)
          .where("epoch", "=", epoch)
          .where("digest", "=", row.digest)
          .execute();
      }
      const erased: boolean[] = [];
      for (const id of listed.filter((one) => !kept.includes(one.digest)))
        erased.push(await eraseOne(db, { sealer, roll, secrets, damage }, id));
      let left = db.deleteFrom("key_share").where("key_id", "=", keyId).where("epoch", "=", epoch); // public parts without a secret
      if (kept.length > 0) left = left.where("digest", "not in", kept);
      await left.execute();
      if (erased.includes(true)) noteErased();
    }),

  eraseAll: ({ keyId, epoch }) =>
    run(async (db) => {
      const ids = (await listedIds(db, KIND)).filter((id) => id.startsWith(`${keyId}/${epoch}/`)).map(idOf);
      const erased: boolean[] = [];
      for (const id of ids) erased.push(await eraseOne(db, { sealer, roll, secrets, damage }, id));
      await db.deleteFrom("key_share").where("key_id", "=", keyId).where("epoch", "=", epoch).execute(); // public parts without a secret
      if (erased.includes(true)) noteErased();
    }),
});

/** Whether a share's secret is as it was written, and nobody distrusts it. */
const isWhole = async (
  db: Kysely<VaultSchema>,
  { sealer, secrets, damage }: Pick<StoreContext, "sealer" | "secrets" | "damage">,
  id: string,
): Promise<boolean> => {
  if (damage.has({ table: "sealed", kind: KIND, id })) return false;
  try {
    const plaintext = await openSealedRow(db, { sealer, secrets }, { kind: KIND, id });
    plaintext?.fill(0);
    return plaintext !== undefined;
  } catch (error) {
    if (error instanceof VaultError && error.code === "VAULT_TAMPERED") return false;
    throw error;
  }
};

/** Erases a share by its name in the roll, whatever state its rows are in. */
const eraseOne = async (
  db: Kysely<VaultSchema>,
  { sealer, roll, secrets, damage }: Pick<StoreContext, "sealer" | "roll" | "secrets" | "damage">,
  share: KeyShareId,
): Promise<boolean> => {
  const { keyId, epoch, digest } = share;
  const { kind, id } = nameOf(share);
  await db.deleteFrom("key_share").where("key_id", "=", keyId).where("epoch", "=", epoch).where("digest", "=", digest).execute();
  await db.deleteFrom("key_share").where("sealed_kind", "=", kind).where("sealed_id", "=", id).execute();
  for (const one of damagesOf(id)) damage.forget(one);
  return eraseSealedRow(db, { sealer, roll, secrets }, { kind, id });
};

const damagesOf = (id: string): readonly Damage[] => [
  { table: "sealed", kind: KIND, id },
  { table: "key_share", id },
];

/** Overwrites the plaintext; the text that it is read as lives until the engine collects it. */
const readRecord = (plaintext: Uint8Array): KeyShareRecord => {
  try {
    return decodeStored<KeyShareRecord>(new TextDecoder().decode(plaintext));
  } finally {
    plaintext.fill(0);
  }
};

/** Fields in a fixed order, so that the same record gives the same bytes. */
const canonicalContent = (record: KeyShareRecord): KeyShareRecord => ({
  keyId: record.keyId,
  epoch: record.epoch,
  digest: record.digest,
  sid: record.sid,
  slot: record.slot,
  qual: record.qual,
  jointKey: record.jointKey,
  verifyingShare: record.verifyingShare,
  commitmentsHash: record.commitmentsHash,
  verifyingRoot: record.verifyingRoot,
  path: record.path,
  dealingsHash: record.dealingsHash,
  share: record.share,
});

const infoOf = (row: Selectable<VaultSchema["key_share"]>): KeyShareInfo => ({
  ...decodeStored<Omit<KeyShareInfo, "state">>(row.public_part),
  state: row.state,
});

/** s G == S, by OpenSSL. PROTOCOL section 3.6. */
const isConsistent = (record: KeyShareRecord): boolean => Buffer.compare(publicKeyOf(record.share), record.verifyingShare) === 0;

const assertShareMatches = (record: KeyShareRecord, expected: Uint8Array): void => {
  if (isConsistent(record) && Buffer.compare(record.verifyingShare, expected) === 0) return;
  throw new VaultError(
    "VAULT_SHARE_MISMATCH",
    "The stored share is not the one that the chain's commitments give this keeper. A repair brings the right one.",
    { keyId: record.keyId, epoch: record.epoch, digest: record.digest, slot: record.slot },
  );
};
