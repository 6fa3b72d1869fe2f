import { rm, stat } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { type Clock, systemClock } from "@keyquorum/chain";
import { OperatorError } from "@keyquorum/daemon";
import { type EcBackend, G, nobleBackend, type Point, parsePoint, toXY, withBackend } from "@keyquorum/threshold";
import { parseAddress } from "@keyquorum/wire";
import { expect } from "chai";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { identityKeyOf } from "../membership/identity.ts";
import { addIdentity } from "../membership/ownIdentities.ts";
import { createLogger } from "../report/logger.ts";
import { readKeeperStatus } from "../report/status.ts";
import { createFakeChain, type FakeChain, fakeContracts } from "../testing/fakeChain.ts";
import { createTempKeeper, type TempKeeper } from "../testing/tempKeeper.ts";
import { createKeeper } from "./createKeeper.ts";
import { initialiseKeeper } from "./initialiseKeeper.ts";
import type { Keeper } from "./keeperLife.ts";
import { openKeeperVault } from "./vaultFile.ts";

describe("a keeper's life", () => {
  let temp: TempKeeper;
  let chain: FakeChain;
  let lines: string[];
  const started: Keeper[] = [];
  beforeEach(async () => {
    temp = await createTempKeeper();
    chain = createFakeChain();
    lines = [];
  });
  afterEach(async () => {
    for (const keeper of started.splice(0)) await keeper.stop();
    await temp.remove();
  });

  /** The made-up chain's blocks are as old as they say: the clock agrees. */
  const clock: Clock = {
    now: () => (chain.genesisTime + chain.head) * 1000,
    sleep: (milliseconds, signal) => systemClock.sleep(Math.min(milliseconds, 200), signal),
  };
  const create = (config: KeeperConfig = temp.config): Promise<Keeper> =>
    createKeeper(config, { rpc: chain.rpc, clock, log: createLogger("trace", { write: (line) => lines.push(line) }) });
  const start = async (config?: KeeperConfig): Promise<Keeper> => {
    const keeper = await create(config);
    started.push(keeper);
    await keeper.start();
    return keeper;
  };
  const codeOf = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof OperatorError) return error.code;
    throw new Error("expected an OperatorError", { cause: error });
  };
  const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
    for (let tries = 0; tries < 3_000; tries += 1) {
      if (await holds()) return;
      await systemClock.sleep(20);
    }
    throw new Error(`not within a minute; log:\n${lines.join("")}`);
  };
  const readyReasons = async (keeper: Keeper): Promise<readonly string[]> =>
    ((await (await fetch(`${keeper.url()}/readyz`)).json()) as { reasons: string[] }).reasons;

  it("does not start on a machine that computes wrongly on the curve, and opens nothing", async () => {
    for (const broken of [{ mulSecret: () => G }, { add: (a: Point, b: Point) => (a.equals(b) ? G : a.add(b)) }]) {
      const curve: EcBackend = { ...nobleBackend, name: "broken", ...broken };
      const { starting } = withBackend(curve, () => ({ starting: createKeeper(temp.config, { rpc: chain.rpc, clock }) })); // it tests the curve first of all
      expect(await codeOf(starting)).to.equal("CURVE_BROKEN");
    }
  });

  it("init writes a data directory that only its owner can read, and prints public values only", async () => {
    const created = await initialiseKeeper(temp.config, { createOperatorKey: false });
    expect(created.operator).to.match(/^0x[0-9a-f]{40}$/);
    expect(created.identityKey).to.match(/^0x0[23][0-9a-f]{64}$/);
    expect((await stat(temp.config.dataDirectory)).mode & 0o777).to.equal(0o700);
  });

  it("init overwrites neither a data directory nor an operator's key", async () => {
    expect(await codeOf(initialiseKeeper(temp.config, { createOperatorKey: true }))).to.equal("KEEPER_ALREADY_INITIALISED");
    await initialiseKeeper(temp.config, { createOperatorKey: false });
    expect(await codeOf(initialiseKeeper(temp.config, { createOperatorKey: false }))).to.equal("KEEPER_ALREADY_INITIALISED");
  });

  it("init creates an operator's key, readable by its owner only, when asked", async () => {
    await rm(join(temp.directory, "secrets/operator.key"));
    const { operator } = await initialiseKeeper(temp.config, { createOperatorKey: true });
    expect((await stat(join(temp.directory, "secrets/operator.key"))).mode & 0o777).to.equal(0o600);
    const keeper = await start();
    expect((await readKeeperStatus(temp.config)).operator).to.equal(operator);
    expect(keeper.url()).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it("refuses an empty data directory", async () => {
    expect(await codeOf(create())).to.equal("KEEPER_NOT_INITIALISED");
  });

  it("refuses a wrong vault key", async () => {
    await initialiseKeeper(temp.config, { createOperatorKey: false });
    const other = { ...temp.config, vault: { kind: "keyFile", keyFile: join(temp.directory, "secrets/operator.key") } } as const;
    expect(await codeOf(create(other))).to.equal("WRONG_PASSPHRASE");
  });

  it("refuses data of another operator", async () => {
    await initialiseKeeper(temp.config, { createOperatorKey: false });
    const other = { ...temp.config, operator: { kind: "keyFile", keyFile: join(temp.directory, "secrets/vault.key") } } as const;
    expect(await codeOf(create(other))).to.equal("KEEPER_FOREIGN_DATA");
  });

  it("refuses to run twice on one data directory", async () => {
    await initialiseKeeper(temp.config, { createOperatorKey: false });
    await start();
    expect(await codeOf(create())).to.equal("KEEPER_ALREADY_RUNNING");
  });

  it("refuses another chain before it listens", async () => {
    await initialiseKeeper(temp.config, { createOperatorKey: false });
    chain.chainId = 1n;
    expect(await codeOf((await create()).start())).to.equal("WRONG_CHAIN");
  });

  it("refuses a deployment of another chain than the configured one", async () => {
    expect(await codeOf(create({ ...temp.config, chain: { ...temp.config.chain, chainId: 5n } }))).to.equal("WRONG_CHAIN");
  });

  it("refuses a slot that is registered with another identity key", async () => {
    await initialiseKeeper(temp.config, { createOperatorKey: false });
    chain.answers["keeperRegistry.slotOf"] = () => [3];
    chain.answers["keeperRegistry.keeperAt"] = () => [[`0x${"11".repeat(20)}`, 3, false, toXY(G), "", "", "Clara"]];
    expect(await codeOf((await create()).start())).to.equal("KEEPER_FOREIGN_DATA");
  });

  it("ends when its slot turns out to be registered with another identity key", async () => {
    await initialiseKeeper(temp.config, { createOperatorKey: false });
    const keeper = await start();
    chain.answers["keeperRegistry.slotOf"] = () => [3];
    chain.answers["keeperRegistry.keeperAt"] = () => [[`0x${"11".repeat(20)}`, 3, false, toXY(G), "", "", "Clara"]];
    chain.head += 1;
    expect((await keeper.ended)?.code).to.equal("KEEPER_FOREIGN_DATA");
  });

  describe("with several identity keys", () => {
    const [first, second] = [new Uint8Array(32).fill(0x41), new Uint8Array(32).fill(0x42)];
    const keyOf = (secret: Uint8Array) => toXY(identityKeyOf(secret));
    let own: { x: bigint; y: bigint };
    /** Registered and frozen keys, by epoch. */
    const register = (
      registered: { x: bigint; y: bigint },
      frozen: readonly { x: bigint; y: bigint }[],
      inUse: readonly number[] = [],
    ): void => {
      const operator = `0x${"11".repeat(20)}`;
      chain.answers["keeperRegistry.slotOf"] = () => [3];
      chain.answers["keeperRegistry.keeperAt"] = () => [[operator, 3, false, registered, "", "", "Clara"]];
      chain.answers["keeperRegistry.currentEpoch"] = () => [frozen.length];
      chain.answers["keyGeneration.quorumIn"] = ([epoch]) => [inUse.includes(Number(epoch)) ? 2 : 0];
      chain.answers["keeperRegistry.committeeOf"] = ([epoch]) => [[[3, operator, toXY(G), frozen[Number(epoch) - 1]]]];
      chain.head += 1;
    };
    const status = () => readKeeperStatus(temp.config);
    beforeEach(async () => {
      const { identityKey } = await initialiseKeeper(temp.config, { createOperatorKey: false });
      own = toXY(parsePoint(Buffer.from(identityKey.slice(2), "hex")));
    });

    it("starts when the registry names the next one, and shows readers the one of the epoch", async () => {
      const { identityKey } = await addIdentity(temp.config);
      const next = toXY(parsePoint(Buffer.from(identityKey.slice(2), "hex")));
      register(next, [own]);
      await start();
      await until(async () => (await status()).slot === 3);
      const found = await status();
      expect([found.identityKeys.length, found.identityKeys[0] === found.identityKey, found.lostEpochs]).to.deep.equal([2, true, []]);
    });

    it("starts on an empty disk when governance registered its new key: it serves no epoch that froze the lost one, says so, and waits", async () => {
      register(own, [keyOf(first), keyOf(second)], [1]);
      const keeper = await start();
      await until(async () => (await readyReasons(keeper)).includes("identity_lost"));
      expect((await status()).lostEpochs).to.deep.equal([1, 2]);
      expect(lines.filter((line) => line.includes("waits for the next epoch"))).to.have.length(1);

      register(own, [keyOf(first), keyOf(second), own], [1]);
      await until(async () => !(await readyReasons(keeper)).includes("identity_lost"));
      expect((await status()).lostEpochs).to.deep.equal([1]);
    });

    it("starts on a restored backup whose key an epoch in use froze, and says that the registered one is another", async () => {
      register(keyOf(second), [own, keyOf(second)], [1]);
      await start();
      await until(async () => (await status()).slot === 3);
      expect((await status()).lostEpochs).to.deep.equal([2]);
      expect(lines.filter((line) => line.includes("names an identity key that this keeper does not hold"))).to.have.length(1);
    });

    it("refuses data whose keys match no epoch in use and not the record", async () => {
      register(keyOf(second), [own, keyOf(second)]);
      expect(await codeOf((await create()).start())).to.equal("KEEPER_FOREIGN_DATA");
    });
  });

  it("refuses a port in use, and closes what it had opened", async () => {
    await initialiseKeeper(temp.config, { createOperatorKey: false });
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    expect(await codeOf((await create({ ...temp.config, http: { ...temp.config.http, port } })).start())).to.equal("PORT_IN_USE");
    await new Promise((resolve) => other.close(resolve));
    await start();
  });

  it("waits while it is not registered, and says so", async () => {
    await initialiseKeeper(temp.config, { createOperatorKey: false });
    const keeper = await start();
    await until(async () => (await readyReasons(keeper)).join() === "not_registered");
    expect(lines.filter((line) => line.includes("not registered yet"))).to.have.length(1);
    expect((await fetch(`${keeper.url()}/v1/keeper`)).status).to.equal(503);
    expect((await readKeeperStatus(temp.config)).slot).to.equal(0);
  });

  it("becomes ready when governance admits it", async () => {
    const { identityKey } = await initialiseKeeper(temp.config, { createOperatorKey: false });
    const keeper = await start();
    const { x, y } = toXY(parsePoint(Buffer.from(identityKey.slice(2), "hex")));
    chain.answers["keeperRegistry.slotOf"] = () => [3];
    chain.answers["keeperRegistry.keeperAt"] = () => [[`0x${"11".repeat(20)}`, 3, false, { x, y }, "", "", "Clara"]];
    chain.answers["optimisticRequests.challengeWindow"] = () => [3_600n];
    for (const name of ["shareRequests", "optimisticRequests"]) {
      chain.answers[`${name}.requestLifetime`] = () => [3_600n];
      chain.answers[`${name}.creditOf`] = () => [0n];
    }
    chain.head += 1;
    await until(async () => (await fetch(`${keeper.url()}/readyz`)).status === 200);
    const info = (await (await fetch(`${keeper.url()}/v1/keeper`)).json()) as { slot: number; name: string; ready: boolean };
    expect([info.slot, info.name, info.ready], lines.join("")).to.deep.equal([3, "Clara", true]);
  });

  it("starts while the RPC cannot be reached, is not ready, and continues when it can", async () => {
    await initialiseKeeper(temp.config, { createOperatorKey: false });
    chain.isReachable = false;
    const keeper = await start();
    expect((await fetch(`${keeper.url()}/livez`)).status).to.equal(200);
    await until(async () => (await readyReasons(keeper)).includes("chain_unreachable"));
    chain.isReachable = true;
    await until(async () => !(await readyReasons(keeper)).includes("chain_unreachable"));
  });

  it("notices a wrong chain that shows itself after the start", async () => {
    await initialiseKeeper(temp.config, { createOperatorKey: false });
    chain.isReachable = false;
    const keeper = await start();
    chain.chainId = 5n;
    chain.isReachable = true;
    expect((await keeper.ended)?.code).to.equal("WRONG_CHAIN");
  });

  it("starts again after it was stopped, and status says when it is not running", async () => {
    await initialiseKeeper(temp.config, { createOperatorKey: false });
    const keeper = await start();
    await keeper.stop();
    expect(await codeOf(readKeeperStatus({ ...temp.config, http: { ...temp.config.http, port: 1 } }))).to.equal("KEEPER_NOT_RUNNING");
    await start();
  });

  it("attack 50: forgets the first sight of a proposal that no log announced", async () => {
    const operator = parseAddress((await initialiseKeeper(temp.config, { createOperatorKey: false })).operator);
    const seeProposal = async (): Promise<number> => {
      const vault = await openKeeperVault({ config: temp.config, contracts: fakeContracts(), operator, clock });
      const seenAt = await vault.epochProposals.see({ epoch: 9, candidates: 0b1110n });
      await vault.close();
      return seenAt;
    };
    const first = await seeProposal();
    const keeper = await start();
    await until(() => chain.calls.includes("keeperRegistry.slotOf@20"));
    chain.head += 1;
    await until(() => chain.calls.includes("keeperRegistry.slotOf@21")); // so the round of block 20 is over
    await keeper.stop();
    expect((await seeProposal()) - first).to.equal(1000);
  });

  it("serves metrics at a port of their own when told to", async () => {
    await initialiseKeeper(temp.config, { createOperatorKey: false });
    const keeper = await start({ ...temp.config, metrics: { host: "127.0.0.1", port: 0 } });
    const line = lines.map((text) => JSON.parse(text) as { msg: string; url: string }).find(({ msg }) => msg === "Metrics are served");
    expect(await (await fetch(`${line?.url}/metrics`)).text()).to.include("keeper_build_info");
    expect((await fetch(`${keeper.url()}/metrics`)).status).to.equal(404);
  });

  it("P14: writes no secret to its log, not even when everything fails", async () => {
    await initialiseKeeper(temp.config, { createOperatorKey: false });
    chain.isReachable = false;
    const keeper = await start();
    await until(async () => (await readyReasons(keeper)).includes("chain_unreachable"));
    await fetch(`${keeper.url()}/v1/share-requests`, { method: "POST", body: "{}", headers: { "content-type": "application/json" } });
    await keeper.stop();
    const text = lines.join("");
    for (const secret of Object.values(temp.secrets)) expect(text).not.to.include(secret);
  });
});
