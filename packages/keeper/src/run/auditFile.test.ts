import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseAddress, parseDocumentId, parseRequestId } from "@keyquorum/wire";
import { expect } from "chai";
import { readDeployment } from "../contracts/deployment.ts";
import { blockHash } from "../testing/fakeChain.ts";
import { createTempKeeper, type TempKeeper } from "../testing/tempKeeper.ts";
import { exportAudit, pruneAudit, restartAudit, verifyAudit } from "./auditFile.ts";
import { KeeperError } from "./errors.ts";
import { initialiseKeeper } from "./initialiseKeeper.ts";
import { openKeeperVault } from "./vaultFile.ts";

const DAY = 86_400_000;

describe("the audit log of a keeper that is stopped", () => {
  let temp: TempKeeper;
  let operator: string;
  beforeEach(async () => {
    temp = await createTempKeeper();
    ({ operator } = await initialiseKeeper(temp.config, { createOperatorKey: false }));
  });
  afterEach(() => temp.remove());

  const open = async (daysAgo: number) =>
    openKeeperVault({
      config: temp.config,
      contracts: await readDeployment(temp.config),
      operator: parseAddress(operator),
      clock: { now: () => Date.now() - daysAgo * DAY, sleep: async () => undefined },
    });
  const release = async (daysAgo: number): Promise<void> => {
    const vault = await open(daysAgo);
    await vault.audit.append({
      ...{ kind: "answer", requestId: parseRequestId(blockHash(daysAgo)), document: parseDocumentId(blockHash(2)), requester: operator },
      ...{ decision: "PERMITTED", finalBlock: blockHash(3), headBlock: blockHash(4) },
    });
    await vault.close();
  };

  it("is pruned by days, after what goes was archived, and verifies from the checkpoint", async () => {
    for (const daysAgo of [40, 31, 29, 1]) await release(daysAgo);
    expect(await verifyAudit(temp.config)).to.deep.include({ records: 4, pruned: 0 });
    const archive = join(temp.directory, "archive.jsonl");
    expect(await pruneAudit(temp.config, { keepDays: 30, archive })).to.deep.include({ deleted: 2, records: 3, pruned: 2 });
    const archived = (await readFile(archive, "utf8")).trim().split("\n");
    expect(archived.map((line) => (JSON.parse(line) as { seq: number }).seq)).to.deep.equal([1, 2]);
    expect((await stat(archive)).mode & 0o777).to.equal(0o600);
    expect(await pruneAudit(temp.config, { keepDays: 30, archive })).to.deep.include({ deleted: 0, pruned: 2 });
    expect(await verifyAudit(temp.config)).to.deep.include({ records: 3, pruned: 2 });
  });
  const touch = (...statements: string[]): void => {
    const database = new DatabaseSync(join(temp.config.dataDirectory, "vault.sqlite"));
    for (const trigger of ["audit_keeps_all", "audit_is_append_only"]) database.exec(`DROP TRIGGER ${trigger}`);
    for (const statement of statements) database.exec(statement);
    database.close();
  };
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => "none",
      (error: unknown) => (error instanceof KeeperError ? error.code : error),
    );
  const seqsIn = async (file: string): Promise<readonly number[]> => {
    const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
    return lines.map((line) => (JSON.parse(line) as { seq: number }).seq);
  };

  it("is exported to a new file, whole, also where it does not verify", async () => {
    for (const daysAgo of [3, 2, 1]) await release(daysAgo);
    const file = join(temp.directory, "audit.jsonl");
    expect(await exportAudit(temp.config, file)).to.deep.include({ records: 3, pruned: 0 });
    expect(await seqsIn(file)).to.deep.equal([1, 2, 3]);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect(await codeOf(exportAudit(temp.config, file)), "it is not written over").to.equal("EXPORT_EXISTS");
    touch("DELETE FROM audit WHERE seq = 2");
    const after = join(temp.directory, "after.jsonl");
    expect(await codeOf(exportAudit(temp.config, after))).to.equal("VAULT_AUDIT_BROKEN");
    expect(await seqsIn(after)).to.deep.equal([1, 3]);
  });
  it("begins again where it was cut, after what is left was archived; and not where it verifies", async () => {
    for (const daysAgo of [3, 2, 1]) await release(daysAgo);
    const archive = join(temp.directory, "left.jsonl");
    expect(await restartAudit(temp.config, archive)).to.equal(undefined);
    touch("DELETE FROM audit WHERE seq > 1");
    expect(await codeOf(verifyAudit(temp.config))).to.equal("VAULT_AUDIT_BROKEN");
    expect(await codeOf(pruneAudit(temp.config, { keepDays: 0 })), "pruning would hide it").to.equal("VAULT_AUDIT_BROKEN");
    const restarted = await restartAudit(temp.config, archive);
    expect([restarted?.fault.seq, restarted?.records, restarted?.pruned]).to.deep.equal([2, 1, 3]);
    expect(await seqsIn(archive)).to.deep.equal([1]);
    await release(0);
    expect(await verifyAudit(temp.config)).to.deep.include({ records: 2, pruned: 3 });
  });
  it("is left alone while the keeper runs", async () => {
    const running = await open(0);
    const refused = await pruneAudit(temp.config, { keepDays: 0 }).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(KeeperError).with.property("code", "KEEPER_ALREADY_RUNNING");
    await running.close();
  });
});
