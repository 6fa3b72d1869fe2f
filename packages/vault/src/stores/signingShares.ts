import { type Kysely, type Selectable, sql } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { isIntact, type StoredRow, withMark } from "../sealing/marks.ts";
import type { StoreContext } from "./context.ts";
import type { EcdsaRelease, SigningShare, SigningShareStore } from "./types/signing.ts";

/** Rows are written once. A damaged one still says that its nonce, or its session, was used. */
export const createSigningShareStore = ({ run, read, sealer, damage, clock }: StoreContext): SigningShareStore => {
  const intact = <Row extends StoredRow>(table: "signing_share" | "ecdsa_release", id: string, row: Row | undefined): Row | undefined => {
    if (row === undefined || isIntact(sealer, table, row)) return row;
    damage.note({ table, id });
    throw new VaultError("VAULT_TAMPERED", "The record of a share of a signature that left is damaged: no other one leaves for it.", {
      table,
      id,
    });
  };
  const share = async (db: Kysely<VaultSchema>, nonceId: string): Promise<SigningShare | undefined> => {
    const row = await db.selectFrom("signing_share").selectAll().where("nonce_id", "=", nonceId).executeTakeFirst();
    return shareOf(intact("signing_share", nonceId, row));
  };
  const release = async (db: Kysely<VaultSchema>, session: string): Promise<EcdsaRelease | undefined> => {
    const row = await db.selectFrom("ecdsa_release").selectAll().where("session", "=", session).executeTakeFirst();
    return releaseOf(intact("ecdsa_release", session, row));
  };
  return {
    save: (given) =>
      run(async (db) => {
        const { nonceId, requestId, attempt, packageHash } = given;
        const stored = await share(db, nonceId);
        if (stored !== undefined) {
          const isSame = stored.requestId === requestId && stored.attempt === attempt && stored.packageHash === packageHash;
          return isSame ? stored : conflict({ nonceId });
        }
        const row = { nonce_id: nonceId, request_id: requestId, attempt, package_hash: packageHash, share: given.share };
        await db
          .insertInto("signing_share")
          .values(withMark(sealer, "signing_share", { ...row, created_at: clock() }))
          .execute();
        return given;
      }),
    find: (nonceId) => read((db) => share(db, nonceId)),
    release: (given) =>
      run(async (db) => {
        const { session, requestId, digest } = given;
        const stored = await release(db, session);
        if (stored !== undefined) return stored.requestId === requestId && stored.digest === digest ? stored : conflict({ session });
        const row = { session, request_id: requestId, digest, share: given.share };
        await db
          .insertInto("ecdsa_release")
          .values(withMark(sealer, "ecdsa_release", { ...row, created_at: clock() }))
          .execute();
        return given;
      }),
    findRelease: (session) => read((db) => release(db, session)),
    prune: (before) =>
      run(async (db) => {
        let deleted = 0;
        for (const table of ["signing_share", "ecdsa_release"] as const) {
          const { numAffectedRows = 0n } = await sql`DELETE FROM ${sql.table(table)} WHERE created_at < ${before}`.execute(db);
          deleted += Number(numAffectedRows);
        }
        return deleted;
      }),
  };
};

const conflict = (details: Readonly<Record<string, string>>): never => {
  throw new VaultError("VAULT_CONFLICT", "A share of another signature left for this nonce or session before.", details);
};

// What was an id when it was saved is one.
const shareOf = (row: Selectable<VaultSchema["signing_share"]> | undefined): SigningShare | undefined =>
  row && {
    nonceId: row.nonce_id as SigningShare["nonceId"],
    requestId: row.request_id as SigningShare["requestId"],
    attempt: row.attempt as SigningShare["attempt"],
    packageHash: row.package_hash as SigningShare["packageHash"],
    share: row.share,
  };

const releaseOf = (row: Selectable<VaultSchema["ecdsa_release"]> | undefined): EcdsaRelease | undefined =>
  row && {
    session: row.session as EcdsaRelease["session"],
    requestId: row.request_id as EcdsaRelease["requestId"],
    digest: row.digest as EcdsaRelease["digest"],
    share: row.share,
  };
