import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseRequestId } from "@keyquorum/wire";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import { auditEntry, bytes, codeOf, createPlace, hex, openBehind, optionsFor, shareRecord } from "../testing/fixtures.ts";
import { ANSWERS_OF_VERSION_9, bodyOfVersion9, TRANSACTIONS_OF_VERSION_9, writeVaultOfVersion9 } from "../testing/vaultOfVersion9.ts";
import { openVault, type Vault, type VaultOptions } from "../vault.ts";

const MIGRATOR = fileURLToPath(new URL("../testing/crashingMigrator.ts", import.meta.url));
/** At how many steps of the migration its process is killed; KEYQUORUM_CRASH_ROUNDS=1000 for every one. */
const ROUNDS = Number(process.env.KEYQUORUM_CRASH_ROUNDS ?? 6);

describe("a vault of version 9", () => {
  let place: ReturnType<typeof createPlace>;
  let options: VaultOptions;
  let vault: Vault | undefined;

  beforeEach(async () => {
    place = createPlace();
    options = await optionsFor(place);
    writeVaultOfVersion9(place.directory);
  });
  afterEach(async () => {
    await vault?.close().catch(() => undefined);
    vault = undefined;
    place.remove();
  });

  const onFile = (...statements: string[]): void => {
    const database = openBehind(place.directory);
    for (const statement of statements) database.exec(statement);
    database.close();
  };
  const open = async (): Promise<Vault> => {
    vault = await openVault(options);
    return vault;
  };
  const named = (requestByte: number, epoch: number) => ({ requestId: parseRequestId(hex(requestByte)), epoch });
  const bodyIn = async (opened: Vault, requestByte: number, epoch: number) => (await opened.answers.find(named(requestByte, epoch)))?.body;
  const scrubbed = async (opened: Vault): Promise<readonly string[]> => {
    while (!(await opened.scrub(20)).isRoundOver);
    return opened.damage().map(({ table, id }) => `${table}:${id}`);
  };

  const expectWhole = async (opened: Vault): Promise<void> => {
    for (const [request, epoch] of ANSWERS_OF_VERSION_9) {
      const stored = await opened.answers.find(named(request, epoch));
      expect([stored?.body, stored?.answer]).to.deep.equal([bodyOfVersion9(request, epoch), bytes(epoch, 162)]);
    }
    expect((await opened.outbox.list()).map(({ id, kind, subject }) => [id, kind, subject])).to.have.deep.members(
      TRANSACTIONS_OF_VERSION_9.map((transaction) => [...transaction]),
    );
    expect(await opened.keyShares.load(shareRecord(), shareRecord())).to.deep.equal(shareRecord());
    expect(await opened.epochSecrets.load(1)).to.deep.equal(bytes(0x31));
    expect((await opened.audit.verify()).count).to.equal(1);
    expect(await opened.follower().load()).to.deep.equal({ next: 3 });
    expect(await opened.logs.find()).to.have.length(2);
    expect(await opened.work.due({ now: options.clock() })).to.have.length(1);
    expect(await scrubbed(opened)).to.deep.equal([]);
  };

  it("gives every answer again with the same bytes, and knows what each transaction does", async () => {
    await expectWhole(await open());
    await vault?.close();
    await expectWhole(await open());
  });
  it("continues: no second answer in an epoch, none for another header, and its lives are counted on", async () => {
    const opened = await open();
    const answer = { ...named(0x60, 2), answer: bytes(9, 162), body: "{}", keepUntil: 1_700_000_720_000 };
    const stored = await opened.answers.find(named(0x60, 2));
    const { headerHash, requestId } = stored as NonNullable<typeof stored>;
    expect(await opened.answers.save({ ...answer, headerHash })).to.deep.equal(stored);
    const other = auditEntry(1).headBlock;
    for (const epoch of [1, 2, 7])
      expect(await codeOf(() => opened.answers.save({ ...answer, epoch, headerHash: other }))).to.equal("ANSWER_CONFLICT");
    expect(await opened.answers.headerOf(requestId)).to.equal(headerHash);
    expect(await opened.boots.next()).to.equal(3);
  });
  it("has nothing left of what it was migrated from", async () => {
    await open();
    const database = openBehind(place.directory);
    expect(database.prepare("SELECT name FROM sqlite_master WHERE name LIKE '%before%'").all()).to.deep.equal([]);
    database.close();
  });

  describe("where a row of it is damaged", () => {
    const damagedAnswer = (set: string, request = hex(0x60)) => onFile(`UPDATE answer SET ${set} WHERE request_id = '${request}'`);

    for (const [what, set] of [
      ["its answer", "answer = zeroblob(162)"],
      ["the header that it was for", `header_hash = '${hex(0x99)}'`],
      ["its body", "receipt = '{'"],
      ["its mark", "mark = zeroblob(16)"],
      ["the mark, gone,", "mark = NULL"],
    ] as const)
      it(`${what} costs that answer: it is not given, not made again, and the others are`, async () => {
        damagedAnswer(set);
        const opened = await open();
        expect(await codeOf(() => opened.answers.find(named(0x60, 1)))).to.equal("VAULT_TAMPERED");
        for (const epoch of [2, 3]) expect(await bodyIn(opened, 0x60, epoch)).to.equal(bodyOfVersion9(0x60, epoch));
        expect(await bodyIn(opened, 0x61, 2)).to.equal(bodyOfVersion9(0x61, 2));
        expect(await scrubbed(opened)).to.not.deep.equal([]);
      });
    it("the only answer to a request stays in the way of any other to it", async () => {
      damagedAnswer("answer = zeroblob(1)", hex(0x61));
      const opened = await open();
      expect(await codeOf(() => opened.answers.headerOf(named(0x61, 2).requestId))).to.equal("VAULT_TAMPERED");
      for (const epoch of [1, 2]) expect(await codeOf(() => opened.answers.find(named(0x61, epoch)))).to.equal("VAULT_TAMPERED");
    });
    it("a later epoch's answer costs that epoch's alone", async () => {
      damagedAnswer("answer = zeroblob(1)", SECOND_OF_60);
      const opened = await open();
      expect(await codeOf(() => opened.answers.find(named(0x60, 2)))).to.equal("VAULT_TAMPERED");
      for (const epoch of [1, 3]) expect(await bodyIn(opened, 0x60, epoch)).to.equal(bodyOfVersion9(0x60, epoch));
    });
    it("an answer whose body names another request keeps both from being answered", async () => {
      damagedAnswer(`receipt = replace(receipt, '${hex(0x60)}', '${hex(0x62)}')`);
      const opened = await open();
      for (const request of [0x60, 0x62]) expect(await codeOf(() => opened.answers.find(named(request, 1)))).to.equal("VAULT_TAMPERED");
    });
    it("a transaction is dropped, is no transaction of another kind, and is pruned with those of its kind", async () => {
      onFile(`UPDATE outbox SET entry = replace(entry, '"pending"', '"final"') WHERE id = 'epochKey:2'`);
      const opened = await open();
      expect(await opened.outbox.list()).to.have.length(TRANSACTIONS_OF_VERSION_9.length - 1);
      expect(await opened.outbox.subjectOf("epochKey:2")).to.equal(undefined);
      expect(await scrubbed(opened)).to.deep.equal(["outbox:epochKey:2"]);
      expect(await opened.outbox.prune({ kinds: ["epochKey"], states: ["final"], before: options.clock() + 1 })).to.equal(1);
    });
  });

  describe("whose process is killed -9 while it is migrated", () => {
    const migrateUntil = async (where: string) => {
      const child = spawn(process.execPath, [MIGRATOR, place.directory, place.keyFile, where], { stdio: ["ignore", "pipe", "ignore"] });
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
      const [, signal] = await once(child, "close");
      return { signal, output };
    };

    it("opens afterwards, at whatever step it was, with every answer and transaction", async function () {
      this.timeout((ROUNDS + 2) * 20_000);
      const { output, signal } = await migrateUntil("none");
      const steps = Number(output);
      expect([signal, steps > 30], "control: without a kill it ends, and has steps").to.deep.equal([null, true]);
      const dice = rollDice("vault migration crash");
      const drawn = Array.from({ length: ROUNDS }, () => 1 + dice.below(steps));
      const all = Array.from({ length: steps }, (_, index) => index + 1);
      for (const step of ROUNDS < steps ? drawn : all) {
        place.remove();
        place = createPlace();
        options = await optionsFor(place);
        writeVaultOfVersion9(place.directory);
        expect((await migrateUntil(String(step))).signal, `control: killed at ${step} of ${steps}`).to.equal("SIGKILL");
        await expectWhole(await open());
        await vault?.close();
      }
    });
  });
});

/** The name that version 9 gave the answer to 0x60.. in epoch 2: keccak256 of both. */
const SECOND_OF_60 = "0x1152287edea0914b38debeef85514ab72ac0d0f7116d0c3565c8d5d267cdd775";
