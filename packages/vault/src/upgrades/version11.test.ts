import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { parseAddress, parseKeyId } from "@keyquorum/wire";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import { replaceVaultOperator } from "../replaceOperator.ts";
import { bytes, codeOf, createPlace, filesWith, hex, openBehind, optionsFor, PIN, shareRecord } from "../testing/fixtures.ts";
import { restoreSnapshot, snapshotOf, snapshotsDuring, tornBetween } from "../testing/snapshots.ts";
import { writeVaultOfVersion10 } from "../testing/vaultOfVersion10.ts";
import { openVault, type Vault, type VaultOptions } from "../vault.ts";

const MIGRATOR = fileURLToPath(new URL("../testing/crashingMigrator.ts", import.meta.url));
const DONE = "nothing was thrown";

describe("a vault of version 10, with secrets among its records", () => {
  let place: ReturnType<typeof createPlace>;
  let options: VaultOptions;
  let vault: Vault | undefined;
  beforeEach(async () => {
    place = createPlace();
    options = await optionsFor(place);
    writeVaultOfVersion10(place.directory);
  });
  afterEach(async () => {
    await vault?.close().catch(() => undefined);
    vault = undefined;
    place.remove();
  });
  const open = async (using = options): Promise<Vault> => {
    vault = await openVault(using);
    return vault;
  };
  /** Of all secrets the wrapped keys and bodies, as far as these lie in one page. */
  const sealed = (): readonly Uint8Array[] => {
    const database = new DatabaseSync(join(place.directory, "vault.sqlite"));
    const rows = database.prepare("SELECT wrapped_key, body FROM sealed WHERE kind NOT IN ('roll', 'check')").all();
    database.close();
    return rows.flatMap((row) => (Object.values(row) as Uint8Array[]).map((part) => part.subarray(0, 300)));
  };

  const expectWhole = async (opened: Vault): Promise<void> => {
    expect(opened.damage()).to.deep.equal([]);
    expect(await opened.keyShares.load(shareRecord(), shareRecord())).to.deep.equal(shareRecord());
    expect((await opened.keyShares.list()).length).to.equal(1);
    expect(await opened.epochSecrets.list()).to.deep.equal([1, 2]);
    expect(await opened.epochSecrets.load(2)).to.deep.equal(bytes(0x32));
    expect(await opened.repairKeys.load({ keyId: parseKeyId(hex(0x10)), epoch: 2 })).to.deep.equal(bytes(0x53));
    expect(await opened.sealedTables.get({ extension: "parity", table: "rows", key: "b" })).to.deep.equal(bytes(0x52, 5_000));
    expect((await opened.secrets.load("nonce"))?.length).to.equal(32);
    expect((await opened.audit.verify()).count).to.equal(1);
    expect(await opened.follower({ extension: "parity", name: "bridge" }).load()).to.deep.equal({ next: 4 });
    while (!(await opened.scrub(50)).isRoundOver);
    expect(opened.damage()).to.deep.equal([]);
  };

  it("has all of them in a file of their own, and no byte of them among its records", async () => {
    const parts = sealed();
    expect(parts.length).to.be.greaterThan(12);
    await expectWhole(await open());
    for (const part of parts) expect(filesWith(place.directory, part).every((name) => name.startsWith("secrets.sqlite"))).to.equal(true);
    expect(statSync(join(place.directory, "secrets.sqlite")).mode & 0o777).to.equal(0o600);
    await vault?.close();
    for (const part of parts) expect(filesWith(place.directory, part)).to.deep.equal(["secrets.sqlite"]);
    const database = openBehind(place.directory);
    expect(database.prepare("SELECT kind FROM anchor ORDER BY kind").all()).to.deep.equal([{ kind: "check" }, { kind: "roll" }]);
    expect(database.prepare("SELECT name FROM sqlite_master WHERE name LIKE '%before%' OR name = 'sealed'").all()).to.deep.equal([]);
    expect(database.prepare("SELECT sql FROM sqlite_master WHERE name = 'key_share'").get()?.sql).to.not.include("REFERENCES");
    database.close();
    await expectWhole(await open());
  });
  it("continues: what is erased is gone, what is written is there", async () => {
    const [, , , ...rest] = sealed();
    const opened = await open();
    await opened.epochSecrets.erase(1);
    await opened.keyShares.erase(shareRecord());
    await opened.epochSecrets.save(4, bytes(4));
    await opened.close();
    expect(rest.some((part) => filesWith(place.directory, part).length === 0)).to.equal(true);
    expect(await (await open()).epochSecrets.list()).to.deep.equal([2, 4]);
    expect(await vault?.keyShares.stored()).to.deep.equal([]);
  });
  it("is bound to another operator as it is", async () => {
    const next = { ...options, pin: { ...PIN, operator: parseAddress(hex(0x44, 20)) } };
    await replaceVaultOperator(next);
    await expectWhole(await open(next));
  });
  describe("while another program reads it", () => {
    const next = { pin: { ...PIN, operator: parseAddress(hex(0x44, 20)) } };
    for (const [what, migrate, using] of [
      ["a start", () => codeOf(open), () => options],
      ["a change of operator", async () => codeOf(() => replaceVaultOperator({ ...options, ...next })), () => ({ ...options, ...next })],
    ] as const)
      it(`is migrated by ${what}, but not used before its secrets have left its records' log`, async function () {
        this.timeout(30_000);
        const parts = sealed();
        const among = () => parts.filter((part) => filesWith(place.directory, part).some((name) => name.startsWith("vault")));
        const other = new DatabaseSync(join(place.directory, "vault.sqlite"));
        other.exec("BEGIN");
        other.prepare("SELECT count(*) FROM audit").get();
        await migrate();
        for (const time of ["first", "second"]) expect(await codeOf(() => open(using())), `${time} start`).to.equal("VAULT_LOCKED");
        expect(among(), "control: they are there").to.not.deep.equal([]);
        other.exec("COMMIT");
        other.close();
        const opened = await open(using());
        expect(among()).to.deep.equal([]);
        await expectWhole(opened);
        await opened.epochSecrets.erase(1);
        for (const part of parts)
          expect(filesWith(place.directory, part).every((name) => name.startsWith("secrets.sqlite"))).to.equal(true);
      });
  });
  it("is whole, whatever a crash or a power cut leaves of its migration", async function () {
    this.timeout(120_000);
    const parts = sealed();
    const snapshots = await snapshotsDuring(place.directory, open);
    await vault?.close();
    expect(snapshots.length, "control: it has steps").to.be.greaterThan(5);
    const torn = tornBetween(snapshots, rollDice("torn migration").below);
    for (const snapshot of [...snapshots, ...torn]) {
      restoreSnapshot(place.directory, snapshot);
      await expectWhole(await open());
      await vault?.close();
      for (const part of parts) expect(filesWith(place.directory, part)).to.deep.equal(["secrets.sqlite"]);
    }
  });
  it("is whole where its process was killed -9", async function () {
    this.timeout(60_000);
    for (const where of ["before-listing", "12", "25"]) {
      const child = spawn(process.execPath, [MIGRATOR, place.directory, place.keyFile, where], { stdio: "ignore" });
      expect((await once(child, "close"))[1], "control: it was killed, it did not end").to.equal("SIGKILL");
    }
    await expectWhole(await open());
  });
  it("is not touched by somebody with another key, and opens with its own afterwards", async () => {
    const other = { ...options, keyEncryptionKey: { ...options.keyEncryptionKey, derive: async () => bytes(9) } };
    expect(await codeOf(() => open(other))).to.equal("VAULT_WRONG_KEY");
    await expectWhole(await open());
  });
  it("is refused beside a file of secrets that has others than its own: a backup of before was put back alone", async () => {
    const before = join(place.root, "before");
    copyFileSync(join(place.directory, "vault.sqlite"), before);
    await (await open()).epochSecrets.save(9, bytes(9));
    await vault?.close();
    const after = snapshotOf(place.directory);
    copyFileSync(before, join(place.directory, "vault.sqlite"));
    const mixed = snapshotOf(place.directory);
    expect(await codeOf(open)).to.equal("VAULT_TAMPERED");
    expect(
      snapshotOf(place.directory)
        .get("secrets.sqlite")
        ?.equals(mixed.get("secrets.sqlite") as Buffer),
    ).to.equal(true);
    restoreSnapshot(place.directory, after);
    expect(await (await open()).epochSecrets.list(), "with the file that belongs to it").to.deep.equal([1, 2, 9]);
    await vault?.close();
    restoreSnapshot(place.directory, new Map([["vault.sqlite", mixed.get("vault.sqlite") as Buffer]]));
    await expectWhole(await open());
    expect(readdirSync(place.directory)).to.include("secrets.sqlite");
  });
  it("has a damaged secret damaged as before, and no other", async () => {
    const database = new DatabaseSync(join(place.directory, "vault.sqlite"));
    database.exec("UPDATE sealed SET body = zeroblob(length(body)), version = 1 << 60 WHERE kind = 'repair_key'");
    database.close();
    const opened = await open();
    expect(opened.damage().map(({ kind }) => kind)).to.deep.equal(["repair_key"]);
    expect(await opened.epochSecrets.load(2)).to.deep.equal(bytes(0x32));
    expect(await codeOf(() => opened.repairKeys.load({ keyId: parseKeyId(hex(0x10)), epoch: 2 }))).to.equal("VAULT_TAMPERED");
    expect(DONE).to.equal(await codeOf(() => opened.repairKeys.erase({ keyId: parseKeyId(hex(0x10)), epoch: 2 })));
  });
});
