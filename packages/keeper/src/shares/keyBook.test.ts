import { toXY } from "@keyquorum/threshold";
import type { MirroredLog } from "@keyquorum/vault";
import { bytesToHex, parseAddress } from "@keyquorum/wire";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import { createLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { blockHash, createFakeChain, emitLog, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { createFinishedKey, shareRecordOf } from "../testing/finishedKey.ts";
import { createResharedKey, resharedRecordOf } from "../testing/resharedKey.ts";
import { createTempVault, OPERATOR, type TempVault } from "../testing/tempVault.ts";
import { createActiveKeys } from "./activeKeys.ts";
import { createCommittees } from "./committees.ts";
import { createHandOver } from "./handOver.ts";
import { createKeyBook } from "./keyBook.ts";

const key = createFinishedKey();
const moved = createResharedKey(key);
const { keyId } = key;
const address = `0x${"ad".repeat(20)}`;
const stranger = parseAddress(`0x${"ee".repeat(20)}`);

describe("createKeyBook", () => {
  let temp: TempVault;
  let chain: FakeChain;
  let lines: string[];
  let removed: bigint;
  let operator: string;

  const hashesOf = ({ own }: { readonly own: typeof key.own }) => [bytesToHex(own.commitmentsHash), bytesToHex(own.verifyingRoot)];
  const readyLog = emitLog("KeyReady", [keyId, key.sid, 1, 1, toXY(key.own.jointKey), address, ...hashesOf(key)], 6);
  const movedLog = (block: number) => emitLog("KeyReshared", [keyId, moved.sid, 2, 1, 1, moved.qual, ...hashesOf(moved)], block);
  const mirror = (logs: readonly MirroredLog[]): Promise<void> => temp.vault.follower().commit({ logs, state: {} });

  beforeEach(async () => {
    temp = await createTempVault(() => 0);
    chain = createFakeChain();
    lines = [];
    removed = 0n;
    operator = OPERATOR;
    chain.answers["keeperRegistry.removedKeepers"] = () => [removed];
    chain.answers["keeperRegistry.committeeOf"] = ([epoch]) => [
      (epoch === 1n ? key : moved).members.map(({ slot, encryptionKey }) => [
        slot,
        slot === 2 ? operator : stranger,
        toXY(encryptionKey),
        toXY(encryptionKey),
      ]),
    ];
    await mirror([readyLog]);
  });
  afterEach(() => temp.remove());

  const create = () => {
    const reader = createChainReader({ rpc: chain.rpc, contracts: fakeContracts() });
    const metrics = createMetrics({ version: "0", processMetrics: false });
    const book = createKeyBook({
      ...{ vault: temp.vault, reader, metrics },
      activeKeys: createActiveKeys({ vault: temp.vault, contracts: fakeContracts() }),
      committees: createCommittees({ reader }),
      handOver: createHandOver({ reader }),
      operators: [OPERATOR],
      log: createLogger("info", { write: (line) => lines.push(line) }),
    });
    return { book, metrics, refresh: () => book.refresh(headsOf(chain)) };
  };
  const keysOf = async () => {
    const { book, refresh } = create();
    await refresh();
    return book.keys().map(({ epoch, slot, share, quorumMargin }) => ({ epoch, slot, share, quorumMargin }));
  };
  const save = async (record: ReturnType<typeof shareRecordOf>): Promise<void> => temp.vault.keyShares.save(record);

  it("knows a share that the chain knows, whether it is marked as in use or not", async () => {
    await save(shareRecordOf(key));
    expect(await keysOf()).to.deep.equal([{ epoch: 1, slot: 2, share: "held", quorumMargin: 1 }]);
  });

  for (const [what, statement] of [
    ["its secret is changed", "UPDATE sealed SET body = zeroblob(length(body)) WHERE kind = 'key_share'"],
    ["its public part is another", "UPDATE key_share SET public_part = '{}'"],
    ["its epoch is another", "UPDATE key_share SET epoch = 3"],
    ["one half of it is gone", "DELETE FROM key_share"],
  ] as const)
    it(`counts a share as missing where ${what}`, async () => {
      await save(shareRecordOf(key));
      temp.onFile(statement);
      await temp.reopen();
      const { book, metrics, refresh } = create();
      await refresh();
      expect(book.missingShares()).to.deep.equal([{ keyId, epoch: 1, slot: 2 }]);
      expect((await metrics.sharesMissing.get()).values[0]?.value).to.equal(1);
    });

  it("follows a key to its next epoch when that is final, and not before", async () => {
    await save(shareRecordOf(key));
    await save(resharedRecordOf(moved));
    await mirror([movedLog(19)]);
    const { book, refresh, metrics } = create();
    await refresh();
    expect(book.keys().map(({ epoch }) => epoch)).to.deep.equal([1]);
    chain.head = 21;
    await refresh();
    expect(book.keys().map(({ epoch, share }) => [epoch, share])).to.deep.equal([[2, "held"]]);
    expect((await metrics.keyEpoch.get()).values).to.deep.equal([{ labels: { key: "cececece" }, value: 2 }]);
  });

  it("attack 41: misses a share that is lost or another fork's, says so once, and names it for a repair", async () => {
    await save({ ...shareRecordOf(key), verifyingRoot: `0x${"00".repeat(32)}` as typeof keyId });
    const { book, refresh, metrics } = create();
    await refresh();
    await refresh();
    expect(book.missingShares()).to.deep.equal([{ keyId, epoch: 1, slot: 2 }]);
    expect(lines).to.have.length(1);
    expect((await metrics.sharesMissing.get()).values[0]?.value).to.equal(1);
  });

  it("attack 15: asks for no repair in an epoch that another key has left for good: its encryption secrets are erased", async () => {
    const other = `0x${"bb".repeat(32)}`;
    let retiredAt = BigInt(chain.genesisTime + 18 - 64);
    chain.answers["shareRequests.requestLifetime"] = () => [4n];
    chain.answers["optimisticRequests.requestLifetime"] = () => [3n];
    chain.answers["keyGeneration.retiredAtOf"] = ([asked, epoch]) => [asked === other && epoch === 1n ? retiredAt : 0n];
    await mirror([emitLog("KeyReshared", [other, moved.sid, 2, 1, 1, moved.qual, ...hashesOf(moved)], 9)]);
    const own = ({ book }: ReturnType<typeof create>) => book.keys().find((booked) => booked.keyId === keyId)?.share;
    const early = create();
    await early.refresh();
    expect([own(early), (await early.metrics.sharesMissing.get()).values[0]?.value]).to.deep.equal(["missing", 2]);
    retiredAt -= 1n; // a second later, as seen from there
    const later = create();
    const { book, refresh, metrics } = later;
    await refresh();
    await refresh();
    expect([own(later), (await metrics.sharesMissing.get()).values[0]?.value]).to.deep.equal(["lost", 1]);
    expect(book.missingShares().map((share) => share.keyId)).to.deep.equal([other]);
    expect(lines.filter((line) => line.includes("have the key reshared"))).to.have.length(1);
  });

  it("attack 41: a restored backup of the former epoch misses its share of the next one", async () => {
    await save(shareRecordOf(key));
    await mirror([movedLog(10)]);
    expect(await keysOf()).to.deep.equal([{ epoch: 2, slot: 2, share: "missing", quorumMargin: 1 }]);
  });

  it("waits for a share while its session is not over", async () => {
    await mirror([movedLog(10)]);
    const payload = { sid: moved.sid, keyId, epoch: 2, fromEpoch: 1, blockNumber: 8, blockHash: blockHash(8) };
    await temp.vault.work.add({ id: "reshare", kind: "reshare", payload });
    expect((await keysOf())[0]?.share).to.equal("pending");
    await temp.vault.work.finish("reshare", "done");
    expect((await keysOf())[0]?.share).to.equal("missing");
  });

  it("misses nothing where it is not a member, or was removed", async () => {
    removed = 0b100n;
    expect((await keysOf())[0]?.share).to.equal("none");
    removed = 0n;
    operator = stranger;
    expect(await keysOf()).to.deep.equal([{ epoch: 1, slot: 0, share: "none", quorumMargin: 1 }]);
  });

  it("counts removed keepers out of what a key has above its quorum", async () => {
    removed = 0b100000n;
    expect((await keysOf())[0]?.quorumMargin).to.equal(0);
  });

  it("attack 10: a final number that is far too high hides no key that becomes active later", async () => {
    const active = createActiveKeys({ vault: temp.vault, contracts: fakeContracts() });
    const { final } = headsOf(chain);
    await active.asOf({ ...final, number: 1_000_000_000 });
    await mirror([movedLog(chain.head)]);
    chain.head += 2;
    expect([...(await active.asOf(headsOf(chain).final)).values()].map(({ epoch }) => epoch)).to.deep.equal([2]);
  });

  it("attack 10: forgets what a block said that was called final and was reorganised away", async () => {
    const active = createActiveKeys({ vault: temp.vault, contracts: fakeContracts() });
    await mirror([movedLog(chain.head)]);
    const { final } = headsOf(chain);
    expect([...(await active.asOf({ ...final, number: 1_000_000_000 })).values()].map(({ epoch }) => epoch)).to.deep.equal([2]);
    await temp.vault.follower().rollback(chain.head - 1, {});
    chain.head += 3;
    expect([...(await active.asOf(headsOf(chain).final)).values()].map(({ epoch }) => epoch)).to.deep.equal([1]);
  });

  it("reads a log of a final block once, also after a restart in between", async () => {
    const active = createActiveKeys({ vault: temp.vault, contracts: fakeContracts() });
    const { final } = headsOf(chain);
    expect([...(await active.asOf(final)).values()].map(({ epoch }) => epoch)).to.deep.equal([1]);
    await mirror([movedLog(chain.head)]);
    expect([...(await active.asOf(final)).values()].map(({ epoch }) => epoch)).to.deep.equal([1]);
    chain.head += 2;
    expect([...(await active.asOf(headsOf(chain).final)).values()].map(({ epoch }) => epoch)).to.deep.equal([2]);
    expect(
      [...(await active.asOf(final)).values()].map(({ epoch }) => epoch),
      "a final block never goes back",
    ).to.deep.equal([2]);
  });
});
