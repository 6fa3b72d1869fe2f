import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate } from "node:timers";
import { setTimeout as delay } from "node:timers/promises";
import { parseSessionId } from "@keyquorum/wire";
import { expect } from "chai";
import { createCompaction } from "./compaction/compaction.ts";
import { createDamageBook } from "./damage.ts";
import { vaultFiles } from "./database/files.ts";
import { openDatabase, type VaultFile } from "./database/nodeSqlite.ts";
import { openReader, type VaultReader } from "./database/reader.ts";
import { loadSealer } from "./kekRecord.ts";
import { openSecretsFile, type SecretsFile } from "./secrets/secretsFile.ts";
import { createFollowerCursor } from "./stores/follower.ts";
import type { VaultStores } from "./stores/types/vaultStores.ts";
import { answerFor, auditEntry, bytes, codeOf, createPlace, hex, optionsFor } from "./testing/fixtures.ts";
import { createTransactions, type Transactions } from "./transactions.ts";
import { createVault, openVault, type VaultOptions } from "./vault.ts";

const brief = { brief: true };
const release = (number: number) => async (tx: VaultStores) => {
  await tx.answers.save(answerFor(number));
  return (await tx.audit.append(auditEntry(number))).seq;
};
const numbers = (count: number, first = 1): number[] => Array.from({ length: count }, (_, index) => first + index);
const settled = async (works: readonly Promise<unknown>[]): Promise<unknown[]> =>
  (await Promise.allSettled(works)).map((one) => (one.status === "fulfilled" ? one.value : (one.reason as { code?: string }).code));

