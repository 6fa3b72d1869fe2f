import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FAILURE_REASONS } from "@keyquorum/bindings";
import { backUp, type ClusterKeeper, dataDirectoryOf, pointFromHex, restore, runKeeperCommand, waitFor } from "@keyquorum/cluster";
import { slotsOf } from "@keyquorum/wire";
import { expect } from "chai";
import { parseEther } from "ethers";
import { type SharedDocument, shareDocument } from "./support/sharedDocument.ts";
import { createRunner, okJson } from "./support/taskRunner.ts";
import { withCluster } from "./support/withCluster.ts";

const ALL = [1, 2, 3, 4] as const;
/** In blocks: a keeper that comes back with an old disk has much to catch up with. */
const LONG = 800;
const LONG_MILLISECONDS = 240_000;
/** IKeyGeneration.SessionStatus */
const OVERDUE = 7;

describe("keys, disks and lost shares of operators, at n = 4, t = 1", () => {
  const held = withCluster({
    keepers: 4,
    threshold: 1,
  });
  let shared: SharedDocument;
  before(async () => {
    shared = await shareDocument(held.cluster, { keyId: held.keyId, blobDirectory: join(held.directory, "blobs") });
  });

  const command = async (keeper: ClusterKeeper, ...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> => {
    const { stdout, stderr } = await runKeeperCommand([...args, "--config", keeper.configFile, "--json"]);
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  };
  /** @param silent slots without a share to deal */
  const moveOn = async (silent: readonly number[] = []): Promise<void> => {
    await held.cluster.handOver({ threshold: 1, keyIds: [shared.keyId], silent });
  };
  const expectAllRight = async (slots: readonly number[] = ALL): Promise<void> => {
    expect(await shared.untilRight(slots, LONG)).to.deep.equal(slots);
    await shared.readByHttp();
  };
  const setIdentity = async (slot: number, identityKey: unknown): Promise<void> => {
    await (await held.cluster.contracts.keeperRegistry.setIdentityKey(slot, pointFromHex(String(identityKey)))).wait();
  };

  it("replaces an identity key: the open epoch keeps the old one, the next has the new one", async () => {
    const keeper = held.cluster.keeper(1);
    await keeper.process().stop();
    const { identityKey } = await command(keeper, "identity", "new");
    await keeper.start();
    await setIdentity(1, identityKey);
    await expectAllRight();
    await moveOn();
    await expectAllRight();
    await shared.readOnChain();
    const status = await command(keeper, "status");
    expect([status.identityKey, status.lostEpochs]).to.deep.equal([identityKey, []]);
  });

  it("replaces an operator's key without the old one: it serves at once, and confirms from the next epoch on", async () => {
    const keeper = held.cluster.keeper(2);
    await keeper.process().stop();
    await rm(join(keeper.directory, "operator.key"));
    const { from, to } = await command(keeper, "operator", "replace", "--create");
    expect(String(from).toLowerCase()).to.equal(keeper.operator.toLowerCase());
    await (await held.chain.account(0).sendTransaction({ to: String(to), value: parseEther("10") })).wait();
    await keeper.start();
    await expectAllRight();
    await (await held.cluster.contracts.keeperRegistry.setOperator(2, String(to))).wait();
    await moveOn();
    await expectAllRight();
    const epoch = await held.cluster.contracts.keeperRegistry.currentEpoch();
    expect((await held.cluster.contracts.keeperRegistry.memberOf(epoch, 2)).operator.toLowerCase()).to.equal(to);
  });

  it("repairs a share that a restored backup lacks: another keeper learns nothing of it, readers get right shares again", async () => {
    const keeper = held.cluster.keeper(4);
    const backup = join(await mkdtemp(join(tmpdir(), "keyquorum-backup-")), "data");
    await keeper.process().stop();
    await backUp(keeper, backup);
    await keeper.start();
    await moveOn();
    await expectAllRight();
    await keeper.process().stop();
    await restore(keeper, backup);
    const process = await keeper.start();
    await process.waitForLog(({ msg }) => msg === "A lost share was repaired, and is in use", LONG_MILLISECONDS);
    await expectAllRight();
    expect(await command(keeper, "repair")).to.deep.include({ missing: [] });
    await rm(backup, { recursive: true });
  });

  it("continues with an empty disk: refused until governance names the new identity key, then it waits for the next epoch", async () => {
    const keeper = held.cluster.keeper(3);
    await keeper.process().stop();
    await rm(dataDirectoryOf(keeper), { recursive: true });
    const { identityKey } = await command(keeper, "init", "--new-identity");
    const refused = await runKeeperCommand(["run", "--config", keeper.configFile]);
    expect([refused.code, refused.stderr.split(":")[0]]).to.deep.equal([1, "KEEPER_FOREIGN_DATA"]);
    await setIdentity(3, identityKey);
    await keeper.start();
    await waitFor(
      "it says which epoch it cannot serve",
      async (saw) => {
        const { reasons } = await command(keeper, "status").catch(() => ({ reasons: [] }));
        saw(reasons);
        return (reasons as readonly string[]).includes("identity_lost") ? true : undefined;
      },
      held,
    );
    expect(await shared.untilRight([1, 2, 4], LONG)).to.deep.equal([1, 2, 4]);
    await moveOn([3]);
    await expectAllRight();
  });

  it("attack 14: a removal ends a key that is being made, in that block; keepers remove --reshare opens the next epoch, and keys are made there at once", async () => {
    const GONE = 4;
    const { keeperRegistry, keyGeneration } = held.cluster.contracts;
    const run = createRunner(held.directory, () => ({ rpc: held.chain.rpcUrl, deployment: held.cluster.deploymentFile, json: true }));
    const keeper = held.cluster.keeper(GONE);
    await keeper.process().stop(); // so that the session stays in its first phase: it has not dealt
    const asked = okJson(await run("key request", { threshold: "1", detach: true })) as unknown as { readonly keyId: string };
    const { session: sid } = await keyGeneration.keyOf(asked.keyId);
    await waitFor("all others have dealt", async () => slotsOf((await keyGeneration.sessionOf(sid)).dealt).length === 3, held);
    const phaseEnd = Number(await keyGeneration.phaseEndOf(sid));
    const before = Number(await keeperRegistry.currentEpoch());

    const { chain } = held;
    const untilLog = <Log>(what: string, find: () => Promise<readonly Log[]>): Promise<Log> =>
      waitFor(what, async () => (await find())[0], { chain, blocks: LONG });
    const removal = run("keepers remove", { slot: String(GONE), reshare: true });
    const removed = await untilLog("the removal is on chain", () => keeperRegistry.queryFilter(keeperRegistry.filters.KeeperRemoved(GONE)));
    const failed = await untilLog("the failure is recorded", () =>
      keyGeneration.queryFilter(keyGeneration.filters.KeyFailed(undefined, sid)),
    );
    expect(await keyGeneration.statusOf(sid, { blockTag: removed.blockNumber }), "in the block of the removal").to.equal(BigInt(OVERDUE));
    expect(FAILURE_REASONS[Number(failed.args.reason)]).to.equal("MemberRemoved");
    expect(failed.blockNumber, "no window was waited for").to.be.below(phaseEnd);

    const { keysHeld, receiving } = okJson(await removal) as unknown as { keysHeld: readonly string[]; receiving: object };
    expect([keysHeld, receiving]).to.deep.equal([[], { epoch: before + 1, removed: [], minEpochDelay: 0 }]);
    const made = okJson(await run("key request", { threshold: "1" })) as unknown as { readonly keyId: string; readonly status: string };
    expect(made.status).to.equal("Active");
    expect((await keyGeneration.keyEpochOf(made.keyId, before + 1)).committee, "1, 2 and 3").to.equal(0b1110n);
    await expectAllRight([1, 2, 3]);

    await keeper.start();
    await waitFor(
      "the removed keeper has seen it all",
      async () => {
        const { mirrored, reasons } = await command(keeper, "status").catch(() => ({ mirrored: 0, reasons: [] }));
        return Number(mirrored) >= failed.blockNumber && (reasons as readonly string[]).includes("not_registered");
      },
      held,
    );
    const { keys } = (await command(keeper, "status")) as { readonly keys: readonly { readonly keyId: string; readonly epoch: number }[] };
    expect(keys.map(({ keyId }) => keyId)).to.not.include.members([made.keyId]);
    expect(keys.map(({ keyId }) => keyId)).to.not.include.members([asked.keyId]);
    expect(keys.filter(({ epoch }) => epoch > before)).to.deep.equal([]);
    expect(
      keys.map(({ keyId }) => keyId),
      "control: it held a share before",
    ).to.include(shared.keyId);
  });
});
