import { parseHash32, parseKeyId, parseRequestId, parseSessionId } from "@keyquorum/wire";
import { expect } from "chai";
import {
  answerFor,
  auditEntry,
  bytes,
  codeOf,
  createPlace,
  hex,
  openBehind,
  optionsFor,
  shareRecord,
  WITHOUT_VERSION_4,
} from "../testing/fixtures.ts";
import { createVault, openVault, type Vault, type VaultOptions } from "../vault.ts";
import type { MirroredLog } from "./types/logs.ts";

describe("stores", () => {
  const place = createPlace();
  let options: VaultOptions;
  let vault: Vault;
  before(async () => {
    options = await optionsFor(place);
    vault = await createVault(options);
  });
  after(async () => {
    await vault.close();
    place.remove();
  });
  const reopen = async () => {
    await vault.close();
    vault = await openVault(options);
  };
  const onFile = (statement: string) => {
    const database = openBehind(place.directory);
    database.exec(statement);
    database.close();
  };

  /** As statements that make them again. */
  const auditTriggers = (): string => {
    const database = openBehind(place.directory);
    const rows = database.prepare("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'").all();
    database.close();
    return rows.map(({ sql }) => `${sql};`).join(" ");
  };

  describe("secrets and epochSecrets", () => {
    it("keep the first value: the same again is fine, another is refused", async () => {
      await vault.epochSecrets.save(1, bytes(1));
      await vault.epochSecrets.save(1, bytes(1));
      expect(await codeOf(() => vault.epochSecrets.save(1, bytes(2)))).to.equal("VAULT_CONFLICT");
      await vault.secrets.save("operator", bytes(3));
      expect(await codeOf(() => vault.secrets.save("operator", bytes(4)))).to.equal("VAULT_CONFLICT");
      await reopen();
      expect(await vault.epochSecrets.load(1)).to.deep.equal(bytes(1));
      expect(await vault.secrets.load("operator")).to.deep.equal(bytes(3));
      expect(await vault.secrets.load("identity")).to.equal(undefined);
    });
    it("list epochs in order", async () => {
      await vault.epochSecrets.save(10, bytes(1));
      await vault.epochSecrets.save(9, bytes(1));
      expect(await vault.epochSecrets.list()).to.deep.equal([1, 9, 10]);
    });
    it("refuse secrets of another length", async () => {
      expect(await codeOf(() => vault.epochSecrets.save(2, bytes(1, 31)))).to.equal("VAULT_MISUSED");
      expect(await codeOf(() => vault.secrets.save("identity", bytes(1, 33)))).to.equal("VAULT_MISUSED");
    });
  });

  describe("identities", () => {
    const ONE = "031b84c5567b126440995d3ed5aaba0565d71e1834604819ff9c17f5e9d5dd078f";
    it("keep the order in which they were made, with the one that the vault was made with first", async () => {
      const first = await vault.identities.add(bytes(1));
      expect(Buffer.from(first).toString("hex")).to.equal(ONE);
      expect(await vault.secrets.load("identity"), "the first has the old name").to.deep.equal(bytes(1));
      const added = [first, await vault.identities.add(bytes(2)), await vault.identities.add(bytes(3))];
      await reopen();
      expect(await vault.identities.list()).to.deep.equal(added);
      expect(await vault.identities.add(bytes(2)), "the same again").to.deep.equal(added[1]);
      expect(await vault.identities.list()).to.have.length(3);
    });
    it("are found by public key, and erased by it, also the first", async () => {
      const [first, second, third] = await vault.identities.list();
      if (first === undefined || second === undefined || third === undefined) throw new Error("three were made");
      expect(await vault.identities.load(second)).to.deep.equal(bytes(2));
      await vault.identities.erase(first);
      await vault.identities.erase(first);
      expect(await vault.identities.load(first)).to.equal(undefined);
      await reopen();
      expect(await vault.identities.list()).to.deep.equal([second, third]);
      await vault.identities.add(bytes(4));
      expect((await vault.identities.list())[2], "the newest is the last").to.deep.equal(await vault.identities.add(bytes(4)));
    });
    it("refuse what is no private key", async () => {
      expect(await codeOf(() => vault.identities.add(bytes(0)))).to.equal("VAULT_MISUSED");
      expect(await codeOf(() => vault.identities.add(bytes(255)))).to.equal("VAULT_MISUSED");
      expect(await codeOf(() => vault.identities.add(bytes(1, 31)))).to.equal("VAULT_MISUSED");
    });
  });

  describe("repairKeys", () => {
    it("keep one secret per share until it is erased", async () => {
      const name = { keyId: parseKeyId(hex(0x77)), epoch: 3 };
      await vault.repairKeys.save(name, bytes(1));
      await reopen();
      expect(await codeOf(() => vault.repairKeys.save(name, bytes(2)))).to.equal("VAULT_CONFLICT");
      expect(await vault.repairKeys.load(name)).to.deep.equal(bytes(1));
      expect(await vault.repairKeys.load({ ...name, epoch: 4 })).to.equal(undefined);
      expect(await vault.repairKeys.list()).to.deep.equal([name]);
      await vault.repairKeys.erase(name);
      expect(await vault.repairKeys.load(name)).to.equal(undefined);
      await vault.repairKeys.save(name, bytes(2));
    });
  });

  describe("boots", () => {
    it("counts lives from 1, durably, and never twice the same", async () => {
      expect([await vault.boots.next(), await vault.boots.next()]).to.deep.equal([1, 2]);
      await reopen();
      expect(await vault.boots.next()).to.equal(3);
    });
  });

  describe("dealings", () => {
    it("keep the first dealing of a session, so that a restart sends the same bytes", async () => {
      const sid = parseSessionId(hex(0x40));
      expect(await vault.dealings.load(sid)).to.equal(undefined);
      expect(await vault.dealings.save(sid, bytes(1, 500))).to.deep.equal(bytes(1, 500));
      expect(await vault.dealings.save(sid, bytes(2, 500))).to.deep.equal(bytes(1, 500));
      await reopen();
      expect(await vault.dealings.load(sid)).to.deep.equal(bytes(1, 500));
    });
  });

  describe("keyShares", () => {
    const record = shareRecord();
    const expected = { verifyingShare: record.verifyingShare };

    it("give a share back as it was saved, also after a restart", async () => {
      await vault.keyShares.save(record);
      await vault.keyShares.save(shareRecord());
      await reopen();
      expect(await vault.keyShares.load(record, expected)).to.deep.equal(record);
      expect(await vault.keyShares.load({ ...record, epoch: 2 }, expected)).to.equal(undefined);
    });
    it("refuse another record under the same id", async () => {
      expect(await codeOf(() => vault.keyShares.save(shareRecord({ share: bytes(5) })))).to.equal("VAULT_CONFLICT");
    });
    it("refuse a share that the chain's commitments do not give this slot (attack 41)", async () => {
      const other = { verifyingShare: bytes(3, 33) };
      expect(await codeOf(() => vault.keyShares.load(record, other))).to.equal("VAULT_SHARE_MISMATCH");
    });
    it("refuse a right share that was stored beside another verifying share", async () => {
      const digest = parseHash32(hex(0x51));
      await vault.keyShares.save(shareRecord({ digest, verifyingShare: bytes(3, 33) }));
      expect(await codeOf(() => vault.keyShares.load({ ...record, digest }, expected))).to.equal("VAULT_SHARE_MISMATCH");
      await vault.keyShares.erase({ ...record, digest });
    });
    for (const [what, share] of [
      ["another share under the right verifying share", bytes(5)],
      ["a zero share", bytes(0)],
      ["a share above the order", bytes(0xff)],
    ] as const) {
      it(`refuse ${what}`, async () => {
        const digest = parseHash32(hex(share[0] ?? 0));
        await vault.keyShares.save(shareRecord({ digest, share }));
        expect(await codeOf(() => vault.keyShares.load({ ...record, digest }, expected))).to.equal("VAULT_SHARE_MISMATCH");
        await vault.keyShares.erase({ ...record, digest });
      });
    }
    it("keep shares of several digests and activate one of them (D18)", async () => {
      const digest = parseHash32(hex(0x50));
      await vault.keyShares.save(shareRecord({ digest }));
      expect((await vault.keyShares.list({ sid: record.sid })).map(({ state }) => state)).to.deep.equal(["pending", "pending"]);
      await vault.keyShares.activate(record);
      await vault.keyShares.activate(record);
      expect(await codeOf(() => vault.keyShares.activate({ ...record, digest }))).to.equal("VAULT_CONFLICT");
      expect(await codeOf(() => vault.keyShares.activate({ ...record, epoch: 9 }))).to.equal("VAULT_CONFLICT");
      const [active] = await vault.keyShares.list({ state: "active", keyId: record.keyId, epoch: 1 });
      expect(active).to.deep.include({ digest: record.digest, qual: record.qual, verifyingRoot: record.verifyingRoot });
      expect(active).to.not.have.property("share");
      expect(await vault.keyShares.list({ keyId: parseKeyId(hex(0x99)) })).to.deep.equal([]);
    });
  });

  describe("answers", () => {
    it("give the first bytes to the same request", async () => {
      const first = await vault.answers.save(answerFor(0x60));
      expect(await vault.answers.save({ ...answerFor(0x60), answer: bytes(9, 162) })).to.deep.equal(first);
      await reopen();
      expect(await vault.answers.find(first)).to.deep.equal(first);
      expect(await vault.answers.find({ requestId: parseRequestId(hex(0x61)), epoch: 1 })).to.equal(undefined);
    });
    it("are others in another epoch, where each is given again by itself", async () => {
      const first = await vault.answers.save(answerFor(0x60));
      expect(await vault.answers.find({ ...first, epoch: 2 })).to.equal(undefined);
      const second = await vault.answers.save({ ...answerFor(0x60), epoch: 2, answer: bytes(9, 162), body: "[]" });
      expect(await vault.answers.save({ ...answerFor(0x60), epoch: 2 })).to.deep.equal(second);
      await reopen();
      expect([await vault.answers.find(first), await vault.answers.find(second)]).to.deep.equal([first, second]);
      expect(second.body).to.equal("[]");
    });
    it("refuse a second header under one id, in whatever epoch", async () => {
      for (const epoch of [1, 2, 3])
        expect(await codeOf(() => vault.answers.save({ ...answerFor(0x60, 0x62), epoch }))).to.equal("ANSWER_CONFLICT");
      expect(await vault.answers.headerOf(answerFor(0x60).requestId)).to.equal(answerFor(0x60).headerHash);
      expect(await vault.answers.headerOf(parseRequestId(hex(0x61)))).to.equal(undefined);
    });
    it("are dropped only after their time", async () => {
      const { keepUntil, requestId } = answerFor(0x60);
      expect(await vault.answers.prune(keepUntil)).to.equal(0);
      expect(await vault.answers.prune(keepUntil + 1)).to.equal(2);
      expect(await vault.answers.headerOf(requestId)).to.equal(undefined);
    });
  });

  describe("audit", () => {
    it("chains its records, across restarts", async () => {
      const one = await vault.audit.append(auditEntry(0x70));
      await reopen();
      const two = await vault.audit.append(auditEntry(0x71));
      expect([one.seq, two.seq, two.prevHash]).to.deep.equal([1, 2, one.hash]);
      expect(await vault.audit.verify()).to.deep.equal({ count: 2, pruned: 0, hash: two.hash });
      expect(await vault.audit.find({ requestId: two.requestId })).to.deep.equal([two]);
      expect(await vault.audit.find({ fromSeq: 1, limit: 1 })).to.deep.equal([one]);
    });
    it("verifies over more than one page", async () => {
      await vault.transaction(async (tx) => {
        for (let index = 0; index < 1100; index += 1) await tx.audit.append(auditEntry(0x72));
      });
      expect((await vault.audit.verify()).count).to.equal(1102);
    });
    it("names a session key and a verified author where there was one", async () => {
      const named = { ...auditEntry(0x73), sessionKey: hex(0x26, 20), author: "verified" } as const;
      await vault.audit.append(named);
      await reopen();
      expect(await vault.audit.find({ requestId: named.requestId })).to.have.length(1);
      expect((await vault.audit.find({ requestId: named.requestId }))[0]).to.include({ sessionKey: named.sessionKey, author: "verified" });
      expect((await vault.audit.find({ limit: 1 }))[0]).to.not.have.any.keys("sessionKey", "author");
      await vault.audit.verify();
    });
    it("reads a log that the first version of the schema wrote, and continues with it", async () => {
      const other = createPlace();
      const made = await optionsFor(other);
      const first = await createVault(made);
      await first.audit.append(auditEntry(0x70));
      await first.close();
      const file = openBehind(other.directory);
      file.exec("ALTER TABLE audit DROP COLUMN session_key; ALTER TABLE audit DROP COLUMN author");
      file.exec(WITHOUT_VERSION_4);
      file.exec("DROP TABLE former_operator; DELETE FROM schema_version WHERE version >= 2");
      file.close();
      const second = await openVault(made);
      await second.audit.append({ ...auditEntry(0x71), sessionKey: hex(0x26, 20) });
      expect((await second.audit.verify()).count).to.equal(2);
      await second.close();
      other.remove();
    });
    for (const [what, statement] of [
      ["a changed decision", "UPDATE audit SET decision = 'ACCESS_DENIED' WHERE seq = 2"],
      ["a session key that was taken out", "UPDATE audit SET session_key = '' WHERE session_key != ''"],
      ["a session key that was put in", "UPDATE audit SET session_key = requester WHERE seq = 2"],
      ["an author that was put in", "UPDATE audit SET author = 'verified' WHERE seq = 2"],
      ["a deleted record", "DELETE FROM audit WHERE seq = 2"],
      ["a cut tail", "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)"],
    ] as const) {
      it(`notices ${what} (P13)`, async () => {
        await vault.close();
        const guards = auditTriggers();
        onFile("CREATE TABLE kept AS SELECT * FROM audit; DROP TRIGGER audit_is_append_only; DROP TRIGGER audit_keeps_all");
        onFile(statement);
        onFile(guards);
        vault = await openVault(options);
        expect(await codeOf(() => vault.audit.verify())).to.equal("VAULT_AUDIT_BROKEN");
        await vault.close();
        onFile("DROP TRIGGER audit_is_append_only; DROP TRIGGER audit_keeps_all");
        onFile("DELETE FROM audit; INSERT INTO audit SELECT * FROM kept; DROP TABLE kept");
        onFile(guards);
        vault = await openVault(options);
        await vault.audit.verify();
      });
    }
  });

  describe("follower and logs", () => {
    type Cursor = { readonly block: number; readonly hash: string };
    const log = (blockNumber: number, logIndex: number, changes: Partial<MirroredLog> = {}): MirroredLog => ({
      address: `0x${"Ab".repeat(20)}`,
      topics: [hex(1), hex(2)],
      data: "0xAA",
      blockNumber,
      blockHash: hex(blockNumber),
      transactionHash: hex(3),
      logIndex,
      ...changes,
    });
    const blocks = async () => (await vault.logs.find()).map(({ blockNumber }) => blockNumber);

    it("move logs, effects and cursor together", async () => {
      const follower = vault.follower<Cursor>();
      expect(await follower.load()).to.equal(undefined);
      const seen: number[] = [];
      await follower.commit({ logs: [log(5, 0), log(6, 1)], state: { block: 6, hash: hex(6) } }, async (tx, logs) => {
        seen.push(...logs.map(({ blockNumber }) => blockNumber));
        await tx.work.add({ id: "w:5", kind: "deal", payload: { at: 5n } });
      });
      await reopen();
      expect(await vault.follower<Cursor>().load()).to.deep.equal({ block: 6, hash: hex(6) });
      expect([seen, await blocks()]).to.deep.equal([
        [5, 6],
        [5, 6],
      ]);
      expect((await vault.work.load("w:5"))?.payload).to.deep.equal({ at: 5n });
    });
    it("leave all three alone when an effect fails", async () => {
      const failing = vault.follower<Cursor>().commit({ logs: [log(7, 0)], state: { block: 7, hash: hex(7) } }, async (tx) => {
        await tx.work.add({ id: "w:7", kind: "deal", payload: null });
        throw new RangeError("no");
      });
      expect(await failing.catch((error: unknown) => error)).to.be.instanceOf(RangeError);
      expect((await vault.follower<Cursor>().load())?.block).to.equal(6);
      expect(await blocks()).to.deep.equal([5, 6]);
      expect(await vault.work.load("w:7")).to.equal(undefined);
    });
    it("give effects a log once, however often it is delivered", async () => {
      const seen: number[] = [];
      await vault.follower<Cursor>().commit({ logs: [log(6, 1), log(8, 0)], state: { block: 8, hash: hex(8) } }, async (_tx, logs) => {
        seen.push(...logs.map(({ blockNumber }) => blockNumber));
      });
      expect(seen).to.deep.equal([8]);
    });
    it("refuse a log of another block at the same place", async () => {
      const foreign = { logs: [log(8, 0, { blockHash: hex(0xff) })], state: { block: 8, hash: hex(8) } };
      expect(await codeOf(() => vault.follower<Cursor>().commit(foreign))).to.equal("VAULT_CONFLICT");
    });
    it("find by address, topic and block, in any letter case", async () => {
      const found = (filter: Parameters<Vault["logs"]["find"]>[0]) => vault.logs.find(filter).then((logs) => logs.length);
      expect(await found({ topic0: hex(1), topic1: hex(2).toUpperCase().replace("0X", "0x") })).to.equal(3);
      expect(await found({ topic0: hex(2) })).to.equal(0);
      expect(await found({ address: `0x${"AB".repeat(20)}`, fromBlock: 6, toBlock: 6 })).to.equal(1);
      expect(await found({ topic2: hex(1) })).to.equal(0);
      expect(await found({ limit: 2 })).to.equal(2);
      expect((await vault.logs.find({ fromBlock: 8 }))[0]?.topics).to.deep.equal([hex(1), hex(2)]);
    });
    it("forget what a reorg took back", async () => {
      const takeBack: number[] = [];
      await vault.follower<Cursor>().rollback(5, { block: 5, hash: hex(5) }, async (tx, toBlock) => {
        takeBack.push(toBlock, (await tx.logs.find({ fromBlock: 6 })).length);
      });
      expect(takeBack).to.deep.equal([5, 0]);
      expect(await blocks()).to.deep.equal([5]);
      expect((await vault.follower<Cursor>().load())?.block).to.equal(5);
      await vault.follower<Cursor>().commit({ logs: [log(6, 1, { blockHash: hex(0xee) })], state: { block: 6, hash: hex(0xee) } });
      expect(await blocks()).to.deep.equal([5, 6]);
    });
  });

  describe("challenges", () => {
    const requestId = parseRequestId(hex(0x4e));
    const [gas, since] = [130_000n, 0];

    it("are saved once: another decision about the same answer gets the first", async () => {
      const first = await vault.challenges.save({ requestId, slot: 3, gas, budget: { gas: 200_000n, since } });
      expect(first).to.deep.include({ requestId, slot: 3, gas, budgeted: true, givenUp: false });
      expect(await vault.challenges.save({ requestId, slot: 3, gas: 1n })).to.deep.equal(first);
      await reopen();
      expect(await vault.challenges.of(requestId)).to.deep.equal([first]);
    });
    it("stay within a slot's budget; what a fee pays for, and other slots, do not count in it", async () => {
      const budget = { gas: 2n * gas - 1n, since };
      expect(await vault.challenges.save({ requestId: parseRequestId(hex(0x4f)), slot: 3, gas, budget })).to.equal(undefined);
      expect(await vault.challenges.save({ requestId: parseRequestId(hex(0x4f)), slot: 3, gas })).to.include({ budgeted: false });
      expect(await vault.challenges.save({ requestId, slot: 4, gas, budget })).to.include({ budgeted: true });
      expect(await vault.challenges.save({ requestId: parseRequestId(hex(0x50)), slot: 3, gas: gas - 1n, budget })).to.include({ slot: 3 });
      const later = { gas, since: Number.MAX_SAFE_INTEGER };
      expect(await vault.challenges.save({ requestId: parseRequestId(hex(0x51)), slot: 3, gas, budget: later })).to.include({ slot: 3 });
    });
    it("can be given up, for good", async () => {
      await vault.challenges.giveUp({ requestId, slot: 4 });
      await reopen();
      const stored = await vault.challenges.of(requestId);
      expect(stored.map(({ slot, givenUp }) => [slot, givenUp])).to.deep.equal([
        [3, false],
        [4, true],
      ]);
    });
  });

  describe("outbox and work", () => {
    it("keep entries with bigint and bytes", async () => {
      const entry = { nonce: 7n, raw: bytes(1, 4), state: "sent", receipt: null, list: [1, { two: 2n }] };
      await vault.outbox.save({ id: "deal:1", kind: "deal", subject: "1", entry: { nonce: 1n } });
      await vault.outbox.save({ id: "deal:1", kind: "deal", subject: "1", entry });
      await reopen();
      expect(await vault.outbox.load("deal:1")).to.deep.equal(entry);
      expect(await vault.outbox.list()).to.deep.equal([{ id: "deal:1", kind: "deal", subject: "1", entry }]);
      expect(await vault.outbox.subjectOf("deal:1")).to.deep.equal({ kind: "deal", subject: "1" });
      await vault.outbox.remove("deal:1");
      expect(await vault.outbox.load("deal:1")).to.equal(undefined);
      expect(await vault.outbox.subjectOf("deal:1")).to.equal(undefined);
    });
    it("refuse what JSON would lose", async () => {
      for (const lost of [Number.NaN, new Map(), () => 1, { $bytes: "x" }]) {
        const error = await vault.outbox.save({ id: "x", kind: "x", subject: "", entry: { lost } }).catch((cause: unknown) => cause);
        expect(error).to.be.instanceOf(TypeError);
      }
    });
    it("give work that is due, oldest first, once per id", async () => {
      expect(await vault.work.add({ id: "a", kind: "answer", payload: 1 })).to.equal(true);
      expect(await vault.work.add({ id: "a", kind: "answer", payload: 2 })).to.equal(false);
      await vault.work.add({ id: "b", kind: "answer", payload: 3, notBefore: 100 });
      const due = async (now: number) => (await vault.work.due({ now, kind: "answer" })).map(({ id }) => id);
      expect(await due(99)).to.deep.equal(["a"]);
      expect(await due(100)).to.deep.equal(["a", "b"]);
      await vault.work.retry("a", { notBefore: 200, error: "UNAVAILABLE" });
      expect(await due(199)).to.deep.equal(["b"]);
      expect(await vault.work.load("a")).to.deep.include({ attempts: 1, lastError: "UNAVAILABLE", payload: 1 });
      await vault.work.finish("a", "done");
      await vault.work.retry("a", { notBefore: 0, error: "late" });
      await vault.work.finish("b", "failed", "DEADLINE_PASSED");
      expect(await due(1000)).to.deep.equal([]);
      expect(await vault.work.add({ id: "a", kind: "answer", payload: 1 })).to.equal(false);
      expect(await vault.work.load("b")).to.deep.include({ state: "failed", lastError: "DEADLINE_PASSED" });
    });
  });
});
