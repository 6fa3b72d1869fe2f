import type { Kysely, Selectable } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { publicKeyOf } from "../publicKey.ts";
import { eraseSealedRow, openSealedRow, saveSealedRow } from "../sealing/sealedRows.ts";
import { decodeStored, encodeStored } from "../storedJson.ts";
import type { StoreContext } from "./context.ts";
import { assertSecretLength } from "./ownSecrets.ts";
import type { KeyShareId, KeyShareInfo, KeyShareRecord, KeyShareStore } from "./types.ts";

const KIND = "key_share";
const nameOf = ({ keyId, epoch, digest }: KeyShareId) => ({ kind: KIND, id: `${keyId}/${epoch}/${digest}` });

/** Shares by (key, epoch, digest), never overwritten: D18. The sealed content holds the public part too, so neither can be exchanged alone. */
export const createKeyShareStore = ({ run, sealer, noteErased }: StoreContext): KeyShareStore => ({
  save: (record) =>
    run(async (db) => {
      assertSecretLength(record.share);
      const content = canonicalContent(record);
      const plaintext = Buffer.from(encodeStored(content), "utf8");
      const isNew = await saveSealedRow(db, sealer, nameOf(record), plaintext).finally(() => plaintext.fill(0));
      if (!isNew) return;
      const { share: _secret, ...publicPart } = content;
      const { kind, id } = nameOf(record);
      await db
        .insertInto("key_share")
        .values({
          key_id: record.keyId,
          epoch: record.epoch,
          digest: record.digest,
          sid: record.sid,
          slot: record.slot,
          state: "pending",
          public_part: encodeStored(publicPart),
          sealed_kind: kind,
          sealed_id: id,
        })
        .execute();
    }),

  activate: (id) =>
    run(async (db) => {
      const rows = await db.selectFrom("key_share").selectAll().where("key_id", "=", id.keyId).where("epoch", "=", id.epoch).execute();
      const active = rows.find(({ state }) => state === "active");
      if (active?.digest === id.digest) return;
      if (active !== undefined) throw new VaultError("VAULT_CONFLICT", "Another share of this key and epoch is in use.", { ...id });
      if (!rows.some(({ digest }) => digest === id.digest))
        throw new VaultError("VAULT_CONFLICT", "There is no such share to activate.", { ...id });
      await markActive(db, id);
    }),

  load: (id, expected) =>
    run(async (db) => {
      const plaintext = await openSealedRow(db, sealer, nameOf(id));
      if (plaintext === undefined) return undefined;
      const record = readRecord(plaintext);
      try {
        assertShareMatches(record, expected.verifyingShare);
      } catch (error) {
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
      return (await query.execute()).map(infoOf);
    }),

  erase: (id) =>
    run(async (db) => {
      const { keyId, epoch, digest } = id;
      await db.deleteFrom("key_share").where("key_id", "=", keyId).where("epoch", "=", epoch).where("digest", "=", digest).execute();
      if (await eraseSealedRow(db, sealer, nameOf(id))) noteErased();
    }),
});

const markActive = (db: Kysely<VaultSchema>, { keyId, epoch, digest }: KeyShareId) =>
  db
    .updateTable("key_share")
    .set({ state: "active" })
    .where("key_id", "=", keyId)
    .where("epoch", "=", epoch)
    .where("digest", "=", digest)
    .execute();

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
const assertShareMatches = (record: KeyShareRecord, expected: Uint8Array): void => {
  if (Buffer.compare(record.verifyingShare, expected) === 0 && Buffer.compare(publicKeyOf(record.share), expected) === 0) return;
  throw new VaultError(
    "VAULT_SHARE_MISMATCH",
    "The stored share is not the one that the chain's commitments give this keeper. Restore the newest backup of the vault.",
    { keyId: record.keyId, epoch: record.epoch, digest: record.digest, slot: record.slot },
  );
};
