import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { vaultFiles } from "../database/files.ts";
import { openDatabase } from "../database/nodeSqlite.ts";
import { auditEntry, bytes, codeOf, createPlace, openBehind, optionsFor } from "../testing/fixtures.ts";
import { createVault, openVault, type Vault, type VaultOptions } from "../vault.ts";
import { createCompaction } from "./compaction.ts";
import { rewriteFile, SMALL_BYTES } from "./rewriteFile.ts";

const ERASER = fileURLToPath(new URL("../testing/dyingEraser.ts", import.meta.url));

/** More than fit into a file that is rewritten in the main thread. */
const ROWS = (3 * SMALL_BYTES) / 65_536;
const row = (number: number) => ({ extension: "parity", table: "rows", key: `${number}` });

describe("erasing of many secrets", () => {
  let place: ReturnType<typeof createPlace>;
  let options: VaultOptions;
  let vault: Vault;
  let secret: Uint8Array;
  const onFile = <Result>(work: (database: DatabaseSync) => Result): Result => {
    const database = openBehind(place.directory);
    try {
      return work(database);
    } finally {
      database.close();
    }
  };
  const traces = () =>
    readdirSync(place.directory).filter((name) => readFileSync(join(place.directory, name)).includes(Buffer.from(secret)));
  before(async () => {
    place = createPlace();
    options = await optionsFor(place);
    vault = await createVault(options);
    await vault.transaction(async (tx) => {
      for (let number = 1; number <= ROWS; number += 1) await tx.sealedTables.put(row(number), bytes(number, 65_536));
    });
    for (const epoch of [1, 2, 3]) await vault.epochSecrets.save(epoch, bytes(epoch));
  });
  const sealedOf = (epoch: number): Uint8Array =>
    onFile((database) => database.prepare("SELECT body FROM sealed WHERE kind = 'epoch_secret' AND id = ?").get(String(epoch)))
      ?.body as Uint8Array; // true: the column's type
  beforeEach(async () => {
    secret = sealedOf((await vault.epochSecrets.list())[0] as number); // true: one is left for each test
    expect(traces(), "control: it is there").to.not.deep.equal([]);
  });
  after(async () => {
    await vault.close();
    place.remove();
  });

  it("leaves the main thread free, and lets reads and commits go on; a new secret waits", async () => {
    const rewritings = () => onFile((database) => Number(database.prepare("PRAGMA secrets.schema_version").get()?.schema_version)); // VACUUM raises it
    const before = rewritings();
    let [isErased, turns, reads] = [false, 0, 0];
    const erasing = vault.epochSecrets.erase(1).then(() => {
      isErased = true;
      return traces();
    });
    let writing: Promise<boolean> | undefined;
    let saving: Promise<boolean> | undefined;
    while (!isErased) {
      turns += 1;
      if (turns === 2) writing = vault.audit.append(auditEntry(1)).then(() => isErased);
      if (turns === 3) saving = vault.epochSecrets.save(9, bytes(9)).then(() => isErased);
      await vault.audit.find();
      reads += 1;
      await turn();
    }
    expect(await erasing).to.deep.equal([]);
    expect(rewritings() - before).to.equal(1);
    expect([turns, reads], "while it was under way").to.satisfy((counts: number[]) => counts.every((count) => count > 3));
    expect(await writing, "the record of an answer is durable before").to.equal(false);
    expect(await saving, "a secret that comes meanwhile is written behind it").to.equal(true);
    expect((await vault.audit.verify()).count).to.equal(1);
    expect(await vault.sealedTables.get(row(7))).to.deep.equal(bytes(7, 65_536));
  });
  it("is finished at the next start where the process is killed at any point of it", async function () {
    this.timeout(120_000);
    await vault.close();
    let erased = 0;
    for (const delay of [0, 5, 20, 60, 150]) {
      const child = spawn(process.execPath, [ERASER, place.directory, place.keyFile, "2", String(delay)], { stdio: "inherit" });
      const [, signal] = await once(child, "close");
      expect(signal).to.equal("SIGKILL");
      vault = await openVault(options);
      const isThere = (await vault.epochSecrets.list()).includes(2);
      expect(traces().length > 0, `killed after ${delay} ms`).to.equal(isThere);
      if (!isThere) {
        erased += 1;
        await vault.epochSecrets.save(2, bytes(2));
        secret = sealedOf(2);
      }
      await vault.close();
    }
    vault = await openVault(options);
    expect(erased, "control: kills came behind the row's end").to.be.greaterThan(0);
    expect(await vault.sealedTables.get(row(7))).to.deep.equal(bytes(7, 65_536));
  });
  it("says so where the thread that rewrites the file ends and says nothing, or cannot begin", async () => {
    await vault.close();
    const file = openDatabase(vaultFiles(place.directory).secrets);
    const program = (text: string): URL => new URL(`data:text/javascript,${text}`);
    expect(await codeOf(() => rewriteFile(file, program("process.exit(0)")))).to.equal("VAULT_IO");
    const error = await rewriteFile(file, program("throw new Error('no memory')")).catch((thrown: unknown) => thrown);
    expect(error).to.be.an("error").with.property("message", "no memory");
    await file.close();
    vault = await openVault(options);
  });
  it("says VAULT_LOCKED where another program writes, and stays due", async () => {
    await vault.close();
    const file = openDatabase(vaultFiles(place.directory).secrets);
    file.exec("INSERT INTO compaction (id) VALUES (1)");
    const compact = createCompaction(file);
    const other = new DatabaseSync(vaultFiles(place.directory).secrets);
    other.exec("BEGIN IMMEDIATE");
    expect(await codeOf(compact)).to.equal("VAULT_LOCKED");
    other.exec("ROLLBACK");
    other.close();
    expect(await compact()).to.equal(true);
    await file.close();
    vault = await openVault(options);
    await vault.epochSecrets.erase(2);
    expect(traces()).to.deep.equal([]);
  });
});
