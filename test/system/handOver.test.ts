import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  backUp,
  type Cluster,
  dataDirectoryOf,
  mineRestOf,
  phaseOf,
  RESHARE_STATUS,
  restore,
  runKeeperCommand,
  waitFor,
} from "@keyquorum/cluster";
import { filesWithBytes, type RpcProxy, startRpcProxy } from "@keyquorum/testing";
import { G, toXY } from "@keyquorum/threshold";
import { headerHashOf, slotsOf, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { NonceManager } from "ethers";
import { isShareOf, type SealedRow, sealedRowsOnDisk } from "./support/diskContents.ts";
import { replaceBlocksFrom } from "./support/replaceBlocks.ts";
import { type SharedDocument, shareDocument } from "./support/sharedDocument.ts";
import { lacksAnvil, withCluster } from "./support/withCluster.ts";

const ALL = [1, 2, 3, 4] as const;
const { dealing, disputing, awaitingReady, active, failed } = RESHARE_STATUS;
/** The steps of a hand-over that a keeper can die in: each is met before it is killed. */
const STEPS = { dealing: [dealing], disputing: [disputing], "confirming shares": [awaitingReady], "the key has moved": [active] } as const;

/** Whose way to the chain is cut: only they ask it through a proxy, which this process pays for. */
const CUT = [1, 3] as const;

describe("hand-overs at n = 4, t = 1, under faults", () => {
  const proxies = new Map<number, RpcProxy>();
  const held = withCluster(
    {
      keepers: ALL.length,
      threshold: 1,
      confirmations: 2,
      rpcUrlOf: async (slot) => {
        if (!CUT.some((cut) => cut === slot)) return held.chain.rpcUrl;
        const proxy = await startRpcProxy(held.chain.rpcUrl);
        proxies.set(slot, proxy);
        return proxy.url;
      },
    },
    async (cluster) => {
      const { keyId } = held;
      shared = await shareDocument(cluster, { keyId, blobDirectory: join(held.directory, "blobs") });
      publicKey = (await cluster.contracts.keyGeneration.keyOf(keyId)).publicKeyAddress;
    },
  );
  let shared: SharedDocument;
  let publicKey: string;
  after(async () => {
    for (const proxy of proxies.values()) await proxy.close();
  });

  const keyNow = () => held.cluster.contracts.keyGeneration.keyOf(shared.keyId);
  const epochNow = async (): Promise<number> => Number((await keyNow()).activeEpoch);
  /** One public key, all shares right, the document read. */
  const expectWhole = async (epoch: number): Promise<void> => {
    expect(await shared.untilRight(ALL), "every keeper's share, verified").to.deep.equal(ALL);
    const key = await keyNow();
    expect([key.publicKeyAddress, Number(key.activeEpoch)]).to.deep.equal([publicKey, epoch]);
    await shared.readByHttp();
  };
  const begin = async (members: readonly number[] = ALL): Promise<{ readonly sid: string; readonly epoch: number }> => {
    const epoch = await held.cluster.openEpoch({ members });
    return { sid: await held.cluster.requestReshare(shared.keyId, 1), epoch };
  };
  const kill = async (slots: readonly number[]): Promise<void> => {
    const processes = slots.map((slot) => held.cluster.keeper(slot).process());
    await Promise.all(processes.map((process) => process.kill()));
    for (const process of processes) expect(await process.exited, "the control: it was killed").to.equal("SIGKILL");
  };
  const start = async (slots: readonly number[]): Promise<void> => {
    await Promise.all(slots.map((slot) => held.cluster.keeper(slot).start()));
  };
  /** Mines what is left of a phase, at once. */
  const endPhase = async (sid: string, status: number): Promise<void> => {
    const phase = await phaseOf(held.chain, held.cluster.contracts.keyResharing, sid);
    expect(phase.status, "the control").to.equal(status);
    await mineRestOf(held.chain, phase);
  };
  const proxyOf = (slot: number): RpcProxy => {
    const proxy = proxies.get(slot);
    if (proxy === undefined) throw new Error(`Keeper ${slot} has no proxy.`);
    return proxy;
  };

  it("kill -9 of each keeper, one at each step: the key moves all the same", async () => {
    const { sid, epoch } = await begin();
    let restarted: Promise<unknown> = Promise.resolve();
    for (const [index, statuses] of Object.values(STEPS).entries()) {
      await held.cluster.untilReshare(sid, statuses);
      const victims = [index + 1];
      await kill(victims);
      // The next step may come before they are back.
      restarted = Promise.all([restarted, start(victims)]);
      restarted.catch(() => undefined);
    }
    await restarted;
    await expectWhole(epoch);
  });

  it("kill -9 of all keepers at every step: the key moves all the same", async () => {
    const { sid, epoch } = await begin();
    let starting: Promise<unknown> = Promise.resolve();
    for (const statuses of Object.values(STEPS)) {
      // The step comes before the slowest is back: who is killed while it starts, starts again.
      await held.cluster.untilReshare(sid, statuses);
      await kill(ALL);
      await starting;
      starting = start(ALL).catch((error: unknown) => error);
    }
    expect(await starting, "the last start").to.equal(undefined);
    await expectWhole(epoch);
  });

  it("attack 35: too few confirm, so the hand-over aborts: old shares are kept, pending ones erased, and it works the next time", async () => {
    const { cluster } = held;
    const from = await epochNow();
    const { sid, epoch } = await begin();
    await cluster.untilReshare(sid, [disputing]);
    await kill([3, 4]);
    const { keyResharing } = cluster.contracts;
    await cluster.untilReshare(sid, [awaitingReady]);
    await waitFor(
      "keepers 1 and 2 have confirmed",
      async () => slotsOf((await keyResharing.reshareOf(sid)).ready).join() === "1,2",
      cluster,
    );
    await endPhase(sid, awaitingReady);
    expect(await cluster.untilReshare(sid, [active, failed])).to.equal(failed);
    const [failure] = await keyResharing.queryFilter(keyResharing.filters.ReshareFailed(shared.keyId, sid));
    expect(slotsOf(failure?.args.notReady ?? 0n)).to.deep.equal([3, 4]);
    await shared.readByHttp(); // by the two that are left, in the old epoch
    await start([3, 4]);
    await expectWhole(from);
    await waitFor(
      "pending shares are erased",
      async () => {
        const rows = await Promise.all([1, 2].map((slot) => sealedRowsOnDisk(cluster.keeper(slot))));
        return rows.flat().every((row) => !isShareOf(shared.keyId, epoch, row));
      },
      cluster,
    );

    await cluster.reshare(shared.keyId, 1);
    await expectWhole(epoch);
  });

  it("attack 17: an old member that deals a wrong share is disqualified by name, and the key moves without it", async () => {
    const { cluster } = held;
    const liar = cluster.keeper(1);
    await liar.process().stop();
    await liar.start({ extensions: [{ module: "@keyquorum/testing/lyingDealer", options: { session: "reshare", place: 2 } }] });
    const { sid, epoch } = await begin();
    await cluster.untilReshare(sid, [active], { liars: [liar.slot] });
    const { keyResharing } = cluster.contracts;
    const disqualified = await keyResharing.queryFilter(keyResharing.filters.ReshareDealerDisqualified(sid));
    expect(disqualified.map(({ args }) => [Number(args.dealer), Number(args.recipient)])).to.deep.equal([[1, 3]]);
    const [moved] = await keyResharing.queryFilter(keyResharing.filters.KeyReshared(shared.keyId, sid));
    expect(slotsOf(moved?.args.qual ?? 0n), "Q").to.deep.equal([2, 3]);
    await liar.process().stop();
    await liar.start({ extensions: [] });
    await expectWhole(epoch);
  });

  it("a one-way cut of two keepers in the last phase: what they send takes effect, no answer comes back", async () => {
    const { cluster } = held;
    const { sid, epoch } = await begin();
    await cluster.untilReshare(sid, [disputing]);
    for (const slot of CUT) proxyOf(slot).intercept((_call, moment) => (moment === "after" ? "swallow" : "pass"));
    await cluster.untilReshare(sid, [awaitingReady]);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(Number(await cluster.contracts.keyResharing.statusOf(sid)), "two cannot move it").to.equal(awaitingReady);
    for (const slot of CUT) {
      expect(proxyOf(slot).met(), "the control: answers were swallowed").to.be.greaterThan(0);
      proxyOf(slot).clear();
    }
    await cluster.untilReshare(sid, [active]);
    await expectWhole(epoch);
  });

  it("a reorg that takes the activation back, with requests pending: it is moved again, and each request is served in the epoch that it pinned", async function () {
    if (lacksAnvil()) return this.skip();
    const { cluster, chain } = held;
    const { keyResharing, shareRequests } = cluster.contracts;
    const from = await epochNow();
    const { sid, epoch } = await begin();
    await cluster.untilReshare(sid, [awaitingReady]);
    const before = await chain.provider.getBlockNumber();
    const stopAsking = askEveryBlock(cluster, shared);
    await cluster.untilReshare(sid, [active]);
    // At once: two blocks later it is final, and no keeper forgives a reorg of that.
    const [moved] = await keyResharing.queryFilter(keyResharing.filters.KeyReshared(shared.keyId, sid));
    if (moved === undefined) throw new Error("no event");
    await replaceBlocksFrom(chain, moved.blockNumber);
    const replaced = await chain.provider.getBlock(moved.blockNumber);
    expect(replaced?.hash, "the control: the block was replaced").not.to.equal(moved.blockHash);
    await stopAsking();
    // Of what was asked meanwhile, some follow a transaction that is gone and would wait for ever.
    await chain.send("anvil_removePoolTransactions", [await chain.account(2).getAddress()]);
    // Asked up to the second move as well: what was asked before the first may all be answered by then.
    const stopAskingAgain = askEveryBlock(cluster, shared);
    await cluster.untilReshare(sid, [active]);
    await stopAskingAgain();
    await expectWhole(epoch);
    const pending = await shareRequests.queryFilter(shareRequests.filters.SharesRequested(), before + 1);

    // What a reorg took back was never asked; everything else is served by q answers.
    let [inOld, afterMove] = [0, 0];
    for (const { args } of pending) {
      const { requestId } = args;
      const answers = await waitFor(
        "the request is served",
        async () => {
          const found = await shareRequests.queryFilter(shareRequests.filters.ShareAnswered(requestId));
          return found.length === 2 ? found : undefined;
        },
        cluster,
      );
      if (Number(args.epoch) !== from) continue;
      inOld += 1;
      const [again] = await keyResharing.queryFilter(keyResharing.filters.KeyReshared(shared.keyId, sid));
      if (answers.some(({ blockNumber }) => blockNumber >= (again?.blockNumber ?? 0))) afterMove += 1;
    }
    expect(inOld, "requests that pinned the old epoch").to.be.greaterThan(0);
    expect(afterMove, "the control: some were answered when the key had moved").to.be.greaterThan(0);
  });

  it("attack 50: old members whose operators veto an epoch deal nothing into it; it fails, and works when the veto is lifted", async () => {
    const { cluster } = held;
    const epoch = await cluster.openEpoch({ members: ALL });
    const veto = async (slot: number, ...more: readonly string[]): Promise<void> => {
      const args = ["veto", "--config", cluster.keeper(slot).configFile, "--epoch", String(epoch), ...more];
      const { code, stderr } = await runKeeperCommand(args);
      expect(code, stderr).to.equal(0);
    };
    for (const slot of [2, 3, 4]) await veto(slot); // n - t of them stop every reshare
    const { keyResharing } = cluster.contracts;
    const sid = await cluster.requestReshare(shared.keyId, 1);
    await waitFor("keeper 1 has dealt", async () => slotsOf((await keyResharing.reshareOf(sid)).dealt).includes(1), cluster);
    await endPhase(sid, dealing);
    expect(await cluster.untilReshare(sid, [active, failed])).to.equal(failed);
    expect(slotsOf((await keyResharing.reshareOf(sid)).dealt)).to.deep.equal([1]);
    for (const slot of [2, 3, 4]) await veto(slot, "--lift");
    await cluster.reshare(shared.keyId, 1);
    await expectWhole(epoch);
  });

  it("attacks 15 and 41: old shares and epoch secrets leave the files; a keeper that slept and one restored from a backup never serve, and are well again", async () => {
    const { cluster, chain } = held;
    const [sleeper, restored] = [cluster.keeper(4), cluster.keeper(3)];
    const old = await epochNow();
    await restored.process().stop();
    const backup = join(await mkdtemp(join(tmpdir(), "keyquorum-backup-")), "data");
    await backUp(restored, backup);
    await restored.start();
    const rowsOf = async (slot: number): Promise<readonly SealedRow[]> =>
      (await sealedRowsOnDisk(cluster.keeper(slot))).filter(
        (row) => isShareOf(shared.keyId, old, row) || (row.kind === "epoch_secret" && row.id === String(old)),
      );
    const doomed = new Map(await Promise.all([1, 2].map(async (slot) => [slot, await rowsOf(slot)] as const)));
    const isInFiles = async (slot: number): Promise<boolean> => {
      const folder = dataDirectoryOf(cluster.keeper(slot));
      const found = (doomed.get(slot) ?? []).flatMap(({ wrappedKey, body }) => [
        filesWithBytes(folder, wrappedKey),
        filesWithBytes(folder, body),
      ]);
      return (await Promise.all(found)).some((names) => names.length > 0);
    };

    // Two hand-overs; keeper 4 posts its key for the first and then sleeps until all is over.
    const first = await begin();
    sleeper.process().signal("SIGSTOP");
    const silent = [sleeper.slot];
    await cluster.untilReshare(first.sid, [active], { silent });
    expect(await shared.untilRight([1, 2, 3])).to.deep.equal([1, 2, 3]);
    for (const slot of doomed.keys()) {
      expect(doomed.get(slot), "the share and the epoch secret").to.have.length(2);
      expect(await isInFiles(slot), "the control: they are found while requests may be pending").to.equal(true);
    }
    const second = await begin([1, 2, 3]);
    await cluster.untilReshare(second.sid, [active], { silent });
    await chain.send("evm_increaseTime", [300]);
    for (const slot of doomed.keys()) await waitFor("they are absent from every file", async () => !(await isInFiles(slot)), cluster);

    await restored.process().stop();
    await restore(restored, backup);
    await restored.start();
    expect((await shared.probe(old)).find(({ slot }) => slot === restored.slot)?.verdict, "the old share serves nobody").to.not.equal(
      "RIGHT",
    );
    expect(await shared.untilRight([1, 2, 3]), "the others repair its share").to.deep.equal([1, 2, 3]);
    sleeper.process().signal("SIGCONT");
    const third = await begin();
    await cluster.untilReshare(third.sid, [active]);
    await expectWhole(third.epoch);
    expect((await shared.probe(old)).map(({ verdict }) => verdict)).to.not.include("RIGHT");
  });
});

/** Asks on chain in every block, as a reader does, until it is told to stop. It waits for no transaction: a reorg may take each of them back. */
const askEveryBlock = ({ contracts, chain }: Cluster, { header }: SharedDocument): (() => Promise<void>) => {
  const reader = chain.account(2);
  if (reader instanceof NonceManager) reader.reset(); // what a reorg took back counts no more
  const shareRequests = contracts.shareRequests.connect(reader);
  let isStopped = false;
  const asking = (async () => {
    let asked = -1;
    while (!isStopped) {
      const head = await chain.provider.getBlockNumber();
      if (head > asked) await shareRequests.request(header.document, headerHashOf(header), toXY(G), ZERO_HASH);
      asked = head;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return async () => {
    isStopped = true;
    await asking;
  };
};
