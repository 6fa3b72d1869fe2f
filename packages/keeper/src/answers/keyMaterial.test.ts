import { encodePoint, nobleBackend, toXY, verifyingLeaf, verifyMerklePath } from "@keyquorum/threshold";
import { bytesToHex, hexToBytes } from "@keyquorum/wire";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import { KeeperError } from "../errors.ts";
import { createFakeChain, emitLog, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { createFinishedKey, shareRecordOf } from "../testing/finishedKey.ts";
import { createTempVault, OPERATOR, type TempVault } from "../testing/tempVault.ts";
import { createKeyMaterials } from "./keyMaterial.ts";

const key = createFinishedKey();
const { keyId, epoch, slot, own } = key;

describe("createKeyMaterials", () => {
  let temp: TempVault;
  let chain: FakeChain;
  let commitmentsHash: string;

  beforeEach(async () => {
    temp = await createTempVault(() => 0);
    chain = createFakeChain();
    commitmentsHash = bytesToHex(own.commitmentsHash);
    chain.answers["keyGeneration.keyEpochOf"] = () => [[1, 3, key.qual, commitmentsHash, bytesToHex(own.verifyingRoot)]];
    chain.answers["keeperRegistry.committeeOf"] = () => [
      key.members.map((member) => [member.slot, OPERATOR, toXY(member.encryptionKey), toXY(member.encryptionKey)]),
    ];
  });
  afterEach(() => temp.remove());

  const mirror = (dealers: readonly number[] = [1, 2, 5]): Promise<void> => {
    const address = `0x${"ad".repeat(20)}`;
    const finalized = emitLog("KeyFinalized", [key.sid, keyId, key.qual, toXY(key.unshifted), key.shift, toXY(own.jointKey), address], 9);
    const dealt = dealers.map((dealer) =>
      emitLog("Dealt", [key.sid, dealer, bytesToHex(key.dealings.get(dealer) ?? new Uint8Array())], 5, dealer),
    );
    return temp.vault.follower().commit({ logs: [...dealt, finalized], state: {} });
  };
  const store = async (record = shareRecordOf(key)): Promise<void> => {
    await temp.vault.keyShares.save(record);
    await temp.vault.keyShares.activate(record);
  };
  const create = () =>
    createKeyMaterials({
      vault: temp.vault,
      reader: createChainReader({ rpc: chain.rpc, contracts: fakeContracts() }),
      contracts: fakeContracts(),
    });
  const load = () => create().load(keyId, epoch, headsOf(chain).final);
  const codeOf = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.catch((reason: unknown) => reason);
    return error instanceof KeeperError ? error.code : "no KeeperError";
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

  it("gives nothing when there is no share, or none in use", async () => {
    await mirror();
    expect(await load()).to.equal(undefined);
    await temp.vault.keyShares.save(shareRecordOf(key));
    expect(await load()).to.equal(undefined);
  });

  it("refuses a share that is not the one that the chain's commitments give this slot (attack 41)", async () => {
    await mirror();
    const other = createFinishedKey();
    await store({
      ...shareRecordOf(key),
      share: other.own.share.toBytes(),
      verifyingShare: encodePoint(other.own.verifyingShares.get(slot) ?? own.jointKey),
    });
    expect(await codeOf(load())).to.equal("VAULT_UNUSABLE");
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

  it("overwrites shares when it is told to", async () => {
    await mirror();
    await store();
    const materials = create();
    const material = await materials.load(keyId, epoch, headsOf(chain).final);
    materials.erase();
    expect(material?.share.erased).to.equal(true);
  });
});
