import { type Cluster, mineRestOf, phaseOf, waitFor } from "@keyquorum/cluster";
import { createOutsiders } from "@keyquorum/testing";
import { CURVE_ORDER, createDealing, type DkgMember, pointFromXY } from "@keyquorum/threshold";
import { hexToBytes } from "@keyquorum/wire";
import { expect } from "chai";
import { hexlify, toBeHex } from "ethers";
import { rollDice } from "../random/dice.ts";
import { renumbered } from "./support/renumbered.ts";
import { lacksAnvil, STATUS, withCluster } from "./support/withCluster.ts";

const dice = rollDice("system/keyGeneration");

/** Asks for a key and returns at once. */
const requestKey = async ({ contracts, chain }: Cluster, threshold: number): Promise<{ readonly keyId: string; readonly sid: string }> => {
  const salt = dice.hex(32);
  const keyId = await contracts.keyGeneration.keyIdOf(await chain.account(0).getAddress(), salt);
  await (await contracts.keyGeneration.requestKey(0, threshold, salt)).wait();
  return { keyId, sid: (await contracts.keyGeneration.keyOf(keyId)).session };
};

const untilStatus = (cluster: Cluster, sid: string, statuses: readonly number[]): Promise<number> =>
  waitFor(
    `session status is one of ${statuses.join(", ")}`,
    async (saw) => {
      const status = Number(await cluster.contracts.keyGeneration.statusOf(sid));
      saw(`status ${status}`);
      return statuses.includes(status) ? status : undefined;
    },
    cluster,
  );

/** Mines what is left of a phase, at once, when all but the silent keeper have done their part in it: nobody else needs its time. */
const passWhenOthersDid = async (
  { contracts: { keyGeneration }, chain, keepers }: Cluster,
  sid: string,
  { what, silent }: { readonly what: "dealt" | "ready"; readonly silent: number },
): Promise<void> => {
  const others = keepers.filter(({ slot }) => slot !== silent).reduce((bits, { slot }) => bits | (1n << BigInt(slot)), 0n);
  const haveAllDone = async (): Promise<boolean> => ((await keyGeneration.sessionOf(sid))[what] & others) === others;
  await waitFor(`${what} by all but the silent keeper`, haveAllDone, { chain });
  const phase = await phaseOf(chain, keyGeneration, sid);
  if (phase.status === (what === "dealt" ? STATUS.dealing : STATUS.awaitingReady)) await mineRestOf(chain, phase);
};

const membersOf = async ({ contracts }: Cluster): Promise<readonly DkgMember[]> =>
  (await contracts.keeperRegistry.committeeOf(1)).map(({ slot, encryptionKey }) => ({
    slot: Number(slot),
    encryptionKey: pointFromXY(encryptionKey.x, encryptionKey.y),
  }));

describe("key generation at n = 7, t = 2 with one liar and one absentee", () => {
  const outsiders = createOutsiders(2);
  const held = withCluster({ keepers: 5, admitOthers: outsiders.admitOthers, windows: { deal: 24, dispute: 12, finalize: 40, ready: 40 } });

  it("attack 17: a wrong share is complained about, its dealer is disqualified by name, and the key is made without it", async () => {
    const { cluster } = held;
    const { keyGeneration } = cluster.contracts;
    const { keyId, sid } = await requestKey(cluster, 2);
    const [liar] = outsiders.members;
    if (liar === undefined) throw new Error("no outsider");
    const dealing = createDealing({ sid: hexToBytes(sid), dealer: liar.slot, threshold: 2, members: await membersOf(cluster) });
    // The share of the third member: behind 3 commitments, E and two shares.
    const at = 64 * 3 + 64 + 2 * 32;
    const share = BigInt(hexlify(dealing.slice(at, at + 32)));
    dealing.set(hexToBytes(toBeHex((share + 1n) % CURVE_ORDER, 32)), at);
    await (await keyGeneration.connect(liar.wallet).deal(sid, dealing)).wait();

    expect(await untilStatus(cluster, sid, [STATUS.active, STATUS.failed])).to.equal(STATUS.active);
    const disqualified = await keyGeneration.queryFilter(keyGeneration.filters.DealerDisqualified(sid));
    expect(disqualified.map(({ args }) => [Number(args.dealer), Number(args.recipient)])).to.deep.equal([[liar.slot, 3]]);
    const session = await keyGeneration.sessionOf(sid);
    expect(session.qual).to.equal(0b111110n);
    expect((await keyGeneration.keyOf(keyId)).activeEpoch).to.equal(1n);
  });
});

