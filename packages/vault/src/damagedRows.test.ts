import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAddress, parseKeyId, parseSessionId } from "@keyquorum/wire";
import { expect } from "chai";
import { replaceVaultOperator } from "./replaceOperator.ts";
import {
  answerFor,
  bytes,
  codeOf,
  createPlace,
  hex,
  openBehind,
  optionsFor,
  PIN,
  shareRecord,
  WITHOUT_VERSION_9,
} from "./testing/fixtures.ts";
import { createVault, openVault, type Vault, type VaultOptions } from "./vault.ts";

const MIGRATOR = fileURLToPath(new URL("./testing/crashingMigrator.ts", import.meta.url));

describe("a damaged row", () => {
  let place: ReturnType<typeof createPlace>;
  let options: VaultOptions;
  let vault: Vault;
  let time = 1_700_000_000_000;
  const onFile = (...statements: string[]): void => {
    const database = openBehind(place.directory);
    for (const statement of statements) database.exec(statement);
    database.close();
  };
  const rowsOf = (statement: string) => {
    const database = openBehind(place.directory);
    const rows = database.prepare(statement).all();
    database.close();
    return rows;
  };
  const changed = async (...statements: string[]): Promise<void> => {
    await vault.close();
    onFile(...statements);
    vault = await openVault(options);
  };
  const scrubAll = async (): Promise<void> => {
    let steps = 0;
    while (!(await vault.scrub(3)).isRoundOver) {
      steps += 1;
      expect(steps, "a round ends").to.be.below(1_000);
    }
  };
  const tables = () => vault.damage().map(({ table, id }) => `${table}:${id}`);

  const [first, second] = [shareRecord(), shareRecord({ keyId: parseKeyId(hex(0x20)) })];
  const nameOf = ({ keyId, epoch, digest }: typeof first) => `${keyId}/${epoch}/${digest}`;
  const listed = async () => (await vault.keyShares.list()).map(({ keyId }) => keyId);
  const loads = (record: typeof first) => codeOf(() => vault.keyShares.load(record, { verifyingShare: record.verifyingShare }));

  beforeEach(async () => {
    place = createPlace();
    options = { ...(await optionsFor(place)), clock: () => time };
    vault = await createVault({ ...options, secrets: { identity: bytes(5) } });
    for (const share of [first, second]) {
      await vault.keyShares.save(share);
      await vault.keyShares.activate(share);
    }
  });
  afterEach(async () => {
    await vault.close().catch(() => undefined);
    place.remove();
  });

  describe("of a key share", () => {
    const of = `WHERE key_id = '${first.keyId}'`;
    for (const [what, ...statements] of [
      ["the secret is changed", `UPDATE sealed SET body = zeroblob(length(body)) WHERE id = '${nameOf(first)}'`],
      ["the secret is gone", `DELETE FROM sealed WHERE id = '${nameOf(first)}'`],
      [
        "the secret is of another share",
        `UPDATE sealed SET (wrapped_key, body) = (SELECT wrapped_key, body FROM sealed WHERE id = '${nameOf(second)}') WHERE id = '${nameOf(first)}'`,
      ],
      ["the public part is changed", `UPDATE key_share SET public_part = replace(public_part, '"slot":3', '"slot":4') ${of}`],
      ["the public part is not JSON", `UPDATE key_share SET public_part = substr(public_part, 2) ${of}`],
      [
        "the public part is of another share",
        `UPDATE key_share SET public_part = (SELECT public_part FROM key_share WHERE key_id = '${second.keyId}') ${of}`,
      ],
      ["the epoch is another", `UPDATE key_share SET epoch = 2 ${of}`],
      ["the epoch is not a number of JavaScript's", `UPDATE key_share SET epoch = 1 << 60 ${of}`],
      ["the state is another", `UPDATE key_share SET state = 'pending' ${of}`],
      ["the public part is gone", `DELETE FROM key_share ${of}`],
    ] as const)
      it(`costs that share alone, where ${what}; a scrub finds it, and what repairs it finds room`, async () => {
        onFile(...statements); // while the vault is open
        await scrubAll();
        expect(vault.damage().length, "it is counted").to.be.greaterThan(0);
        await changed();
        expect(await listed()).to.deep.equal([second.keyId]);
        expect(await loads(second)).to.equal("nothing was thrown");
        expect(await vault.keyShares.stored(), "it was never erased").to.have.length(2);

        await vault.keyShares.eraseAll(first);
        await vault.keyShares.save(first);
        await vault.keyShares.activate(first);
        await scrubAll();
        await scrubAll();
        expect(tables()).to.deep.equal([]);
        await changed();
        expect(await listed()).to.have.length(2);
        expect(await loads(first)).to.equal("nothing was thrown");
      });

    for (const [what, change] of [
      ["name", "id = replace(id, '/1/', '/3/')"],
      ["kind", "kind = 'key_sharf'"],
    ] as const)
      it(`costs that share alone, where the secret's ${what} is another; what is left of it goes when it is repaired or erased`, async () => {
        await changed(`UPDATE sealed SET ${change} WHERE id = '${nameOf(first)}'`);
        expect(await listed()).to.deep.equal([second.keyId]);
        expect(await loads(second)).to.equal("nothing was thrown");
        await changed();
        expect(rowsOf("SELECT * FROM sealed WHERE kind LIKE 'key_shar%'"), "while it is missing").to.have.length(2);
        await vault.keyShares.eraseAll(first);
        await changed();
        expect(rowsOf("SELECT * FROM sealed WHERE kind LIKE 'key_shar%'")).to.have.length(1);
        await scrubAll();
        expect(tables()).to.deep.equal([]);
      });

    it("is erased with its epoch, so that nobody mends it later", async () => {
      await changed(`UPDATE sealed SET body = zeroblob(length(body)) WHERE id = '${nameOf(first)}'`);
      await vault.keyShares.erase(first);
      expect(await vault.keyShares.stored()).to.have.length(1);
      expect(await vault.keyShares.load(first, first)).to.equal(undefined);
      await changed();
      expect(await listed()).to.deep.equal([second.keyId]);
    });
    it("is noted when it is asked for between two scrubs, and what a caller expects by mistake is not", async () => {
      expect(await codeOf(() => vault.keyShares.load(first, { verifyingShare: bytes(9, 33) }))).to.equal("VAULT_SHARE_MISMATCH");
      expect(await listed()).to.have.length(2);
      onFile(`UPDATE sealed SET wrapped_key = zeroblob(60) WHERE id = '${nameOf(first)}'`);
      expect(await loads(first)).to.equal("VAULT_TAMPERED");
      expect(await listed()).to.deep.equal([second.keyId]);
    });
    it("is found by a scrub where one bit flips on the disk itself, under a page that was read before", async () => {
      await changed(); // all that was written is in the file, and read again
      expect(await loads(first)).to.equal("nothing was thrown");
      const [row] = rowsOf(`SELECT body FROM sealed WHERE id = '${nameOf(first)}'`) as [{ body: Uint8Array }];
      let flipped = 0;
      for (const name of ["secrets.sqlite", "secrets.sqlite-wal"]) {
        const path = join(place.directory, name);
        const at = existsSync(path) ? readFileSync(path).indexOf(Buffer.from(row.body).subarray(20, 60)) : -1;
        if (at < 0) continue;
        const file = openSync(path, "r+");
        const byte = Buffer.alloc(1);
        readSync(file, byte, 0, 1, at);
        byte.writeUInt8(byte.readUInt8() ^ 1);
        writeSync(file, byte, 0, 1, at);
        closeSync(file);
        flipped += 1;
      }
      expect(flipped, "control: it is somewhere on the disk").to.be.greaterThan(0);
      await scrubAll();
      expect(tables()).to.deep.equal([`sealed:${nameOf(first)}`]);
      expect(await listed()).to.deep.equal([second.keyId]);
    });
    it("is looked at a bounded number at a time", async () => {
      expect(await vault.scrub(2)).to.deep.equal({ checked: 2, isRoundOver: false });
    });
  });

  it("whose place in the roll has another name costs nothing: the rows add up", async () => {
    for (const statement of ["UPDATE roll_entry SET id = 'x' WHERE id = ", "UPDATE roll_entry SET kind = 'key_sharf' WHERE id = "]) {
      await changed(`${statement}'${nameOf(first)}'`);
      expect(await loads(first)).to.equal("nothing was thrown");
      expect(tables()).to.deep.equal([]);
    }
  });

  it("of a repair's secret gives way to another one", async () => {
    const name = { keyId: first.keyId, epoch: 1 };
    await vault.repairKeys.save(name, bytes(7));
    await changed("UPDATE sealed SET body = zeroblob(10) WHERE kind = 'repair_key'");
    expect(await codeOf(() => vault.repairKeys.load(name))).to.equal("VAULT_TAMPERED");
    await vault.repairKeys.erase(name);
    await vault.repairKeys.save(name, bytes(8));
    expect(await vault.repairKeys.load(name)).to.deep.equal(bytes(8));
  });

  describe("is not forgotten where forgetting would allow something twice:", () => {
    it("lives of the keeper continue, whatever stands in their row", async () => {
      expect([await vault.boots.next(), await vault.boots.next()]).to.deep.equal([1, 2]);
      await changed("DELETE FROM boot");
      expect(await vault.boots.next()).to.equal(3);
      await changed("INSERT INTO boot VALUES (1, 0)");
      expect(await vault.boots.next()).to.equal(4);
    });
    it("a dealing is not made a second time", async () => {
      const sid = parseSessionId(hex(0x40));
      await vault.dealings.save(sid, bytes(1, 500));
      await vault.dealings.save(parseSessionId(hex(0x41)), bytes(2, 500));
      await changed(`UPDATE dealing SET dealing = zeroblob(500) WHERE sid = '${sid}'`);
      expect(await codeOf(() => vault.dealings.save(sid, bytes(3, 500)))).to.equal("VAULT_TAMPERED");
      expect(await vault.dealings.load(parseSessionId(hex(0x41)))).to.deep.equal(bytes(2, 500));
    });
    it("an answered request stays answered, and its wrong bytes are never sent", async () => {
      const { requestId } = answerFor(0x60);
      await vault.answers.save(answerFor(0x60));
      await vault.answers.save(answerFor(0x61));
      await changed(`UPDATE answer SET body = '{' WHERE request_id = '${requestId}'`);
      expect(await codeOf(() => vault.answers.find({ requestId, epoch: 1 }))).to.equal("VAULT_TAMPERED");
      expect(await codeOf(() => vault.answers.headerOf(requestId))).to.equal("VAULT_TAMPERED");
      expect((await vault.answers.find(answerFor(0x61)))?.body).to.equal("{}");
    });
    it("what waits before it is erased waits again", async () => {
      const all = [{ keyId: first.keyId, epoch: 1 }, { epoch: 1 }];
      const limits = { maxGapMilliseconds: 10_000 };
      const begun = time;
      await vault.departures.see(all, limits);
      await changed(`UPDATE departure SET seen_at = 0 WHERE key_id != ''`);
      time += 1_000;
      expect(await vault.departures.see(all, limits)).to.deep.equal([time, begun]);
      await changed(`DELETE FROM departure WHERE key_id = ''`);
      expect(await vault.departures.see(all, limits)).to.deep.equal([time, time]);
    });
    it("a proposal of an epoch is seen again, never earlier", async () => {
      const proposal = { epoch: 2, candidates: 6n };
      await vault.epochProposals.see(proposal);
      await changed("UPDATE epoch_proposal SET seen_at = 0");
      time += 1_000;
      expect(await vault.epochProposals.see(proposal)).to.equal(time);
      expect(await vault.epochProposals.see(proposal)).to.equal(time);
    });
  });

  describe("costs itself alone", () => {
    const log = (blockNumber: number) => ({
      ...{ address: hex(1, 20), topics: [hex(2)], data: "0x01", transactionHash: hex(4), logIndex: 0 },
      ...{ blockNumber, blockHash: hex(blockNumber) },
    });
    it("among pieces of work, and where old ones are pruned", async () => {
      for (const id of ["a", "b", "c"]) await vault.work.add({ id, kind: "request", payload: { blockNumber: 1 } });
      await vault.work.finish("c", "done");
      await changed("UPDATE work SET payload = '{' WHERE id IN ('a', 'c')");
      expect((await vault.work.due({ now: time })).map(({ id }) => id)).to.deep.equal(["b"]);
      expect(
        (await vault.work.due({ now: time, limit: 1 })).map(({ id }) => id),
        "which keep no others back",
      ).to.deep.equal(["b"]);
      await vault.work.prune({ kind: "request", belowBlock: 5 });
      expect(tables()).to.deep.equal(["work:a"]);
    });
    it("among transactions, and where old ones are pruned; it is written again with the next one of its name", async () => {
      for (const id of ["a", "b"]) await vault.outbox.save({ id, kind: "deal", subject: "", entry: { id, state: "mined" } });
      await changed("UPDATE outbox SET entry = '{' WHERE id = 'a'");
      expect((await vault.outbox.list()).map(({ id }) => id)).to.deep.equal(["b"]);
      await vault.outbox.prune({ kinds: ["deal"], states: ["mined"], before: 0 });
      await vault.outbox.save({ id: "a", kind: "deal", subject: "", entry: { id: "a", state: "pending" } });
      await scrubAll();
      expect(tables()).to.deep.equal([]);
    });
    it("among mirrored logs, and is made good when its block is read again", async () => {
      const follower = vault.follower<number>();
      await follower.commit({ logs: [log(1), log(2)], state: 2 });
      await changed("UPDATE mirrored_log SET data = '0x02' WHERE block_number = 1");
      expect((await vault.logs.find()).map(({ blockNumber }) => blockNumber)).to.deep.equal([2]);
      await vault.follower<number>().commit({ logs: [log(1)], state: 2 });
      expect((await vault.logs.find()).map(({ data }) => data)).to.deep.equal(["0x01", "0x01"]);
    });
    it("where the follower stood: it begins again, and does not skip blocks", async () => {
      await vault.follower<number>().commit({ logs: [log(1)], state: 12 });
      await changed("UPDATE follower SET state = '92'");
      expect(await vault.follower<number>().load()).to.equal(undefined);
      await vault.follower<number>().commit({ logs: [log(1)], state: 1 });
      expect(await vault.follower<number>().load()).to.equal(1);
    });
    it("among former operators", async () => {
      await vault.close();
      const next = { ...options, pin: { ...PIN, operator: parseAddress(hex(0x44, 20)) } };
      await replaceVaultOperator(next);
      await replaceVaultOperator(options);
      onFile("UPDATE former_operator SET operator = 'x' WHERE position = 1");
      vault = await openVault(options);
      expect(vault.formerOperators).to.deep.equal([next.pin.operator]);
      expect(tables()).to.deep.equal(["former_operator:1"]);
    });
  });

  describe("of a vault of version 8", () => {
    const fill = async (): Promise<void> => {
      await vault.dealings.save(parseSessionId(hex(0x40)), bytes(1, 500));
      await vault.outbox.save({ id: "a", kind: "deal", subject: "", entry: { id: "a" } });
      await vault.close();
      onFile(WITHOUT_VERSION_9, "INSERT INTO boot VALUES (1, 7)");
    };
    it("does not exist: all that it has is listed and marked when it is opened, and its lives continue", async () => {
      await fill();
      vault = await openVault(options);
      await scrubAll();
      expect(tables()).to.deep.equal([]);
      expect(await listed()).to.have.length(2);
      expect(await vault.boots.next()).to.equal(8);
      await changed("UPDATE outbox SET mark = NULL");
      expect(await vault.outbox.list()).to.deep.equal([]);
    });
    it("is left as it was, whole, where the migration was cut in the middle", async () => {
      await fill();
      onFile("ALTER TABLE work ADD COLUMN mark BLOB"); // its tenth statement fails
      expect(
        await openVault(options).then(
          () => "opened",
          () => "failed",
        ),
      ).to.equal("failed");
      expect(() => onFile("SELECT * FROM roll_entry")).to.throw("no such table");
      onFile("ALTER TABLE work DROP COLUMN mark");
      vault = await openVault(options);
      expect(await listed()).to.have.length(2);
    });
    for (const where of ["before-listing", "while-listing"])
      it(`is left as it was, whole, where its process was killed -9 ${where}`, async () => {
        await fill();
        const child = spawn(process.execPath, [MIGRATOR, place.directory, place.keyFile, where], { stdio: "ignore" });
        expect((await once(child, "close"))[1], "control: it was killed, it did not end").to.equal("SIGKILL");
        expect(() => onFile("SELECT * FROM roll_entry")).to.throw("no such table");
        vault = await openVault(options);
        await scrubAll();
        expect(tables()).to.deep.equal([]);
        expect(await vault.boots.next()).to.equal(8);
      });
    it("is refused where its secrets do not add up: nothing says which of them are right", async () => {
      await fill();
      onFile(`DELETE FROM sealed WHERE id = '${nameOf(first)}'`);
      expect(await codeOf(() => openVault(options))).to.equal("VAULT_TAMPERED");
      expect(() => onFile("SELECT * FROM roll_entry")).to.throw("no such table");
    });
    it("is not touched by somebody with another key", async () => {
      await fill();
      const other = { ...options, keyEncryptionKey: { ...options.keyEncryptionKey, derive: async () => bytes(9) } };
      expect(await codeOf(() => openVault(other))).to.equal("VAULT_WRONG_KEY");
      expect(() => onFile("SELECT * FROM roll_entry")).to.throw("no such table");
    });
  });
});
