import type { KeyGenerationBoard } from "@keyquorum/protocol";
import { parseDealing, secureRandom, toXY } from "@keyquorum/threshold";
import { bytesToHex, parseAddress } from "@keyquorum/wire";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import type { KeeperExtension } from "../extension.ts";
import { silentLogger } from "../logger.ts";
import { createMetrics } from "../metrics.ts";
import { blockHash, createFakeChain, emitLog, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { createFinishedKey } from "../testing/finishedKey.ts";
import { createTempVault, OPERATOR, type TempVault } from "../testing/tempVault.ts";
import { createGenerateKey } from "./generateKey.ts";

const key = createFinishedKey();
const { sid, keyId, epoch, own } = key;
const work = { sid, keyId, epoch, blockNumber: 5, blockHash: blockHash(5) };
const [UNKNOWN, DEALING, ACTIVE] = [0, 1, 6];
const stranger = parseAddress(`0x${"ee".repeat(20)}`);
const zero = { x: 0n, y: 0n };

describe("createGenerateKey", () => {
  let temp: TempVault;
  let chain: FakeChain;
  let dealt: Uint8Array[];
  let status: (block: number) => number;
  let result: boolean;

  beforeEach(async () => {
    temp = await createTempVault(() => 0);
    chain = createFakeChain();
    dealt = [];
    status = () => DEALING;
    result = false;
    chain.answers["keyGeneration.statusOf"] = (_args, block) => [status(block)];
    chain.answers["keyGeneration.phaseEndOf"] = () => [0];
    chain.answers["keyGeneration.sessionOf"] = () => {
      const done = [
        result ? key.qual : 0n,
        result ? toXY(key.unshifted) : zero,
        result ? key.shift : 0n,
        result ? toXY(own.jointKey) : zero,
      ];
      return [[keyId, 0, 1, 3, epoch, 1, 5, 0, 0, 0, status(chain.head) === ACTIVE, 0, key.qual, result ? key.qual : 0n, 0n, 0n, ...done]];
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
    complain: async () => undefined,
    finalize: async () => undefined,
    ready: async () => undefined,
    fail: async () => undefined,
  };
  const create = (extensions: readonly KeeperExtension[] = []) => {
    const handler = createGenerateKey({
      vault: temp.vault,
      reader: createChainReader({ rpc: chain.rpc, contracts: fakeContracts() }),
      rpc: chain.rpc,
      contracts: fakeContracts(),
      operators: [OPERATOR],
      materials: { forget: () => undefined },
      board,
      random: secureRandom,
      stagingBlocks: 2,
      extensions,
      log: silentLogger,
      metrics: createMetrics({ version: "0", processMetrics: false }),
    });
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
    it("goes on where a keeper that is no member was removed", async () => {
      removedAt(() => true, 9);
      await create()();
      expect(dealt).to.have.length(1);
    });
  });

  it("is done when it is no member", async () => {
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
});
