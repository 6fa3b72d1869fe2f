import type { Complain, Finalize, KeyGenerationBoard } from "@keyquorum/protocol";
import { dealHashOf, keyShiftOf, nobleBackend, parseDealing, toXY } from "@keyquorum/threshold";
import { bytesToHex, hexToBytes, parseAddress, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import type { BulkWork } from "../bulk/bulkWork.ts";
import { createChainReader } from "../contracts/chainReader.ts";
import type { KeeperExtension } from "../extensions/extension.ts";
import { createLogger } from "../report/logger.ts";
import { createMetrics, type Metrics } from "../report/metrics.ts";
import { BULK_KINDS } from "../testing/bulkKinds.ts";
import { blockHash, createFakeChain, emitLog, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { createFinishedKey, shareRecordOf } from "../testing/finishedKey.ts";
import { forgedDealings, shiftShare } from "../testing/forgedDealings.ts";
import { createTempVault, OPERATOR, type TempVault } from "../testing/tempVault.ts";
import { createGeneration } from "./generation.ts";
import { createSessionLoop } from "./sessionLoop.ts";

const key = createFinishedKey();
const { sid, keyId, epoch, own } = key;
const work = { sid, keyId, epoch, blockNumber: 5, blockHash: blockHash(5) };
const [UNKNOWN, DEALING, DISPUTING, FINALIZING, ACTIVE] = [0, 1, 2, 4, 6];
const stranger = parseAddress(`0x${"ee".repeat(20)}`);
const zero = { x: 0n, y: 0n };

for (const { where, open } of BULK_KINDS)
  describe(`a session of key generation${where}`, () => {
    let bulk: BulkWork;
    before(() => {
      bulk = open();
    });
    after(() => bulk.close());
    let temp: TempVault;
    let chain: FakeChain;
    let dealt: Uint8Array[];
    let status: (block: number) => number;
    let result: boolean;
    /** What the contract took, whatever the logs show. */
    let stored: Map<number, Uint8Array>;
    let complaints: Complain[];
    let finalized: Finalize[];
    /** As the contract counts. */
    let shiftBlock: number;
    let lines: string[];
    let metrics: Metrics;

    beforeEach(async () => {
      temp = await createTempVault(() => 0);
      chain = createFakeChain();
      dealt = [];
      status = () => DEALING;
      result = false;
      chain.answers["keyGeneration.statusOf"] = (_args, block) => [status(block)];
      chain.answers["keyGeneration.sessionOf"] = () => {
        const isDealt = result || [DISPUTING, FINALIZING].includes(status(chain.head));
        const done = [
          result ? key.qual : 0n,
          result ? toXY(key.unshifted) : zero,
          result ? key.shift : 0n,
          result ? toXY(own.jointKey) : zero,
        ];
        return [
          [
            keyId,
            0,
            1,
            3,
            epoch,
            1,
            5,
            0,
            shiftBlock,
            0,
            status(chain.head) === ACTIVE,
            0,
            key.qual,
            isDealt ? key.qual : 0n,
            0n,
            0n,
            ...done,
          ],
        ];
      };
      stored = new Map(key.dealings);
      [complaints, finalized, shiftBlock] = [[], [], 0];
      lines = [];
      metrics = createMetrics({ version: "0", processMetrics: false });
      chain.answers["keyGeneration.dealHashOf"] = ([, dealer]) => {
        const bytes = stored.get(Number(dealer));
        return [bytes === undefined ? ZERO_HASH : bytesToHex(dealHashOf(bytes))];
      };
      committee([stranger, OPERATOR, stranger]);
      await temp.vault.epochSecrets.save(epoch, key.encryptionSecret);
    });
    afterEach(() => temp.remove());

    const committee = (operators: readonly string[]): void => {
      chain.answers["keeperRegistry.committeeOf"] = () => [
        key.members.map((member, index) => [member.slot, operators[index], toXY(member.encryptionKey), toXY(member.encryptionKey)]),
      ];
    };
    const board: KeyGenerationBoard = {
      deal: async ({ dealing }) => void dealt.push(dealing),
      complain: async (effect) => void complaints.push(effect),
      finalize: async (effect) => void finalized.push(effect),
      ready: async () => undefined,
      fail: async () => undefined,
    };
    const create = (extensions: readonly KeeperExtension[] = []) => {
      const parts = {
        vault: temp.vault,
        reader: createChainReader({ rpc: chain.rpc, contracts: fakeContracts() }),
        contracts: fakeContracts(),
        operators: [OPERATOR],
        materials: { forget: () => undefined },
        board,
        giveWay: { first: <Result>(done: () => Promise<Result>) => done(), turn: async () => undefined },
        bulk,
        stagingBlocks: 2,
        extensions,
        log: createLogger("info", { write: (line) => lines.push(line) }),
        metrics,
      };
      const handler = createSessionLoop(parts, createGeneration(parts));
      return () => handler(work, headsOf(chain));
    };

    it("deals what is durable", async () => {
      expect(await create()()).to.deep.equal({ kind: "wait" });
      expect(dealt).to.have.length(1);
      expect(await temp.vault.dealings.load(sid)).to.deep.equal(dealt[0]);
      expect(parseDealing(dealt[0] ?? new Uint8Array(), { threshold: 1, members: 3 }).commitments).to.have.length(2);
    });

    it("deals the same bytes after a restart (D21)", async () => {
      await create()();
      await temp.reopen();
      await create()();
      expect(dealt).to.have.length(2);
      expect(dealt[0]).to.deep.equal(dealt[1]);
    });

    it("lets an extension change the dealing before it is stored", async () => {
      const lie: KeeperExtension = {
        name: "liar",
        transformDealing: (dealing) => Uint8Array.from(dealing, (byte, index) => (index === dealing.length - 140 ? byte ^ 1 : byte)),
      };
      await create([lie])();
      const stored = await temp.vault.dealings.load(sid);
      expect(stored).to.deep.equal(dealt[0]);
      await create()();
      expect(dealt[1]).to.deep.equal(stored);
    });

    describe("a member that was removed (D56)", () => {
      const removedAt = (isThere: (block: number) => boolean, slot = 5): void => {
        chain.answers["keeperRegistry.removedKeepers"] = (_args, block) => [isThere(block) ? 1n << BigInt(slot) : 0n];
      };
      const isFinal = (block: number): boolean => block === chain.head - chain.finalLag;

      for (const { where, isThere } of [
        { where: "the head", isThere: (block: number) => !isFinal(block) },
        { where: "the final block", isThere: isFinal },
      ]) {
        it(`attack 14: deals and stores nothing where only ${where} shows the removal, whatever the contract's status is`, async () => {
          removedAt(isThere);
          await create()();
          expect([dealt.length, await temp.vault.dealings.load(sid)]).to.deep.equal([0, undefined]);
        });
        it(`attack 14: does not send a dealing that is stored where only ${where} shows the removal`, async () => {
          await create()();
          removedAt(isThere);
          await create()();
          expect(dealt).to.have.length(1);
        });
      }
      for (const { where, isThere } of [
        { where: "the head", isThere: (block: number) => !isFinal(block) },
        { where: "the final block", isThere: isFinal },
      ])
        it(`deals nothing when its account of the epoch was stolen, by ${where}; when another's was, it continues`, async () => {
          const absentAt = (slot: number) => {
            chain.answers["keeperRegistry.absentIn"] = ([asked, slots], block) => [
              asked === BigInt(epoch) && isThere(block) ? (slots as bigint) & (1n << BigInt(slot)) : 0n,
            ];
          };
          absentAt(2);
          await create()();
          expect(dealt).to.have.length(0);
          absentAt(5);
          await create()();
          expect(dealt).to.have.length(1);
        });
      it("continues where a keeper that is no member was removed", async () => {
        removedAt(() => true, 9);
        await create()();
        expect(dealt).to.have.length(1);
      });
    });

    it("is done when it is not a member", async () => {
      committee([stranger, stranger, stranger]);
      expect(await create()()).to.deep.equal({ kind: "done" });
      expect(dealt).to.have.length(0);
    });

    it("waits while a reorg has taken the session away, and is done when it stays away", async () => {
      status = (block) => (block === chain.head ? UNKNOWN : DEALING);
      expect(await create()()).to.deep.equal({ kind: "wait" });
      status = () => UNKNOWN;
      expect(await create()()).to.deep.equal({ kind: "done" });
    });

    it("a keeper that was offline catches up: it stores its share, and marks it as in use when the key is active, finally", async () => {
      result = true;
      const dealings = [1, 2, 5].map((dealer) =>
        emitLog("Dealt", [sid, dealer, bytesToHex(key.dealings.get(dealer) ?? new Uint8Array())], 6, dealer),
      );
      await temp.vault.follower().commit({ logs: dealings, state: {} });
      status = (block) => (block === chain.head ? ACTIVE : 5);
      const attempt = create();
      expect(await attempt()).to.deep.equal({ kind: "wait" });
      expect((await temp.vault.keyShares.list({ keyId })).map(({ state }) => state)).to.deep.equal(["pending"]);
      status = () => ACTIVE;
      expect(await attempt()).to.deep.equal({ kind: "done" });
      expect((await temp.vault.keyShares.list({ keyId })).map(({ state }) => state)).to.deep.equal(["active"]);
    });

    describe("the shift, where the contract counts other blocks than the node does", () => {
      const HASH = `0x${"5f".repeat(32)}`;
      const finalizeAt = async (numbered: number, hash: string): Promise<Finalize | undefined> => {
        [status, shiftBlock] = [() => FINALIZING, numbered];
        chain.answers["keyGeneration.shiftHashOf"] = () => [hash];
        const logs = [...key.dealings].map(([dealer, bytes]) => emitLog("Dealt", [sid, dealer, bytesToHex(bytes)], 6, dealer));
        await temp.vault.follower().commit({ logs, state: {} });
        const attempt = create();
        await attempt();
        chain.head += 10; // whatever this keeper's rank is, it is its turn now
        await attempt();
        return finalized.at(-1);
      };
      const keyOf = (hash: string) => {
        const { unshifted } = key;
        const shift = keyShiftOf({ sid: hexToBytes(sid), unshifted, blockHash: hexToBytes(hash) });
        return nobleBackend.add(unshifted, nobleBackend.mulVar(nobleBackend.mulG(1n), shift));
      };

      for (const [where, numbered] of [
        ["far ahead of the node's head", 5_000_554],
        ["far behind: the node has another block of that number", 7],
      ] as const)
        it(`is made of the hash that the contract says, when its block is ${where}`, async () => {
          const effect = await finalizeAt(numbered, HASH);
          expect(effect?.jointKey.equals(keyOf(HASH))).to.equal(true);
          expect(effect?.jointKey.equals(keyOf(blockHash(numbered)))).to.equal(false);
        });
      it("is asked for at the pinned head, by its hash, and only when it is time", async () => {
        await finalizeAt(7, HASH);
        const asked = () => chain.calls.filter((call) => call.startsWith("keyGeneration.shiftHashOf"));
        expect(asked()).to.deep.equal(["keyGeneration.shiftHashOf@20", "keyGeneration.shiftHashOf@30"]);
        status = () => DISPUTING;
        await create()();
        expect(asked()).to.have.length(2);
      });
      it("is fixed again where the contract has the hash no more", async () => {
        const effect = await finalizeAt(5_000_554, ZERO_HASH);
        expect([effect?.id, effect?.constants]).to.deep.equal([`finalize:${sid}:gone:5000554`, []]);
      });
    });

    describe("a node whose logs show dealings that the contract did not take", () => {
      const altered = (dealer: number): Uint8Array => shiftShare(key.dealings.get(dealer) as Uint8Array);
      const forgeries = () => forgedDealings(key);
      const mirror = (dealings: ReadonlyMap<number, Uint8Array>, block = 6) =>
        temp.vault.follower().commit({
          logs: [...dealings].map(([dealer, bytes]) => emitLog("Dealt", [sid, dealer, bytesToHex(bytes)], block, dealer)),
          state: {},
        });
      const disbelieved = async () => (await metrics.dealingsDisbelieved.get()).values.map(({ labels, value }) => [labels.reason, value]);
      beforeEach(() => {
        status = () => DISPUTING;
      });

      it("control: a wrong share of a dealing that the contract has is complained about", async () => {
        stored.set(5, altered(5));
        await mirror(stored);
        await create()();
        expect(complaints.map(({ dealer, dealing }) => [dealer, bytesToHex(dealing)])).to.deep.equal([[5, bytesToHex(altered(5))]]);
        expect(await disbelieved()).to.deep.equal([]);
      });

      it("attack 10: opens no pad for an altered share in a log, says whose fault it is once, and continues with the others", async () => {
        await mirror(new Map(key.dealings).set(5, altered(5)));
        const attempt = create();
        for (let round = 0; round < 3; round += 1) expect(await attempt()).to.deep.equal({ kind: "wait" });
        expect(complaints).to.deep.equal([]);
        expect(await disbelieved()).to.deep.equal([["FOREIGN_HASH", 1]]);
        expect(lines.filter((line) => line.includes("RPC providers"))).to.have.length(1);
      });

      it("attack 10: nor for a dealing of which the contract has none", async () => {
        stored.delete(5);
        await mirror(new Map(key.dealings).set(5, altered(5)));
        await create()();
        expect([complaints.length, await disbelieved()]).to.deep.equal([0, [["NOT_STORED", 1]]]);
      });

      it("attack 20: nor, whatever the state says too, for the E of an old dealing in a forged one, of another session or dealer", async () => {
        for (const [name, forged] of forgeries()) {
          stored.set(5, forged);
          await temp.vault.follower().rollback(5, {});
          await mirror(stored);
          await create()();
          expect(complaints, name).to.deep.equal([]);
        }
        expect(await disbelieved()).to.deep.equal([["NO_POSSESSION", forgeries().size]]);
      });

      it("attack 10: a session whose share this keeper serves with is over: no node brings it to complain in it again", async () => {
        await temp.vault.keyShares.save(shareRecordOf(key));
        await temp.vault.keyShares.activate(shareRecordOf(key));
        stored.set(5, altered(5));
        await mirror(stored);
        expect(await create()()).to.deep.equal({ kind: "done" });
        expect(complaints).to.deep.equal([]);
      });

      it("attack 10: makes no share of them", async () => {
        result = true;
        status = () => 5;
        await mirror(new Map(key.dealings).set(5, altered(5)));
        const attempt = create();
        await attempt();
        expect(await temp.vault.keyShares.list({ keyId })).to.deep.equal([]);
        await temp.vault.follower().rollback(5, {});
        await mirror(key.dealings);
        await attempt();
        expect(await temp.vault.keyShares.list({ keyId })).to.have.length(1);
      });

      it("asks for the hash of a final dealing once, and of a later one at each head", async () => {
        const asked = () => chain.calls.filter((call) => call.startsWith("keyGeneration.dealHashOf"));
        await mirror(new Map([...key.dealings].slice(0, 1)), 6);
        await mirror(new Map([...key.dealings].slice(1, 2)), 19);
        const attempt = create();
        await attempt();
        expect(asked()).to.deep.equal(["keyGeneration.dealHashOf@18", "keyGeneration.dealHashOf@20"]);
        await attempt();
        expect(asked()).to.have.length(3);
      });
    });
  });
