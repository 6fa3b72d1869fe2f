import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { bytes, codeOf, createPlace, openBehind, optionsFor } from "../testing/fixtures.ts";
import { createVault, openVault, type Vault, type VaultOptions } from "../vault.ts";
import type { VaultStores } from "./types/vaultStores.ts";

const rows = { extension: "parity", table: "rows" };
const at = (key: string, changes: Partial<typeof rows> = {}) => ({ ...rows, ...changes, key });

describe("sealed tables of extensions", () => {
  let place: ReturnType<typeof createPlace>;
  let options: VaultOptions;
  let vault: Vault;
  beforeEach(async () => {
    place = createPlace();
    options = await optionsFor(place);
    vault = await createVault(options);
  });
  afterEach(async () => {
    await vault.close().catch(() => undefined);
    place.remove();
  });
  const reopen = async (...statements: string[]): Promise<void> => {
    await vault.close();
    const database = openBehind(place.directory);
    for (const statement of statements) database.exec(statement);
    database.close();
    vault = await openVault(options);
  };
  const isInFiles = (content: Uint8Array): boolean =>
    readdirSync(place.directory).some((name) => readFileSync(join(place.directory, name)).includes(Buffer.from(content)));
  const damaged = () => vault.damage().map(({ kind, id }) => `${kind}:${id}`);

  it("give back what was put, also after a restart, and undefined for what was not", async () => {
    await vault.sealedTables.put(at("a"), bytes(1, 40));
    await vault.sealedTables.put(at("empty"), bytes(1, 0));
    await reopen();
    expect(await vault.sealedTables.get(at("a"))).to.deep.equal(bytes(1, 40));
    expect(await vault.sealedTables.get(at("empty"))).to.deep.equal(bytes(1, 0));
    expect(await vault.sealedTables.get(at("b"))).to.equal(undefined);
  });
  it("keep extensions, tables and keys apart, whatever is in a key", async () => {
    const places = [at("k"), at("k", { table: "other" }), at("k", { extension: "signing" }), at("k/k"), at("rows/k")];
    for (const [index, one] of places.entries()) await vault.sealedTables.put(one, bytes(index));
    await reopen();
    for (const [index, one] of places.entries()) expect(await vault.sealedTables.get(one)).to.deep.equal(bytes(index));
    expect(await vault.sealedTables.list(rows)).to.deep.equal(["k", "k/k", "rows/k"]);
    expect(await vault.sealedTables.list({ extension: "signing", table: "rows" })).to.deep.equal(["k"]);
    expect(await vault.sealedTables.list({ extension: "parit", table: "rows" })).to.deep.equal([]);
  });
  it("replace a row, and forget what it was", async () => {
    await vault.sealedTables.put(at("a"), bytes(1, 40));
    await vault.sealedTables.put(at("a"), bytes(2, 41));
    await vault.sealedTables.put(at("a"), bytes(2, 41));
    await reopen();
    expect(await vault.sealedTables.get(at("a"))).to.deep.equal(bytes(2, 41));
    expect(await vault.sealedTables.list(rows)).to.deep.equal(["a"]);
  });
  it("list their keys by pages, in the order of their bytes", async () => {
    for (const key of ["b", "a", "Z", "é", "a/1"]) await vault.sealedTables.put(at(key), bytes(1));
    expect(await vault.sealedTables.list(rows)).to.deep.equal(["Z", "a", "a/1", "b", "é"]);
    expect(await vault.sealedTables.list(rows, { after: "a", limit: 2 })).to.deep.equal(["a/1", "b"]);
    expect(await vault.sealedTables.list(rows, { after: "é" })).to.deep.equal([]);
  });
  it("are all or nothing in a transaction", async () => {
    const failed = vault.transaction(async (tx) => {
      await tx.sealedTables.put(at("a"), bytes(1));
      expect(await tx.sealedTables.get(at("a"))).to.deep.equal(bytes(1));
      throw new RangeError("no");
    });
    expect(await failed.catch((error: unknown) => error)).to.be.instanceOf(RangeError);
    expect(await vault.sealedTables.list(rows)).to.deep.equal([]);
    await reopen();
  });
  it("never show a value in the clear in any file, and leave nothing of a row that is deleted", async () => {
    const value = Buffer.from("mallory would like to read this very much");
    await vault.sealedTables.put(at("a"), value);
    expect(isInFiles(value)).to.equal(false);
    await vault.close();
    const database = openBehind(place.directory);
    const [row] = database.prepare("SELECT body FROM sealed WHERE kind = 'extension'").all();
    database.close();
    vault = await openVault(options);
    const sealed = (row as { body: Uint8Array }).body;
    expect(isInFiles(sealed), "control: its sealed bytes are there").to.equal(true);
    await vault.sealedTables.delete(at("a"));
    expect(isInFiles(sealed)).to.equal(false);
    expect(await vault.sealedTables.get(at("a"))).to.equal(undefined);
    await vault.sealedTables.delete(at("a")); // again: nothing happens
  });

  describe("hold as much as their extension may", () => {
    const quota = { rows: 3, bytes: 100 };
    const put = (key: string, length: number, extension = "parity") =>
      codeOf(() => vault.sealedTables.put(at(key, { extension }), bytes(1, length)));
    const FULL = "VAULT_QUOTA_EXCEEDED";
    const DONE = "nothing was thrown";
    beforeEach(async () => {
      await vault.close();
      vault = await openVault({ ...options, extensionQuota: quota });
    });
    it("rows in all their tables; another extension has its own", async () => {
      for (const key of ["a", "b", "c"]) expect(await put(key, 1)).to.equal(DONE);
      expect(await codeOf(() => vault.sealedTables.put(at("d", { table: "other" }), bytes(1)))).to.equal(FULL);
      expect(await put("a", 2), "in the place of another").to.equal(DONE);
      expect(await put("d", 1, "signing")).to.equal(DONE);
      await vault.sealedTables.delete(at("a"));
      expect([await put("d", 1), await put("e", 1)]).to.deep.equal([DONE, FULL]);
    });
    it("bytes of values, exactly", async () => {
      expect([await put("a", 60), await put("b", 41), await put("b", 40)]).to.deep.equal([DONE, FULL, DONE]);
      expect([await put("a", 61), await put("a", 59), await put("c", 2), await put("c", 1)]).to.deep.equal([FULL, DONE, FULL, DONE]);
    });
    it("counted again after a restart, and after what was taken back", async () => {
      await put("a", 60);
      const takenBack = async (tx: VaultStores) => {
        await tx.sealedTables.put(at("b"), bytes(1, 40));
        throw new RangeError("no");
      };
      const first = vault.boots.next(); // those behind it share a commit
      const taken = vault.transaction(takenBack, { brief: true }).catch((error: unknown) => error);
      const behind = put("c", 40);
      await first;
      expect(await taken).to.be.instanceOf(RangeError);
      expect(await behind).to.equal(DONE);
      await vault.sealedTables.delete(at("c"));
      expect(await put("b", 41)).to.equal(FULL);
      await vault.close();
      vault = await openVault({ ...options, extensionQuota: quota });
      expect([await put("b", 41), await put("b", 40)]).to.deep.equal([FULL, DONE]);
    });
    it("not less than they held before: what is there may stay, be read, become smaller and be deleted", async () => {
      await put("a", 60);
      await put("b", 40);
      await vault.close();
      vault = await openVault({ ...options, extensionQuota: { rows: 1, bytes: 50 } });
      expect(await vault.sealedTables.get(at("a"))).to.deep.equal(bytes(1, 60));
      expect([await put("a", 61), await put("a", 60), await put("a", 59), await put("c", 0)]).to.deep.equal([FULL, DONE, DONE, FULL]);
      await vault.sealedTables.delete(at("a"));
      expect(await put("b", 50)).to.equal(DONE);
    });
  });

  it("are deleted together with one rewriting of the file, whose bytes are all gone", async () => {
    const keys = Array.from({ length: 10 }, (_, number) => `k${number}`);
    for (const key of keys) await vault.sealedTables.put(at(key), bytes(1, 40));
    const database = openBehind(place.directory);
    const sealed = database
      .prepare("SELECT body FROM sealed WHERE kind = 'extension'")
      .all()
      .map((row) => row.body as Uint8Array);
    const rewritings = () => Number(database.prepare("PRAGMA secrets.schema_version").get()?.schema_version); // VACUUM raises it
    const before = rewritings();
    await Promise.all(["warm", ...keys].map((key) => vault.sealedTables.delete(at(key))));
    expect(rewritings() - before).to.equal(1);
    expect(sealed.filter(isInFiles)).to.deep.equal([]);
    for (const key of keys) await vault.sealedTables.put(at(key), bytes(1, 40));
    const again = rewritings();
    await vault.transaction(async (tx) => {
      for (const key of keys) await tx.sealedTables.delete(at(key));
    });
    expect(rewritings() - again).to.equal(1);
    database.close();
  });

  describe("refuse with VAULT_VALUE_REFUSED", () => {
    for (const [what, wrong] of [
      ["an extension without a name", at("a", { extension: "" })],
      ["an extension's name with a slash", at("a", { extension: "a/b" })],
      ["a table's name with a slash", at("a", { table: "a/b" })],
      ["a table's name of 65 characters", at("a", { table: "t".repeat(65) })],
      ["a key without a character", at("")],
      ["a key of 257 bytes", at(`${"é".repeat(128)}x`)],
      ["a key with half a character", at("\ud800")],
      ["a key with a zero", at("a\0")],
    ] as const)
      it(what, async () => {
        expect(await codeOf(() => vault.sealedTables.put(wrong, bytes(1)))).to.equal("VAULT_VALUE_REFUSED");
        expect(await codeOf(() => vault.sealedTables.get(wrong))).to.equal("VAULT_VALUE_REFUSED");
        expect(await codeOf(() => vault.sealedTables.delete(wrong))).to.equal("VAULT_VALUE_REFUSED");
      });
    it("a value of more than 65,536 bytes, and keep what was there", async () => {
      await vault.sealedTables.put(at("é".repeat(128)), bytes(1, 65_536));
      expect(await codeOf(() => vault.sealedTables.put(at("é".repeat(128)), bytes(1, 65_537)))).to.equal("VAULT_VALUE_REFUSED");
      expect(await vault.sealedTables.get(at("é".repeat(128)))).to.deep.equal(bytes(1, 65_536));
    });
  });

  describe("where one row is damaged", () => {
    const id = "parity/rows/a";
    beforeEach(async () => {
      await vault.sealedTables.put(at("a"), bytes(1));
      await vault.sealedTables.put(at("b"), bytes(2));
    });
    for (const [what, statement] of [
      ["changed", `UPDATE sealed SET body = zeroblob(length(body)) WHERE id = '${id}'`],
      ["deleted", `DELETE FROM sealed WHERE id = '${id}'`],
      [
        "that of another key",
        `UPDATE sealed SET (wrapped_key, body) = (SELECT wrapped_key, body FROM sealed WHERE id = 'parity/rows/b') WHERE id = '${id}'`,
      ],
    ] as const)
      it(`lose it alone: it is ${what}, and can be put again`, async () => {
        await reopen(statement);
        expect(damaged()).to.deep.equal([`extension:${id}`]);
        expect(await codeOf(() => vault.sealedTables.get(at("a")))).to.equal("VAULT_TAMPERED");
        expect(await vault.sealedTables.get(at("b"))).to.deep.equal(bytes(2));
        expect(await vault.sealedTables.list(rows)).to.deep.equal(["a", "b"]);
        await vault.sealedTables.put(at("a"), bytes(3));
        expect(damaged()).to.deep.equal([]);
        await reopen();
        expect([damaged(), await vault.sealedTables.get(at("a"))]).to.deep.equal([[], bytes(3)]);
      });
    it("can be deleted, so that nothing is damaged any more", async () => {
      await reopen(`UPDATE sealed SET wrapped_key = zeroblob(60) WHERE id = '${id}'`);
      await vault.sealedTables.delete(at("a"));
      await reopen();
      expect([damaged(), await vault.sealedTables.list(rows)]).to.deep.equal([[], ["b"]]);
    });
    it("is found by a scrub of the live file", async () => {
      const database = openBehind(place.directory);
      database.exec(`UPDATE sealed SET body = zeroblob(9) WHERE id = '${id}'`);
      database.close();
      while (!(await vault.scrub(50)).isRoundOver);
      expect(damaged()).to.deep.equal([`extension:${id}`]);
    });
    it("are refused when a row is back that was replaced (attack 41)", async () => {
      await vault.close();
      const database = openBehind(place.directory);
      database.exec(
        `CREATE TABLE kept AS SELECT * FROM sealed WHERE id = '${id}'; CREATE TABLE term AS SELECT * FROM roll_entry WHERE id = '${id}'`,
      );
      database.close();
      vault = await openVault(options);
      await vault.sealedTables.put(at("a"), bytes(9));
      await vault.close();
      const again = openBehind(place.directory);
      again.exec(`DELETE FROM sealed WHERE id = '${id}'; INSERT INTO sealed SELECT * FROM kept;
        DELETE FROM roll_entry WHERE id = '${id}'; INSERT INTO roll_entry SELECT * FROM term; DROP TABLE kept; DROP TABLE term`);
      again.close();
      expect(await codeOf(() => openVault(options))).to.equal("VAULT_TAMPERED");
    });
  });
});
