import { parseDocumentId, parseRequestId } from "@keyquorum/wire";
import { expect } from "chai";
import { blockHash } from "../testing/fakeChain.ts";
import { createTempVault, OPERATOR, type TempVault } from "../testing/tempVault.ts";
import { watchAudit } from "./auditWatch.ts";
import { createLogger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import { createReadiness } from "./readiness.ts";

const TOUCHED = ["DROP TRIGGER audit_keeps_all", "DROP TRIGGER audit_is_append_only"];

describe("watchAudit", () => {
  let temp: TempVault;
  let time: number;
  let lines: string[];
  const release = (number: number) =>
    temp.vault.audit.append({
      ...{ kind: "answer", requestId: parseRequestId(blockHash(number)), document: parseDocumentId(blockHash(2)), requester: OPERATOR },
      ...{ decision: "PERMITTED", finalBlock: blockHash(3), headBlock: blockHash(4) },
    });
  beforeEach(async () => {
    time = 0;
    lines = [];
    temp = await createTempVault(() => time);
    await temp.vault.transaction(async (tx) => {
      for (let number = 1; number <= 1_200; number += 1)
        await tx.audit.append({
          ...{ kind: "answer", requestId: parseRequestId(blockHash(number)), document: parseDocumentId(blockHash(2)), requester: OPERATOR },
          ...{ decision: "PERMITTED", finalBlock: blockHash(3), headBlock: blockHash(4) },
        });
    });
  });
  afterEach(() => temp.remove());

  const start = async () => {
    const metrics = createMetrics({ version: "0", processMetrics: false });
    const readiness = createReadiness();
    readiness.set("starting", false);
    const verify = await watchAudit({
      ...{ vault: temp.vault, metrics, readiness },
      clock: { now: () => time, sleep: async () => undefined },
      log: createLogger("info", { write: (line) => lines.push(line) }),
    });
    const look = async (milliseconds = 2_000): Promise<void> => {
      time += milliseconds;
      await verify();
    };
    const isBroken = async () => (await metrics.auditBroken.get()).values[0]?.value;
    return { look, readiness, isBroken, verified: async () => (await metrics.auditVerified.get()).values[0]?.value };
  };

  it("is ready with a log that verifies, and goes through all of it, again and again, while it grows", async () => {
    const { look, readiness, isBroken, verified } = await start();
    for (const upTo of [500, 1_000, 1_200]) {
      await look();
      expect(await verified()).to.equal(upTo);
    }
    await release(5);
    await look();
    expect(await verified(), "after a pause").to.equal(1_200);
    for (const upTo of [500, 1_000, 1_201]) {
      await look(upTo === 500 ? 60_000 : 2_000);
      expect(await verified()).to.equal(upTo);
    }
    expect([readiness.isReady(), await isBroken(), lines]).to.deep.equal([true, 0, []]);
  });
  it("is not ready from the start where its tail was cut with the trigger dropped, and says so once, with the record", async () => {
    temp.onFile(...TOUCHED, "DELETE FROM audit WHERE seq > 1190");
    const { look, readiness, isBroken } = await start();
    expect([readiness.reasons(), await isBroken()]).to.deep.equal([["audit_broken"], 1]);
    await look();
    await look(60_000);
    expect(lines).to.have.length(1);
    expect(JSON.parse(lines[0] ?? "")).to.include({ level: "error", seq: 1_191, reason: "missing" });
  });
  it("finds in the background what was changed long ago", async () => {
    const guards = ["CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"];
    temp.onFile(TOUCHED[1] ?? "", "UPDATE audit SET requester = '' WHERE seq = 700", ...guards);
    const { look, readiness } = await start();
    for (let step = 0; step < 2; step += 1) await look();
    expect(readiness.reasons()).to.deep.equal(["audit_broken"]);
    expect(JSON.parse(lines.at(-1) ?? "")).to.include({ level: "error", seq: 700, reason: "changed" });
  });
  it("finds what is cut while the keeper runs, and answers are recorded on", async () => {
    const { look, readiness } = await start();
    temp.onFile(...TOUCHED, "DELETE FROM audit WHERE seq > 3");
    await look();
    expect(readiness.reasons()).to.deep.equal(["audit_broken"]);
    expect((await release(7)).seq).to.equal(1_201);
  });
  it("is ready again when its operator began the log again", async () => {
    temp.onFile(...TOUCHED, "DELETE FROM audit WHERE seq > 3");
    await temp.reopen();
    await temp.vault.audit.restart();
    const { readiness } = await start();
    expect(readiness.isReady()).to.equal(true);
  });
});
