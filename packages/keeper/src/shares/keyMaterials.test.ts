import { encodePoint, nobleBackend, toXY, verifyingLeaf, verifyMerklePath } from "@keyquorum/threshold";
import { VaultError } from "@keyquorum/vault";
import { bytesToHex, hexToBytes, KeyquorumError, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { refusalOf } from "../answering/refusal.ts";
import { createChainReader } from "../contracts/chainReader.ts";
import { createLogger } from "../report/logger.ts";
import { KeeperError } from "../run/errors.ts";
import { createFakeChain, emitLog, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { createFinishedKey, shareRecordOf } from "../testing/finishedKey.ts";
import { createResharedKey, resharedRecordOf } from "../testing/resharedKey.ts";
import { createTempVault, OPERATOR, type TempVault } from "../testing/tempVault.ts";
import { createKeyMaterials } from "./keyMaterials.ts";

const key = createFinishedKey();
const { keyId, epoch, slot, own } = key;
const moved = createResharedKey(key);
const address = `0x${"ad".repeat(20)}`;

describe("createKeyMaterials", () => {
  let temp: TempVault;
  let chain: FakeChain;
  let commitmentsHash: string;
  /** The final block that the mirror had at the last look. */
  let mirroredFinal: number;
  /** From which block on the key is active in its second epoch. */
  let movedAt: number;

  beforeEach(async () => {
    temp = await createTempVault(() => 0);
    chain = createFakeChain();
    commitmentsHash = bytesToHex(own.commitmentsHash);
    movedAt = 0;
    mirroredFinal = headsOf(chain).final.number;
    chain.answers["keyGeneration.keyOf"] = () => [[0, 1, address, toXY(own.jointKey), address, key.sid]];
    chain.answers["keyGeneration.keyEpochOf"] = ([, asked], block) => {
      if (asked === BigInt(epoch)) return [[1, 3, key.qual, commitmentsHash, bytesToHex(own.verifyingRoot)]];
      if (block < movedAt) return [[0, 0, 0n, ZERO_HASH, ZERO_HASH]];
      return [[1, 3, 0b10100100n, bytesToHex(moved.own.commitmentsHash), bytesToHex(moved.own.verifyingRoot)]];
    };
    chain.answers["keeperRegistry.committeeOf"] = ([asked]) => [
      (asked === BigInt(epoch) ? key : moved).members.map((member) => [
        member.slot,
        OPERATOR,
        toXY(member.encryptionKey),
        toXY(member.encryptionKey),
      ]),
    ];
  });
  afterEach(() => temp.remove());

  const mirror = (dealers: readonly number[] = [1, 2, 5]): Promise<void> => {
    const finalized = emitLog("KeyFinalized", [key.sid, keyId, key.qual, toXY(key.unshifted), key.shift, toXY(own.jointKey), address], 9);
    const dealt = dealers.map((dealer) =>
      emitLog("Dealt", [key.sid, dealer, bytesToHex(key.dealings.get(dealer) ?? new Uint8Array())], 5, dealer),
    );
    const hashes = [bytesToHex(own.commitmentsHash), bytesToHex(own.verifyingRoot)];
    const ready = emitLog("KeyReady", [keyId, key.sid, epoch, 1, toXY(own.jointKey), address, ...hashes], 10);
    return temp.vault.follower().commit({ logs: [...dealt, finalized, ready], state: {} });
  };
  const mirrorReshare = (dealers: readonly number[] = [1, 2, 5]): Promise<void> => {
    const dealt = dealers.map((dealer) =>
      emitLog("ReshareDealt", [moved.sid, dealer, bytesToHex(moved.dealings.get(dealer) ?? new Uint8Array())], 12, dealer),
    );
    const hashes = [bytesToHex(moved.own.commitmentsHash), bytesToHex(moved.own.verifyingRoot)];
    const reshared = emitLog("KeyReshared", [keyId, moved.sid, moved.epoch, epoch, 1, moved.qual, ...hashes], 14);
    return temp.vault.follower().commit({ logs: [...dealt, reshared], state: {} });
  };
  const store = async (record = shareRecordOf(key)): Promise<void> => {
    await temp.vault.keyShares.save(record);
    await temp.vault.keyShares.activate(record);
  };
  const create = (most = 10) =>
    createKeyMaterials({
      most,
      mirroredFinal: () => mirroredFinal,
      vault: temp.vault,
      reader: createChainReader({ rpc: chain.rpc, contracts: fakeContracts() }),
      contracts: fakeContracts(),
    });
  const load = () => create().load(keyId, epoch, headsOf(chain).final);
  const codeOf = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.catch((reason: unknown) => reason);
    return error instanceof KeeperError || error instanceof KeyquorumError ? error.code : "no error of ours";
  };

  it("gives the share with what authenticates it", async () => {
    await mirror();
    await store();
    const material = await load();
    expect(material?.share.reveal()).to.equal(own.share.reveal());
    expect(material?.slots).to.deep.equal([1, 2, 5]);
    expect(encodePoint(nobleBackend.mulG(own.share.reveal()))).to.deep.equal(encodePoint(material?.verifyingShare ?? own.jointKey));
    const leaf = verifyingLeaf({ keyId: hexToBytes(keyId), epoch, slot, verifyingShare: material?.verifyingShare ?? own.jointKey });
    const path = (material?.path ?? []).map((node) => hexToBytes(node));
    expect(verifyMerklePath({ leaf, index: 1, count: 3, path, root: own.verifyingRoot })).to.equal(true);
  });

  it("asks the chain once, then remembers", async () => {
    await mirror();
    await store();
    const materials = create();
    await materials.load(keyId, epoch, headsOf(chain).final);
    const calls = chain.calls.length;
    await materials.load(keyId, epoch, headsOf(chain).final);
    expect(chain.calls.length).to.equal(calls);
  });

  it("opens a share once, however many ask for it at once", async () => {
    await mirror();
    await store();
    const materials = create();
    const loaded = await Promise.all(Array.from({ length: 20 }, () => materials.load(keyId, epoch, headsOf(chain).final)));
    expect(new Set(loaded).size).to.equal(1);
    expect(chain.calls.filter((call) => call.startsWith("keeperRegistry.committeeOf"))).to.have.length(1);
  });

  it("tries again after a failure", async () => {
    await mirror();
    await store();
    const materials = create();
    chain.isReachable = false;
    expect(await materials.load(keyId, epoch, headsOf(chain).final).catch(() => "failed")).to.equal("failed");
    chain.isReachable = true;
    expect(await materials.load(keyId, epoch, headsOf(chain).final)).to.not.equal(undefined);
  });

  it("attack 35: passes over a share of a session that failed, or of another fork, and finds the right one beside it", async () => {
    await mirror();
    const foreign = { ...shareRecordOf(key), digest: `0x${"00".repeat(32)}` as typeof keyId, verifyingRoot: ZERO_HASH };
    await temp.vault.keyShares.save({ ...foreign, share: new Uint8Array(32).fill(7) });
    expect(await load()).to.equal(undefined);
    await store();
    expect((await load())?.share.reveal()).to.equal(own.share.reveal());
  });

  it("gives nothing when there is no share", async () => {
    await mirror();
    expect(await load()).to.equal(undefined);
  });

  it("gives nothing while the chain does not know the key in that epoch, whatever the vault says (attack 35)", async () => {
    await mirrorReshare();
    await temp.vault.keyShares.save(resharedRecordOf(moved));
    await temp.vault.keyShares.activate(resharedRecordOf(moved));
    movedAt = chain.head + 1;
    expect(await create().load(keyId, moved.epoch, headsOf(chain).head)).to.equal(undefined);
  });

  it("gives a share of a reshared key, and both while both epochs serve", async () => {
    await mirror();
    await mirrorReshare();
    await store();
    await temp.vault.keyShares.save(resharedRecordOf(moved));
    const materials = create();
    const [old, young] = await Promise.all([
      materials.load(keyId, epoch, headsOf(chain).final),
      materials.load(keyId, moved.epoch, headsOf(chain).final),
    ]);
    expect(old?.share.reveal()).to.equal(own.share.reveal());
    expect(young?.share.reveal()).to.equal(moved.own.share.reveal());
    expect(young?.slots).to.deep.equal([2, 5, 7]);
    const leaf = verifyingLeaf({
      keyId: hexToBytes(keyId),
      epoch: moved.epoch,
      slot,
      verifyingShare: young?.verifyingShare ?? own.jointKey,
    });
    const path = (young?.path ?? []).map((node) => hexToBytes(node));
    expect(verifyMerklePath({ leaf, index: 0, count: 3, path, root: moved.own.verifyingRoot })).to.equal(true);
  });

  it("asks the chain again about a share that is not marked as in use: a reorg may take its epoch back (attack 35)", async () => {
    await mirrorReshare();
    await temp.vault.keyShares.save(resharedRecordOf(moved));
    const materials = create();
    expect(await materials.load(keyId, moved.epoch, headsOf(chain).head)).to.not.equal(undefined);
    movedAt = chain.head + 1;
    expect(await materials.load(keyId, moved.epoch, headsOf(chain).head)).to.equal(undefined);
  });

  it("refuses a reshared key whose mirrored dealings lack one of Q", async () => {
    await mirrorReshare([1, 5]);
    await temp.vault.keyShares.save(resharedRecordOf(moved));
    expect(await codeOf(create().load(keyId, moved.epoch, headsOf(chain).final))).to.equal("VAULT_UNUSABLE");
  });

  it("overwrites the shares of one epoch when it is told to forget them", async () => {
    await mirror();
    await mirrorReshare();
    await store();
    await temp.vault.keyShares.save(resharedRecordOf(moved));
    const materials = create();
    const old = await materials.load(keyId, epoch, headsOf(chain).final);
    const young = await materials.load(keyId, moved.epoch, headsOf(chain).final);
    materials.forget(keyId, epoch);
    expect([old?.share.erased, young?.share.erased]).to.deep.equal([true, false]);
  });

  it("attack 15: overwrites the share that gives way when there are too many", async () => {
    await mirror();
    await mirrorReshare();
    await store();
    await temp.vault.keyShares.save(resharedRecordOf(moved));
    const materials = create(1);
    const old = await materials.load(keyId, epoch, headsOf(chain).final);
    const young = await materials.load(keyId, moved.epoch, headsOf(chain).final);
    expect([old?.share.erased, young?.share.erased]).to.deep.equal([true, false]);
    expect((await materials.load(keyId, epoch, headsOf(chain).final))?.share.reveal()).to.equal(own.share.reveal());
  });

  it("refuses a share that is not the one that the chain's commitments give this slot (attack 41)", async () => {
    await mirror();
    const other = createFinishedKey();
    await store({
      ...shareRecordOf(key),
      share: other.own.share.toBytes(),
      verifyingShare: encodePoint(other.own.verifyingShares.get(slot) ?? own.jointKey),
    });
    expect(await codeOf(load())).to.equal("UNAVAILABLE");
    expect(await temp.vault.keyShares.list(), "it is missing from now on").to.deep.equal([]);
    expect(await temp.vault.keyShares.stored()).to.have.length(1);
  });

  for (const [what, statement] of [
    ["its secret is changed", "UPDATE sealed SET body = zeroblob(length(body)) WHERE kind = 'key_share'"],
    ["its secret is gone", "DELETE FROM sealed WHERE kind = 'key_share'"],
    ["its wrapped key is changed", "UPDATE sealed SET wrapped_key = zeroblob(60) WHERE kind = 'key_share'"],
  ] as const)
    it(`checks the share on the disk, not the one in memory: where ${what}, it is missing from then on, and the reader is told who lacks it`, async () => {
      await mirror();
      await store();
      const materials = create();
      const { final } = headsOf(chain);
      await materials.load(keyId, epoch, final);
      await materials.check(keyId, epoch, final);
      temp.onFile(statement);
      const error = await materials.check(keyId, epoch, final).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(KeyquorumError).with.property("code", "UNAVAILABLE");
      expect((error as KeyquorumError).details).to.deep.equal({ keyId, epoch, slot });
      expect(await temp.vault.keyShares.list()).to.deep.equal([]);
      expect(await materials.load(keyId, epoch, final)).to.equal(undefined);
    });

  it("refuses when the mirrored dealings do not give what the chain stores", async () => {
    await mirror();
    await store();
    commitmentsHash = `0x${"00".repeat(32)}`;
    expect(await codeOf(load())).to.equal("VAULT_UNUSABLE");
  });

  it("refuses when a dealing is not mirrored", async () => {
    await mirror([1, 5]);
    await store();
    expect(await codeOf(load())).to.equal("VAULT_UNUSABLE");
  });

  for (const [what, dealers] of [
    ["nothing of the key", undefined],
    ["not every dealing", [1, 5]],
  ] as const)
    it(`is unavailable while the mirror is behind the final block of the decision and has ${what}; the next look brings it`, async () => {
      await store();
      if (dealers !== undefined) await mirror(dealers);
      mirroredFinal -= 1;
      const materials = create();
      expect(await codeOf(materials.load(keyId, epoch, headsOf(chain).final))).to.equal("UNAVAILABLE");
      await mirror();
      expect((await materials.load(keyId, epoch, headsOf(chain).final))?.share.reveal()).to.equal(own.share.reveal());
    });

  it("is unavailable while the mirror stands at another fork's dealings, and refuses once they are final", async () => {
    await mirror();
    await store();
    commitmentsHash = `0x${"00".repeat(32)}`;
    mirroredFinal -= 1;
    expect(await codeOf(load())).to.equal("UNAVAILABLE");
    mirroredFinal += 1;
    expect(await codeOf(load())).to.equal("VAULT_UNUSABLE");
  });

  it("refuses when the mirror has every block and lacks what made the key: that does not pass", async () => {
    await store();
    expect(await codeOf(load())).to.equal("VAULT_UNUSABLE");
  });

  it("is unavailable, not unusable, while the disk gives nothing", async () => {
    await mirror();
    await store();
    const failing = () => Promise.reject(new VaultError("VAULT_IO", "The disk reported an error."));
    const materials = createKeyMaterials({
      vault: { logs: temp.vault.logs, keyShares: { ...temp.vault.keyShares, load: failing } },
      reader: createChainReader({ rpc: chain.rpc, contracts: fakeContracts() }),
      contracts: fakeContracts(),
      mirroredFinal: () => mirroredFinal,
    });
    const error = await materials.load(keyId, epoch, headsOf(chain).final).catch((reason: unknown) => reason);
    expect(refusalOf(error, createLogger("error", { write: () => undefined }), "A share request").code).to.equal("UNAVAILABLE");
  });

  it("overwrites shares when it is told to", async () => {
    await mirror();
    await store();
    const materials = create();
    const material = await materials.load(keyId, epoch, headsOf(chain).final);
    materials.erase();
    expect(material?.share.erased).to.equal(true);
  });
});
