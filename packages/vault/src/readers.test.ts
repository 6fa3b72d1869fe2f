import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import { vaultFiles } from "./database/files.ts";
import { openDatabase } from "./database/nodeSqlite.ts";
import { openReader } from "./database/reader.ts";
import { answerFor, auditEntry, bytes, codeOf, createPlace, openBehind, optionsFor } from "./testing/fixtures.ts";
import { createVault, openVault, type Vault, type VaultOptions } from "./vault.ts";

describe("reads of a vault", () => {
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
  const onFile = () => openBehind(place.directory);
  /** The sealed bytes of the secret of epoch 1. */
  const sealedBytes = (): Uint8Array => {
    const database = onFile();
    const row = database.prepare("SELECT body FROM sealed WHERE kind = 'epoch_secret'").get();
    database.close();
    return row?.body as Uint8Array; // true: the column's type
  };
  const traces = (needle: Uint8Array) =>
    readdirSync(place.directory).filter((name) => readFileSync(join(place.directory, name)).includes(Buffer.from(needle)));

  it("see every commit that was waited for, each of many", async () => {
    for (let number = 1; number <= 50; number += 1) {
      await vault.transaction(async (tx) => {
        await tx.answers.save(answerFor(number));
        await tx.audit.append(auditEntry(number));
      });
      expect((await vault.answers.find(answerFor(number)))?.requestId).to.equal(answerFor(number).requestId);
      expect((await vault.audit.verify()).count).to.equal(number);
    }
  });
  it("wait for no open transaction, and see nothing of it before it is committed", async () => {
    let finish: () => void = () => undefined;
    const open = vault.transaction(async (tx) => {
      await tx.answers.save(answerFor(1));
      await tx.audit.append(auditEntry(1));
      expect((await tx.answers.find(answerFor(1)))?.epoch, "its own it sees").to.equal(1);
      expect((await tx.audit.verify()).count).to.equal(1);
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    expect(await vault.answers.find(answerFor(1))).to.equal(undefined);
    expect(await vault.answers.headerOf(answerFor(1).requestId)).to.equal(undefined);
    expect((await vault.audit.verify()).count, "roll and records are of one moment").to.equal(0);
    finish();
    await open;
    expect((await vault.answers.find(answerFor(1)))?.epoch).to.equal(1);
  });
  it("are refused in a transaction, as all calls of the vault are, and when it is closed", async () => {
    expect(await codeOf(() => vault.transaction(() => vault.answers.find(answerFor(1))))).to.equal("VAULT_MISUSED");
    const read = vault.audit.verify();
    await vault.close();
    expect((await read).count, "one that has begun ends first").to.equal(0);
    expect(await codeOf(() => vault.answers.find(answerFor(1)))).to.equal("VAULT_MISUSED");
  });
  it("cannot write", async () => {
    await vault.close();
    const file = openDatabase(vaultFiles(place.directory).database);
    const reader = openReader(vaultFiles(place.directory).database, file.guarded);
    expect(await codeOf(() => reader.read((db) => db.insertInto("compaction").values({ id: 1 }).execute()))).to.equal("VAULT_IO");
    await reader.close();
    await file.close();
  });

  describe("do not keep an erased secret on the disk", () => {
    beforeEach(async () => {
      await vault.epochSecrets.save(1, bytes(1));
      await Promise.all(Array.from({ length: 50 }, (_, number) => vault.audit.append(auditEntry(number))));
    });
    it("where they are under way", async () => {
      const secret = sealedBytes();
      expect(traces(secret), "control: it was there").to.not.deep.equal([]);
      await turn();
      let ended = 0;
      const reads = Array.from({ length: 500 }, () => vault.audit.verifyEnd(1).then(() => (ended += 1)));
      await vault.epochSecrets.erase(1);
      expect(ended, "control: others are under way").to.be.below(reads.length);
      expect(traces(secret)).to.deep.equal([]);
      await Promise.all(reads);
    });
    it("where another program reads the records", async () => {
      const secret = sealedBytes();
      const other = onFile();
      other.exec("BEGIN");
      other.prepare("SELECT count(*) FROM audit").get();
      await vault.epochSecrets.erase(1);
      expect(traces(secret)).to.deep.equal([]);
      other.close();
    });
    it("where another program reads the secrets: the erasure says so, and the next start makes it good", async () => {
      const secret = sealedBytes();
      const other = onFile();
      other.exec("BEGIN");
      other.prepare("SELECT count(*) FROM secrets.sealed").get();
      expect(await codeOf(() => vault.epochSecrets.erase(1))).to.equal("VAULT_LOCKED");
      expect(await vault.epochSecrets.load(1)).to.equal(undefined);
      other.exec("COMMIT");
      other.close();
      expect(traces(secret)).to.not.deep.equal([]);
      await vault.close();
      vault = await openVault(options);
      expect(traces(secret)).to.deep.equal([]);
    });
  });
});
