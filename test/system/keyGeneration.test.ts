import { bitmapOf, type Cluster, mineRestOf, type Phase, phaseOf, waitFor } from "@keyquorum/cluster";
import { createOutsiders } from "@keyquorum/testing";
import { CURVE_ORDER, createDealing, type DkgMember, pointFromXY } from "@keyquorum/threshold";
import { hexToBytes, slotsOf } from "@keyquorum/wire";
import { expect } from "chai";
import { hexlify, toBeHex } from "ethers";
import { rollDice } from "../random/dice.ts";
import { renumbered } from "./support/renumbered.ts";
import { replaceBlocksFrom } from "./support/replaceBlocks.ts";
import { LONG_WINDOWS } from "./support/windows.ts";
import { lacksAnvil, STATUS, withCluster } from "./support/withCluster.ts";

const dice = rollDice("system/keyGeneration");

/** Asks for a key and returns at once. */
const requestKey = async (
  { contracts, chain }: Cluster,
  salt = dice.hex(32),
): Promise<{ readonly keyId: string; readonly sid: string }> => {
  const keyId = await contracts.keyGeneration.keyIdOf(await chain.account(0).getAddress(), salt);
  await (await contracts.keyGeneration.requestKey(0, 1, salt)).wait();
  return { keyId, sid: (await contracts.keyGeneration.keyOf(keyId)).session };
};

/** Who takes part in a session, honestly or not: what is left of DEAL or READY is mined at once when they have done their part. */
type Active = { readonly dealers: readonly number[]; readonly confirming?: readonly number[]; readonly liars?: readonly number[] };

/** Mines what is left of a phase, at once, when nobody else needs its time. */
const passIdle = async (
  { contracts: { keyGeneration }, chain }: Cluster,
  { sid, phase }: { readonly sid: string; readonly phase: Phase },
  { dealers, confirming = [], liars = [] }: Active,
): Promise<void> => {
  const { dealt, ready, disqualified } = await keyGeneration.sessionOf(sid, { blockTag: phase.block });
  const haveAll = (slots: readonly number[], bits: bigint): boolean => (bitmapOf(slots) & ~bits) === 0n;
  const isIdle =
    (phase.status === STATUS.dealing && haveAll(dealers, dealt)) ||
    (phase.status === STATUS.disputing && haveAll(liars, disqualified)) ||
    (phase.status === STATUS.awaitingReady && confirming.length > 0 && haveAll(confirming, ready));
  if (isIdle) await mineRestOf(chain, phase);
};

/** Longer than all windows together. */
const SESSION_BLOCKS = 2_000;

const untilStatus = (cluster: Cluster, sid: string, statuses: readonly number[], active?: Active): Promise<number> =>
  waitFor(
    `session status is one of ${statuses.join(", ")}`,
    async (saw) => {
      const phase = await phaseOf(cluster.chain, cluster.contracts.keyGeneration, sid);
      saw(`status ${phase.status}`);
      if (statuses.includes(phase.status)) return phase.status;
      if (active !== undefined) await passIdle(cluster, { sid, phase }, active);
      return undefined;
    },
    { chain: cluster.chain, blocks: SESSION_BLOCKS },
  );

const membersOf = async ({ contracts }: Cluster): Promise<readonly DkgMember[]> =>
  (await contracts.keeperRegistry.committeeOf(1)).map(({ slot, encryptionKey }) => ({
    slot: Number(slot),
    encryptionKey: pointFromXY(encryptionKey.x, encryptionKey.y),
  }));

