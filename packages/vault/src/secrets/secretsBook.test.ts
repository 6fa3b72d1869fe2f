import { parseSessionId } from "@keyquorum/wire";
import { expect } from "chai";
import { createCompaction } from "../compaction/compaction.ts";
import { createDamageBook } from "../damage.ts";
import { type OpenFiles, openFiles } from "../database/openFiles.ts";
import { openReader, type VaultReader } from "../database/reader.ts";
import { loadSealer } from "../kekRecord.ts";
import { bytes, codeOf, createPlace, filesWith, hex, openBehind, optionsFor } from "../testing/fixtures.ts";
import { createTransactions, type Transactions } from "../transactions.ts";
import { createVault, openVault, type VaultOptions } from "../vault.ts";

const at = (key: string) => ({ extension: "parity", table: "rows", key });

describe("secrets in a file of their own", () => {
  let place: ReturnType<typeof createPlace>;
  let options: VaultOptions;
  let files: OpenFiles;
  let reader: VaultReader;
  let vault: Transactions;
  let failsAt: string | undefined;
  /** Numbers of rows that each change of the file deleted and added. */
  let changes: { readonly removed: number; readonly added: number }[];
  let rewritten: number;

  beforeEach(async () => {
    place = createPlace();
    options = await optionsFor(place);
    await (await createVault(options)).close();
    files = await openFiles(place.directory);
    [failsAt, changes, rewritten] = [undefined, [], 0];
    const { records, secrets } = files;
    const file: typeof records = {
      ...records,
      exec: (sql) => {
        if (sql === failsAt) throw new RangeError("mallory pulled the plug");
        records.exec(sql);
      },
    };
    const secretsFile: typeof secrets = {
      ...secrets,
      change: (sealer, change) => {
        secrets.change(sealer, change);
        changes.push({ removed: change.remove?.length ?? 0, added: change.add?.length ?? 0 });
      },
    };
    const sealer = await loadSealer(records.db, options);
    reader = openReader(files.recordsPath, records.guarded);
    const compactSecrets = createCompaction(secrets.file);
    vault = createTransactions({
      ...{ file, reader, secretsFile, state: await secrets.state(sealer), sealer, damage: createDamageBook(), clock: options.clock },
      compact: () => {
        rewritten += 1;
        return compactSecrets();
      },
    });
  });
  const closeAll = async (): Promise<void> => {
    await reader.close();
    await files.close();
  };
  afterEach(async () => {
    await closeAll();
    place.remove();
  });
  const rowsOf = (id: string): readonly { readonly wrapped_key: Uint8Array; readonly body: Uint8Array }[] => {
    const database = openBehind(place.directory);
    const rows = database.prepare("SELECT wrapped_key, body FROM secrets.sealed WHERE id = ?").all(id);
    database.close();
    return rows as { wrapped_key: Uint8Array; body: Uint8Array }[]; // true: the table's columns
  };
  const expectWholeAgain = async (epochs: readonly number[]): Promise<void> => {
    await vault.end();
    await closeAll();
    const again = await openVault(options);
    expect([again.damage(), await again.epochSecrets.list()]).to.deep.equal([[], epochs]);
    await again.close();
  };

  describe("where the records' commit fails behind a secret that is written", () => {
    beforeEach(async () => {
      await vault.stores.epochSecrets.save(1, bytes(1));
      failsAt = "COMMIT";
      expect(await vault.stores.epochSecrets.save(2, bytes(2)).catch((error: unknown) => error)).to.be.instanceOf(RangeError);
      failsAt = undefined;
      expect(rowsOf("2"), "control: it was written").to.have.length(1);
    });
    it("it is none of the vault's: not listed, not loaded, and no damage", async () => {
      expect(await vault.stores.epochSecrets.list()).to.deep.equal([1]);
      expect(await vault.stores.epochSecrets.load(2)).to.equal(undefined);
      await expectWholeAgain([1]);
    });
    it("another one takes its name, and it is gone with that", async () => {
      const [lost] = rowsOf("2");
      await vault.stores.epochSecrets.save(2, bytes(9));
      expect(rowsOf("2")).to.have.length(1);
      expect(await vault.stores.epochSecrets.load(2)).to.deep.equal(bytes(9));
      await vault.stores.epochSecrets.erase(1);
      expect(filesWith(place.directory, lost?.body as Uint8Array)).to.deep.equal([]);
      await expectWholeAgain([2]);
    });
    it("it is erased at the next start, and no byte of it is left", async () => {
      const [lost] = rowsOf("2");
      await expectWholeAgain([1]);
      for (const part of Object.values(lost ?? {})) expect(filesWith(place.directory, part as Uint8Array)).to.deep.equal([]);
    });
    it("it fails again, and again, and the third one is there", async () => {
      failsAt = "COMMIT";
      for (const value of [3, 4]) await vault.stores.epochSecrets.save(3, bytes(value)).catch(() => undefined);
      failsAt = undefined;
      await vault.stores.epochSecrets.save(3, bytes(5));
      expect(await vault.stores.epochSecrets.load(3)).to.deep.equal(bytes(5));
      await expectWholeAgain([1, 3]);
    });
  });

  it("are not written where the disk is full for them, and nothing is where it is full for the records", async () => {
    const pages = (path: OpenFiles["records"]["raw"], most: number) => path.exec(`PRAGMA max_page_count = ${most}`);
    const many = (tx: Transactions["stores"]) =>
      Promise.all(Array.from({ length: 20 }, (_, number) => tx.sealedTables.put(at(`${number}`), bytes(number, 4_000))));
    pages(files.secrets.file.raw, 12);
    expect(await codeOf(() => vault.transact(many))).to.equal("VAULT_DISK_FULL");
    expect(await vault.stores.sealedTables.list(at(""))).to.deep.equal([]);
    pages(files.secrets.file.raw, 100_000);
    pages(files.records.raw, 50);
    const both = vault.transact(async (tx) => {
      await tx.epochSecrets.save(5, bytes(5));
      await tx.dealings.save(parseSessionId(hex(1)), bytes(1, 400_000));
    });
    expect(await codeOf(() => both)).to.equal("VAULT_DISK_FULL");
    pages(files.records.raw, 100_000);
    expect(await vault.stores.epochSecrets.load(5)).to.equal(undefined);
    await vault.transact(many);
    expect(await vault.stores.sealedTables.list(at(""))).to.have.length(20);
    await expectWholeAgain([]);
  });
  it("leave an answer's commit alone: the file is not touched", async () => {
    await vault.stores.boots.next();
    await vault.stores.work.add({ id: "w", kind: "k", payload: 1 });
    expect(changes).to.deep.equal([]);
  });
  it("are written once for all that share a commit, and rewritten once for all that are erased together", async () => {
    const epochs = Array.from({ length: 10 }, (_, number) => number + 1);
    await Promise.all(epochs.map((epoch) => vault.stores.epochSecrets.save(epoch, bytes(epoch))));
    expect(changes).to.deep.equal([
      { removed: 0, added: 1 },
      { removed: 0, added: 9 },
    ]);
    await Promise.all([vault.stores.boots.next(), ...epochs.map((epoch) => vault.stores.epochSecrets.erase(epoch))]);
    expect([changes.slice(2), rewritten]).to.deep.equal([[{ removed: 10, added: 0 }], 1]);
    await expectWholeAgain([]);
  });
  it("count for an extension as a transaction sees them, also before they are written", async () => {
    const held = (tx: Transactions["stores"]) => tx.sealedTables.list(at(""));
    await vault.stores.sealedTables.put(at("a"), bytes(1, 10));
    await vault.transact(async (tx) => {
      await tx.sealedTables.put(at("a"), bytes(2, 11));
      await tx.sealedTables.put(at("b"), bytes(3));
      await tx.sealedTables.delete(at("b"));
      await tx.sealedTables.put(at("b"), bytes(4));
      expect(await tx.sealedTables.get(at("b"))).to.deep.equal(bytes(4));
      expect(await held(tx)).to.deep.equal(["a", "b"]);
    });
    expect(await vault.stores.sealedTables.get(at("a"))).to.deep.equal(bytes(2, 11));
    expect(rowsOf("parity/rows/b")).to.have.length(1);
    await vault.eraseReplaced();
    expect(rowsOf("parity/rows/a")).to.have.length(1);
    await expectWholeAgain([]);
  });
  it("that a transaction adds when it is over are refused", async () => {
    let late: Transactions["stores"] | undefined;
    await vault.transact(async (tx) => {
      late = tx;
    });
    expect(await codeOf(() => late?.epochSecrets.save(1, bytes(1)))).to.equal("VAULT_MISUSED");
    await vault.stores.epochSecrets.save(2, bytes(2));
    await expectWholeAgain([2]);
  });
});
