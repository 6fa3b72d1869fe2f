import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { VaultError } from "../errors.ts";
import { auditEntry, codeOf, createPlace, hex, openBehind, optionsFor } from "../testing/fixtures.ts";
import { createVault, openVault, type Vault, type VaultOptions } from "../vault.ts";

const DYING = fileURLToPath(new URL("../testing/dyingReleaser.ts", import.meta.url));

describe("an audit log that was touched", () => {
  let place: ReturnType<typeof createPlace>;
  let options: VaultOptions;
  let vault: Vault;
  let time: number;

  beforeEach(async () => {
    place = createPlace();
    time = 1_000;
    options = { ...(await optionsFor(place)), clock: () => time };
    vault = await createVault(options);
    for (let record = 1; record <= 13; record += 1) {
      time += 1_000;
      await vault.audit.append(auditEntry(record));
    }
  });
  afterEach(async () => {
    await vault.close().catch(() => undefined);
    place.remove();
  });
  const onFile = (...statements: string[]) => {
    const database = openBehind(place.directory);
    try {
      return statements.map((statement) => database.prepare(statement).all()).at(-1);
    } finally {
      database.close();
    }
  };
  const triggers = () => onFile("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'") as { name: string; sql: string }[];
  /** By whoever may do anything with the file, and leaves it looking as it was. */
  const touch = async (...statements: string[]): Promise<void> => {
    await vault.close();
    const all = triggers();
    onFile(...all.map(({ name }) => `DROP TRIGGER ${name}`), ...statements, ...all.map(({ sql }) => sql));
    vault = await openVault(options);
  };
  const faultOf = (work: Promise<unknown>) =>
    work.then(
      () => "none",
      (error: unknown) => (error instanceof VaultError && error.code === "VAULT_AUDIT_BROKEN" ? error.details : error),
    );
  const inSteps = async (limit: number): Promise<void> => {
    let step = await vault.audit.verifyNext(undefined, limit);
    while (!step.isOver) step = await vault.audit.verifyNext(step.place, limit);
  };

  it("verifies where nobody touched it, by steps of any size and by its end (control)", async () => {
    for (const limit of [1, 5, 13, 14, 100]) await inSteps(limit);
    for (const most of [1, 5, 13, 100]) await vault.audit.verifyEnd(most);
    expect((await vault.audit.verifyNext(undefined, 5)).place.seq).to.equal(5);
  });

  const row7 = "SELECT * FROM audit WHERE seq = 7";
  for (const [what, fault, ...statements] of [
    ["its tail is cut", { seq: 4, reason: "missing" }, "DELETE FROM audit WHERE seq > 3"],
    ["its last record is cut", { seq: 13, reason: "missing" }, "DELETE FROM audit WHERE seq = 13"],
    ["all of it is cut", { seq: 1, reason: "missing" }, "DELETE FROM audit"],
    ["its beginning is cut", { seq: 1, reason: "missing" }, "DELETE FROM audit WHERE seq < 4"],
    [
      "its beginning is cut with a checkpoint to match",
      { seq: 1, reason: "checkpoint" },
      "INSERT INTO audit_checkpoint SELECT 1, seq, hash FROM audit WHERE seq = 3",
      "DELETE FROM audit WHERE seq < 4",
    ],
    ["a record's number is one behind the end", { seq: 7, reason: "missing" }, "UPDATE audit SET seq = seq + (1 << 20) WHERE seq = 7"],
    ["its last record's number is one behind the end", { seq: 13, reason: "missing" }, "UPDATE audit SET seq = 15 WHERE seq = 13"],
    ["a record in the middle is changed", { seq: 7, reason: "changed" }, "UPDATE audit SET requester = '' WHERE seq = 7"],
    ["a record's time is not a number of JavaScript's", { seq: 7, reason: "changed" }, "UPDATE audit SET at = 1 << 60 WHERE seq = 7"],
    [
      "a record is another one's",
      { seq: 7, reason: "changed" },
      `CREATE TEMP TABLE x AS ${row7}`,
      "UPDATE audit SET (request_id, hash, prev_hash) = (SELECT request_id, hash, prev_hash FROM audit WHERE seq = 8) WHERE seq = 7",
    ],
    [
      "its end is replaced by records of the same number",
      { seq: 13, reason: "changed" },
      `UPDATE audit SET hash = '${hex(9)}' WHERE seq = 13`,
    ],
  ] as const)
    it(`does not verify where ${what}: by steps, whole, and at the start`, async () => {
      await touch(...statements);
      expect(await faultOf(inSteps(4))).to.deep.equal(fault);
      expect(await faultOf(vault.audit.verify())).to.deep.equal(fault);
      expect(await faultOf(vault.audit.verifyEnd(100))).to.deep.equal(fault);
      await vault.audit.append(auditEntry(20)); // answers continue
      expect(await faultOf(vault.audit.verify()), "and what comes later heals nothing").to.deep.equal(fault);
    });

  it("does not verify with an older copy of the whole table, with the checkpoint of that time, behind a prune", async () => {
    const copy = onFile("SELECT * FROM audit") as Record<string, string | number>[];
    await vault.audit.prune(6_000);
    await vault.audit.append(auditEntry(14));
    const values = copy.map(
      (row) =>
        `(${Object.values(row)
          .map((value) => (typeof value === "number" ? value : `'${value}'`))
          .join()})`,
    );
    await touch("DELETE FROM audit", "DELETE FROM audit_checkpoint", `INSERT INTO audit VALUES ${values.join()}`);
    expect(await faultOf(vault.audit.verifyEnd(100))).to.include({ reason: "checkpoint" });
    await touch("INSERT INTO audit_checkpoint SELECT 1, seq, hash FROM audit WHERE seq = 4", "DELETE FROM audit WHERE seq < 5");
    expect(await faultOf(vault.audit.verifyEnd(100)), "with the right checkpoint, too").to.deep.equal({ seq: 14, reason: "missing" });
  });
  it("does not verify where what guards it was dropped, or guards nothing, though every record is right", async () => {
    await vault.close();
    const [first] = triggers();
    onFile(`DROP TRIGGER ${first?.name}`);
    vault = await openVault(options);
    expect(await faultOf(vault.audit.verifyEnd(5))).to.deep.equal({ seq: 1, reason: "trigger" });
    await vault.close();
    onFile(`CREATE TRIGGER ${first?.name} BEFORE UPDATE ON audit BEGIN SELECT 1; END`);
    vault = await openVault(options);
    expect(await faultOf(vault.audit.verify())).to.deep.equal({ seq: 1, reason: "trigger" });
  });
  it("is looked at from its end where it is long, and a cut before that shows by steps", async () => {
    await touch("UPDATE audit SET requester = '' WHERE seq = 2");
    await vault.audit.verifyEnd(5);
    expect(await faultOf(inSteps(3))).to.deep.equal({ seq: 2, reason: "changed" });
  });
  it("goes on by steps where it is pruned or grows between them", async () => {
    const { place: third } = await vault.audit.verifyNext(undefined, 3);
    await vault.audit.prune(8_000);
    await vault.audit.append(auditEntry(14));
    expect(await vault.audit.verifyNext(third, 100)).to.deep.include({ isOver: true });
  });
  for (const [what, isPruned] of [
    ["", false],
    [", pruned behind it since", true],
  ] as const)
    it(`does not let the vault open with a roll of before its last record${what}`, async () => {
      const [roll] = onFile("SELECT * FROM anchor WHERE kind = 'roll'") as [{ version: number; wrapped_key: Uint8Array; body: Uint8Array }];
      await vault.audit.append(auditEntry(14));
      if (isPruned) await vault.audit.append(auditEntry(15));
      if (isPruned) await vault.audit.prune(Number.MAX_SAFE_INTEGER);
      await vault.close();
      const database = openBehind(place.directory);
      const back = database.prepare("UPDATE anchor SET version = ?, wrapped_key = ?, body = ? WHERE kind = 'roll'");
      back.run(roll.version, roll.wrapped_key, roll.body);
      database.close();
      expect(await codeOf(() => openVault(options))).to.equal("VAULT_TAMPERED");
    });
  it("takes no record behind its end for its own, and releases continue", async () => {
    onFile(
      `INSERT INTO audit SELECT 14, at, kind, request_id, document, 'mallory', decision, final_block, head_block, prev_hash, hash, session_key, author, key_id, digest FROM audit WHERE seq = 13`,
    );
    expect(await faultOf(vault.audit.verify())).to.deep.equal({ seq: 14, reason: "added" });
    await vault.audit.append(auditEntry(14));
    expect((await vault.audit.verify()).count).to.equal(14);
  });

  describe("and is begun again by its operator", () => {
    it("continues behind its sealed end, guarded, with a record of what was wrong", async () => {
      const last = (await vault.audit.find()).at(-1);
      await touch("DELETE FROM audit WHERE seq > 3");
      expect(await vault.audit.restart()).to.deep.equal({ seq: 4, reason: "missing" });
      const [record, ...others] = await vault.audit.find();
      expect(others).to.deep.equal([]);
      expect(record).to.deep.include({ seq: 14, kind: "restart", decision: "BROKEN_AT_4", prevHash: last?.hash });
      await vault.audit.append(auditEntry(15));
      expect(await vault.audit.verify()).to.deep.include({ count: 15, pruned: 13 });
      await vault.close();
      expect(() => onFile("DELETE FROM audit WHERE seq = 14")).to.throw("append-only");
      expect(() => onFile("UPDATE audit SET at = 1 WHERE seq = 14")).to.throw("append-only");
    });
    it("is left as it is where it verifies", async () => {
      expect(await vault.audit.restart()).to.equal(undefined);
      expect(await vault.audit.find()).to.have.length(13);
    });
  });

  for (const [where, count] of [
    ["between a record and the roll's end", 13],
    ["after both", 14],
  ] as const)
    it(`looks like itself after its process was killed -9 ${where}`, async () => {
      await vault.close();
      const child = spawn(process.execPath, [DYING, place.directory, place.keyFile, where], { stdio: ["ignore", "ignore", "inherit"] });
      expect((await once(child, "close"))[1], "control: it was killed, it did not end").to.equal("SIGKILL");
      vault = await openVault(options);
      expect((await vault.audit.verify()).count).to.equal(count);
      await vault.audit.verifyEnd(5);
    });
});
