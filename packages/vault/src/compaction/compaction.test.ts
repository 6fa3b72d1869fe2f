import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseSessionId } from "@keyquorum/wire";
import { expect } from "chai";
import { vaultFiles } from "../database/files.ts";
import { openDatabase } from "../database/nodeSqlite.ts";
import { auditEntry, bytes, codeOf, createPlace, hex, optionsFor } from "../testing/fixtures.ts";
import { createVault, openVault, type Vault, type VaultOptions } from "../vault.ts";
import { createCompaction } from "./compaction.ts";
import { SMALL_BYTES } from "./rewriteFile.ts";

const ERASER = fileURLToPath(new URL("../testing/dyingEraser.ts", import.meta.url));

describe("compaction of a large vault", () => {
  let place: ReturnType<typeof createPlace>;
  let options: VaultOptions;
  let vault: Vault;
  let secret: Uint8Array;
  const onFile = <Result>(work: (database: DatabaseSync) => Result): Result => {
    const database = new DatabaseSync(join(place.directory, "vault.sqlite"));
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
    for (let number = 1; number <= 10; number += 1) await vault.dealings.save(parseSessionId(hex(number)), bytes(number, SMALL_BYTES / 8));
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

  it("leaves the main thread free, lets reads go on, and writers wait", async () => {
    const rewritings = () => onFile((database) => Number(database.prepare("PRAGMA schema_version").get()?.schema_version)); // VACUUM raises it
    const before = rewritings();
    let [isErased, turns, reads] = [false, 0, 0];
    const erasing = vault.epochSecrets.erase(1).then(() => {
      isErased = true;
      return traces();
    });
    const writing = vault.audit.append(auditEntry(1)).then(() => isErased);
    while (!isErased) {
      turns += 1;
      if ((await vault.audit.find()).length === 0) reads += 1;
      await turn();
    }
    expect(await erasing).to.deep.equal([]);
    expect(rewritings() - before).to.equal(1);
    expect([turns, reads], "while it was under way").to.satisfy((counts: number[]) => counts.every((count) => count > 3));
    expect(await writing, "the one that came behind it").to.equal(true);
    expect((await vault.audit.verify()).count).to.equal(1);
    expect(await vault.dealings.load(parseSessionId(hex(7)))).to.deep.equal(bytes(7, SMALL_BYTES / 8));
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
    expect(await vault.dealings.load(parseSessionId(hex(7)))).to.deep.equal(bytes(7, SMALL_BYTES / 8));
  });
  it("says VAULT_LOCKED where another program writes, and stays due", async () => {
    await vault.close();
    const file = openDatabase(vaultFiles(place.directory).database);
    file.exec("INSERT INTO compaction (id) VALUES (1)");
    const compact = createCompaction(file);
    const other = new DatabaseSync(join(place.directory, "vault.sqlite"));
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
