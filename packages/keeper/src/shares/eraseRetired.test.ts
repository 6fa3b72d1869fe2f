import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { toXY } from "@keyquorum/threshold";
import { bytesToHex, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import { createLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { blockHash, createFakeChain, emitLog, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { createFinishedKey, shareRecordOf } from "../testing/finishedKey.ts";
import { createResharedKey, resharedRecordOf } from "../testing/resharedKey.ts";
import { createTempVault, type TempVault } from "../testing/tempVault.ts";
import { createActiveKeys } from "./activeKeys.ts";
import { createEraseRetired } from "./eraseRetired.ts";
import { createHandOver } from "./handOver.ts";

const key = createFinishedKey();
const moved = createResharedKey(key);
const { keyId } = key;
const address = `0x${"ad".repeat(20)}`;
const LIFETIME = 4n;
const MARGIN = 60;
/** Block in which the key moved; blocks are a second apart. */
const MOVED = 10;

describe("createEraseRetired", () => {
  let temp: TempVault;
  let chain: FakeChain;
  let forgotten: string[];
  let lines: string[];
  let current: (block: number) => number;
  /** The epoch that the contract says the key is in, by block. */
  let active: (block: number) => number;
  /** This keeper's clock, in ms, and its configured delay. */
  let now: number;
  let delay: number | undefined;

  beforeEach(async () => {
    now = 1_000_000;
    [delay, active] = [0, (block) => (block >= MOVED ? 2 : 1)];
    temp = await createTempVault(() => now);
    chain = createFakeChain();
    [forgotten, lines] = [[], []];
    current = () => 2;
    chain.answers["keeperRegistry.currentEpoch"] = (_args, block) => [current(block)];
    chain.answers["shareRequests.requestLifetime"] = () => [LIFETIME];
    chain.answers["optimisticRequests.requestLifetime"] = () => [LIFETIME];
    chain.answers["keyGeneration.retiredAtOf"] = ([asked, epoch], block) => [
      asked === keyId && epoch === 1n && block >= MOVED ? BigInt(chain.genesisTime + MOVED) : 0n,
    ];
    chain.answers["keyGeneration.keyEpochOf"] = ([, epoch]) => [
      epoch === 1n || epoch === 2n ? [1, 3, 0b1110n, bytesToHex(key.own.commitmentsHash), ZERO_HASH] : [0, 0, 0n, ZERO_HASH, ZERO_HASH],
    ];
    chain.answers["keyGeneration.keyOf"] = ([asked], block) => [
      [0, asked === keyId ? active(block) : 2, address, toXY(key.own.jointKey), address, key.sid],
    ];
    const { vault } = temp;
    await vault.keyShares.save(shareRecordOf(key));
    await vault.keyShares.activate(shareRecordOf(key));
    await vault.epochSecrets.save(1, key.encryptionSecret);
    await vault.epochSecrets.save(2, moved.encryptionSecret);
    const ready = emitLog("KeyReady", [keyId, key.sid, 1, 1, toXY(key.own.jointKey), address, ZERO_HASH, ZERO_HASH], 6);
    await vault.follower().commit({ logs: [ready], state: {} });
  });
  afterEach(() => temp.remove());

  const move = async (): Promise<void> => {
    await temp.vault.keyShares.save(resharedRecordOf(moved));
    await temp.vault.keyShares.activate(resharedRecordOf(moved));
    const reshared = emitLog("KeyReshared", [keyId, moved.sid, 2, 1, 1, moved.qual, ZERO_HASH, ZERO_HASH], MOVED);
    await temp.vault.follower().commit({ logs: [reshared], state: {} });
  };
  /** Sets the final block's number, and so its time. */
  const setFinal = (final: number): void => {
    chain.head = final + chain.finalLag;
  };
  const OVER = MOVED + Number(LIFETIME) + MARGIN + 1;

  const erase = (): Promise<void> => {
    const reader = createChainReader({ rpc: chain.rpc, contracts: fakeContracts() });
    return createEraseRetired({
      vault: temp.vault,
      reader,
      activeKeys: createActiveKeys({ vault: temp.vault, contracts: fakeContracts() }),
      handOver: createHandOver({ reader }),
      materials: { forget: (id, epoch) => void forgotten.push(`${id}:${epoch}`) },
      clock: { now: () => now },
      eraseDelaySeconds: delay,
      log: createLogger("info", { write: (line) => lines.push(line) }),
      metrics: createMetrics({ version: "0", processMetrics: false }),
    })(headsOf(chain));
  };
  const left = async () => ({
    shares: (await temp.vault.keyShares.list()).map(({ epoch }) => epoch),
    secrets: await temp.vault.epochSecrets.list(),
  });

  it("attack 15: erases a share and its epoch's secret when the hand-over is over in the final block, and not a second sooner", async () => {
    await move();
    setFinal(OVER - 1);
    await erase();
    expect(await left()).to.deep.equal({ shares: [1, 2], secrets: [1, 2] });
    setFinal(OVER);
    await erase();
    expect(await left()).to.deep.equal({ shares: [2], secrets: [2] });
    expect(forgotten).to.deep.equal([`${keyId}:1`]);
  });

  it("does nothing more when it is repeated", async () => {
    await move();
    setFinal(OVER);
    await erase();
    await temp.reopen();
    await erase();
    expect(await left()).to.deep.equal({ shares: [2], secrets: [2] });
    expect(forgotten).to.have.length(1);
  });

  it("attack 36: erases nothing while the key is active where it was, however late it is, and although a later epoch is open", async () => {
    setFinal(5_000);
    await erase();
    expect(await left()).to.deep.equal({ shares: [1], secrets: [1, 2] });
  });

  it("attack 35: erases nothing by what only the head says", async () => {
    await move();
    chain.head = OVER + 100;
    chain.finalLag = chain.head - (MOVED - 1); // the final block is older than the move
    await erase();
    expect(await left()).to.deep.equal({ shares: [1, 2], secrets: [1, 2] });
  });

  it("keeps the secret of an epoch in which a session is not over: its share may still come", async () => {
    await move();
    setFinal(OVER);
    const payload = { sid: moved.sid, keyId: `0x${"aa".repeat(32)}`, epoch: 1, blockNumber: 5, blockHash: blockHash(5) };
    await temp.vault.work.add({ id: "session", kind: "session", payload });
    await erase();
    expect(await left()).to.deep.equal({ shares: [2], secrets: [1, 2] });
    await temp.vault.work.finish("session", "done");
    await erase();
    expect((await left()).secrets).to.deep.equal([2]);
  });

  const other = `0x${"bb".repeat(32)}` as typeof keyId;
  const readyIn = (epoch: number) =>
    emitLog("KeyReady", [other, key.sid, epoch, 1, toXY(key.own.jointKey), address, ZERO_HASH, ZERO_HASH], 11);

  it("attack 15: a key that nobody reshares keeps no secret of an epoch that another key has left: its share could be computed again", async () => {
    await move();
    await temp.vault.keyShares.save({ ...shareRecordOf(key), keyId: other });
    await temp.vault.follower().commit({ logs: [readyIn(1)], state: {} });
    setFinal(OVER - 1);
    await erase();
    expect((await left()).secrets).to.deep.equal([1, 2]);
    setFinal(OVER);
    await erase();
    const shares = (await temp.vault.keyShares.list()).map(({ keyId: id, epoch }) => [id, epoch]);
    expect(shares).to.have.deep.members([
      [other, 1],
      [keyId, 2],
    ]);
    expect((await left()).secrets).to.deep.equal([2]);
    expect(lines.filter((line) => line.includes("Have them reshared") && line.includes(other))).to.have.length(1);
  });

  it("keeps the secret of a former epoch that no key has left, with or without a share of the keys in it: a repair needs it", async () => {
    await temp.vault.keyShares.erase(shareRecordOf(key));
    await temp.vault.follower().commit({ logs: [readyIn(2)], state: {} });
    current = () => 3;
    setFinal(OVER + 1_000);
    await erase();
    expect((await left()).secrets).to.deep.equal([1, 2]);
  });

  it("erases the secret of a repair whose key has left the epoch: nobody helps with it any more", async () => {
    const secret = new Uint8Array(32).fill(5);
    await temp.vault.repairKeys.save({ keyId, epoch: 1 }, secret);
    await erase();
    expect(await temp.vault.repairKeys.list()).to.have.length(1);
    await move();
    setFinal(MOVED);
    await temp.vault.repairKeys.save({ keyId, epoch: 2 }, secret);
    await erase();
    expect(await temp.vault.repairKeys.list()).to.deep.equal([{ keyId, epoch: 2 }]);
  });

  it("keeps the secret of the newest open epoch, in which no key is active yet, and of one that is only proposed", async () => {
    await move();
    await temp.vault.epochSecrets.save(3, new Uint8Array(32).fill(3));
    await temp.vault.epochSecrets.save(4, new Uint8Array(32).fill(4));
    current = () => 3;
    setFinal(OVER);
    await erase();
    expect((await left()).secrets).to.deep.equal([2, 3, 4]);
  });

  it("erases a share of a former epoch that never came into use", async () => {
    await move();
    await temp.vault.keyShares.save({ ...shareRecordOf(key), epoch: 0, digest: `0x${"dd".repeat(32)}` as typeof ZERO_HASH });
    setFinal(OVER - 1);
    await erase();
    expect((await left()).shares).to.deep.equal([1, 2]);
  });

  it("attack 41: a backup of epoch 1 that is restored when the key is in epoch 3 loses its share", async () => {
    const reshared = [2, 3].map((epoch) =>
      emitLog("KeyReshared", [keyId, moved.sid, epoch, epoch - 1, 1, moved.qual, ZERO_HASH, ZERO_HASH], MOVED + epoch, epoch),
    );
    await temp.vault.follower().commit({ logs: reshared, state: {} });
    current = () => 3;
    active = () => 3;
    setFinal(OVER);
    await erase();
    expect(await left()).to.deep.equal({ shares: [], secrets: [] });
  });

  describe("by this keeper's own clock (attacks 10, 36)", () => {
    const ALL = { shares: [1, 2], secrets: [1, 2] };
    const LATER = { shares: [2], secrets: [2] };
    const HOUR = 3_600_000;
    beforeEach(async () => {
      delay = undefined;
      await move();
      setFinal(OVER);
    });

    it("erases only when it has seen for an hour that the key is elsewhere, whatever time a node names", async () => {
      const started = now;
      for (now = started; now < started + HOUR; now += HOUR / 4) {
        chain.genesisTime -= 1_000_000;
        await erase();
      }
      now = started + HOUR - 1;
      await erase();
      expect(await left()).to.deep.equal(ALL);
      now += 1;
      await erase();
      expect(await left()).to.deep.equal(LATER);
    });

    it("waits for the request lifetime and the margin where they are longer, and the configuration's time where it names one", async () => {
      chain.answers["shareRequests.requestLifetime"] = () => [7_200n];
      setFinal(OVER + 7_200);
      await erase();
      now += 7_259_999;
      await erase();
      expect(await left()).to.deep.equal(ALL);
      delay = 7_000;
      await erase();
      expect(await left()).to.deep.equal(LATER);
    });

    it("a restart does not reset it", async () => {
      await erase();
      now += HOUR / 2;
      await temp.reopen();
      await erase();
      now += HOUR / 2;
      await erase();
      expect(await left()).to.deep.equal(LATER);
    });

    it("a clock that was set back makes it later, never sooner", async () => {
      await erase();
      now -= HOUR;
      await erase();
      now += HOUR;
      await erase();
      expect(await left()).to.deep.equal(ALL);
      now += HOUR;
      await erase();
      expect(await left()).to.deep.equal(LATER);
    });

    it("counts again when a final block has the key where it was: who lies must lie the whole time", async () => {
      await erase();
      active = () => 1;
      now += 10_000;
      await erase();
      active = () => 2;
      now += HOUR;
      await erase();
      expect(await left(), "two short lies an hour apart").to.deep.equal(ALL);
      now += HOUR;
      await erase();
      expect(await left()).to.deep.equal(LATER);
    });

    it("counts again where it did not look for so long that nobody knows what was said meanwhile: a restored backup", async () => {
      await erase();
      now += 5 * HOUR;
      await erase();
      expect(await left()).to.deep.equal(ALL);
    });

    it("erases nothing that only a mirrored log has moved, however long", async () => {
      active = () => 1;
      chain.answers["keyGeneration.retiredAtOf"] = () => [0n];
      const secret = new Uint8Array(32).fill(5);
      await temp.vault.keyShares.erase(shareRecordOf(key)); // then the epoch's secret is what it would be repaired with
      await temp.vault.repairKeys.save({ keyId, epoch: 1 }, secret);
      for (const _look of [1, 2, 3]) {
        await erase();
        now += HOUR;
      }
      expect(await left()).to.deep.equal({ shares: [2], secrets: [1, 2] });
      expect(await temp.vault.repairKeys.list()).to.have.length(1);
    });

    it("keeps the secret of a repair for as long as the share that it is for", async () => {
      await temp.vault.repairKeys.save({ keyId, epoch: 1 }, new Uint8Array(32).fill(5));
      await erase();
      expect(await temp.vault.repairKeys.list()).to.have.length(1);
      now += HOUR;
      await erase();
      expect(await temp.vault.repairKeys.list()).to.deep.equal([]);
    });

    it("erases the secret of an epoch that was cancelled once a later one has been open for so long", async () => {
      await temp.vault.epochSecrets.save(3, new Uint8Array(32).fill(3));
      now += 100 * HOUR;
      await erase();
      expect((await left()).secrets).to.deep.equal([1, 2, 3]);
      await temp.vault.follower().commit({
        logs: [emitLog("KeyReshared", [keyId, moved.sid, 4, 2, 1, moved.qual, ZERO_HASH, ZERO_HASH], MOVED + 1)],
        state: {},
      });
      [active, current] = [() => 4, () => 4];
      await erase();
      expect((await left()).secrets).to.deep.equal([1, 2, 3]);
      now += HOUR;
      await erase();
      expect((await left()).secrets).to.not.include(3);
    });
  });

  it("attack 15: leaves nothing of them in the database's files: neither wrapped keys nor sealed bodies", async () => {
    await move();
    const { directory } = temp.vault;
    const sealed = sealedRows(join(directory, "secrets.sqlite"));
    const old = sealed.filter(({ id }) => id.startsWith(`${keyId}/1/`) || id === "1");
    const kept = sealed.filter((row) => !old.includes(row));
    expect(old).to.have.length(2);
    expect(await filesWith(directory, old), "they are there before").to.have.length(4);
    const others = await filesWith(directory, kept);
    setFinal(OVER);
    await erase();
    expect(await filesWith(directory, old)).to.deep.equal([]);
    expect(await filesWith(directory, kept), "the others stay").to.deep.equal(others);
    expect((await temp.vault.epochSecrets.load(2))?.length).to.equal(32);
  });
});

type SealedRow = { readonly id: string; readonly wrapped_key: Uint8Array; readonly body: Uint8Array };

const sealedRows = (file: string): readonly SealedRow[] => {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database.prepare("SELECT id, wrapped_key, body FROM sealed").all() as SealedRow[]; // true: by the vault's schema
  } finally {
    database.close();
  }
};

/** Which wrapped keys and bodies are somewhere in the files of a vault, its write-ahead log included. */
const filesWith = async (directory: string, rows: readonly SealedRow[]): Promise<readonly string[]> => {
  const files = (await readdir(directory)).filter((name) => /^(vault|secrets)\.sqlite/.test(name));
  const contents = await Promise.all(files.map((name) => readFile(join(directory, name))));
  const isThere = (bytes: Uint8Array): boolean => contents.some((content) => content.includes(Buffer.from(bytes)));
  return rows.flatMap(({ id, wrapped_key, body }) => [
    ...(isThere(wrapped_key) ? [`${id} wrapped key`] : []),
    ...(isThere(body) ? [`${id} body`] : []),
  ]);
};
