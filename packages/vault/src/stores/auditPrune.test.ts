import { spawn } from "node:child_process";
import { once } from "node:events";
import type { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { casesFor } from "../../../../test/random/cases.ts";
import { rollDice } from "../../../../test/random/dice.ts";
import { auditEntry, codeOf, createPlace, openBehind, optionsFor, WITHOUT_VERSION_4 } from "../testing/fixtures.ts";
import { createVault, openVault, type Vault, type VaultOptions } from "../vault.ts";

const dice = rollDice("vault/stores/auditPrune");

const START = 1_700_000_000_000;
const PRUNER = fileURLToPath(new URL("../testing/crashingPruner.ts", import.meta.url));
/** `npm run test:long -- --only crashes` runs more. */
const ROUNDS = casesFor(5);
/** When a kill falls into an open transaction is luck: most do. There are more rounds until one did. */
const MOST_ROUNDS = ROUNDS + 60;

describe("an audit log that is pruned", () => {
  let place: ReturnType<typeof createPlace>;
  let options: VaultOptions;
  let vault: Vault;
  let time: number;

  beforeEach(async () => {
    place = createPlace();
    time = START;
    options = { ...(await optionsFor(place)), clock: () => time };
    vault = await createVault(options);
    for (let record = 1; record <= 5; record += 1) {
      time = START + record * 1_000;
      await vault.audit.append(auditEntry(record));
    }
  });
  afterEach(async () => {
    await vault.close().catch(() => undefined);
    place.remove();
  });
  const file = (): DatabaseSync => openBehind(place.directory);
  const onFile = (statement: string): void => {
    const database = file();
    try {
      database.exec(statement);
    } finally {
      database.close();
    }
  };
  const reopen = async (): Promise<void> => {
    await vault.close();
    vault = await openVault(options);
  };

  it("keeps a checkpoint, from which the rest verifies, and a record of the act; also after a restart", async () => {
    const [, second] = await vault.audit.find();
    expect(await vault.audit.prune(START + 3_000)).to.deep.equal({ seq: 2, hash: second?.hash });
    expect((await vault.audit.find()).map(({ seq, kind, decision }) => [seq, kind, decision])).to.deep.equal([
      [3, "answer", "PERMITTED"],
      [4, "answer", "PERMITTED"],
      [5, "answer", "PERMITTED"],
      [6, "prune", "PRUNED_TO_2"],
    ]);
    await reopen();
    expect(await vault.audit.verify()).to.deep.include({ count: 6, pruned: 2 });
    await vault.audit.append(auditEntry(9));
    expect(await vault.audit.verify()).to.deep.include({ count: 7, pruned: 2 });
  });
  it("is pruned to nothing but that record, and again, and not where nothing is old enough", async () => {
    expect(await vault.audit.prune(START)).to.equal(undefined);
    await vault.audit.prune(START + 60_000);
    expect((await vault.audit.find()).map(({ seq }) => seq)).to.deep.equal([6]);
    time = START + 90_000;
    await vault.audit.append(auditEntry(7));
    await vault.audit.prune(START + 80_000);
    expect(await vault.audit.verify()).to.deep.include({ count: 8, pruned: 6 });
  });
  it("stops at the first record that is young, where the clock went back", async () => {
    time = START + 500;
    await vault.audit.append(auditEntry(6));
    expect((await vault.audit.prune(START + 2_000))?.seq).to.equal(1);
  });
  it("lets nobody delete what is behind the checkpoint", async () => {
    await vault.audit.prune(START + 3_000);
    await vault.close();
    expect(() => onFile("DELETE FROM audit WHERE seq = 3")).to.throw("append-only");
    expect(() => onFile("UPDATE audit SET decision = 'ACCESS_DENIED' WHERE seq = 3")).to.throw("append-only");
  });
  it("notices a checkpoint that was moved on the file, with the records before it (P13)", async () => {
    await vault.audit.prune(START + 3_000);
    await vault.close();
    onFile("UPDATE audit_checkpoint SET (seq, hash) = (SELECT seq, hash FROM audit WHERE seq = 4); DELETE FROM audit WHERE seq <= 4");
    vault = await openVault(options);
    expect(await codeOf(() => vault.audit.verify())).to.equal("VAULT_AUDIT_BROKEN");
  });
  it("has refusals of an earlier version as valid history", async () => {
    await vault.audit.append({ ...auditEntry(8), kind: "refusal", decision: "ACCESS_DENIED" });
    await vault.close();
    onFile(WITHOUT_VERSION_4);
    vault = await openVault(options);
    expect(await vault.audit.verify()).to.deep.include({ count: 6, pruned: 0 });
  });
  it("is left as the earlier version had it, whole, where the migration was cut in the middle", async () => {
    await vault.close();
    onFile(WITHOUT_VERSION_4);
    onFile("CREATE TABLE refusal_sample (cuts TEXT)"); // its fifth statement fails
    expect(
      await openVault(options).then(
        () => "opened",
        () => "failed",
      ),
    ).to.equal("failed");
    expect(() => onFile("SELECT * FROM audit_checkpoint")).to.throw("no such table");
    expect(() => onFile("DELETE FROM audit WHERE seq = 1")).to.throw("append-only");
    onFile("DROP TABLE refusal_sample");
    vault = await openVault(options);
    expect(await vault.audit.verify()).to.deep.include({ count: 5, pruned: 0 });
  });

  it(`verifies after its process was killed -9 while it pruned, in ${ROUNDS} rounds (P13)`, async function () {
    this.timeout(ROUNDS * 30_000);
    await vault.close();
    onFile(WITHOUT_VERSION_4);
    let acknowledged = 5;
    let cut = 0;
    for (let round = 0; round < ROUNDS || (cut === 0 && round < MOST_ROUNDS); round += 1) {
      const child = spawn(process.execPath, [PRUNER, place.directory, place.keyFile], { stdio: ["ignore", "pipe", "inherit"] });
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
      const closed = once(child, "close");
      while (child.exitCode === null && !output.includes("start")) await once(child.stdout, "data");
      await new Promise((resolve) => setTimeout(resolve, dice.below(80)));
      child.kill("SIGKILL");
      expect((await closed)[1], "control: it was killed, it did not end").to.equal("SIGKILL");
      const last = (word: string): number => Number([...output.matchAll(new RegExp(`^${word} (\\d+)$`, "gm"))].at(-1)?.[1] ?? 0);
      if (last("start") > last("ack")) cut += 1;
      acknowledged = Math.max(acknowledged, last("ack"));
      vault = await openVault(options);
      expect((await vault.audit.verify()).count).to.be.at.least(acknowledged);
      await vault.close();
    }
    expect(cut, "control: kills hit open transactions").to.be.greaterThan(0);
  });
});
