import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { backupVault } from "./backup.ts";
import { bytes, codeOf, createPlace, openBehind, optionsFor } from "./testing/fixtures.ts";
import { writeVaultOfVersion10 } from "./testing/vaultOfVersion10.ts";
import { createVault, openVault, type VaultOptions } from "./vault.ts";

const WRITER = fileURLToPath(new URL("./testing/busyWriter.ts", import.meta.url));
const ROUNDS = 5;

describe("a backup of a vault", () => {
  let place: ReturnType<typeof createPlace>;
  let options: VaultOptions;
  beforeEach(async () => {
    place = createPlace();
    options = await optionsFor(place);
  });
  afterEach(() => place.remove());
  const target = (name = "backup") => join(place.root, name);
  const backUp = (name?: string) => backupVault({ directory: place.directory, to: target(name) });
  const openBackup = (name?: string) => openVault({ ...options, directory: target(name) });

  it("has all of it, for its owner only, while it is open and when it is closed", async () => {
    const vault = await createVault({ ...options, secrets: { identity: bytes(5) } });
    await vault.epochSecrets.save(1, bytes(1));
    await backUp();
    await vault.epochSecrets.save(2, bytes(2));
    await vault.epochSecrets.erase(1);
    await vault.close();
    await backUp("later");
    expect(statSync(target()).mode & 0o777).to.equal(0o700);
    expect(readdirSync(target())).to.have.members(["vault.sqlite", "secrets.sqlite"]);
    for (const name of readdirSync(target())) expect(statSync(join(target(), name)).mode & 0o777).to.equal(0o600);
    for (const [name, epoch] of [
      [undefined, 1],
      ["later", 2],
    ] as const) {
      const copy = await openBackup(name);
      expect([copy.damage(), await copy.epochSecrets.list(), await copy.secrets.load("identity")]).to.deep.equal([[], [epoch], bytes(5)]);
      expect(await copy.epochSecrets.load(epoch)).to.deep.equal(bytes(epoch));
      expect(copy.durability()).to.not.equal(undefined);
      await copy.close();
    }
    const again = await openVault(options);
    expect(await again.epochSecrets.list()).to.deep.equal([2]);
    await again.close();
  });
  it(`is of one moment, whatever its process writes meanwhile, in ${ROUNDS} rounds`, async function () {
    this.timeout(ROUNDS * 30_000);
    await (await createVault({ ...options, secrets: { identity: bytes(5) } })).close();
    const writer = spawn(process.execPath, [WRITER, place.directory, place.keyFile], { stdio: ["pipe", "pipe", "inherit"] });
    let output = "";
    writer.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    const written = (): number => Number([...output.matchAll(/^ack (\d+)$/gm)].at(-1)?.[1] ?? 0);
    const ended = once(writer, "close");
    while (writer.exitCode === null && written() < 8) await once(writer.stdout, "data");
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = written();
      await backUp(`${round}`);
      const copy = await openBackup(`${round}`);
      const epochs = await copy.epochSecrets.list();
      const newest = epochs.at(-1) as number; // true: it writes one before the first backup
      expect(copy.damage()).to.deep.equal([]);
      expect(newest, "what was written before is in it").to.be.at.least(before);
      expect(epochs.length, "what was erased before is not").to.be.within(5, 6);
      for (const epoch of epochs) expect(await copy.epochSecrets.load(epoch)).to.deep.equal(bytes(epoch & 0xff));
      expect((await copy.sealedTables.get({ extension: "parity", table: "rows", key: "a" }))?.length).to.equal(100 + newest);
      expect((await copy.audit.verify()).count, "records and secrets are of one moment").to.equal(newest);
      expect(await copy.work.due({ now: options.clock() })).to.have.length(newest);
      await copy.close();
      while (writer.exitCode === null && written() < before + 4) await once(writer.stdout, "data");
    }
    writer.stdin.end();
    expect((await ended)[0]).to.equal(0);
  });
  it("is made of a vault of an earlier version, too", async () => {
    writeVaultOfVersion10(place.directory);
    await backUp();
    expect(readdirSync(target())).to.deep.equal(["vault.sqlite"]);
    const copy = await openBackup();
    expect(await copy.epochSecrets.list()).to.deep.equal([1, 2]);
    await copy.close();
  });
  it("leaves nothing behind where it fails", async () => {
    const vault = await createVault({ ...options, secrets: { identity: bytes(5) } });
    await vault.close();
    const [path, whole] = [join(place.directory, "vault.sqlite"), readFileSync(join(place.directory, "vault.sqlite"))];
    writeFileSync(path, bytes(7, 8_192));
    expect(await codeOf(() => backUp())).to.equal("VAULT_TAMPERED");
    expect(existsSync(target())).to.equal(false);
    writeFileSync(path, "");
    expect(await codeOf(() => backUp()), "of lost records it would be none").to.equal("VAULT_TAMPERED");
    expect(existsSync(target())).to.equal(false);
    writeFileSync(path, whole);
    await backUp();
    await (await openBackup()).close();
  });
  it("overwrites nothing, and is none of what is no vault", async () => {
    expect(await codeOf(() => backUp())).to.equal("VAULT_MISSING");
    await (await createVault(options)).close();
    await backUp();
    expect(await codeOf(() => backUp())).to.equal("VAULT_EXISTS");
    const database = openBehind(target());
    expect(database.prepare("PRAGMA integrity_check").get()).to.deep.equal({ integrity_check: "ok" });
    database.close();
  });
});
