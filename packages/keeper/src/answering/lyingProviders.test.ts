/**
 * What a keeper's RPC providers can take of it, by how many of them lie (attack 10). The logs in its mirror are forged throughout: they are what a
 * majority once served, or a vault that somebody wrote to.
 */
import { quorumRpc } from "@keyquorum/chain";
import type { Complain, KeyGenerationBoard, ReshareBoard, ReshareDeal } from "@keyquorum/protocol";
import { dealHashOf, toXY } from "@keyquorum/threshold";
import { type Address, bytesToHex, parseAddress, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { createInlineBulk } from "../bulk/inlineBulk.ts";
import { createChainReader } from "../contracts/chainReader.ts";
import { silentLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { systemClock } from "../run/clock.ts";
import type { GiveWay } from "../run/giveWay.ts";
import { createConsent } from "../sessions/consent.ts";
import { createGeneration } from "../sessions/generation.ts";
import { createReshare } from "../sessions/reshare.ts";
import { createReshareProgress } from "../sessions/reshareProgress.ts";
import { createSessionLoop } from "../sessions/sessionLoop.ts";
import { createActiveKeys } from "../shares/activeKeys.ts";
import { createCommittees } from "../shares/committees.ts";
import { createEraseRetired } from "../shares/eraseRetired.ts";
import { createHandOver } from "../shares/handOver.ts";
import { createKeyMaterials } from "../shares/keyMaterials.ts";
import { blockHash, createFakeChain, emitLog, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { createFinishedKey, shareRecordOf } from "../testing/finishedKey.ts";
import { forgedDealings, shiftShare } from "../testing/forgedDealings.ts";
import { createResharedKey } from "../testing/resharedKey.ts";
import { createTempVault, OPERATOR, type TempVault } from "../testing/tempVault.ts";
import { testNonces } from "../testing/testNonces.ts";

const key = createFinishedKey();
const moved = createResharedKey(key);
const stranger = parseAddress(`0x${"ee".repeat(20)}`);
const zero = { x: 0n, y: 0n };
const giveWay: GiveWay = { first: (done) => done(), turn: async () => undefined };
const [DEALING, DISPUTING, EPOCH_OPEN] = [1, 2, 2];

describe("RPC providers that lie (attack 10)", () => {
  let temp: TempVault;
  let now: number;
  let complaints: Complain[];
  let dealt: ReshareDeal[];
  const metrics = createMetrics({ version: "0", processMetrics: false });
  beforeEach(async () => {
    now = 0;
    temp = await createTempVault(() => now);
    [complaints, dealt] = [[], []];
  });
  afterEach(() => temp.remove());

  const readerOf = (providers: readonly FakeChain[]) =>
    createChainReader({
      rpc: quorumRpc(
        providers.map(({ rpc }) => rpc),
        { clock: systemClock },
      ),
      contracts: fakeContracts(),
    });
  const membersAs = (members: typeof key.members, operators: readonly Address[]) => [
    members.map(({ slot, encryptionKey }, index) => [slot, operators[index], toXY(encryptionKey), toXY(encryptionKey)]),
  ];

  describe("about a session of key generation", () => {
    /** A provider that says that the contract has these dealings. */
    const saying = (dealings: ReadonlyMap<number, Uint8Array>): FakeChain => {
      const chain = createFakeChain();
      const { sid, keyId, epoch, members, qual } = key;
      chain.answers["keyGeneration.statusOf"] = () => [DISPUTING];
      chain.answers["keyGeneration.sessionOf"] = () => [
        [keyId, 0, 1, 3, epoch, 1, 5, 0, 0, 0, false, 0, qual, qual, 0n, 0n, 0n, zero, 0n, zero],
      ];
      chain.answers["keyGeneration.dealHashOf"] = ([asked, dealer]) => {
        const bytes = asked === sid ? dealings.get(Number(dealer)) : undefined;
        return [bytes === undefined ? ZERO_HASH : bytesToHex(dealHashOf(bytes))];
      };
      chain.answers["keeperRegistry.committeeOf"] = () => membersAs(members, [stranger, OPERATOR, stranger]);
      return chain;
    };
    const shown = new Map(key.dealings).set(5, shiftShare(key.dealings.get(5) as Uint8Array));
    const honest = saying(key.dealings);
    const liar = saying(shown);

    const complainAt = async (providers: readonly FakeChain[], logs: ReadonlyMap<number, Uint8Array>): Promise<void> => {
      const { sid, keyId, epoch } = key;
      await temp.vault.epochSecrets.save(epoch, key.encryptionSecret);
      await temp.vault.follower().commit({
        logs: [...logs].map(([dealer, bytes]) => emitLog("Dealt", [sid, dealer, bytesToHex(bytes)], 6, dealer)),
        state: {},
      });
      const board = { complain: async (effect: Complain) => void complaints.push(effect), deal: async () => undefined };
      const parts = {
        ...{ vault: temp.vault, reader: readerOf(providers), metrics, log: silentLogger, extensions: [], stagingBlocks: 2 },
        contracts: fakeContracts(),
        operators: [OPERATOR],
        materials: { forget: () => undefined },
        giveWay,
        board: board as unknown as KeyGenerationBoard, // of the board, only these are used
        bulk: createInlineBulk({ nonces: testNonces() }),
      };
      await createSessionLoop(parts, createGeneration(parts))(
        { sid, keyId, epoch, blockNumber: 5, blockHash: blockHash(5) },
        headsOf(honest),
      );
    };

    it("a minority takes nothing: what the majority's contract has decides", async () => {
      await complainAt([honest, honest, liar], shown);
      expect(complaints).to.deep.equal([]);
    });

    it("a majority takes nothing of another key: E of an old dealing fails, whatever it says", async () => {
      for (const forged of forgedDealings(key).values()) {
        const lie = new Map(key.dealings).set(5, forged);
        await temp.vault.follower().rollback(5, {});
        await complainAt([honest, saying(lie), saying(lie)], lie);
      }
      expect(complaints).to.deep.equal([]);
    });

    it("what is lost to a majority: what an honest dealer dealt to this keeper, while the key is being generated", async () => {
      await complainAt([honest, liar, liar], shown);
      expect(complaints.map(({ dealer, recipient }) => [dealer, recipient])).to.deep.equal([[5, 2]]);
    });

    it("and not once the key is in use: its session is over", async () => {
      await temp.vault.keyShares.save(shareRecordOf(key));
      await temp.vault.keyShares.activate(shareRecordOf(key));
      await complainAt([honest, liar, liar], shown);
      expect(complaints).to.deep.equal([]);
    });
  });

  describe("about a reshare that nobody asked for, into an epoch of their own", () => {
    /** A provider that has, or has not, the epoch and the session that were made up. */
    const saying = (isThere: boolean, members = moved.members): FakeChain => {
      const chain = createFakeChain();
      const { keyId, fromEpoch, epoch } = moved;
      const status = isThere ? DEALING : 0;
      const { answers } = chain;
      answers["keyResharing.statusOf"] = () => [status];
      answers["keyResharing.qualOf"] = () => [0n];
      answers["keyResharing.reshareOf"] = () => [
        [keyId, fromEpoch, isThere ? epoch : 0, 2, 1, 3, 1, 5, 0, false, 0, isThere ? 0b100110n : 0n, 0b10100100n, 0n, 0n, 0n],
      ];
      answers["keyResharing.dealHashOf"] = () => [ZERO_HASH];
      answers["keyGeneration.keyOf"] = () => [[0, 1, stranger, toXY(key.own.jointKey), stranger, key.sid]];
      answers["keyGeneration.keyEpochOf"] = () => [
        [1, 3, key.qual, bytesToHex(key.own.commitmentsHash), bytesToHex(key.own.verifyingRoot)],
      ];
      answers["keyGeneration.retiredAtOf"] = () => [0n];
      answers["keeperRegistry.statusOf"] = () => [isThere ? EPOCH_OPEN : 0];
      answers["keeperRegistry.candidatesOf"] = () => [isThere ? 0b10100100n : 0n];
      answers["keeperRegistry.committeeOf"] = ([asked]) =>
        asked === BigInt(fromEpoch)
          ? membersAs(key.members, [stranger, OPERATOR, stranger])
          : isThere
            ? membersAs(members, [stranger, stranger, stranger])
            : [[]];
      return chain;
    };
    const [honest, liar] = [saying(false), saying(true)];

    const dealAt = async (providers: readonly FakeChain[]) => {
      const { sid, keyId, fromEpoch, epoch } = moved;
      const { vault } = temp;
      const [contracts, reader] = [fakeContracts(), readerOf(providers)];
      const parts = {
        ...{ vault, reader, contracts, metrics, log: silentLogger, extensions: [], stagingBlocks: 2, operators: [OPERATOR] },
        giveWay,
        committees: createCommittees({ reader }),
        materials: createKeyMaterials({ vault, reader, contracts, mirroredFinal: () => Number.MAX_SAFE_INTEGER }),
        consentTo: createConsent({ vault, reader, clock: { now: () => now }, dataDirectory: vault.directory, minDelaySeconds: 3_600 }),
        handOver: createHandOver({ reader }),
        board: { deal: async (effect: ReshareDeal) => void dealt.push(effect) } as unknown as ReshareBoard, // of the board, only this is used
        progress: createReshareProgress({ metrics }),
        bulk: createInlineBulk({ nonces: testNonces() }),
      };
      await createSessionLoop(parts, createReshare(parts))(
        { sid, keyId, fromEpoch, epoch, blockNumber: 5, blockHash: blockHash(5) },
        headsOf(honest),
      );
    };
    /** Of the epoch that is, or was made up: what its members posted. */
    const posted = () =>
      moved.members.map(({ slot, encryptionKey }) => emitLog("EpochKeyPosted", [moved.epoch, slot, toXY(encryptionKey)], 4, slot));
    beforeEach(async () => {
      await temp.vault.keyShares.save(shareRecordOf(key));
      await temp.vault.keyShares.activate(shareRecordOf(key));
      const hashes = [bytesToHex(key.own.commitmentsHash), bytesToHex(key.own.verifyingRoot)];
      const generated = [...key.dealings].map(([dealer, bytes]) => emitLog("Dealt", [key.sid, dealer, bytesToHex(bytes)], 2, dealer));
      const { keyId, fromEpoch } = moved;
      const finalized = [key.sid, keyId, key.qual, toXY(key.unshifted), key.shift, toXY(key.own.jointKey), stranger];
      const ready = [keyId, key.sid, fromEpoch, 1, toXY(key.own.jointKey), stranger, ...hashes];
      await temp.vault
        .follower()
        .commit({ logs: [...generated, emitLog("KeyFinalized", finalized, 3), emitLog("KeyReady", ready, 4), ...posted()], state: {} });
    });

    it("attack 50: a minority takes nothing, however long it continues", async () => {
      await dealAt([honest, honest, liar]);
      now = 1_000_000_000;
      await dealAt([honest, honest, liar]);
      expect(dealt).to.deep.equal([]);
    });

    it("attack 50: a majority takes nothing before the operator's delay is over by this keeper's clock; what is lost then: this keeper's share", async () => {
      await dealAt([honest, liar, liar]);
      now = 3_599_999;
      await dealAt([honest, liar, liar]);
      expect(dealt).to.deep.equal([]);
      now = 3_600_000;
      await dealAt([honest, liar, liar]);
      expect(dealt.map(({ dealer }) => dealer)).to.deep.equal([2]);
    });

    it("attack 50: a majority that lies for a moment takes nothing by other keys for the members of an epoch that is known for long", async () => {
      await temp.vault.epochProposals.see({ epoch: moved.epoch, candidates: 0b10100100n });
      now = 1_000_000_000;
      const own = moved.members.map((member) => ({ ...member, encryptionKey: key.own.jointKey }));
      const thief = saying(true, own);
      await dealAt([honest, thief, thief]);
      expect(dealt).to.deep.equal([]);
      await dealAt([honest, liar, liar]);
      expect(
        dealt.map(({ dealer }) => dealer),
        "control: to the keys that were posted it deals",
      ).to.deep.equal([2]);
    });
  });

  describe("about a key that has moved on", () => {
    const { keyId, fromEpoch, epoch } = moved;
    /** A provider that has the key where it is, or in a later epoch since long ago. */
    const saying = (isMoved: boolean): FakeChain => {
      const chain = createFakeChain();
      const { answers } = chain;
      answers["keeperRegistry.currentEpoch"] = () => [isMoved ? epoch : fromEpoch];
      answers["keyGeneration.keyOf"] = () => [[0, isMoved ? epoch : fromEpoch, stranger, toXY(key.own.jointKey), stranger, key.sid]];
      answers["keyGeneration.keyEpochOf"] = () => [
        [1, 3, key.qual, bytesToHex(key.own.commitmentsHash), bytesToHex(key.own.verifyingRoot)],
      ];
      answers["keyGeneration.retiredAtOf"] = () => [isMoved ? 1n : 0n];
      answers["shareRequests.requestLifetime"] = () => [isMoved ? 0n : 3_600n];
      answers["optimisticRequests.requestLifetime"] = () => [isMoved ? 0n : 3_600n];
      return chain;
    };
    const [honest, liar] = [saying(false), saying(true)];

    const lookAt = async (providers: readonly FakeChain[]): Promise<void> => {
      const { vault } = temp;
      const [contracts, reader] = [fakeContracts(), readerOf(providers)];
      await createEraseRetired({
        ...{ vault, reader, metrics, log: silentLogger, eraseDelaySeconds: undefined },
        activeKeys: createActiveKeys({ vault, contracts }),
        handOver: createHandOver({ reader }),
        materials: { forget: () => undefined },
        clock: { now: () => now },
      })(headsOf(honest));
    };
    const left = async () => [
      ...(await temp.vault.keyShares.list()).map((share) => share.epoch),
      ...(await temp.vault.epochSecrets.list()),
    ];
    beforeEach(async () => {
      await temp.vault.keyShares.save(shareRecordOf(key));
      await temp.vault.keyShares.activate(shareRecordOf(key));
      await temp.vault.epochSecrets.save(fromEpoch, key.encryptionSecret);
      const hashes = [bytesToHex(key.own.commitmentsHash), bytesToHex(key.own.verifyingRoot)];
      const ready = emitLog("KeyReady", [keyId, key.sid, fromEpoch, 1, toXY(key.own.jointKey), stranger, ...hashes], 4);
      const forged = emitLog("KeyReshared", [keyId, moved.sid, epoch, fromEpoch, 1, moved.qual, ...hashes], 5);
      await temp.vault.follower().commit({ logs: [ready, forged], state: {} });
    });

    it("attack 36: a minority destroys nothing, however long it continues", async () => {
      for (now = 0; now <= 36_000_000; now += 1_800_000) await lookAt([honest, honest, liar]);
      expect(await left()).to.deep.equal([fromEpoch, fromEpoch]);
    });

    it("attack 36: a majority that lies for a moment destroys nothing, also where it lies again an hour later", async () => {
      for (now = 0; now < 14_400_000; now += 1_800_000) {
        await lookAt([honest, liar, liar]);
        now += 10_000;
        await lookAt([honest, honest, honest]);
      }
      expect(await left()).to.deep.equal([fromEpoch, fromEpoch]);
    });

    it("attack 36: what is lost to a majority that lies for an hour by this keeper's clock: this keeper's share, and nothing sooner", async () => {
      for (now = 0; now < 3_600_000; now += 600_000) await lookAt([honest, liar, liar]);
      now = 3_599_999;
      await lookAt([honest, liar, liar]);
      expect(await left()).to.deep.equal([fromEpoch, fromEpoch]);
      now = 3_600_000;
      await lookAt([honest, liar, liar]);
      expect(await left()).to.deep.equal([]);
    });
  });
});
