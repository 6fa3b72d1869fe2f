import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAddress, parseKeyId } from "@keyquorum/wire";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import { openDatabase } from "../database/nodeSqlite.ts";
import { replaceVaultOperator } from "../replaceOperator.ts";
import {
  auditEntry,
  bytes,
  changeBehind,
  codeOf,
  createPlace,
  filesWith,
  hex,
  openBehind,
  optionsFor,
  PIN,
  shareRecord,
} from "../testing/fixtures.ts";
import { restoreSnapshot, type Snapshot, snapshotOf, snapshotsDuring, tornBetween } from "../testing/snapshots.ts";
import { createVault, openVault, type Vault, type VaultOptions } from "../vault.ts";

const at = (key: string) => ({ extension: "parity", table: "rows", key });
const REPAIR = { keyId: parseKeyId(hex(0x10)), epoch: 1 };

describe("the two files of a vault", () => {
  let place: ReturnType<typeof createPlace>;
  let options: VaultOptions;
  let vault: Vault;
  beforeEach(async () => {
    place = createPlace();
    options = await optionsFor(place);
    vault = await createVault({ ...options, secrets: { identity: bytes(5) } });
    for (const epoch of [1, 2]) await vault.epochSecrets.save(epoch, bytes(epoch));
    await vault.sealedTables.put(at("a"), bytes(0x51, 100));
    await vault.close();
    vault = await openVault(options); // nothing is due
  });
  afterEach(async () => {
    await vault.close().catch(() => undefined);
    place.remove();
  });

  /** Sealed bytes of a secret, as they lie in the file. */
  const sealedOf = (kind: string, id: string): readonly Uint8Array[] => {
    const database = openBehind(place.directory);
    const rows = database.prepare("SELECT wrapped_key, body FROM sealed WHERE kind = ? AND id = ?").all(kind, id);
    database.close();
    return rows.flatMap((row) => Object.values(row) as Uint8Array[]);
  };
  /** Nothing is damaged, and the file of secrets has the secrets that the roll has, no others and none twice. */
  const expectWhole = async (opened: Vault, where: string): Promise<void> => {
    expect(opened.damage(), where).to.deep.equal([]);
    const database = openBehind(place.directory);
    const listed = database.prepare("SELECT kind, id FROM roll_entry WHERE kind != 'check' ORDER BY kind, id").all();
    const there = database.prepare("SELECT kind, id FROM secrets.sealed ORDER BY kind, id").all();
    const due = database.prepare("SELECT * FROM secrets.compaction").all();
    database.close();
    expect([there, due], where).to.deep.equal([listed, []]);
    expect(await opened.secrets.load("identity"), where).to.deep.equal(bytes(5));
    expect(await opened.epochSecrets.load(2), where).to.deep.equal(bytes(2));
    while (!(await opened.scrub(50)).isRoundOver);
    expect(opened.damage(), where).to.deep.equal([]);
  };
  /** Opens what is left at each moment of a work, and looks at it; then once more, with nothing left to be finished. */
  const atEachMoment = async (snapshots: readonly Snapshot[], look: (opened: Vault) => Promise<string>, using = options) => {
    const outcomes: string[] = [];
    for (const [number, snapshot] of snapshots.entries()) {
      restoreSnapshot(place.directory, snapshot);
      for (const time of ["first", "second"]) {
        vault = await openVault(using);
        const outcome = await look(vault);
        await expectWhole(vault, `${time} start at moment ${number} of ${snapshots.length}: ${outcome}`);
        if (time === "second") expect(outcome).to.equal(outcomes.at(-1));
        else outcomes.push(outcome);
        await vault.close();
      }
    }
    return outcomes;
  };
  /** As a crash at any moment leaves it, then as a power cut in the middle of any write does. */
  const forEveryCut = async (work: () => Promise<unknown>, look: (opened: Vault) => Promise<string>, [before, after]: [string, string]) => {
    const snapshots = await snapshotsDuring(place.directory, work);
    await vault.close();
    const outcomes = await atEachMoment(snapshots, look);
    const turn = outcomes.indexOf(after);
    expect(outcomes, "first the one, then the other").to.deep.equal(outcomes.map((_, index) => (index < turn ? before : after)));
    expect([turn > 0, outcomes.length > 2], "control: it is cut before, behind, and between the files").to.deep.equal([true, true]);
    const torn = tornBetween(snapshots, rollDice("torn writes").below);
    expect(torn.length, "control: logs grew").to.be.greaterThan(1);
    expect([before, after]).to.include.members(await atEachMoment(torn, look));
  };

  describe("where a process is killed, or the power is cut, at any moment", () => {
    it("have a new secret whole, or not at all", async () => {
      const look = async (opened: Vault) => String((await opened.epochSecrets.load(7))?.length ?? "none");
      await forEveryCut(() => vault.epochSecrets.save(7, bytes(7)), look, ["none", "32"]);
    });
    it("have an erased secret whole, or no byte of it", async () => {
      const sealed = sealedOf("epoch_secret", "1");
      const look = async (opened: Vault) => {
        const isThere = (await opened.epochSecrets.load(1)) !== undefined;
        for (const part of sealed) expect(filesWith(place.directory, part).length > 0).to.equal(isThere);
        return isThere ? "there" : "gone";
      };
      expect(sealed).to.have.length(2);
      await forEveryCut(() => vault.epochSecrets.erase(1), look, ["there", "gone"]);
    });
    it("have the former value of an extension's row, or the new one, and no byte of the other", async () => {
      const [former] = [sealedOf("extension", "parity/rows/a")];
      const look = async (opened: Vault) => {
        const value = String((await opened.sealedTables.get(at("a")))?.length);
        for (const part of former) expect(filesWith(place.directory, part).length > 0, value).to.equal(value === "100");
        return value;
      };
      await forEveryCut(() => vault.sealedTables.put(at("a"), bytes(0x52, 101)), look, ["100", "101"]);
    });
    it("have all of a transaction that adds, replaces and erases, or nothing of it", async () => {
      const look = async (opened: Vault) => {
        const found = [
          await opened.epochSecrets.list(),
          (await opened.keyShares.list()).length,
          await opened.sealedTables.list({ extension: "parity", table: "rows" }),
          (await opened.sealedTables.get(at("a")))?.length,
          (await opened.repairKeys.list()).length,
        ];
        return JSON.stringify(found);
      };
      const work = () =>
        vault.transaction(async (tx) => {
          await tx.epochSecrets.save(3, bytes(3));
          await tx.keyShares.save(shareRecord());
          await tx.epochSecrets.erase(1);
          await tx.sealedTables.put(at("a"), bytes(0x52, 101));
          await tx.sealedTables.put(at("b"), bytes(0x53));
          await tx.repairKeys.save(REPAIR, bytes(4));
          await tx.repairKeys.erase(REPAIR);
        });
      await forEveryCut(work, look, ['[[1,2],0,["a"],100,0]', '[[2,3],1,["a","b"],101,0]']);
    });
    it("have an erased secret that is written again at once", async () => {
      const look = async (opened: Vault) => String((await opened.sealedTables.get(at("a")))?.length ?? "none");
      const work = () => Promise.all([vault.sealedTables.delete(at("a")), vault.sealedTables.put(at("a"), bytes(9, 9))]);
      const outcomes = await atEachMoment(await snapshotsDuring(place.directory, work), look);
      expect(new Set(outcomes)).to.deep.equal(new Set(["100", "none", "9"]));
    });
    it("belong to the one operator or the other", async () => {
      await vault.close();
      const next = { ...options, pin: { ...PIN, operator: parseAddress(hex(0x44, 20)) } };
      const snapshots = await snapshotsDuring(place.directory, () => replaceVaultOperator(next));
      const sealed = sealedOf("epoch_secret", "1");
      const bound: boolean[] = [];
      for (const snapshot of snapshots) {
        restoreSnapshot(place.directory, snapshot);
        const code = await codeOf(async () => (await openVault(options)).close());
        bound.push(code === "VAULT_FOREIGN");
        restoreSnapshot(place.directory, snapshot);
        await atEachMoment(
          [snapshot],
          async (opened) => String((await opened.epochSecrets.load(1))?.length),
          code === "VAULT_FOREIGN" ? next : options,
        );
        for (const part of sealed) expect(filesWith(place.directory, part).length > 0).to.equal(code === "VAULT_FOREIGN");
      }
      expect(bound.indexOf(true)).to.be.within(2, bound.length - 2);
      expect(bound.lastIndexOf(false)).to.equal(bound.indexOf(true) - 1);
    });
    it("are made whole, or made again", async () => {
      await vault.close();
      restoreSnapshot(place.directory, new Map());
      const snapshots = await snapshotsDuring(place.directory, async () => {
        vault = await createVault({ ...options, secrets: { identity: bytes(6) } });
      });
      await vault.close();
      const codes = new Set<string>();
      for (const snapshot of snapshots) {
        restoreSnapshot(place.directory, snapshot);
        const code = await codeOf(async () => {
          vault = await openVault(options);
        });
        codes.add(code);
        if (code === "VAULT_MISSING") vault = await createVault({ ...options, secrets: { identity: bytes(6) } });
        expect(await vault.secrets.load("identity")).to.deep.equal(bytes(6));
        expect(vault.damage()).to.deep.equal([]);
        await vault.close();
      }
      expect(codes).to.deep.equal(new Set(["VAULT_MISSING", "nothing was thrown"]));
    });
  });

  describe("of different times", () => {
    /** Both files as they were once, and what was done to them until then. */
    const moments: { readonly name: string; readonly files: Snapshot }[] = [];
    const DONE = "nothing was thrown";
    const remember = async (name: string, work: (opened: Vault) => Promise<unknown>): Promise<void> => {
      await work(vault);
      await vault.close();
      moments.push({ name, files: snapshotOf(place.directory) });
      vault = await openVault(options);
    };
    const pair = async (records: Snapshot, secrets: Snapshot): Promise<string> => {
      const files = [...records]
        .filter(([name]) => name.startsWith("vault"))
        .concat([...secrets].filter(([name]) => name.startsWith("secrets")));
      restoreSnapshot(place.directory, new Map(files));
      return codeOf(async () => {
        vault = await openVault(options);
        await vault.close();
      });
    };

    /** A vault that nobody has opened again since it was made. */
    const makeAnew = async (): Promise<void> => {
      await vault.close();
      restoreSnapshot(place.directory, new Map());
      vault = await createVault({ ...options, secrets: { identity: bytes(5) } });
    };
    /** As any program leaves it that opens a file of no bytes. */
    const emptyDatabase = (path: string): void => {
      writeFileSync(path, "");
      openDatabase(path).raw.close();
      expect(readFileSync(path).length, "control").to.be.greaterThan(0);
    };

    it("are refused, whichever is the older one; only a secret that no record names yet is taken back", async () => {
      moments.length = 0;
      await remember("first", async () => undefined);
      await remember("saved 3", (opened) => opened.epochSecrets.save(3, bytes(3)));
      await remember("saved 4", (opened) => opened.epochSecrets.save(4, bytes(4)));
      await remember("erased 3", (opened) => opened.epochSecrets.erase(3));
      await remember("erased 4", (opened) => opened.epochSecrets.erase(4));
      await remember("replaced a", (opened) => opened.sealedTables.put(at("a"), bytes(0x52)));
      await remember("replaced a again", (opened) => opened.sealedTables.put(at("a"), bytes(0x53)));
      const refused: string[] = [];
      const accepted: string[] = [];
      for (const [index, { files: records }] of moments.entries())
        for (const [other, { files: secrets }] of moments.entries()) {
          const code = await pair(records, secrets);
          if (index === other) expect(code, "control").to.equal(DONE);
          else if (code === "VAULT_TAMPERED") refused.push(`${index} ${other}`);
          else accepted.push(`${index} ${other} ${code}`);
        }
      // As a crash behind the secret's write leaves them, to the byte.
      expect(accepted).to.deep.equal([`0 1 ${DONE}`, `1 2 ${DONE}`]);
      expect(refused).to.have.length(7 * 6 - 2);
    });
    for (const [what, work] of [
      ["a record of an answer", (opened: Vault) => opened.audit.append(auditEntry(1))],
      ["work", (opened: Vault) => opened.work.add({ id: "w", kind: "k", payload: 1 })],
      [
        "a place in the chain",
        (opened: Vault) => opened.follower({ extension: "parity", name: "bridge" }).commit({ state: { next: 1 }, logs: [] }),
      ],
      [
        "a transaction of its own",
        (opened: Vault) => opened.transaction(async (tx) => tx.departures.see([REPAIR], { maxGapMilliseconds: 100 })),
      ],
    ] as const)
      it(`are refused where the one of records is older than ${what} that came before the newest secret, and nothing is lost`, async () => {
        const older = snapshotOf(place.directory);
        await work(vault);
        const cut = snapshotOf(place.directory);
        await vault.epochSecrets.save(3, bytes(3));
        const newest = snapshotOf(place.directory);
        await vault.close();
        expect(await pair(older, newest)).to.equal("VAULT_TAMPERED");
        const left = snapshotOf(place.directory);
        restoreSnapshot(
          place.directory,
          new Map(
            [...newest].filter(([name]) => name.startsWith("vault")).concat([...left].filter(([name]) => name.startsWith("secrets"))),
          ),
        );
        vault = await openVault(options);
        expect(await vault.epochSecrets.load(3), "with the newest records").to.deep.equal(bytes(3));
        await vault.close();
        expect(await pair(cut, newest), "control: as a crash leaves them").to.equal(DONE);
      });
    it("are left as they are where they are refused", async () => {
      moments.length = 0;
      await remember("first", async () => undefined);
      await remember("saved", (opened) => opened.epochSecrets.save(3, bytes(3)));
      await remember("saved", (opened) => opened.epochSecrets.save(4, bytes(4)));
      const [first, , last] = moments.map(({ files }) => files) as [Snapshot, Snapshot, Snapshot];
      expect(await pair(first, last)).to.equal("VAULT_TAMPERED");
      expect(
        snapshotOf(place.directory)
          .get("secrets.sqlite")
          ?.equals(last.get("secrets.sqlite") as Buffer),
      ).to.equal(true);
      expect(await pair(last, last), "put together again").to.equal(DONE);
    });
    it("are refused where the one of secrets is gone, empty, or of another vault with the same key", async () => {
      await vault.close();
      const own = snapshotOf(place.directory);
      const other = createPlace();
      const another = await createVault({
        ...(await optionsFor(other)),
        keyEncryptionKey: options.keyEncryptionKey,
        secrets: { identity: bytes(5) },
      });
      await another.close();
      expect(await pair(own, new Map())).to.equal("VAULT_TAMPERED");
      expect(readdirSync(place.directory), "none is made in its place").to.not.include("secrets.sqlite");
      expect(await codeOf(() => createVault(options))).to.equal("VAULT_EXISTS");
      expect(await pair(own, new Map([["secrets.sqlite", Buffer.alloc(0)]]))).to.equal("VAULT_TAMPERED");
      expect(await pair(own, snapshotOf(other.directory))).to.equal("VAULT_TAMPERED");
      expect(await pair(new Map(), own)).to.equal("VAULT_MISSING");
      expect(await codeOf(() => createVault(options)), "init does not overwrite secrets").to.equal("VAULT_EXISTS");
      other.remove();
      expect(await pair(own, own)).to.equal(DONE);
    });
    for (const [what, empty] of [
      ["was cut to nothing", (path: string) => writeFileSync(path, "")],
      ["is a database without a table", emptyDatabase],
    ] as const)
      for (const [which, use] of [
        ["a vault in use", async () => undefined],
        ["one with its own secrets only", () => makeAnew()],
      ] as const)
        it(`are kept where the one of records ${what}: of ${which}`, async () => {
          await use();
          await vault.close();
          const whole = snapshotOf(place.directory);
          const [records, secrets] = [join(place.directory, "vault.sqlite"), join(place.directory, "secrets.sqlite")];
          empty(records);
          const next = { ...options, pin: { ...PIN, operator: parseAddress(hex(0x44, 20)) } };
          for (const [work, code] of [
            [() => openVault(options), "VAULT_TAMPERED"],
            [() => createVault(options), "VAULT_EXISTS"],
            [() => replaceVaultOperator(next), what === "was cut to nothing" ? "VAULT_TAMPERED" : "VAULT_MISSING"],
            [() => createVault({ ...options, secrets: { identity: bytes(6) } }), "VAULT_EXISTS"],
          ] as const)
            expect(await codeOf(work)).to.equal(code);
          expect(readFileSync(secrets).equals(whole.get("secrets.sqlite") as Buffer)).to.equal(true);
          restoreSnapshot(place.directory, new Map([...snapshotOf(place.directory), ...whole]));
          vault = await openVault(options);
          expect([vault.damage(), await vault.secrets.load("identity")]).to.deep.equal([[], bytes(5)]);
        });
    for (const [what, statement] of [
      ["changed", `UPDATE state SET state = replace(state, '"erased":0', '"erased":1')`],
      ["deleted", "DELETE FROM state"],
      ["marked by somebody else", "UPDATE state SET mark = zeroblob(16)"],
    ] as const)
      it(`are refused where what the file of secrets says of itself was ${what}`, async () => {
        await vault.close();
        changeBehind(place.directory, statement);
        expect(await codeOf(() => openVault(options))).to.equal("VAULT_TAMPERED");
      });
    it("are refused where a row stands there twice", async () => {
      await vault.close();
      changeBehind(
        place.directory,
        "INSERT INTO secrets.sealed SELECT 99, kind, id, version, wrapped_key, body FROM secrets.sealed WHERE id = '1'",
      );
      expect(await codeOf(() => openVault(options))).to.equal("VAULT_TAMPERED");
    });
  });
});
