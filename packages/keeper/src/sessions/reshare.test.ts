import type { Complain, Ready, ReshareBoard, ReshareDeal } from "@keyquorum/protocol";
import {
  createReshareDealing,
  type DkgMember,
  dealHashOf,
  encodeDealing,
  parseDealing,
  type SecretScalar,
  toXY,
} from "@keyquorum/threshold";
import { type Address, bytesToHex, hexToBytes, parseAddress, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import type { BulkWork } from "../bulk/bulkWork.ts";
import { createChainReader } from "../contracts/chainReader.ts";
import type { KeeperExtension } from "../extensions/extension.ts";
import { createLogger } from "../report/logger.ts";
import { createMetrics, type Metrics } from "../report/metrics.ts";
import { createCommittees } from "../shares/committees.ts";
import { createHandOver } from "../shares/handOver.ts";
import { createKeyMaterials } from "../shares/keyMaterials.ts";
import { BULK_KINDS } from "../testing/bulkKinds.ts";
import { blockHash, createFakeChain, emitLog, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { createFinishedKey, shareRecordOf } from "../testing/finishedKey.ts";
import { shiftShare } from "../testing/forgedDealings.ts";
import { createResharedKey, type ResharedKey, resharedRecordOf } from "../testing/resharedKey.ts";
import { createTempVault, OPERATOR, type TempVault } from "../testing/tempVault.ts";
import { createConsent } from "./consent.ts";
import { createReshare } from "./reshare.ts";
import { createReshareProgress, type ReshareProgress } from "./reshareProgress.ts";
import { createSessionLoop } from "./sessionLoop.ts";
import { setVeto } from "./vetoes.ts";

const key = createFinishedKey();
const moved = createResharedKey(key);
const { sid, keyId, epoch, fromEpoch } = moved;
const work = { sid, keyId, fromEpoch, epoch, blockNumber: 5, blockHash: blockHash(5) };
const [UNKNOWN, DEALING, DISPUTING, AWAITING_READY, ACTIVE, FAILED] = [0, 1, 2, 3, 4, 6];
const EPOCH_OPEN = 2;
const stranger = parseAddress(`0x${"ee".repeat(20)}`);
const address = `0x${"ad".repeat(20)}`;

for (const { where, open } of BULK_KINDS)
  describe(`a reshare${where}`, () => {
    let bulk: BulkWork;
    before(() => {
      bulk = open();
    });
    after(() => bulk.close());
    let temp: TempVault;
    let chain: FakeChain;
    /** This keeper's clock, in ms. */
    let now: number;
    let dealt: ReshareDeal[];
    let confirmed: Ready[];
    let complaints: Complain[];
    /** What the contract took, whatever the logs show; by default what was dealt. */
    let stored: ReadonlyMap<number, Uint8Array> | undefined;
    let lines: string[];
    let metrics: Metrics;
    let progress: ReshareProgress;
    /** By block. */
    let status: (block: number) => number;
    let qual: (block: number) => bigint;
    /** t+1 of the old epoch; t' of the new one is 1. */
    let quorum: number;
    let slots: { dealers: bigint; committee: bigint; dealt: bigint; ready: bigint };
    /** The operators of slots 1, 2, 5 of the old epoch and 2, 5, 7 of the new one. */
    let reshared: ResharedKey;
    /** Computations that gave way to answers. */
    let turned: number[];
    let newSlots: readonly number[];
    let operators: { old: readonly Address[]; young: readonly Address[] };

    beforeEach(async () => {
      now = 0;
      temp = await createTempVault(() => now);
      chain = createFakeChain();
      [dealt, confirmed, complaints, lines, stored] = [[], [], [], [], undefined];
      metrics = createMetrics({ version: "0", processMetrics: false });
      progress = createReshareProgress({ metrics });
      status = () => DEALING;
      qual = () => 0n;
      quorum = 2;
      slots = { dealers: 0b100110n, committee: 0b10100100n, dealt: 0n, ready: 0n };
      reshared = moved;
      turned = [];
      newSlots = [2, 5, 7];
      operators = { old: [stranger, OPERATOR, stranger], young: [OPERATOR, stranger, stranger] };
      const { answers } = chain;
      answers["keyResharing.statusOf"] = (_args, block) => [status(block)];
      answers["keyResharing.qualOf"] = (_args, block) => [qual(block)];
      answers["keyResharing.reshareOf"] = (_args, block) => [
        [
          keyId,
          fromEpoch,
          epoch,
          quorum,
          1,
          3,
          1,
          5,
          0,
          status(block) === ACTIVE,
          0,
          slots.dealers,
          slots.committee,
          slots.dealt,
          0n,
          slots.ready,
        ],
      ];
      answers["keyResharing.dealHashOf"] = ([, dealer]) => {
        const bytes = (stored ?? reshared.dealings).get(Number(dealer));
        return [bytes === undefined ? ZERO_HASH : bytesToHex(dealHashOf(bytes))];
      };
      answers["keyGeneration.keyOf"] = () => [[0, 1, address, toXY(key.own.jointKey), address, key.sid]];
      answers["keyGeneration.keyEpochOf"] = ([, asked], block) => {
        const hashes = ({ own }: { readonly own: typeof key.own }) => [bytesToHex(own.commitmentsHash), bytesToHex(own.verifyingRoot)];
        if (asked === BigInt(fromEpoch)) return [[1, 3, key.qual, ...hashes(key)]];
        return status(block) === ACTIVE ? [[1, 3, 0b10100100n, ...hashes(reshared)]] : [[0, 0, 0n, ZERO_HASH, ZERO_HASH]];
      };
      answers["keyGeneration.retiredAtOf"] = () => [0n];
      answers["shareRequests.requestLifetime"] = () => [4n];
      answers["optimisticRequests.requestLifetime"] = () => [4n];
      answers["keeperRegistry.committeeOf"] = ([asked]) => {
        const isOld = asked === BigInt(fromEpoch);
        const [members, named] = isOld ? [key.members, operators.old] : [reshared.members, operators.young];
        const slotAt = (index: number) => (isOld ? key.members[index]?.slot : newSlots[index]);
        return [members.map(({ encryptionKey }, index) => [slotAt(index), named[index], toXY(encryptionKey), toXY(encryptionKey)])];
      };
      answers["keeperRegistry.statusOf"] = () => [EPOCH_OPEN];
      answers["keeperRegistry.candidatesOf"] = () => [slots.committee];

      await temp.vault.epochSecrets.save(epoch, moved.encryptionSecret);
      await temp.vault.keyShares.save(shareRecordOf(key));
      await temp.vault.keyShares.activate(shareRecordOf(key));
      const hashes = [bytesToHex(key.own.commitmentsHash), bytesToHex(key.own.verifyingRoot)];
      const generated = [...key.dealings].map(([dealer, bytes]) => emitLog("Dealt", [key.sid, dealer, bytesToHex(bytes)], 2, dealer));
      const finalized = [key.sid, keyId, key.qual, toXY(key.unshifted), key.shift, toXY(key.own.jointKey), address];
      const ready = [keyId, key.sid, fromEpoch, 1, toXY(key.own.jointKey), address, ...hashes];
      const posted = moved.members.map(postedBy);
      const logs = [...generated, emitLog("KeyFinalized", finalized, 3), emitLog("KeyReady", ready, 4), ...posted];
      await temp.vault.follower().commit({ logs, state: {} });
    });
    afterEach(() => temp.remove());

    const postedBy = ({ slot, encryptionKey }: DkgMember) => emitLog("EpochKeyPosted", [epoch, slot, toXY(encryptionKey)], 4, slot);
    const board: ReshareBoard = {
      deal: async (effect) => void dealt.push(effect),
      complain: async (effect) => void complaints.push(effect),
      ready: async (effect) => void confirmed.push(effect),
      fail: async () => undefined,
    };
    const mirrorDealings = async (dealings = reshared.dealings): Promise<void> => {
      const logs = [...dealings].map(([dealer, bytes]) => emitLog("ReshareDealt", [sid, dealer, bytesToHex(bytes)], 6, dealer));
      await temp.vault.follower().commit({ logs, state: {} });
      slots = { ...slots, dealt: 0b100110n };
    };
    const awaitReady = async (): Promise<void> => {
      await mirrorDealings();
      status = () => AWAITING_READY;
      qual = () => reshared.qual;
    };
    type Options = { readonly extensions?: readonly KeeperExtension[]; readonly minDelaySeconds?: number; readonly bulk?: BulkWork };
    const create = (options: Options = {}) => {
      const reader = createChainReader({ rpc: chain.rpc, contracts: fakeContracts() });
      const { vault } = temp;
      const parts = {
        ...{ vault, reader, board, progress, metrics },
        giveWay: { first: <Result>(done: () => Promise<Result>) => done(), turn: async () => void turned.push(chain.head) },
        contracts: fakeContracts(),
        operators: [OPERATOR],
        committees: createCommittees({ reader }),
        materials: createKeyMaterials({ vault, reader, contracts: fakeContracts(), mirroredFinal: () => Number.MAX_SAFE_INTEGER }),
        consentTo: createConsent({
          vault,
          reader,
          clock: { now: () => now },
          dataDirectory: vault.directory,
          minDelaySeconds: options.minDelaySeconds ?? 0,
        }),
        handOver: createHandOver({ reader }),
        bulk: options.bulk ?? bulk,
        stagingBlocks: 2,
        extensions: options.extensions ?? [],
        log: createLogger("info", { write: (line) => lines.push(line) }),
      };
      const handler = createSessionLoop(parts, createReshare(parts));
      return () => handler(work, headsOf(chain));
    };
    const shares = async () => (await temp.vault.keyShares.list({ epoch })).map(({ state }) => state);

    it("deals its old share, durably, with the path that proves it", async () => {
      expect(await create()()).to.deep.equal({ kind: "wait" });
      expect(dealt).to.have.length(1);
      const [sent] = dealt;
      expect(await temp.vault.dealings.load(sid)).to.deep.equal(sent?.dealing);
      expect([sent?.dealer, sent?.path.length]).to.deep.equal([2, 2]);
      const dealing = parseDealing(sent?.dealing ?? new Uint8Array(), { threshold: 1, members: 3 });
      expect(dealing.commitments[0]?.equals(key.own.verifyingShares.get(2) ?? key.own.jointKey)).to.equal(true);
    });

    it("deals the same bytes after a restart, and none that are on the board (D21)", async () => {
      await create()();
      await temp.reopen();
      await create()();
      expect(dealt.map(({ dealing }) => dealing)[1]).to.deep.equal(dealt[0]?.dealing);
      slots = { ...slots, dealt: 0b100n };
      await create()();
      expect(dealt).to.have.length(2);
    });

    it("attack 50: deals nothing into a vetoed epoch, says so once, and deals when the veto is lifted", async () => {
      await setVeto(temp.vault.directory, { epoch, isVetoed: true });
      const attempt = create();
      for (let round = 0; round < 3; round += 1) expect(await attempt()).to.deep.equal({ kind: "wait" });
      expect([dealt.length, await temp.vault.dealings.load(sid)]).to.deep.equal([0, undefined]);
      expect(lines.filter((line) => line.includes("VETOED"))).to.have.length(1);
      expect(lines.join("")).to.include("--lift");
      expect(progress.open().map(({ withheld }) => withheld)).to.deep.equal(["VETOED"]);
      expect((await metrics.resharesWithheld.get()).values[0]?.value).to.equal(1);
      await setVeto(temp.vault.directory, { epoch, isVetoed: false });
      await attempt();
      expect(dealt).to.have.length(1);
      expect((await metrics.resharesWithheld.get()).values[0]?.value).to.equal(0);
    });

    it("attack 50: a veto holds back a dealing that is stored and not on the board yet", async () => {
      await create()();
      await setVeto(temp.vault.directory, { epoch, isVetoed: true });
      await create()();
      expect(dealt).to.have.length(1);
    });

    it("attack 50: a veto that is written while a dealing is computed holds it back", async () => {
      const vetoing: BulkWork = {
        ...bulk,
        run: async (name, input) => {
          const output = await bulk.run(name, input);
          await setVeto(temp.vault.directory, { epoch, isVetoed: true });
          return output;
        },
      };
      await create({ bulk: vetoing })();
      expect(dealt).to.have.length(0);
      await setVeto(temp.vault.directory, { epoch, isVetoed: false });
      await create()();
      expect(dealt).to.have.length(1);
    });

    it("attack 50: deals nothing into an epoch that it saw proposed too short a time ago, by its own clock, also after a restart", async () => {
      await create({ minDelaySeconds: 15 })();
      now = 14_999;
      chain.head = 2_000; // whatever time the node names
      await temp.reopen();
      const attempt = create({ minDelaySeconds: 15 });
      await attempt();
      expect([dealt.length, await temp.vault.dealings.load(sid)]).to.deep.equal([0, undefined]);
      expect(progress.open().map(({ withheld }) => withheld)).to.deep.equal(["TOO_YOUNG"]);
      now = 15_000;
      await attempt();
      expect(dealt).to.have.length(1);
    });

    it("attack 50: deals nothing into an epoch that only the head knows", async () => {
      chain.answers["keeperRegistry.statusOf"] = (_args, block) => [block === chain.head ? EPOCH_OPEN : 1];
      const attempt = create();
      await attempt();
      expect([dealt.length, await temp.vault.dealings.load(sid)]).to.deep.equal([0, undefined]);
      chain.answers["keeperRegistry.statusOf"] = () => [EPOCH_OPEN];
      await attempt();
      expect(dealt).to.have.length(1);
    });

    it("attack 50: deals nothing where the key's threshold would be lower than so far, and says what would change that", async () => {
      quorum = 3;
      const attempt = create();
      await attempt();
      await attempt();
      expect([dealt.length, await temp.vault.dealings.load(sid)]).to.deep.equal([0, undefined]);
      expect(lines.filter((line) => line.includes("[epochs] minThreshold = 1"))).to.have.length(1);
      expect(progress.open().map(({ withheld }) => withheld)).to.deep.equal(["THRESHOLD_LOWERED"]);
    });

    describe("a keeper that was removed (D56)", () => {
      const [LEAVES, OWN, JOINS] = [1, 2, 7];
      const removedAt = (slot: number, isThere: (block: number) => boolean = () => true): void => {
        chain.answers["keeperRegistry.removedKeepers"] = (_args, block) => [isThere(block) ? 1n << BigInt(slot) : 0n];
      };
      const isFinal = (block: number): boolean => block === chain.head - chain.finalLag;

      for (const { where, isThere } of [
        { where: "the head", isThere: (block: number) => !isFinal(block) },
        { where: "the final block", isThere: isFinal },
      ]) {
        it(`attack 14: gets no share where only ${where} shows it, whatever the contract's status is, and a stored dealing is not sent`, async () => {
          removedAt(JOINS, isThere);
          await create()();
          expect([dealt.length, await temp.vault.dealings.load(sid)]).to.deep.equal([0, undefined]);
          removedAt(JOINS, () => false);
          await create()();
          removedAt(JOINS, isThere);
          await create()();
          expect(dealt).to.have.length(1);
        });
        it(`attack 14: is no reason to confirm a share where only ${where} shows it`, async () => {
          await awaitReady();
          removedAt(JOINS, isThere);
          await create()();
          expect([confirmed.length, ...(await shares())]).to.deep.equal([0]);
        });
      }
      it("deals nothing itself", async () => {
        removedAt(OWN);
        operators = { ...operators, young: [stranger, stranger, stranger] };
        [newSlots, slots] = [[4, 5, 7], { ...slots, committee: 0b10110000n }];
        await create()();
        expect(dealt).to.have.length(0);
      });
      for (const { what, asked, expected } of [
        { what: "the old epoch was stolen, it deals nothing, and confirms", asked: fromEpoch, expected: [0, 1] },
        { what: "the new epoch was stolen, it deals, and confirms nothing", asked: epoch, expected: [1, 0] },
      ])
        it(`when its account of ${what}`, async () => {
          chain.answers["keeperRegistry.absentIn"] = ([number, slots]) => [
            number === BigInt(asked) ? (slots as bigint) & (1n << BigInt(OWN)) : 0n,
          ];
          await create()();
          await awaitReady();
          await create()();
          expect([dealt.length, confirmed.length]).to.deep.equal(expected);
        });
      it("may leave: the others deal and confirm", async () => {
        removedAt(LEAVES);
        await create()();
        await awaitReady();
        await create()();
        expect([dealt.length, confirmed.length]).to.deep.equal([1, 1]);
      });
      it("leaves no pending share behind when its session has failed, finally", async () => {
        await awaitReady();
        await create()();
        removedAt(JOINS);
        status = () => FAILED;
        expect(await create()()).to.deep.equal({ kind: "done" });
        expect(await shares()).to.deep.equal([]);
      });
    });

    it("a new member that was no old one deals nothing, and takes its share", async () => {
      operators = { old: [stranger, stranger, stranger], young: [stranger, stranger, OPERATOR] };
      reshared = createResharedKey(key, 7);
      await temp.vault.epochSecrets.erase(epoch);
      await temp.vault.epochSecrets.save(epoch, reshared.encryptionSecret);
      await create()();
      await awaitReady();
      await create()();
      expect([dealt.length, confirmed.length, ...(await shares())]).to.deep.equal([0, 1, "pending"]);
    });

    it("an old member that is no new one deals, stores nothing, and is done when the key has moved, finally", async () => {
      operators = { ...operators, young: [stranger, stranger, stranger] };
      slots = { ...slots, committee: 0b10110000n };
      newSlots = [4, 5, 7];
      await temp.vault.follower().commit({ logs: moved.members.slice(0, 1).map((member) => postedBy({ ...member, slot: 4 })), state: {} });
      const attempt = create();
      await attempt();
      await awaitReady();
      expect(await attempt()).to.deep.equal({ kind: "wait" });
      expect([dealt.length, confirmed.length, ...(await shares())]).to.deep.equal([1, 0]);
      status = () => ACTIVE;
      expect(await attempt()).to.deep.equal({ kind: "done" });
      expect(
        (await temp.vault.keyShares.list({ epoch: fromEpoch })).map(({ state }) => state),
        "its old share has its own time",
      ).to.deep.equal(["active"]);
    });

    it("who is in neither epoch is done", async () => {
      operators = { old: [stranger, stranger, stranger], young: [stranger, stranger, stranger] };
      expect(await create()()).to.deep.equal({ kind: "done" });
    });

    it("attack 35: confirms a share that is durable, and only when Q is that of a final block", async () => {
      await awaitReady();
      qual = (block) => (block === chain.head ? moved.qual : 0n);
      const attempt = create();
      await attempt();
      expect([confirmed.length, ...(await shares())]).to.deep.equal([0, "pending"]);
      qual = () => moved.qual;
      await attempt();
      const [ready] = confirmed;
      expect([ready?.qual, ready?.commitmentsHash, ready?.verifyingRoot]).to.deep.equal([
        moved.qual,
        bytesToHex(moved.own.commitmentsHash),
        bytesToHex(moved.own.verifyingRoot),
      ]);
    });

    it("attack 35: marks the new share as in use when the key has moved in a final block, and keeps the old one", async () => {
      await awaitReady();
      const attempt = create();
      await attempt();
      status = (block) => (block === chain.head ? ACTIVE : AWAITING_READY);
      expect(await attempt()).to.deep.equal({ kind: "wait" });
      expect(await shares()).to.deep.equal(["pending"]);
      status = () => ACTIVE;
      expect(await attempt()).to.deep.equal({ kind: "done" });
      expect((await temp.vault.keyShares.list()).map(({ epoch: of, state }) => [of, state])).to.deep.equal([
        [1, "active"],
        [2, "active"],
      ]);
    });

    it("a keeper that was asleep gets its share from what is mirrored", async () => {
      await awaitReady();
      status = () => ACTIVE;
      expect(await create()()).to.deep.equal({ kind: "done" });
      expect([confirmed.length, ...(await shares())]).to.deep.equal([0, "active"]);
    });

    it("a keeper that slept through two hand-overs takes no share that nobody can ask for any more", async () => {
      await awaitReady();
      status = () => ACTIVE;
      chain.head = 200;
      chain.answers["keyGeneration.retiredAtOf"] = ([, asked]) => [asked === BigInt(epoch) ? BigInt(chain.genesisTime + 30) : 0n];
      expect(await create()()).to.deep.equal({ kind: "done" });
      expect(await shares()).to.deep.equal([]);
    });

    it("a keeper without the epoch's secret says so, and ends without a share", async () => {
      await temp.vault.epochSecrets.erase(epoch);
      await awaitReady();
      status = () => ACTIVE;
      expect(await create()()).to.deep.equal({ kind: "done" });
      expect(await shares()).to.deep.equal([]);
      expect(lines.join("")).to.include("NO_EPOCH_SECRET");
    });

    it("attack 41: a keeper whose old share is another deals nothing, says so once, and takes its new one", async () => {
      await temp.vault.keyShares.erase(shareRecordOf(key));
      const other = createFinishedKey();
      await temp.vault.keyShares.save({ ...shareRecordOf(key), share: other.own.share.toBytes() });
      const attempt = create();
      await attempt();
      await attempt();
      expect(dealt).to.have.length(0);
      expect(lines.filter((line) => line.includes("cannot be dealt"))).to.have.length(1);
      await awaitReady();
      await attempt();
      expect(confirmed).to.have.length(1);
    });

    it("a failure that is final erases the pending share, and nothing of the old epoch", async () => {
      await awaitReady();
      const attempt = create();
      await attempt();
      status = (block) => (block === chain.head ? FAILED : AWAITING_READY);
      expect(await attempt()).to.deep.equal({ kind: "wait" });
      expect(await shares()).to.deep.equal(["pending"]);
      status = () => FAILED;
      expect(await attempt()).to.deep.equal({ kind: "done" });
      expect(await shares()).to.deep.equal([]);
      expect(await temp.vault.keyShares.list({ epoch: fromEpoch })).to.have.length(1);
      expect(await temp.vault.epochSecrets.list()).to.deep.equal([epoch]);
    });

    it("waits while a reorg has taken the session away, and is done when it stays away", async () => {
      status = (block) => (block === chain.head ? UNKNOWN : DEALING);
      expect(await create()()).to.deep.equal({ kind: "wait" });
      status = () => UNKNOWN;
      expect(await create()()).to.deep.equal({ kind: "done" });
    });

    it("lets an extension change the dealing before it is stored", async () => {
      const lie: KeeperExtension = {
        name: "liar",
        transformDealing: (dealing) => Uint8Array.from(dealing, (byte, index) => (index === dealing.length - 140 ? byte ^ 1 : byte)),
      };
      await create({ extensions: [lie] })();
      expect(await temp.vault.dealings.load(sid)).to.deep.equal(dealt[0]?.dealing);
    });

    describe("a node whose logs show dealings that the contract did not take", () => {
      const shape = { threshold: 1, members: 3 };
      const members = { threshold: 1, recipients: moved.members };
      /** A dealing of slot 5 to other keys: its share for this keeper is wrong, and everything else of it right. */
      const wrong = createReshareDealing({
        ...{
          ...members,
          recipients: moved.members.map((member, index) => ({
            ...member,
            encryptionKey: key.members[index]?.encryptionKey ?? member.encryptionKey,
          })),
        },
        sid: hexToBytes(sid, 32),
        dealer: 5,
        share: key.shares.get(5) as SecretScalar,
      });
      const disbelieved = async () => (await metrics.dealingsDisbelieved.get()).values.map(({ labels, value }) => [labels.reason, value]);
      beforeEach(() => {
        status = () => DISPUTING;
      });

      it("control: a wrong share of a dealing that the contract has is complained about", async () => {
        stored = new Map(moved.dealings).set(5, wrong);
        await mirrorDealings(stored);
        await create()();
        expect([complaints.map(({ dealer }) => dealer), await disbelieved()]).to.deep.equal([[5], []]);
      });

      it("attack 10: opens no pad of a dealing that is not that of the stored hash, and says whose fault it is once", async () => {
        await mirrorDealings(new Map(moved.dealings).set(5, wrong));
        const attempt = create();
        for (let round = 0; round < 3; round += 1) await attempt();
        expect([complaints, await disbelieved()]).to.deep.equal([[], [["FOREIGN_HASH", 1]]]);
        expect(lines.filter((line) => line.includes("RPC providers"))).to.have.length(1);
      });

      it("attack 20: nor, whatever the state says too, of an old E, another dealer's dealing, or another session's", async () => {
        const old = parseDealing(moved.dealings.get(1) as Uint8Array, shape);
        const fresh = parseDealing(wrong, shape);
        const elsewhere = { ...members, sid: hexToBytes(key.sid, 32), dealer: 5, share: key.shares.get(5) as SecretScalar };
        const forgeries = [
          encodeDealing({ ...fresh, ephemeral: old.ephemeral, possessionOfEphemeral: old.possessionOfEphemeral }),
          shiftShare(moved.dealings.get(5) as Uint8Array, 0),
          moved.dealings.get(1) as Uint8Array,
          createReshareDealing(elsewhere),
        ];
        for (const forged of forgeries) {
          stored = new Map(moved.dealings).set(5, forged);
          await temp.vault.follower().rollback(5, {});
          await mirrorDealings(stored);
          await create()();
          expect(complaints).to.deep.equal([]);
        }
        expect(await disbelieved()).to.deep.equal([["NO_POSSESSION", forgeries.length]]);
      });

      it("attack 10: makes no share of them", async () => {
        await awaitReady();
        stored = new Map(moved.dealings).set(1, wrong);
        await create()();
        expect([confirmed.length, ...(await shares())]).to.deep.equal([0]);
        stored = undefined;
        await create()();
        expect([confirmed.length, ...(await shares())]).to.deep.equal([1, "pending"]);
      });

      it("attack 10: a session whose share this keeper serves with is over: no node brings it to complain in it again", async () => {
        await temp.vault.keyShares.save(resharedRecordOf(moved));
        await temp.vault.keyShares.activate(resharedRecordOf(moved));
        stored = new Map(moved.dealings).set(5, wrong);
        await mirrorDealings(stored);
        expect(await create()()).to.deep.equal({ kind: "done" });
        expect(complaints).to.deep.equal([]);
      });
    });

    it("checks a few dealings at a time, and gives way to answers before", async () => {
      await mirrorDealings();
      status = () => DISPUTING;
      const attempt = create();
      await attempt();
      expect(turned).to.have.length(1); // three dealings
    });

    it("shows who is late, and how many confirmations are missing", async () => {
      slots = { ...slots, dealt: 0b10n };
      const attempt = create();
      await attempt();
      expect(progress.open().map(({ stragglers }) => stragglers)).to.deep.equal([[2, 5]]);
      await awaitReady();
      slots = { ...slots, ready: 0b100000n };
      await attempt();
      const [open] = progress.open();
      expect([open?.readyMissing, open?.stragglers]).to.deep.equal([2, [2, 7]]);
      expect((await metrics.reshareReadyMissing.get()).values.map(({ value, labels }) => [labels.key, value])).to.deep.equal([
        ["cececece", 2],
      ]);
      status = () => DISPUTING;
      await attempt();
      expect(progress.open()[0]?.readyMissing).to.equal(0);
      status = () => ACTIVE;
      await attempt();
      expect(progress.open()).to.deep.equal([]);
      expect((await metrics.reshareReadyMissing.get()).values).to.deep.equal([]);
    });
  });