describe("key generation where contracts count other blocks than the RPC, as on Arbitrum", () => {
  const held = withCluster({ keepers: 3 }, undefined, renumbered(5_000));

  it("ends with an active key", async () => {
    const { cluster } = held;
    const { keyGeneration } = cluster.contracts;
    const { keyId, sid } = await requestKey(cluster, 1);
    expect(await untilStatus(cluster, sid, [STATUS.active, STATUS.failed])).to.equal(STATUS.active);
    expect((await keyGeneration.keyOf(keyId)).activeEpoch).to.equal(1n);
    const { shiftBlock } = await keyGeneration.sessionOf(sid);
    expect(shiftBlock, "the control: the RPC has no such block").to.be.lessThan(5_000n);
    expect(await cluster.chain.provider.getBlockNumber()).to.be.greaterThan(5_000);
  });
});

const PHASES = {
  dealing: STATUS.dealing,
  disputing: STATUS.disputing,
  "awaiting the shift": STATUS.awaitingShift,
  finalizing: STATUS.finalizing,
  "awaiting READY": STATUS.awaitingReady,
} as const;

describe("key generation at n = 5, t = 2", () => {
  const held = withCluster({ keepers: 5, windows: { deal: 24, dispute: 12, finalize: 60, ready: 80 } });
  const silent = 4;

  it("one silent keeper: the failure is recorded with its name, and the key can be asked for again", async () => {
    const { cluster } = held;
    const { keyGeneration } = cluster.contracts;
    await cluster.keeper(silent).process().stop();
    const salt = dice.hex(32);
    const keyId = await keyGeneration.keyIdOf(await cluster.chain.account(0).getAddress(), salt);
    await (await keyGeneration.requestKey(0, 2, salt)).wait();
    const { session: sid } = await keyGeneration.keyOf(keyId);
    await passWhenOthersDid(cluster, sid, { what: "dealt", silent });
    await passWhenOthersDid(cluster, sid, { what: "ready", silent });
    expect(await untilStatus(cluster, sid, [STATUS.active, STATUS.failed])).to.equal(STATUS.failed);
    const [failure] = await keyGeneration.queryFilter(keyGeneration.filters.KeyFailed(keyId));
    expect(failure?.args.notDealt).to.equal(1n << BigInt(silent));
    expect(failure?.args.notReady).to.equal(1n << BigInt(silent));
    expect(failure?.args.disqualified).to.equal(0n);

    await cluster.keeper(silent).start();
    await (await keyGeneration.requestKey(0, 2, salt)).wait();
    const { session: again } = await keyGeneration.keyOf(keyId);
    expect(again).not.to.equal(sid);
    expect(await untilStatus(cluster, again, [STATUS.active, STATUS.failed])).to.equal(STATUS.active);
  });

  for (const [name, status] of Object.entries(PHASES))
    it(`kill -9 and restart of one keeper while ${name}: the key is made all the same`, async () => {
      const { cluster } = held;
      const victim = cluster.keeper(2);
      if (status === STATUS.dealing) await victim.process().kill();
      const { sid } = await requestKey(cluster, 2);
      if (status !== STATUS.dealing) {
        const reached = await untilStatus(cluster, sid, [status, status + 1, STATUS.active]);
        expect(reached, "the control: the phase was met").to.be.lessThan(STATUS.active);
        await victim.process().kill();
      }
      expect(victim.process().isRunning()).to.equal(false);
      await victim.start();
      expect(await untilStatus(cluster, sid, [STATUS.active, STATUS.failed])).to.equal(STATUS.active);
    });

  it("a reorg that takes a dealing back: the same bytes are dealt again and the key is made", async function () {
    if (lacksAnvil()) return this.skip();
    const { cluster } = held;
    const { keyGeneration } = cluster.contracts;
    const { sid } = await requestKey(cluster, 2);
    const requestedAt = await cluster.chain.provider.getBlockNumber();
    const first = await waitFor(
      "a dealing is on the chain",
      async () => {
        const dealt = await keyGeneration.queryFilter(keyGeneration.filters.Dealt(sid), requestedAt);
        return dealt.find(({ blockNumber }) => blockNumber > requestedAt);
      },
      cluster,
    );
    const head = await cluster.chain.provider.getBlockNumber();
    await cluster.chain.send("anvil_reorg", [head - first.blockNumber + 1, []]);
    const replaced = await cluster.chain.provider.getBlock(first.blockNumber);
    expect(replaced?.hash, "the control: the block was replaced").not.to.equal(first.blockHash);
    expect(await untilStatus(cluster, sid, [STATUS.active, STATUS.failed])).to.equal(STATUS.active);
    const [again] = await keyGeneration.queryFilter(keyGeneration.filters.Dealt(sid, first.args.dealer));
    expect(again?.args.dealing).to.equal(first.args.dealing);
  });
});
