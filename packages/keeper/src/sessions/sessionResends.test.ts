import { writeFile } from "node:fs/promises";
import { interfaceOf } from "@keyquorum/bindings";
import type { SenderRecord } from "@keyquorum/chain";
import { dealHashOf, G, toXY } from "@keyquorum/threshold";
import { subjectOfId } from "@keyquorum/vault";
import { bytesToHex, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import { silentLogger } from "../report/logger.ts";
import { createFakeChain, emitLog, FAKE_ADDRESSES, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { createFinishedKey, shareRecordOf } from "../testing/finishedKey.ts";
import { bob, KEY_ID } from "../testing/reader.ts";
import { createResharedKey, resharedRecordOf } from "../testing/resharedKey.ts";
import { createTempVault, OPERATOR, type TempVault } from "../testing/tempVault.ts";
import { createConsent } from "./consent.ts";
import { sessionResends } from "./sessionResends.ts";
import { setVeto, vetoFileOf } from "./vetoes.ts";

const stepHash = `0x${"4e".repeat(32)}`;

/** A session of key generation, or of a reshare, of three members with t = 1, in a status by block. */
const generationAnswers = (chain: FakeChain, status: (block: number) => number): void => {
  const zero = { x: 0n, y: 0n };
  chain.answers["keyGeneration.statusOf"] = (_args, block) => [status(block)];
  chain.answers["keyGeneration.sessionOf"] = () => [[KEY_ID, 0, 1, 3, 3, 1, 5, 0, 0, 0, false, 0, 0n, 0n, 0n, 0n, 0n, zero, 0n, zero]];
};
const reshareAnswers = (chain: FakeChain, status: (block: number) => number): void => {
  chain.answers["keyResharing.statusOf"] = (_args, block) => [status(block)];
  chain.answers["keyResharing.qualOf"] = () => [0n];
  chain.answers["keyResharing.reshareOf"] = () => [[KEY_ID, 2, 3, 2, 1, 3, 1, 5, 0, false, 0, 0n, 0n, 0n, 0n, 0n]];
};

describe("a step of a session that was signed earlier", () => {
  let temp: TempVault;
  let chain: FakeChain;
  let now: number;

  beforeEach(async () => {
    now = 0;
    temp = await createTempVault(() => now);
    chain = createFakeChain();
    chain.answers["keeperRegistry.slotOf"] = () => [2];
    chain.answers["keeperRegistry.membersOf"] = () => [0b10100000n]; // 5 and 7: this keeper, at slot 2, leaves
    chain.answers["keyGeneration.keyEpochOf"] = () => [[1, 4, 30n, ZERO_HASH, ZERO_HASH]];
  });
  afterEach(() => temp.remove());

  const removedAt = (slot: number, isThere: (block: number) => boolean = () => true): void => {
    chain.answers["keeperRegistry.removedKeepers"] = (_args, block) => [isThere(block) ? 1n << BigInt(slot) : 0n];
  };
  /** Whether the transaction of this id, of a version that kept no kind with it, may still be sent. */
  const ask = async (id: string, { least, isSeen = true, delay = 0 }: { least?: number; isSeen?: boolean; delay?: number } = {}) => {
    const { vault } = temp;
    const reader = createChainReader({ rpc: chain.rpc, contracts: fakeContracts() });
    const consentTo = createConsent({
      ...{ vault, reader, dataDirectory: vault.directory, minDelaySeconds: delay },
      clock: { now: () => now },
      ...(least === undefined ? {} : { minThreshold: least }),
    });
    const mayResend = sessionResends({
      ...{ vault, reader, operators: [OPERATOR], contracts: fakeContracts(), consentTo, log: silentLogger },
      seen: { now: () => (isSeen ? headsOf(chain) : undefined) },
    });
    const signed = { id, to: FAKE_ADDRESSES.keyGeneration, data: "0x", ...(await vault.outbox.load<Partial<SenderRecord>>(id)) };
    const { kind, subject } = subjectOfId(id);
    return mayResend[kind]?.(subject, signed);
  };

  it("that a session failed may always be recorded", async () => {
    removedAt(2);
    for (const id of [`fail:${stepHash}`, `reshare:fail:${stepHash}`]) expect(await ask(id)).to.equal("yes");
  });

  describe("what moves a session on", () => {
    const sid = `0x${"5e".repeat(32)}`;
    const steps = ["deal", "complain", "ready"];
    const ids = [`finalize:${sid}`, ...steps.flatMap((kind) => [`${kind}:${sid}`, `reshare:${kind}:${sid}:${stepHash}`])];
    const mirrorSessions = () => {
      const generated = emitLog("KeyRequested", [KEY_ID, sid, bob.address, 0, 2, 3, 1, ZERO_HASH], 20);
      return temp.vault.follower().commit({ logs: [generated, emitLog("ReshareRequested", [KEY_ID, sid, 3, 2, 1, 1], 20, 1)], state: {} });
    };
    const askAll = async (asked = ids) => [...new Set(await Promise.all(asked.map((id) => ask(id))))];

    it("yes, while nobody who is to hold a share was removed", async () => {
      await mirrorSessions();
      removedAt(9);
      reshareAnswers(chain, () => 1);
      chain.answers["keeperRegistry.statusOf"] = () => [2];
      chain.answers["keeperRegistry.candidatesOf"] = () => [0b10100100n];
      expect(await askAll(ids.filter((id) => !id.includes("complain")))).to.deep.equal(["yes"]);
    });
    for (const { who, slot } of [
      { who: "who is to hold a share", slot: 7 },
      { who: "this keeper", slot: 2 },
    ]) {
      it(`attack 14: no, when ${who} was removed after it was signed`, async () => {
        await mirrorSessions();
        removedAt(slot);
        expect(await askAll()).to.deep.equal(["no"]);
        removedAt(slot, (block) => block === chain.head - chain.finalLag);
        expect(await askAll()).to.deep.equal(["no"]);
      });
      it(`attack 14: later, while the removal of ${who} is not final`, async () => {
        await mirrorSessions();
        removedAt(slot, (block) => block === chain.head);
        expect(await askAll()).to.deep.equal(["later"]);
      });
    }
    it("no, when this keeper's account of the epoch was revoked as stolen after it was signed", async () => {
      await mirrorSessions();
      const absentIn = (epoch: bigint) => {
        chain.answers["keeperRegistry.absentIn"] = ([asked, slots]) => [asked === epoch ? (slots as bigint) & 0b100n : 0n];
      };
      const confirmations = [`reshare:ready:${sid}:${stepHash}`, `ready:${sid}:${stepHash}`];
      absentIn(2n); // the old epoch of the reshare
      expect(await askAll(confirmations)).to.deep.equal(["yes"]);
      absentIn(3n);
      expect(await askAll([...confirmations, `deal:${sid}`])).to.deep.equal(["no"]);
    });
    it("later, before the chain was seen; no, when the session is gone from it", async () => {
      expect(await askAll()).to.deep.equal(["no"]);
      await mirrorSessions();
      expect(await ask(`ready:${sid}:${stepHash}`, { isSeen: false })).to.equal("later");
    });
  });

  for (const isReshare of [false, true]) {
    const key = createFinishedKey();
    const moved = createResharedKey(key);
    const made = isReshare ? moved : key;
    const contract = isReshare ? "keyResharing" : "keyGeneration";
    const { sid } = made;
    const dealing = made.dealings.get(5) as Uint8Array;
    const DISPUTING = 2;

    describe(`a complaint that was signed in an earlier life, about ${isReshare ? "a reshare's" : "a"} dealing`, () => {
      const id = `${isReshare ? "reshare:" : ""}complain:${sid}:5:${"0".repeat(64)}`;
      let stored: Uint8Array | undefined;
      let status: number;
      const sign = (bytes: Uint8Array) =>
        temp.vault.outbox.save({
          id,
          ...subjectOfId(id),
          entry: {
            data: interfaceOf(contract).encodeFunctionData("complain", [
              sid,
              {
                dealer: 5,
                recipient: 2,
                dealing: bytesToHex(bytes),
                shared: toXY(G),
                proof: { c: 1n, z: 1n },
                hints: { zU: toXY(G), cD: toXY(G), inverse: 1n },
              },
            ] as never),
          },
        });
      beforeEach(async () => {
        [stored, status] = [dealing, DISPUTING];
        chain.answers[`${contract}.dealHashOf`] = () => [stored === undefined ? ZERO_HASH : bytesToHex(dealHashOf(stored))];
        chain.answers["keeperRegistry.committeeOf"] = () => [
          made.members.map(({ slot, encryptionKey }) => [slot, OPERATOR, toXY(encryptionKey), toXY(encryptionKey)]),
        ];
        if (isReshare) reshareAnswers(chain, () => status);
        else generationAnswers(chain, () => status);
        const requested = isReshare
          ? emitLog("ReshareRequested", [KEY_ID, sid, 3, 2, 1, 1], 20)
          : emitLog("KeyRequested", [KEY_ID, sid, bob.address, 0, 2, 3, 1, ZERO_HASH], 20);
        await temp.vault.follower().commit({ logs: [requested], state: {} });
        await sign(dealing);
      });

      it("yes, while the contract has that dealing and its dealer proved it", async () => {
        expect(await ask(id)).to.equal("yes");
      });
      it("attack 10: no, when the contract has another one, or none", async () => {
        stored = made.dealings.get(1);
        expect(await ask(id)).to.equal("no");
        stored = undefined;
        expect(await ask(id)).to.equal("no");
      });
      it("attack 20: no, when its dealer did not prove it, whatever hash the node names", async () => {
        stored = made.dealings.get(1) as Uint8Array;
        await sign(stored);
        expect(await ask(id)).to.equal("no");
      });
      it("no, when the dispute is over, or this keeper serves with the session's share", async () => {
        status = 3; // AwaitingShift, AwaitingReady
        expect(await ask(id)).to.equal("no");
        status = DISPUTING;
        const record = isReshare ? resharedRecordOf(moved) : shareRecordOf(key);
        await temp.vault.keyShares.save(record);
        await temp.vault.keyShares.activate(record);
        expect(await ask(id)).to.equal("no");
      });
      it("no, when what was signed is no complaint", async () => {
        await temp.vault.outbox.remove(id);
        expect(await ask(id)).to.equal("no");
      });
    });
  }

  describe("a dealing of a reshare to epoch 3", () => {
    const sid = `0x${"5e".repeat(32)}`;
    const [DEALING, DISPUTING, OPEN] = [1, 2, 2];
    let session: (block: number) => number;
    let epochStatus: (block: number) => number;
    const mirrorSession = () =>
      temp.vault.follower().commit({ logs: [emitLog("ReshareRequested", [KEY_ID, sid, 3, 2, 1, 1], 20)], state: {} });
    beforeEach(() => {
      [session, epochStatus] = [() => DEALING, () => OPEN];
      reshareAnswers(chain, (block) => session(block));
      chain.answers["keeperRegistry.statusOf"] = (_args, block) => [epochStatus(block)];
      chain.answers["keeperRegistry.candidatesOf"] = () => [0b10100100n];
    });

    it("attack 50: later, while its epoch is not open in the final block, or the session is not at the head; no, when it deals no more", async () => {
      await mirrorSession();
      epochStatus = (block) => (block === chain.head ? OPEN : 1);
      expect(await ask(`reshare:deal:${sid}`)).to.equal("later");
      epochStatus = () => OPEN;
      session = () => 0;
      expect(await ask(`reshare:deal:${sid}`)).to.equal("later");
      session = () => DISPUTING;
      expect(await ask(`reshare:deal:${sid}`)).to.equal("no");
    });
    it("attack 50: later, while the operator's delay is not over by this keeper's clock", async () => {
      await mirrorSession();
      expect(await ask(`reshare:deal:${sid}`, { delay: 60 })).to.equal("later");
      now = 59_999;
      expect(await ask(`reshare:deal:${sid}`, { delay: 60 })).to.equal("later");
      now = 60_000;
      expect(await ask(`reshare:deal:${sid}`, { delay: 60 })).to.equal("yes");
    });
    it("no, when this keeper's account of the old epoch was revoked as stolen after it was signed", async () => {
      await mirrorSession();
      chain.answers["keeperRegistry.absentIn"] = ([asked, slots]) => [asked === 2n ? (slots as bigint) & 0b100n : 0n];
      expect(await ask(`reshare:deal:${sid}`)).to.equal("no");
      chain.answers["keeperRegistry.absentIn"] = ([asked, slots]) => [asked === 3n ? (slots as bigint) & 0b100n : 0n];
      expect(await ask(`reshare:deal:${sid}`)).to.equal("yes");
    });
    it("yes, while nobody vetoed its epoch", async () => {
      await mirrorSession();
      await setVeto(temp.vault.directory, { epoch: 2, isVetoed: true });
      expect(await ask(`reshare:deal:${sid}`)).to.equal("yes");
    });
    it("attack 50: no, when its epoch was vetoed after it was signed", async () => {
      await mirrorSession();
      await setVeto(temp.vault.directory, { epoch: 3, isVetoed: true });
      expect(await ask(`reshare:deal:${sid}`)).to.equal("no");
    });
    it("attack 50: later, while the vetoes cannot be read", async () => {
      await mirrorSession();
      await writeFile(vetoFileOf(temp.vault.directory), "{");
      expect(await ask(`reshare:deal:${sid}`)).to.equal("later");
    });
    it("attack 50: no, when its threshold is lower than the operator accepts since it was signed", async () => {
      await mirrorSession();
      expect(await ask(`reshare:deal:${sid}`, { least: 1 })).to.equal("yes");
      expect(await ask(`reshare:deal:${sid}`, { least: 2 })).to.equal("no");
    });
    it("later, before the chain was seen", async () => {
      await mirrorSession();
      expect(await ask(`reshare:deal:${sid}`, { isSeen: false })).to.equal("later");
    });
    it("no, when its session is gone from the chain", async () => {
      expect(await ask(`reshare:deal:${sid}`)).to.equal("no");
    });
  });
});
