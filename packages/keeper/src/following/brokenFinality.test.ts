import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Finality, readHeads } from "@keyquorum/chain";
import { KeyquorumError, parseHash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { silentLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { createReadiness } from "../report/readiness.ts";
import { KeeperError } from "../run/errors.ts";
import { blockHash, createFakeChain } from "../testing/fakeChain.ts";
import { createLiveKeeper, type LiveKeeper } from "../testing/liveKeeper.ts";
import { bodyOf, createHeader, createRequest, signRequest } from "../testing/reader.ts";
import { outcomeOf } from "../testing/shareRequestServer.ts";
import { acceptFinality } from "./acceptedFinality.ts";
import { createFinalityGuard } from "./finalityGuard.ts";
import { readFinality, resumeKeeper } from "./resumeKeeper.ts";

const reorged = (number: number) => parseHash32(blockHash(number).replace("0xb10c", "0xf0f0"));

describe("a keeper whose final block is gone", () => {
  let live: LiveKeeper;
  beforeEach(async () => {
    live = await createLiveKeeper();
  });
  afterEach(() => live.remove());

  const isReady = async () => (await live.reasons()).length === 0;
  const isBroken = async () => (await live.reasons()).includes("finality_broken");
  /** Fifteen blocks are replaced: 3 below the final one, and all above. */
  const breakFinality = async (): Promise<void> => {
    await live.until(isReady);
    live.chain.head += 12;
    await live.until(() => live.metric("keeper_chain_mirrored_block 32"));
    live.chain.reorgedFrom = 27;
    live.chain.head += 4;
  };
  /** What a reader is told by a request that is right. */
  const outcomeFor = async (url: string): Promise<readonly [number, string]> => {
    const header = createHeader();
    const { genesisTime, head } = live.chain;
    const asked = await signRequest(header, createRequest(header, BigInt(genesisTime + head + 60)));
    const headers = { "content-type": "application/json" };
    return outcomeOf(await fetch(`${url}/v1/share-requests`, { method: "POST", headers, body: JSON.stringify(bodyOf(asked)) }));
  };

  it("is not ready, says so in its metrics and its log, answers nobody, and goes on so after a restart", async () => {
    for (let life = 0; life < 2; life += 1) {
      const keeper = await live.start();
      if (life === 0) await breakFinality();
      await live.until(isBroken);
      expect(await live.metric("keeper_chain_finality_broken 1")).to.equal(true);
      expect(live.lines.some((line) => line.includes('"level":"error"') && line.includes("keyquorum-keeper resume"))).to.equal(true);
      const asked = await fetch(`${keeper.url()}/status`).then((body) => body.json() as Promise<{ finalityBroken: object }>);
      expect(asked.finalityBroken).to.include({ found: reorged(30), foundNow: reorged(30) });
      await live.stop();
    }
    const report = await readFinality(live.temp.config);
    expect(report).to.deep.equal({ isRunning: false, broken: { final: { number: 30, hash: blockHash(30) }, found: reorged(30) } });
  });

  it("begins no work, sends nothing and erases nothing meanwhile", async () => {
    await live.start();
    await breakFinality();
    await live.until(isBroken);
    live.chain.calls.length = 0;
    live.chain.head += 3;
    await live.until(() => live.metric(`keeper_chain_head_block ${live.chain.head}`));
    expect(live.chain.calls, "the registry is asked at every round").to.deep.equal([]);
  });

  it("continues where the operator accepts the block that is there now, while it runs", async () => {
    await live.start();
    await breakFinality();
    await live.until(isBroken);
    await acceptFinality(live.temp.config.dataDirectory, parseHash32(`0x${"77".repeat(32)}`));
    await live.until(() => live.lines.some((line) => line.includes("accepts a block")));
    expect(await isBroken(), "another block than the one that is there").to.equal(true);
    const report = await resumeKeeper(live.temp.config, reorged(30));
    expect(report.isRunning).to.equal(true);
    await live.until(isReady);
    expect(await live.metric("keeper_chain_finality_broken 0")).to.equal(true);
  });

  it("continues where the operator accepts it while the keeper is stopped, and where the old chain came back", async () => {
    await live.start();
    await breakFinality();
    await live.until(isBroken);
    await live.stop();
    live.chain.reorgedFrom = Number.POSITIVE_INFINITY;
    await live.start();
    await live.until(isBroken);
    await live.stop();
    await resumeKeeper(live.temp.config, blockHash(30));
    await live.start();
    await live.until(isReady);
    await live.stop();
    const nothing = await resumeKeeper(live.temp.config, blockHash(30)).catch((error: unknown) => error);
    expect(nothing).to.be.instanceOf(KeeperError).with.property("code", "FINALITY_STANDS");
  });

  describe("whose follower's record in the vault", () => {
    const onFile = (statement: string): void => {
      const file = new DatabaseSync(join(live.temp.config.dataDirectory, "vault.sqlite"));
      file.exec(statement);
      file.close();
    };
    const before = "CREATE TABLE before AS SELECT * FROM follower";
    const givenBack = "REPLACE INTO follower (id, state, mark) SELECT id, state, mark FROM before; DROP TABLE before";

    for (const [what, earlier, statement] of [
      ["was deleted", undefined, "DELETE FROM follower"],
      ["was changed", undefined, "UPDATE follower SET state = replace(state, 'broken', 'brokem')"],
      ["is an earlier one again", before, givenBack],
    ] as const) {
      it(`${what} stays broken, until the operator accepts a chain: its mirror is that chain's then`, async () => {
        if (earlier !== undefined) {
          await live.start();
          await live.until(isReady);
          await live.stop();
          onFile(earlier);
        }
        await live.start();
        await breakFinality();
        await live.until(isBroken);
        await live.stop();
        onFile(statement);
        expect((await readFinality(live.temp.config)).broken?.final).to.deep.equal({ number: 30, hash: blockHash(30) });
        await live.start();
        expect(await isBroken()).to.equal(true);
        live.chain.head += 3;
        await live.until(() => live.metric(`keeper_chain_head_block ${live.chain.head}`));
        expect(await isBroken(), "after a look at the chain").to.equal(true);
        await live.stop();
        await resumeKeeper(live.temp.config, reorged(30));
        await live.start();
        await live.until(isReady);
        await live.stop();
        expect((await readFinality(live.temp.config)).broken).to.equal(null);
      });
    }

    it("is deleted while it runs stays broken", async () => {
      await live.start();
      await breakFinality();
      await live.until(isBroken);
      onFile("DELETE FROM follower");
      live.chain.head += 3;
      await live.until(() => live.metric(`keeper_chain_head_block ${live.chain.head}`));
      live.chain.head += 3;
      await live.until(() => live.metric(`keeper_chain_head_block ${live.chain.head}`));
      expect(await isBroken()).to.equal(true);
    });
  });

  it("tells readers FINALITY_BROKEN with status 503", async () => {
    const keeper = await live.start();
    await live.until(isReady);
    live.chain.answers["shareRequests.decide"] = () => [0];
    expect(await outcomeFor(keeper.url()), "control").to.deep.equal([403, "ACCESS_DENIED"]);
    await breakFinality();
    await live.until(isBroken);
    expect(await outcomeFor(keeper.url())).to.deep.equal([503, "FINALITY_BROKEN"]);
  });
});

describe("createFinalityGuard", () => {
  const setUp = (finality: Finality = { kind: "finalized" }) => {
    const chain = createFakeChain();
    const metrics = createMetrics({ version: "0", processMetrics: false });
    const readiness = createReadiness();
    const guard = createFinalityGuard({ rpc: chain.rpc, finality, log: silentLogger, metrics, readiness });
    const look = async (): Promise<string> =>
      guard.check(await readHeads(chain.rpc, finality)).then(
        () => "stands",
        (error: unknown) => (error instanceof KeyquorumError ? error.code : String(error)),
      );
    return { chain, guard, look, readiness };
  };

  it("sees by the heads of a request what the follower has not seen yet: no share leaves in between", async () => {
    const { chain, guard, look, readiness } = setUp();
    expect(await look()).to.equal("stands");
    chain.head += 5;
    expect(await look()).to.equal("stands");
    chain.reorgedFrom = 22;
    chain.head += 1;
    expect(await look()).to.equal("FINALITY_BROKEN");
    expect(readiness.reasons()).to.include("finality_broken");
    expect(guard.unwritten()).to.deep.equal({ final: { number: 23, hash: blockHash(23) }, found: reorged(23) });
    chain.reorgedFrom = Number.POSITIVE_INFINITY;
    expect(await look(), "and stays so when the chain comes back").to.equal("FINALITY_BROKEN");
  });

  it("takes neither a reorg above the final block, nor a node that is behind, nor 0 confirmations for broken finality", async () => {
    const { chain, look } = setUp();
    await look();
    chain.reorgedFrom = 19;
    expect(await look()).to.equal("stands");
    chain.head = 10;
    expect(await look()).to.equal("stands");
    const local = setUp({ kind: "confirmations", blocks: 0 });
    await local.look();
    local.chain.reorgedFrom = 10;
    expect(await local.look()).to.equal("stands");
  });
});
