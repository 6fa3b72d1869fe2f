import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseAddress, parseDocumentId, parseRequestId } from "@keyquorum/wire";
import { expect } from "chai";
import { pruneAudit, verifyAudit } from "./auditFile.ts";
import { readDeployment } from "./deployment.ts";
import { KeeperError } from "./errors.ts";
import { initialiseKeeper } from "./initialiseKeeper.ts";
import { blockHash } from "./testing/fakeChain.ts";
import { createTempKeeper, type TempKeeper } from "./testing/tempKeeper.ts";
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
  it("is left alone while the keeper runs", async () => {
    const running = await open(0);
    const refused = await pruneAudit(temp.config, { keepDays: 0 }).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(KeeperError).with.property("code", "KEEPER_ALREADY_RUNNING");
    await running.close();
  });
});