describe("writers of a vault", () => {
  let place: ReturnType<typeof createPlace>;
  let options: VaultOptions;
  let file: VaultFile;
  let reader: VaultReader;
  let secrets: SecretsFile;
  let vault: Transactions;
  /** What was run at the borders of transactions, and what else tests note. */
  let log: string[];
  let failsAt: string | undefined;
  let draws: number;
  const commits = () => log.filter((entry) => entry === "COMMIT").length;

  beforeEach(async () => {
    place = createPlace();
    options = await optionsFor(place);
    await (await createVault(options)).close();
    const opened = openDatabase(vaultFiles(place.directory).database);
    [log, failsAt, draws] = [[], undefined, 0];
    file = {
      ...opened,
      exec: (sql) => {
        log.push(sql);
        if (sql === failsAt) throw new RangeError("mallory pulled the plug");
        opened.exec(sql);
      },
    };
    const random = (length: number): Uint8Array => {
      draws += 1;
      return options.random(length);
    };
    const sealer = await loadSealer(file.db, { ...options, random });
    reader = openReader(vaultFiles(place.directory).database, file.guarded);
    secrets = openSecretsFile(vaultFiles(place.directory).secrets, file.guarded);
    vault = createTransactions({
      ...{ file, reader, secretsFile: secrets, state: await secrets.state(sealer), compact: createCompaction(secrets.file) },
      ...{ sealer, damage: createDamageBook(), clock: options.clock, limitMilliseconds: 40 },
    });
  });
  afterEach(async () => {
    await closeAll();
    place.remove();
  });
  const closeAll = async (): Promise<void> => {
    for (const one of [reader, secrets, file]) await one.close();
  };
  const found = async (count: number, first = 1) =>
    (await Promise.all(numbers(count, first).map((number) => vault.stores.answers.find({ ...answerFor(number) })))).filter(
      (answer) => answer !== undefined,
    ).length;

  describe("that come together", () => {
    it("wait for nobody where nobody writes: the first is durable within its own turn of the event loop", async () => {
      let hasTurned = false;
      setImmediate(() => {
        hasTurned = true;
      });
      await vault.transact(release(1), brief);
      expect([commits(), hasTurned]).to.deep.equal([1, false]);
    });
    it("share a commit and one seal of the roll behind the first, and the chain of records is one", async () => {
      const first = vault.transact(release(1), brief);
      const others = numbers(15, 2).map((number) => vault.transact(release(number), brief));
      expect(await Promise.all([first, ...others])).to.deep.equal(numbers(16));
      expect(commits()).to.equal(2);
      expect(draws, "a key and two nonces for each roll").to.equal(6);
      expect((await vault.stores.audit.verify()).count).to.equal(16);
      expect(await found(16)).to.equal(16);
    });
    it("share it when they come one by one in one turn of the event loop behind a commit", async () => {
      await vault.transact(release(1), brief);
      const works: Promise<unknown>[] = [];
      for (const number of numbers(5, 2)) {
        works.push(vault.transact(release(number), brief));
        for (let step = 0; step < 100; step += 1) await Promise.resolve();
      }
      await Promise.all(works);
      expect(commits()).to.equal(2);
    });
    it("are told when it is done, not before", async () => {
      await Promise.all(numbers(4).map((number) => vault.transact(release(number), brief).then(() => log.push(`told ${number}`))));
      const order = log.filter((entry) => entry === "COMMIT" || entry.startsWith("told"));
      expect(order).to.deep.equal(["COMMIT", "told 1", "COMMIT", "told 2", "told 3", "told 4"]);
    });
    it("are at most 64 for each commit", async () => {
      await Promise.all(numbers(130).map((number) => vault.stores.audit.append(auditEntry(number))));
      expect(commits()).to.equal(1 + 2 + 1);
    });
    it("keep the contexts of their callers", async () => {
      const caller = new AsyncLocalStorage<number>();
      const seen = numbers(3).map((number) => caller.run(number, () => vault.transact(async () => caller.getStore(), brief)));
      expect(await Promise.all(seen)).to.deep.equal([1, 2, 3]);
    });
    it("do not wait for one whose work waits for something else", async () => {
      const works = [vault.transact(release(1), brief), vault.transact(release(2), brief)];
      const long = vault.transact(async (tx) => {
        await delay(15);
        return release(3)(tx);
      });
      const behind = vault.transact(release(4), brief);
      expect(await Promise.race([long, Promise.all(works)])).to.deep.equal([1, 2]);
      expect(await Promise.all([long, behind])).to.deep.equal([3, 4]);
      expect(commits()).to.equal(4);
    });
  });

  describe("where one fails", () => {
    it("takes back its own statements and its part of the roll alone", async () => {
      const works = numbers(6).map((number) =>
        vault.transact(async (tx) => {
          await tx.epochSecrets.save(number, bytes(number));
          const seq = await release(number)(tx);
          if (number % 2 === 0) throw Object.assign(new RangeError("no"), { code: `own ${number}` });
          return seq;
        }, brief),
      );
      expect(await settled(works)).to.deep.equal([1, "own 2", 2, "own 4", 3, "own 6"]);
      expect(commits()).to.equal(2);
      expect((await vault.stores.audit.verify()).count).to.equal(3);
      expect(await vault.stores.epochSecrets.list()).to.deep.equal([1, 3, 5]);
      expect(await found(6)).to.equal(3);
      await closeAll();
      const again = await openVault(options);
      expect([again.damage(), (await again.audit.verify()).count]).to.deep.equal([[], 3]);
      await again.close();
    });
    it("gives a second answer to a request the bytes of the first, and refuses another header, within one commit", async () => {
      const save = (header: number) => vault.stores.answers.save({ ...answerFor(7, header), body: `${header}` });
      const [, ...others] = [vault.stores.boots.next(), save(1), save(1), save(2)];
      const [first, second, other] = await settled(others);
      expect(second).to.deep.equal(first);
      expect(other).to.equal("ANSWER_CONFLICT");
    });
    it("fails all where the commit fails, also whom it would have refused; and continues", async () => {
      await vault.transact(release(1), brief);
      failsAt = "COMMIT";
      const refused = vault.transact(async () => Promise.reject(Object.assign(new Error(), { code: "own" })), brief);
      const works = [...numbers(3, 2).map((number) => vault.transact(release(number), brief)), refused];
      expect((await Promise.allSettled(works)).map((one) => (one.status === "rejected" ? one.reason : one))).to.satisfy((all: unknown[]) =>
        all.every((error) => error instanceof RangeError),
      );
      failsAt = undefined;
      expect(await found(3, 2)).to.equal(0);
      expect(await vault.transact(release(9), brief)).to.equal(2);
      expect((await vault.stores.audit.verify()).count).to.equal(2);
    });
    it("fails those who wrote where the disk is full in the middle, and lets the others begin again", async () => {
      file.raw.exec("PRAGMA max_page_count = 60");
      const dealing = (number: number, length: number) => vault.stores.dealings.save(parseSessionId(hex(number)), bytes(number, length));
      const works = [vault.transact(release(1), brief), dealing(2, 10), dealing(3, 400_000), vault.transact(release(4), brief)];
      const [first, second, third, fourth] = await settled(works);
      expect([first, third, fourth]).to.deep.equal([1, "VAULT_DISK_FULL", 2]);
      expect(await vault.stores.dealings.load(parseSessionId(hex(2)))).to.deep.equal(
        second === "VAULT_DISK_FULL" ? undefined : bytes(2, 10),
      );
      expect((await vault.stores.audit.verify()).count).to.equal(2);
    });
  });

  describe("that never end", () => {
    it("are taken back with VAULT_TIMEOUT; what they do later is refused, and nobody waits longer", async () => {
      let resume: () => void = () => undefined;
      let late: Promise<string> | undefined;
      const endless = vault.transact(async (tx) => {
        await release(1)(tx);
        late = new Promise<void>((resolve) => {
          resume = resolve;
        }).then(() => codeOf(() => release(2)(tx)));
        await late;
      });
      const behind = vault.transact(release(3), brief);
      expect(await codeOf(() => endless)).to.equal("VAULT_TIMEOUT");
      expect(await behind).to.equal(1);
      resume();
      expect(await late).to.equal("VAULT_MISUSED");
      expect(await found(3)).to.equal(1);
    });
    it("change nothing later of what the roll is to say, either", async () => {
      let resume: () => void = () => undefined;
      let late: Promise<string> | undefined;
      const endless = vault.transact(async (tx) => {
        await tx.brokenFinality.load(); // the roll is open
        late = new Promise<void>((resolve) => {
          resume = resolve;
        }).then(() => codeOf(() => tx.brokenFinality.save({ block: 1 })));
        await late;
      });
      expect(await codeOf(() => endless)).to.equal("VAULT_TIMEOUT");
      const behind = vault.transact(async (tx) => {
        await release(3)(tx);
        resume();
        return late;
      });
      expect(await behind).to.equal("VAULT_MISUSED");
      expect(await vault.stores.brokenFinality.load()).to.equal(undefined);
    });
    it("are refused in the statements of a follower, too, when its effects end late", async () => {
      const sealer = await loadSealer(file.db, options);
      const cursor = createFollowerCursor<{ at: number }>(vault.transact, { sealer, damage: createDamageBook() });
      const commit = cursor.commit({ logs: [], state: { at: 1 } }, () => delay(60));
      expect(await codeOf(() => commit)).to.equal("VAULT_TIMEOUT");
      await delay(40);
      expect(await cursor.load()).to.equal(undefined);
    });
  });

  it("fail at once where the file was closed beneath them", async () => {
    await file.db.destroy();
    const works = [vault.transact(release(1), brief), vault.transact(release(2), brief)];
    expect((await Promise.allSettled(works)).map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
  });
  it("that wait when it is closed are refused; what has begun is durable", async () => {
    const [begun, waiting] = [vault.transact(release(1), brief), vault.transact(release(2), brief)];
    const end = vault.end();
    expect(await settled([begun, waiting])).to.deep.equal([1, "VAULT_MISUSED"]);
    await end;
    expect(file.raw.prepare("SELECT count(*) AS count FROM answer").get()?.count).to.equal(1);
  });
});