describe("key generation where contracts count other blocks than the RPC, as on Arbitrum", () => {
  const held = withCluster({ keepers: 3, windows: { ...LONG_WINDOWS, dispute: 4 } }, undefined, renumbered(5_000));

  it("ends with an active key", async () => {
    const { cluster } = held;
    const { keyGeneration } = cluster.contracts;
    const { keyId, sid } = await requestKey(cluster);
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

/** Slots 1 to 3 have keepers, and each of them is needed: 2t+1 are 3. A test plays slots 4 and 5. */
describe("key generation at n = 5, t = 1, with three keepers and two members that never confirm", () => {
  const KEEPERS = [1, 2, 3] as const;
  const [LIAR, ABSENT] = [4, 5] as const;
  const outsiders = createOutsiders(2);
  const held = withCluster({
    keepers: KEEPERS.length,
    admitOthers: outsiders.admitOthers,
    windows: { deal: 120, dispute: 60, finalize: 120, ready: 120 },
  });

  it("attack 17: a wrong share is complained about, its dealer is disqualified by name, and the key is made without it and without an absentee", async () => {
    const { cluster } = held;
    const { keyGeneration } = cluster.contracts;
    const { keyId, sid } = await requestKey(cluster);
    const liar = outsiders.members.find(({ slot }) => slot === LIAR);
    if (liar === undefined) throw new Error("no outsider");
    const dealing = createDealing({ sid: hexToBytes(sid), dealer: liar.slot, threshold: 1, members: await membersOf(cluster) });
    // The share of the third member: behind 2 commitments, E and two shares.
    const at = 64 * 2 + 64 + 2 * 32;
    const share = BigInt(hexlify(dealing.slice(at, at + 32)));
    dealing.set(hexToBytes(toBeHex((share + 1n) % CURVE_ORDER, 32)), at);
    await (await keyGeneration.connect(liar.wallet).deal(sid, dealing)).wait();

    const active = { dealers: [...KEEPERS, LIAR], liars: [LIAR] };
    expect(await untilStatus(cluster, sid, [STATUS.active, STATUS.failed], active)).to.equal(STATUS.active);
    const disqualified = await keyGeneration.queryFilter(keyGeneration.filters.DealerDisqualified(sid));
    expect(disqualified.map(({ args }) => [Number(args.dealer), Number(args.recipient)])).to.deep.equal([[LIAR, 3]]);
    const session = await keyGeneration.sessionOf(sid);
    expect([slotsOf(session.dealt), slotsOf(session.qual)], "the control: one was absent").to.deep.equal([[...KEEPERS, LIAR], KEEPERS]);
    expect((await keyGeneration.keyOf(keyId)).activeEpoch).to.equal(1n);
  });

  it("one silent keeper too many: the failure is recorded with its name, and the key can be asked for again", async () => {
    const { cluster } = held;
    const { keyGeneration } = cluster.contracts;
    const silent = 2;
    await cluster.keeper(silent).process().stop();
    const salt = dice.hex(32);
    const { keyId, sid } = await requestKey(cluster, salt);
    const others = KEEPERS.filter((slot) => slot !== silent);
    const ended = await untilStatus(cluster, sid, [STATUS.active, STATUS.failed], { dealers: others, confirming: others });
    expect(ended).to.equal(STATUS.failed);
    const [failure] = await keyGeneration.queryFilter(keyGeneration.filters.KeyFailed(keyId));
    if (failure === undefined) throw new Error("no event");
    expect(slotsOf(failure.args.notDealt)).to.deep.equal([silent, LIAR, ABSENT]);
    expect(slotsOf(failure.args.notReady)).to.deep.equal([silent, LIAR, ABSENT]);
    expect(failure.args.disqualified).to.equal(0n);

    await cluster.keeper(silent).start();
    const { sid: again } = await requestKey(cluster, salt);
    expect(again).not.to.equal(sid);
    expect(await untilStatus(cluster, again, [STATUS.active, STATUS.failed], { dealers: KEEPERS })).to.equal(STATUS.active);
  });

  it(`kill -9 and restart of a keeper while ${Object.keys(PHASES).join(", while ")}: the key is made all the same`, async () => {
    const { cluster } = held;
    const { sid } = await requestKey(cluster);
    /** Resolve when a keeper that was killed listens again. */
    const starting = new Map<number, Promise<unknown>>();
    for (const [index, [name, status]] of Object.entries(PHASES).entries()) {
      const slot = KEEPERS[index % KEEPERS.length] ?? 1;
      const later = Object.values(PHASES).filter((phase) => phase > status);
      const reached = await untilStatus(cluster, sid, [status, ...later, STATUS.active], { dealers: KEEPERS });
      expect(reached, `the control: ${name} was met, or the next phase`).to.be.at.most(status + 1);
      await starting.get(slot);
      const process = cluster.keeper(slot).process();
      await process.kill();
      expect(await process.exited, "the control: it was killed").to.equal("SIGKILL");
      const start = cluster.keeper(slot).start();
      start.catch(() => undefined); // thrown where it is awaited
      starting.set(slot, start);
    }
    await Promise.all(starting.values());
    expect(await untilStatus(cluster, sid, [STATUS.active, STATUS.failed], { dealers: KEEPERS })).to.equal(STATUS.active);
  });

  it("a reorg that takes a dealing back: the same bytes are dealt again and the key is made", async function () {
    if (lacksAnvil()) return this.skip();
    const { cluster } = held;
    const { keyGeneration } = cluster.contracts;
    const { sid } = await requestKey(cluster);
    const requestedAt = await cluster.chain.provider.getBlockNumber();
    const first = await waitFor(
      "a dealing is on the chain",
      async () => {
        const dealt = await keyGeneration.queryFilter(keyGeneration.filters.Dealt(sid), requestedAt);
        return dealt.find(({ blockNumber }) => blockNumber > requestedAt);
      },
      cluster,
    );
    await replaceBlocksFrom(cluster.chain, first.blockNumber);
    const replaced = await cluster.chain.provider.getBlock(first.blockNumber);
    expect(replaced?.hash, "the control: the block was replaced").not.to.equal(first.blockHash);
    expect(await untilStatus(cluster, sid, [STATUS.active, STATUS.failed], { dealers: KEEPERS })).to.equal(STATUS.active);
    const [again] = await keyGeneration.queryFilter(keyGeneration.filters.Dealt(sid, first.args.dealer));
    expect(again?.args.dealing).to.equal(first.args.dealing);
  });
});
