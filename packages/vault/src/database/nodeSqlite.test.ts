import { join } from "node:path";
import { expect } from "chai";
import { bytes, codeOf, createPlace, hex } from "../testing/fixtures.ts";
import { createFiles } from "./files.ts";
import { migrate } from "./migrations.ts";
import { assertDurability, openDatabase, readDurability } from "./nodeSqlite.ts";
import { isDiskFailure, translateSqliteError } from "./sqliteErrors.ts";

describe("openDatabase", () => {
  const place = createPlace();
  const path = join(place.directory, "vault.sqlite");
  before(() => createFiles(place.directory));
  after(() => place.remove());

  it("says VAULT_DISK_FULL, writes nothing of that transaction, and continues when there is room", async () => {
    const { db, raw } = openDatabase(path);
    await db.transaction().execute((trx) => migrate(trx, 0));
    const insert = (first: number, count: number) =>
      db.transaction().execute(async (trx) => {
        for (let index = first; index < first + count; index += 1) {
          await trx
            .insertInto("dealing")
            .values({ sid: `${hex(1)}${index}`, dealing: bytes(1, 4096), created_at: 0 })
            .execute();
        }
      });
    const count = () => raw.prepare("SELECT count(*) AS count FROM dealing").get()?.count;
    const pages = Number(raw.prepare("PRAGMA page_count").get()?.page_count);
    raw.exec(`PRAGMA max_page_count = ${pages + 20}`);
    await insert(0, 1);
    expect(await codeOf(() => insert(1, 200))).to.equal("VAULT_DISK_FULL");
    expect(count()).to.equal(1);
    raw.exec("PRAGMA max_page_count = 10000");
    await insert(1, 200);
    expect(count()).to.equal(201);
    await db.destroy();
  });

  it("reads numbers again as they are behind a damaged one that is none of JavaScript's", async () => {
    const { db, raw } = openDatabase(path);
    const read = () => db.selectFrom("boot").select(["id", "count"]).execute();
    raw.exec("INSERT INTO boot VALUES (1, 1 << 60)");
    expect(await read()).to.deep.equal([{ id: 1, count: 2 ** 60 }]);
    raw.exec("UPDATE boot SET count = 7");
    expect(await read()).to.deep.equal([{ __proto__: null, id: 1, count: 7 }]);
    raw.exec("DELETE FROM boot");
    await db.destroy();
  });

  it("asserts every setting that durability needs", async () => {
    const { raw } = openDatabase(path);
    expect(await codeOf(() => assertDurability(readDurability(raw)))).to.equal("nothing was thrown");
    for (const weaker of ["synchronous = NORMAL", "secure_delete = OFF", "foreign_keys = OFF"]) {
      raw.exec(`PRAGMA ${weaker}`);
      expect(await codeOf(() => assertDurability(readDurability(raw))), weaker).to.equal("VAULT_UNSAFE");
      raw.exec("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON");
    }
    raw.exec("PRAGMA journal_mode = DELETE");
    expect(await codeOf(() => assertDurability(readDurability(raw)))).to.equal("VAULT_UNSAFE");
    raw.close();
  });

  it("refuses to change or delete an audit record", () => {
    const { raw } = openDatabase(path);
    raw.exec("INSERT INTO audit VALUES (1, 0, 'k', 'r', 'd', 'q', 'p', 'f', 'h', 'p', 'h', '', '', '', '')");
    expect(() => raw.exec("UPDATE audit SET decision = 'PERMITTED'")).to.throw(/append-only/);
    expect(() => raw.exec("DELETE FROM audit")).to.throw(/append-only/);
    raw.close();
  });
});

describe("translateSqliteError", () => {
  const sqliteError = (errcode: number) => Object.assign(new Error("disk I/O error"), { code: "ERR_SQLITE_ERROR", errcode });

  for (const [errcode, code] of [
    [13, "VAULT_DISK_FULL"],
    [10, "VAULT_IO"],
    [(4 << 8) | 10, "VAULT_IO"],
    [(19 << 8) | 10, "VAULT_DISK_FULL"],
    [8, "VAULT_IO"],
    [14, "VAULT_IO"],
    [11, "VAULT_TAMPERED"],
    [26, "VAULT_TAMPERED"],
    [5, "VAULT_LOCKED"],
  ] as const) {
    it(`turns result code ${errcode} into ${code} with the cause kept`, () => {
      const error = translateSqliteError(sqliteError(errcode));
      expect(error).to.have.property("code", code);
      expect(error).to.have.nested.property("cause.errcode", errcode);
    });
  }

  it("leaves other errors alone", () => {
    const error = new RangeError("x");
    expect(translateSqliteError(error)).to.equal(error);
    expect(isDiskFailure(error)).to.equal(false);
    expect(isDiskFailure(sqliteError((4 << 8) | 10)), "fsync failed").to.equal(true);
  });
});
