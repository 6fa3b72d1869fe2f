import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAddress, parseHash32, parseSessionId } from "@keyquorum/wire";
import { expect } from "chai";
import { keyFromFile, keyFromPassphrase } from "./keyEncryptionKey.ts";
import { auditEntry, bytes, codeOf, createPlace, hex, openBehind, optionsFor, PIN, shareRecord } from "./testing/fixtures.ts";
import { createVault, openVault, type Vault, type VaultOptions } from "./vault.ts";

describe("vault", () => {
  let place: ReturnType<typeof createPlace>;
  let options: VaultOptions;
  const opened: Vault[] = [];
  const create = async (changes: Partial<VaultOptions> = {}) => {
    const vault = await createVault({ ...options, secrets: { identity: bytes(5), operator: bytes(6) }, ...changes });
    opened.push(vault);
    return vault;
  };
  const open = async (changes: Partial<VaultOptions> = {}) => {
    const vault = await openVault({ ...options, ...changes });
    opened.push(vault);
    return vault;
  };
  const onFile = (statement: string, ...values: (string | number | Uint8Array)[]) => {
    const database = openBehind(place.directory);
    try {
      return database.prepare(statement).all(...values);
    } finally {
      database.close();
    }
  };

  beforeEach(async () => {
    place = createPlace();
    options = await optionsFor(place);
  });
  afterEach(async () => {
    for (const vault of opened.splice(0)) await vault.close().catch(() => undefined);
    place.remove();
  });

  describe("when it is made", () => {
    it("holds the secrets it was given and a nonce key of its own, also when it is opened again", async () => {
      const vault = await create();
      const nonce = await vault.secrets.load("nonce");
      await vault.close();
      const again = await open();
      expect(await again.secrets.load("identity")).to.deep.equal(bytes(5));
      expect(await again.secrets.load("operator")).to.deep.equal(bytes(6));
      expect(nonce?.length).to.equal(32);
      expect(await again.secrets.load("nonce")).to.deep.equal(nonce);
    });

    it("gives its directory and every file to the owner only", async () => {
      await create();
      expect(statSync(place.directory).mode & 0o777).to.equal(0o700);
      const names = readdirSync(place.directory);
      expect(names).to.include.members(["vault.sqlite", "vault.sqlite-wal", "secrets.sqlite", "secrets.sqlite-wal", "writer.lock"]);
      for (const name of names) expect(statSync(join(place.directory, name)).mode & 0o777, name).to.equal(0o600);
    });

    it("refuses a directory that is not empty", async () => {
      mkdirSync(place.directory);
      writeFileSync(join(place.directory, "holiday.jpg"), "");
      expect(await codeOf(create)).to.equal("VAULT_EXISTS");
    });

    it("refuses a directory that holds a vault, and leaves it alone", async () => {
      await (await create()).close();
      expect(await codeOf(create)).to.equal("VAULT_EXISTS");
      expect(await (await open()).secrets.load("identity")).to.deep.equal(bytes(5));
    });

    it("makes the folders above it, and says VAULT_IO at once where it cannot", async () => {
      const below = join(place.directory, "a/b");
      await (await create({ directory: below })).close();
      expect(statSync(below).mode & 0o777).to.equal(0o700);
      writeFileSync(join(place.directory, "file"), "");
      expect(await codeOf(() => create({ directory: join(place.directory, "file/data") }))).to.equal("VAULT_IO");
      if (process.platform === "linux") expect(await codeOf(() => create({ directory: "/proc/none/data" }))).to.equal("VAULT_IO");
    });

    it("can be made again where a crash left a half-made one", async () => {
      mkdirSync(place.directory, { mode: 0o700 });
      writeFileSync(join(place.directory, "vault.sqlite"), "", { mode: 0o600 });
      expect(await codeOf(open)).to.equal("VAULT_MISSING");
      await create();
    });
  });

  describe("when it is opened", () => {
    it("has WAL, synchronous FULL, secure_delete and foreign keys", async () => {
      const vault = await create();
      expect(await vault.durability()).to.deep.equal({ journalMode: "wal", synchronous: 2, secureDelete: 1, foreignKeys: 1 });
    });

    it("refuses a missing one", async () => {
      expect(await codeOf(open)).to.equal("VAULT_MISSING");
    });

    it("refuses a second opener at once", async () => {
      await create();
      expect(await codeOf(open)).to.equal("VAULT_LOCKED");
    });

    it("refuses another key, and a passphrase where a key file was used", async () => {
      await (await create()).close();
      const other = join(place.root, "other");
      writeFileSync(other, Buffer.alloc(32, 8), { mode: 0o600 });
      expect(await codeOf(async () => open({ keyEncryptionKey: await keyFromFile(other) }))).to.equal("VAULT_WRONG_KEY");
      expect(await codeOf(() => open({ keyEncryptionKey: keyFromPassphrase("correct horse") }))).to.equal("VAULT_WRONG_KEY");
      await open();
    });

    it("opens with its passphrase only", async () => {
      await (await create({ keyEncryptionKey: keyFromPassphrase("correct horse") })).close();
      expect(await codeOf(() => open({ keyEncryptionKey: keyFromPassphrase("wrong horse") }))).to.equal("VAULT_WRONG_KEY");
      await open({ keyEncryptionKey: keyFromPassphrase("correct horse") });
    });

    for (const [field, value] of [
      ["chainId", 1n],
      ["genesisHash", parseHash32(hex(9))],
      ["registry", parseAddress(hex(9, 20))],
      ["deploymentBlockHash", parseHash32(hex(9))],
      ["operator", parseAddress(hex(9, 20))],
    ] as const) {
      it(`refuses a foreign ${field}`, async () => {
        await (await create()).close();
        expect(await codeOf(() => open({ pin: { ...PIN, [field]: value } }))).to.equal("VAULT_FOREIGN");
      });
    }

    it("does not open under a pin that was changed on disk together with the configuration", async () => {
      await (await create()).close();
      onFile("UPDATE pin SET registry = ?", hex(9, 20));
      expect(await codeOf(() => open({ pin: { ...PIN, registry: parseAddress(hex(9, 20)) } }))).to.equal("VAULT_WRONG_KEY");
    });

    it("refuses a newer schema", async () => {
      await (await create()).close();
      onFile("INSERT INTO schema_version (version, name, applied_at) VALUES (99, 'later', 0)");
      expect(await codeOf(open)).to.equal("VAULT_NEWER");
    });

    it("refuses files that others can read", async () => {
      await (await create()).close();
      for (const name of ["vault.sqlite", "secrets.sqlite"]) {
        chmodSync(join(place.directory, name), 0o640);
        expect(await codeOf(open), name).to.equal("VAULT_PERMISSIONS");
        chmodSync(join(place.directory, name), 0o600);
      }
      await open();
    });

    it("refuses a file that is no database", async () => {
      await (await create()).close();
      for (const name of ["secrets.sqlite", "vault.sqlite"]) {
        writeFileSync(join(place.directory, name), "x".repeat(8192));
        expect(await codeOf(open), name).to.equal("VAULT_TAMPERED");
      }
    });
  });

  describe("when sealed rows were touched while it was closed", () => {
    /** Opens after these statements; answers with the code, or with the ids of the damaged records. */
    const touched = async (...statements: string[]) => {
      const vault = await create();
      for (const epoch of [1, 2, 3]) await vault.epochSecrets.save(epoch, bytes(30 + epoch));
      await vault.close();
      for (const statement of statements) onFile(statement);
      const code = await codeOf(open);
      const again = opened.at(-1) as Vault;
      if (code !== "nothing was thrown") return code;
      for (const { id } of again.damage()) expect(await codeOf(() => again.epochSecrets.load(Number(id)))).to.equal("VAULT_TAMPERED");
      expect(await again.epochSecrets.load(3), "the others are as they were").to.deep.equal(bytes(33));
      return again.damage().map(({ id }) => id);
    };

    it("opens when nothing was (control)", async () => {
      expect(await touched()).to.deep.equal([]);
    });
    it("has two unusable records where names were exchanged (attack 42)", async () => {
      const swap = (from: string, to: string) => `UPDATE sealed SET id = '${to}' WHERE kind = 'epoch_secret' AND id = '${from}'`;
      expect(await touched(swap("1", "x"), swap("2", "1"), swap("x", "2"))).to.have.members(["1", "2"]);
    });
    it("has one where a wrapped key is from another row (attack 42)", async () => {
      const key = "(SELECT wrapped_key FROM sealed WHERE kind = 'epoch_secret' AND id = '2')";
      expect(await touched(`UPDATE sealed SET wrapped_key = ${key} WHERE kind = 'epoch_secret' AND id = '1'`)).to.deep.equal(["1"]);
    });
    it("has one where wrapped key and body are of another row (attack 42)", async () => {
      const from = "FROM sealed WHERE kind = 'epoch_secret' AND id = '2'";
      const both = `UPDATE sealed SET (wrapped_key, body) = (SELECT wrapped_key, body ${from}) WHERE kind = 'epoch_secret' AND id = '1'`;
      expect(await touched(both)).to.deep.equal(["1"]);
    });
    it("has one where its version was changed (attack 42)", async () => {
      expect(await touched("UPDATE sealed SET version = 2 WHERE id = '1'")).to.deep.equal(["1"]);
    });
    it("has one where it was cut", async () => {
      expect(await touched("UPDATE sealed SET wrapped_key = substr(wrapped_key, 1, 10) WHERE id = '1'")).to.deep.equal(["1"]);
    });
    it("has one where its version is not a number of JavaScript's", async () => {
      expect(await touched("UPDATE sealed SET version = 1 << 60 WHERE id = '1'")).to.deep.equal(["1"]);
    });
    it("has one where it was deleted", async () => {
      expect(await touched("DELETE FROM sealed WHERE id = '1'")).to.deep.equal(["1"]);
    });
    it("makes the roll's terms again where they were damaged and the rows add up", async () => {
      expect(
        await touched("UPDATE roll_entry SET term = zeroblob(32) WHERE id = '1'", "DELETE FROM roll_entry WHERE id = '2'"),
      ).to.deep.equal([]);
    });
    it("refuses a record that is gone together with its place in the roll", async () => {
      expect(await touched("DELETE FROM sealed WHERE id = '1'", "DELETE FROM roll_entry WHERE id = '1'")).to.equal("VAULT_TAMPERED");
    });
    for (const id of ["identity", "operator", "nonce"])
      it(`refuses a flipped bit in its ${id}, and one that was deleted`, async () => {
        const here = `kind = 'own_secret' AND id = '${id}'`;
        const flip = `UPDATE sealed SET body = zeroblob(length(body)) WHERE ${here}`;
        expect(await touched(flip)).to.equal("VAULT_TAMPERED");
        onFile(`DELETE FROM sealed WHERE ${here}`);
        expect(await codeOf(open)).to.equal("VAULT_TAMPERED");
      });
    it("refuses a flipped bit in its roll, and none of it", async () => {
      expect(await touched("UPDATE anchor SET body = zeroblob(length(body)) WHERE kind = 'roll'")).to.equal("VAULT_TAMPERED");
      onFile("DELETE FROM anchor WHERE kind = 'roll'");
      expect(await codeOf(open)).to.equal("VAULT_TAMPERED");
    });
    it("refuses a row that was erased and given back (attack 41)", async () => {
      const vault = await create();
      await vault.epochSecrets.save(1, bytes(31));
      const [row] = onFile("SELECT * FROM sealed WHERE kind = 'epoch_secret'") as [Record<string, Uint8Array>];
      await vault.epochSecrets.erase(1);
      await vault.close();
      onFile("INSERT INTO sealed VALUES (99, 'epoch_secret', '1', 1, ?, ?)", row.wrapped_key as Uint8Array, row.body as Uint8Array);
      expect(await codeOf(open)).to.equal("VAULT_TAMPERED");
    });
    it("refuses an older roll (attack 41)", async () => {
      const vault = await create();
      const [roll] = onFile("SELECT * FROM anchor WHERE kind = 'roll'") as [{ version: number; wrapped_key: Uint8Array; body: Uint8Array }];
      await vault.epochSecrets.save(1, bytes(31));
      await vault.close();
      const back = "UPDATE anchor SET version = ?, wrapped_key = ?, body = ? WHERE kind = 'roll'";
      onFile(back, roll.version, roll.wrapped_key, roll.body);
      expect(await codeOf(open)).to.equal("VAULT_TAMPERED");
    });
  });

  describe("transaction", () => {
    it("keeps all of it or nothing", async () => {
      const vault = await create();
      const failed = vault.transaction(async (tx) => {
        await tx.epochSecrets.save(1, bytes(31));
        await tx.audit.append(auditEntry(0x31));
        await tx.outbox.save({ id: "deal:1", kind: "deal", subject: "1", entry: { nonce: 1n } });
        throw new RangeError("mallory pulled the plug");
      });
      expect(await failed.catch((error: unknown) => error)).to.be.instanceOf(RangeError);
      expect(await vault.epochSecrets.list()).to.deep.equal([]);
      expect((await vault.audit.verify()).count).to.equal(0);
      expect(await vault.outbox.load("deal:1")).to.equal(undefined);
    });

    it("refuses the vault itself inside, instead of waiting forever", async () => {
      const vault = await create();
      expect(await codeOf(() => vault.transaction(() => vault.epochSecrets.list()))).to.equal("VAULT_MISUSED");
      expect(await codeOf(() => vault.transaction(() => vault.transaction(async () => 1)))).to.equal("VAULT_MISUSED");
    });

    it("runs calls that come at the same time one after the other", async () => {
      const vault = await create();
      await Promise.all(Array.from({ length: 20 }, (_, index) => vault.transaction((tx) => tx.audit.append(auditEntry(index)))));
      expect((await vault.audit.verify()).count).to.equal(20);
    });

    it("is refused after close", async () => {
      const vault = await create();
      await vault.close();
      expect(await codeOf(() => vault.epochSecrets.list())).to.equal("VAULT_MISUSED");
    });
  });

  describe("erase", () => {
    const traces = (needle: Uint8Array) =>
      readdirSync(place.directory).filter((name) => readFileSync(join(place.directory, name)).includes(Buffer.from(needle)));

    it("leaves no trace of the sealed secret in any file (attack 15)", async () => {
      const vault = await create();
      for (let epoch = 1; epoch <= 40; epoch += 1) await vault.epochSecrets.save(epoch, bytes(epoch));
      await vault.keyShares.save(shareRecord());
      const rows = onFile("SELECT wrapped_key, body FROM sealed WHERE (kind = 'epoch_secret' AND id = '7') OR kind = 'key_share'");
      const secrets = rows.flatMap((row) => Object.values(row) as Uint8Array[]);
      expect(secrets.length).to.equal(4);
      for (const secret of secrets) expect(traces(secret), "control: it was there").to.not.deep.equal([]);
      await vault.epochSecrets.erase(7);
      await vault.keyShares.erase(shareRecord());
      for (const secret of secrets) expect(traces(secret)).to.deep.equal([]);
      expect(await vault.epochSecrets.load(7)).to.equal(undefined);
      expect(await vault.epochSecrets.load(8)).to.deep.equal(bytes(8));
      expect(await vault.keyShares.list()).to.deep.equal([]);
    });

    it("is made good when the vault is opened, if a crash came before the file was compacted", async () => {
      const vault = await create();
      await vault.close();
      const tables = ["main.compaction", "secrets.compaction"];
      for (const table of tables) onFile(`INSERT INTO ${table} (id) VALUES (1)`);
      await (await open()).close();
      for (const table of tables) expect(onFile(`SELECT * FROM ${table}`)).to.deep.equal([]);
    });

    it("never shows a secret in the clear in any file (control: dealings are public)", async () => {
      const vault = await create();
      await vault.epochSecrets.save(1, bytes(0xa7));
      await vault.dealings.save(parseSessionId(hex(1)), bytes(0xb7));
      expect(traces(bytes(0xa7))).to.deep.equal([]);
      expect(traces(bytes(0xb7))).to.not.deep.equal([]);
    });
  });
});
