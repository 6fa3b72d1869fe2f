import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseAddress } from "@keyquorum/wire";
import { expect } from "chai";
import { casesFor } from "../../../test/random/cases.ts";
import { rollDice } from "../../../test/random/dice.ts";
import { replaceVaultOperator } from "./replaceOperator.ts";
import { auditEntry, bytes, codeOf, createPlace, filesWith, hex, openBehind, optionsFor, PIN, shareRecord } from "./testing/fixtures.ts";
import { createVault, openVault, type Vault, type VaultOptions } from "./vault.ts";

const NEXT = parseAddress(hex(0x44, 20));
const REPLACER = fileURLToPath(new URL("./testing/crashingReplacer.ts", import.meta.url));
/** `npm run test:long -- --only crashes` runs more. */
const ROUNDS = casesFor(6);
/** When a kill falls into a change is luck: most do. There are more rounds until one did. */
const MOST_ROUNDS = ROUNDS + 60;

describe("replaceVaultOperator", () => {
  let place: ReturnType<typeof createPlace>;
  let before: VaultOptions;
  let after: VaultOptions;

  beforeEach(async () => {
    place = createPlace();
    before = await optionsFor(place);
    after = { ...before, pin: { ...PIN, operator: NEXT } };
    const vault = await createVault({ ...before, secrets: { identity: bytes(5) } });
    for (let epoch = 1; epoch <= 40; epoch += 1) await vault.epochSecrets.save(epoch, bytes(epoch));
    await vault.keyShares.save(shareRecord());
    await vault.audit.append(auditEntry(1));
    const entry = { id: "ready:1", state: "pending", value: 7n };
    await vault.outbox.save({ id: "ready:1", kind: "ready", subject: "1", entry });
    await vault.sealedTables.put({ extension: "parity", table: "rows", key: "k" }, bytes(0x51, 100));
    await vault.follower({ extension: "parity", name: "bridge" }).commit({ logs: [], state: { next: 4 } });
    await vault.close();
  });
  afterEach(() => place.remove());

  const expectWhole = async (vault: Vault): Promise<void> => {
    for (let epoch = 1; epoch <= 40; epoch += 1) expect(await vault.epochSecrets.load(epoch)).to.deep.equal(bytes(epoch));
    const record = shareRecord();
    expect(await vault.keyShares.load(record, { verifyingShare: record.verifyingShare })).to.deep.equal(record);
    expect(await vault.secrets.load("identity")).to.deep.equal(bytes(5));
    expect((await vault.audit.verify()).count).to.equal(1);
    expect(await vault.sealedTables.get({ extension: "parity", table: "rows", key: "k" })).to.deep.equal(bytes(0x51, 100));
    expect(await vault.follower({ extension: "parity", name: "bridge" }).load()).to.deep.equal({ next: 4 });
  };

  it("keeps every secret, remembers the former operator, and forgets its transactions", async () => {
    const replaced = await replaceVaultOperator(after);
    expect([replaced.from, replaced.to]).to.deep.equal([PIN.operator, NEXT]);
    expect(replaced.dropped).to.deep.equal([{ id: "ready:1", entry: { id: "ready:1", state: "pending", value: 7n } }]);
    expect(await codeOf(() => openVault(before))).to.equal("VAULT_FOREIGN");
    const vault = await openVault(after);
    await expectWhole(vault);
    expect(vault.formerOperators).to.deep.equal([PIN.operator]);
    expect(await vault.outbox.list()).to.deep.equal([]);
    await vault.epochSecrets.save(41, bytes(41));
    await vault.close();
    await (await openVault(after)).close();
  });

  it("does nothing the second time", async () => {
    await replaceVaultOperator(after);
    const again = await replaceVaultOperator(after);
    expect([again.from, again.to, again.dropped.length]).to.deep.equal([NEXT, NEXT, 0]);
  });

  it("refuses another chain, another registry and a wrong key, and changes nothing", async () => {
    const foreign = { ...after, pin: { ...after.pin, chainId: 1n } };
    expect(await codeOf(() => replaceVaultOperator(foreign))).to.equal("VAULT_FOREIGN");
    const wrongKey = { ...after, keyEncryptionKey: { ...after.keyEncryptionKey, derive: async () => bytes(9) } };
    expect(await codeOf(() => replaceVaultOperator(wrongKey))).to.equal("VAULT_WRONG_KEY");
    const vault = await openVault(before);
    await expectWhole(vault);
    await vault.close();
  });

  it("refuses while a keeper runs", async () => {
    const vault = await openVault(before);
    expect(await codeOf(() => replaceVaultOperator(after))).to.equal("VAULT_LOCKED");
    await vault.close();
  });

  const onFile = (statement: string): void => {
    const database = openBehind(place.directory);
    database.exec(statement);
    database.close();
  };

  it("refuses a vault whose own secrets were exchanged (attack 42)", async () => {
    const other = "(SELECT body FROM sealed WHERE kind = 'own_secret' AND id = 'nonce')";
    onFile(`UPDATE sealed SET body = ${other} WHERE kind = 'own_secret' AND id = 'identity'`);
    expect(await codeOf(() => replaceVaultOperator(after))).to.equal("VAULT_TAMPERED");
  });

  it("leaves a damaged record what it is, and moves all others (attack 42)", async () => {
    const other = "(SELECT body FROM sealed WHERE kind = 'epoch_secret' AND id = '2')";
    onFile(`UPDATE sealed SET body = ${other} WHERE kind = 'epoch_secret' AND id = '1'`);
    await replaceVaultOperator(after);
    const vault = await openVault(after);
    expect(vault.damage()).to.deep.equal([{ table: "sealed", kind: "epoch_secret", id: "1" }]);
    expect(await codeOf(() => vault.epochSecrets.load(1))).to.equal("VAULT_TAMPERED");
    expect(await vault.epochSecrets.load(2)).to.deep.equal(bytes(2));
    await vault.epochSecrets.erase(1);
    await vault.close();
    await (await openVault(after)).close();
  });

  it("leaves nothing behind of what was sealed before, so that a later erasure is one", async () => {
    const database = openBehind(place.directory);
    const bodies = database.prepare("SELECT body FROM sealed WHERE kind = 'epoch_secret'").all() as { body: Uint8Array }[];
    database.close();
    await replaceVaultOperator(after);
    expect(bodies).to.have.length(40);
    for (const { body } of bodies) expect(filesWith(place.directory, body)).to.deep.equal([]);
  });

  it(`is bound to the one or the other, whole, when its process is killed -9, in ${ROUNDS} rounds (P3)`, async function () {
    this.timeout(ROUNDS * 30_000);
    const dice = rollDice("vault replaceOperator");
    let midChange = 0;
    for (let round = 0; round < ROUNDS || (midChange === 0 && round < MOST_ROUNDS); round += 1) {
      const child = spawn(process.execPath, [REPLACER, place.directory, place.keyFile, NEXT, PIN.operator], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
      const closed = once(child, "close");
      while (child.exitCode === null && !output.includes("start")) await once(child.stdout, "data");
      await new Promise((resolve) => setTimeout(resolve, dice.below(60)));
      child.kill("SIGKILL");
      expect((await closed)[1], "control: it was killed, it did not end").to.equal("SIGKILL");
      if (output.trim().split("\n").at(-1)?.startsWith("start") === true) midChange += 1;

      const outcomes = [
        await codeOf(async () => (await openVault(before)).close()),
        await codeOf(async () => (await openVault(after)).close()),
      ];
      expect(outcomes.toSorted()).to.deep.equal(["VAULT_FOREIGN", "nothing was thrown"]);
      const vault = await openVault(outcomes[0] === "VAULT_FOREIGN" ? after : before);
      await expectWhole(vault);
      await vault.close();
    }
    expect(midChange, "control: kills hit changes under way").to.be.greaterThan(0);
  });
});
