import { join } from "node:path";
import { decodeContractError } from "@keyquorum/bindings";
import type { Cluster } from "@keyquorum/cluster";
import { describeLoad, type Load } from "@keyquorum/testing";
import { addressOfPoint, G } from "@keyquorum/threshold";
import { bytesToHex, slotsOf } from "@keyquorum/wire";
import { expect } from "chai";
import { interpolate, type ShareOnDisk, sharesOnDisk } from "./support/diskContents.ts";
import { rightSlots } from "./support/probeShares.ts";
import { type SharedDocument, shareDocument } from "./support/sharedDocument.ts";
import { withCluster } from "./support/withCluster.ts";

/** The address of the key that a secret belongs to. */
const addressOf = (secret: bigint): string => (secret === 0n ? "" : bytesToHex(addressOfPoint(G.multiply(secret))));

/** All ways to take `count` of the values. */
const choose = <T>(values: readonly T[], count: number): readonly (readonly T[])[] => {
  if (count === 0) return [[]];
  return values.flatMap((value, index) => choose(values.slice(index + 1), count - 1).map((others) => [value, ...others]));
};

describe("keeper sets change while readers read, by HTTP and on chain", () => {
  const held = withCluster({ keepers: 4, threshold: 1 }, async (cluster) => {
    const { keyId } = held;
    shared = await shareDocument(cluster, { keyId, blobDirectory: join(held.directory, "blobs") });
    address = (await cluster.contracts.keyGeneration.keyOf(keyId)).publicKeyAddress.toLowerCase();
    load = shared.startReading();
  });
  let shared: SharedDocument;
  let address: string;
  let load: Load;
  let isOver = false;
  afterEach(function () {
    if (this.currentTest?.state === "failed") console.warn(describeLoad(load.operations()));
  });
  after(async () => {
    if (load !== undefined && !isOver) await load.stop();
  });

  /** Moves the key, and looks: the same public key, the right members, every one of them with a right share, and the reader served all along. */
  const moveTo = async (name: string, members: readonly number[], threshold: number): Promise<void> => {
    const { cluster } = held;
    load.enter(name);
    const { epoch } = await cluster.handOver({ members, threshold, keyIds: [shared.keyId] });
    await expectWhole(cluster, epoch, members, threshold);
  };
  const expectWhole = async (cluster: Cluster, epoch: number, members: readonly number[], threshold: number): Promise<void> => {
    const { keyGeneration } = cluster.contracts;
    const key = await keyGeneration.keyOf(shared.keyId);
    expect(key.publicKeyAddress.toLowerCase()).to.equal(address);
    expect(Number(key.activeEpoch)).to.equal(epoch);
    const at = await keyGeneration.keyEpochOf(shared.keyId, epoch);
    expect([slotsOf(at.committee), Number(at.threshold)]).to.deep.equal([members, threshold]);
    expect(await shared.untilRight(members)).to.deep.equal(members);
    await load.untilMore(2);
  };
  const sharesOf = async (slots: readonly number[], epoch: number): Promise<readonly ShareOnDisk[]> => {
    const found = await Promise.all(slots.map((slot) => sharesOnDisk(held.cluster, held.cluster.keeper(slot))));
    return found.flat().filter((share) => share.keyId === shared.keyId && share.epoch === epoch);
  };
  const epochNow = async (): Promise<number> => Number((await held.cluster.contracts.keyGeneration.keyOf(shared.keyId)).activeEpoch);

  it("refresh: the same members, other shares", async () => {
    const before = await sharesOf([1, 2, 3, 4], 1);
    await moveTo("refresh", [1, 2, 3, 4], 1);
    const after = await sharesOf([1, 2, 3, 4], 2);
    expect(after).to.have.length(4);
    for (const { slot, share } of after) expect(share).to.not.equal(before.find((old) => old.slot === slot)?.share);
    expect(addressOf(interpolate(before.slice(0, 2))), "the control: two of one epoch are the key").to.equal(address);
    expect(addressOf(interpolate(after.slice(2))), "and of the next").to.equal(address);
  });

  it("add: from 2 of 4 to 3 of 5", async () => {
    const added = await held.cluster.addKeepers(1);
    expect(added.map(({ slot }) => slot)).to.deep.equal([5]);
    await moveTo("add", [1, 2, 3, 4, 5], 2);
  });

  it("change t alone, and two reshares back to back", async () => {
    const { cluster } = held;
    load.enter("back to back");
    const members = [1, 2, 3, 4, 5];
    await cluster.handOver({ members, threshold: 1, keyIds: [shared.keyId] });
    const { epoch } = await cluster.handOver({ members, threshold: 2, keyIds: [shared.keyId] });
    await expectWhole(cluster, epoch, members, 2);
  });

  it("attacks 13 and 14: remove the first and one in the middle, down to 2 of 3; until then their shares count, afterwards no t old and t new do", async () => {
    const { cluster } = held;
    const { keeperRegistry } = cluster.contracts;
    const before = await epochNow();
    for (const slot of [1, 3]) await (await keeperRegistry.removeKeeper(slot)).wait();
    const old = await sharesOf([1, 2, 3], before);
    expect(addressOf(interpolate(old)), "removed on chain, not reshared yet: the leavers' shares open it with another one's").to.equal(
      address,
    );

    await moveTo("remove", [2, 4, 5], 1);
    const fresh = await sharesOf([4, 5], before + 1);
    expect(addressOf(interpolate(fresh)), "the control: t'+1 new shares are the key").to.equal(address);
    // What t leavers of the old epoch and t' members of the new one hold together: no subset of it opens anything.
    const hoarded = [...old.filter(({ slot }) => slot !== 2), ...fresh.slice(0, 1)];
    for (let count = 1; count <= hoarded.length; count += 1)
      for (const some of choose(hoarded, count)) {
        const slots = new Set(some.map(({ slot }) => slot));
        if (slots.size === some.length) expect(addressOf(interpolate(some))).to.not.equal(address);
      }
    for (const slot of [1, 3]) await cluster.keeper(slot).process().stop();
  });

  it("replace the last", async () => {
    const { cluster } = held;
    const [joiner] = await cluster.addKeepers(1);
    expect(joiner?.slot).to.equal(6);
    await (await cluster.contracts.keeperRegistry.removeKeeper(5)).wait();
    await moveTo("replace", [2, 4, 6], 1);
    await cluster.keeper(5).process().stop();
  });

  it("refuses to remove so many that the key would be lost", async () => {
    const { keeperRegistry } = held.cluster.contracts;
    await (await keeperRegistry.removeKeeper(2)).wait();
    const error = await keeperRegistry.removeKeeper.staticCall(4).catch((reason: unknown) => reason);
    expect(decodeContractError(error)?.name).to.equal("KeyGenerationQuorumInDanger");
  });

  it("no reader noticed: 0 failed retrievals, and requests of each epoch were served in it", async () => {
    isOver = true;
    const operations = await load.stop();
    expect(
      operations.filter(({ explanation }) => explanation !== undefined),
      describeLoad(operations),
    ).to.have.length(0);
    for (const kind of ["http", "on chain"]) expect(operations.filter((operation) => operation.kind === kind).length).to.be.at.least(12);

    const { shareRequests } = held.cluster.contracts;
    const requested = await shareRequests.queryFilter(shareRequests.filters.SharesRequested());
    const epochs = new Set<number>();
    for (const { args } of requested) {
      epochs.add(Number(args.epoch));
      const answers = await shareRequests.queryFilter(shareRequests.filters.ShareAnswered(args.requestId));
      const { threshold } = await held.cluster.contracts.keyGeneration.keyEpochOf(shared.keyId, args.epoch);
      expect(answers.length, `answers to a request of epoch ${args.epoch}`).to.equal(Number(threshold) + 1);
    }
    expect(epochs.size, "the control: requests pinned several epochs").to.be.at.least(5);
    expect(rightSlots(await shared.probe())).to.deep.equal([2, 4, 6]);
  });
});
