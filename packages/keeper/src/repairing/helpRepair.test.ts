import { interfaceOf } from "@keyquorum/bindings";
import { createRepairDealing, encodePoint, G, parseRepairDealing, repairRandomOf, repairSessionOf, toXY } from "@keyquorum/threshold";
import {
  bytesToHex,
  hexToBytes,
  KeyquorumError,
  type RepairAsk,
  type RepairContributionAsk,
  type RepairDomain,
  repairAskDigest,
  repairContributionAskDigest,
  repairDealingDigest,
  type SignedRepairDealing,
} from "@keyquorum/wire";
import { expect } from "chai";
import { SigningKey } from "ethers";
import { identityKeyOf } from "../membership/identity.ts";
import { emitLog, FAKE_ADDRESSES, fakeContracts } from "../testing/fakeChain.ts";
import { createRepairNetwork, EPOCH, KEY_ID, LOST, type RepairKeeper, type RepairNetwork } from "../testing/repairNetwork.ts";
import { announcementsOf } from "./announcement.ts";

const DOMAIN: RepairDomain = { chainId: 31337n, shareRepairs: FAKE_ADDRESSES.shareRepairs };
const HELPERS = [1, 4, 5];
const REGISTERED_NOW = new Uint8Array(32).fill(0x66);

describe("createRepairHelp", () => {
  let network: RepairNetwork;
  let repairId: RepairAsk["repairId"];
  beforeEach(async () => {
    network = await createRepairNetwork();
    await network.look(await network.start());
    await network.announce();
    const [announced] = await announcementsOf(
      { vault: network.lost.temp.vault, contracts: fakeContracts() },
      { keyId: KEY_ID, epoch: EPOCH, slot: LOST },
    );
    if (announced === undefined) throw new Error("it was announced");
    repairId = announced.repairId;
  });
  afterEach(() => network.remove());

  const keeperAt = (slot: number): RepairKeeper => network.keepers.find((keeper) => keeper.slot === slot) as RepairKeeper;
  const signBy = (secret: Uint8Array, digest: string): Uint8Array =>
    hexToBytes(new SigningKey(secret).sign(digest).serialized as `0x${string}`);
  type AskChanges = {
    readonly helpers?: readonly number[];
    readonly secret?: Uint8Array;
    readonly domain?: RepairDomain;
    readonly slot?: number;
  };
  const askFor = ({
    helpers = HELPERS,
    secret = network.lost.identitySecret,
    domain = DOMAIN,
    slot = LOST,
  }: AskChanges = {}): RepairAsk => ({
    repairId,
    helpers,
    signature: signBy(secret, repairAskDigest(domain, { repairId, helpers, slot })),
  });
  const deal = (slot = 1, changes: AskChanges = {}): Promise<SignedRepairDealing> => keeperAt(slot).help.deal(askFor(changes));
  const contributionAsk = async (
    changes: (dealings: readonly SignedRepairDealing[]) => readonly SignedRepairDealing[] = (same) => same,
  ): Promise<RepairContributionAsk> => {
    const dealings = changes(await Promise.all(HELPERS.map((slot) => deal(slot))));
    const digest = repairContributionAskDigest(
      DOMAIN,
      { repairId, helpers: HELPERS, slot: LOST },
      dealings.map(({ dealing }) => dealing),
    );
    return { repairId, helpers: HELPERS, dealings, signature: signBy(network.lost.identitySecret, digest) };
  };
  const refusalOf = async (work: () => Promise<unknown>): Promise<string> => {
    const error = await work().catch((reason: unknown) => reason);
    if (!(error instanceof KeyquorumError)) throw new Error("expected a KeyquorumError", { cause: error });
    const { reason, slot } = error.details;
    return [error.code, reason ?? slot].filter((part) => part !== undefined).join(" ");
  };

  it("gives the same bytes to the same question, also after a restart (replay)", async () => {
    const first = await deal();
    expect((await deal()).dealing).to.deep.equal(first.dealing);
    const ask = await contributionAsk();
    const given = await keeperAt(1).help.contribute(ask);
    expect((await keeperAt(1).help.contribute(ask)).contribution).to.deep.equal(given.contribution);
  });

  it("attack 15: draws its polynomials from its epoch's encryption secret alone: what a repair showed stays hidden when that is erased", async () => {
    const { encryptionSecret } = keeperAt(1);
    const sid = repairSessionOf(hexToBytes(repairId, 32), HELPERS);
    const random = repairRandomOf({ secret: encryptionSecret.toBytes(), sid, use: "dealing" });
    const helpers = HELPERS.map((slot) => ({ slot, encryptionKey: keyOf(keeperAt(slot)) }));
    const expected = createRepairDealing({ sid, helper: 1, lost: LOST, threshold: 2, helpers }, random);
    expect((await deal()).dealing).to.deep.equal(expected);
  });

  it("asks the chain for nothing while the question is not signed by who lost its share", async () => {
    await deal();
    network.chain.isReachable = false;
    expect(await refusalOf(() => deal(1, { secret: REGISTERED_NOW }))).to.equal("INVALID_SIGNATURE");
    // Another question: the same one is answered again, within a second, with the bytes that it got.
    expect(await refusalOf(() => deal(1, { helpers: [1, 4, 9] }))).to.equal("UNAVAILABLE TRANSPORT");
  });

  it("gives other polynomials to another set of helpers", async () => {
    const shape = { threshold: 2, helpers: 3 };
    const one = parseRepairDealing((await deal()).dealing, shape);
    const other = parseRepairDealing((await deal(1, { helpers: [1, 4, 9] })).dealing, shape);
    const shown = one.commitments.map((point) => bytesToHex(encodePoint(point)));
    for (const point of other.commitments) expect(shown).not.to.include(bytesToHex(encodePoint(point)));
  });

  it("attack 50: refuses the identity key that the registry names now; the one that the epoch froze counts", async () => {
    expect(await refusalOf(() => deal(1, { secret: REGISTERED_NOW }))).to.equal("INVALID_SIGNATURE");
  });
  it("a stranger in the name of who lost its share, and whoever repeats what that one signed, spend nothing of what it may ask", async () => {
    for (let count = 0; count < 250; count += 1)
      expect(await refusalOf(() => deal(1, { secret: REGISTERED_NOW }))).to.equal("INVALID_SIGNATURE");
    for (let count = 0; count < 250; count += 1) await deal();
    expect((await deal(1, { helpers: [1, 4, 9] })).slot).to.equal(1);
  });
  it("who asks forever other things is limited, as often as it may ask an hour", async () => {
    // Sets of helpers without this keeper: each is another message, and refused as soon as the chain was asked.
    const others = Array.from({ length: 245 }, (_, index) => [4, 5, 10 + index].toSorted((a, b) => a - b));
    const refusals = new Map<string, number>();
    for (const helpers of others) {
      const refusal = await refusalOf(() => deal(1, { helpers }));
      refusals.set(refusal, (refusals.get(refusal) ?? 0) + 1);
    }
    expect([...refusals]).to.deep.equal([
      ["REPAIR_REFUSED BAD_HELPERS", 240],
      ["RATE_LIMITED", 5],
    ]);
    expect(await refusalOf(() => deal())).to.equal("RATE_LIMITED");
    expect((await deal(4)).slot, "another helper").to.equal(4);
  });
  it("refuses another member's signature, and another helper's in its name", async () => {
    expect(await refusalOf(() => deal(1, { secret: keeperAt(9).identitySecret }))).to.equal("INVALID_SIGNATURE");
    expect(await refusalOf(() => deal(1, { secret: keeperAt(9).identitySecret, slot: 9 }))).to.equal("INVALID_SIGNATURE");
  });
  it("refuses a question of another chain or another deployment (attack 29)", async () => {
    expect(await refusalOf(() => deal(1, { domain: { ...DOMAIN, chainId: 1n } }))).to.equal("INVALID_SIGNATURE");
    expect(await refusalOf(() => deal(1, { domain: { ...DOMAIN, shareRepairs: FAKE_ADDRESSES.shareRequests } }))).to.equal(
      "INVALID_SIGNATURE",
    );
  });
  it("refuses sets of helpers that are too small, name strangers, the lost one, or not this keeper", async () => {
    for (const helpers of [
      [1, 4],
      [1, 2, 4],
      [1, 4, 7],
      [4, 5, 9],
    ])
      expect(await refusalOf(() => deal(1, { helpers })), helpers.join()).to.equal("REPAIR_REFUSED BAD_HELPERS");
  });
  it("refuses a repair that nobody announced, or that is not final", async () => {
    const unknown = bytesToHex(new Uint8Array(32).fill(9)) as RepairAsk["repairId"];
    expect(await refusalOf(() => keeperAt(1).help.deal({ ...askFor(), repairId: unknown }))).to.equal("REPAIR_NOT_FINAL");
    network.chain.finalLag += 10;
    expect(await refusalOf(() => deal())).to.equal("REPAIR_NOT_FINAL");
  });
  it("attack 10: refuses an announcement that a node shows with another key in it: what helpers send would be for whoever made that key", async () => {
    const { temp, help } = keeperAt(1);
    const options = { vault: temp.vault, contracts: fakeContracts() };
    const [shown] = await temp.vault.logs.find({ topic1: repairId });
    if (shown === undefined) throw new Error("it was announced");
    const args = interfaceOf("shareRepairs").decodeEventLog("RepairRequested", shown.data, shown.topics);
    const forged = emitLog("RepairRequested", [...args.slice(0, 6), toXY(G)], shown.blockNumber);
    await temp.vault.follower().rollback(shown.blockNumber - 1, {});
    await temp.vault.follower().commit({ logs: [forged], state: {} });
    expect(forged.topics, "control: the same announcement but for the key").to.deep.equal(shown.topics);
    expect(await announcementsOf(options, { keyId: KEY_ID, epoch: EPOCH, slot: LOST })).to.deep.equal([]);
    expect(await refusalOf(() => help.deal(askFor()))).to.equal("REPAIR_NOT_FINAL");
  });
  it("refuses an announcement that is older than a day by the final block's time", async () => {
    network.chain.head += 86_400;
    await deal();
    network.chain.head += 1;
    expect(await refusalOf(() => deal())).to.equal("REPAIR_REFUSED TOO_OLD");
  });
  it("refuses when the key has left the epoch, at the head or finally", async () => {
    const before = network.chain.answers["keyGeneration.keyOf"] as (args: readonly unknown[], block: number) => readonly unknown[][];
    network.chain.answers["keyGeneration.keyOf"] = (args, block) => {
      const [key = []] = before(args, block);
      return [[key[0], block === network.chain.head ? EPOCH + 1 : EPOCH, ...key.slice(2)]];
    };
    expect(await refusalOf(() => deal())).to.equal("REPAIR_REFUSED NOT_ACTIVE");
  });
  for (const { where, lag } of [
    { where: "the head", lag: 0 },
    { where: "the final block", lag: 2 },
  ])
    it(`attack 14: helps no keeper that ${where} shows as removed, and with none, and is no helper itself then`, async () => {
      const { chain } = network;
      const removed = (slot: number): void => {
        chain.answers["keeperRegistry.removedKeepers"] = (_args, block) => [block === chain.head - lag ? 1n << BigInt(slot) : 0n];
      };
      removed(LOST);
      expect(await refusalOf(() => deal())).to.equal("REPAIR_REFUSED KEEPER_REMOVED");
      removed(1);
      expect(await refusalOf(() => deal())).to.equal("REPAIR_REFUSED HELPER_REMOVED");
      removed(5);
      expect(await refusalOf(() => deal())).to.equal("REPAIR_REFUSED BAD_HELPERS");
      removed(9);
      expect((await deal()).slot).to.equal(1);
    });
  for (const { where, lag } of [
    { where: "the head", lag: 0 },
    { where: "the final block", lag: 2 },
  ]) {
    it(`helps no keeper whose account of the epoch was revoked as stolen, by ${where}`, async () => {
      const { chain } = network;
      chain.answers["keeperRegistry.absentIn"] = ([epoch, slots], block) => [
        epoch === BigInt(EPOCH) && block === chain.head - lag ? (slots as bigint) & (1n << BigInt(LOST)) : 0n,
      ];
      expect(await refusalOf(() => deal())).to.equal("REPAIR_REFUSED KEEPER_REVOKED");
    });
    it(`neither helps nor trusts an identity key that was revoked as stolen, by ${where}`, async () => {
      const { chain } = network;
      const steal = (slot: number): void => {
        const stolen = toXY(identityKeyOf(keeperAt(slot).identitySecret)).x;
        chain.answers["keeperRegistry.identityRevokedAt"] = ([key], block) => [
          block === chain.head - lag && (key as { x: bigint }).x === stolen ? 1_800_000_000n : 0n,
        ];
      };
      steal(LOST);
      expect(await refusalOf(() => deal())).to.equal("REPAIR_REFUSED KEEPER_REVOKED");
      steal(5);
      expect(await refusalOf(() => deal())).to.equal("REPAIR_REFUSED BAD_HELPERS");
      steal(9);
      expect((await deal()).slot).to.equal(1);
    });
  }
  it("refuses when it lost its own share, or its encryption key of the epoch", async () => {
    await keeperAt(4).temp.vault.epochSecrets.erase(EPOCH);
    expect(await refusalOf(() => deal(4))).to.equal("REPAIR_REFUSED NO_EPOCH_SECRET");
    const [share] = await keeperAt(5).temp.vault.keyShares.list();
    if (share !== undefined) await keeperAt(5).temp.vault.keyShares.erase(share);
    expect(await refusalOf(() => deal(5))).to.equal("SHARE_MISSING");
  });
  it("says UNAVAILABLE, not a refusal, when the chain cannot be asked", async () => {
    network.chain.isReachable = false;
    expect(await refusalOf(() => deal())).to.equal("UNAVAILABLE TRANSPORT");
  });

  it("refuses a dealing that its helper did not sign, by its slot", async () => {
    const ask = await contributionAsk((dealings) =>
      dealings.map((one) => (one.slot === 4 ? { ...one, signature: dealings[0]?.signature ?? one.signature } : one)),
    );
    expect(await refusalOf(() => keeperAt(1).help.contribute(ask))).to.equal("REPAIR_BAD_DEALING 4");
  });
  it("refuses a dealing of another session, though its helper signed that", async () => {
    const other = await deal(4, { helpers: [1, 4, 9] });
    const ask = await contributionAsk((dealings) => dealings.map((one) => (one.slot === 4 ? other : one)));
    expect(await refusalOf(() => keeperAt(1).help.contribute(ask))).to.equal("REPAIR_BAD_DEALING 4");
  });
  it("names a helper that gave one other a wrong mask, and only to that one", async () => {
    const members = HELPERS.map((slot) => ({ slot, encryptionKey: keyOf(keeperAt(slot)) }));
    const sid = repairSessionOf(hexToBytes(repairId, 32), HELPERS);
    const random = repairRandomOf({ secret: new Uint8Array(32).fill(1), sid, use: "dealing" });
    const dealing = createRepairDealing({ sid, helper: 4, lost: LOST, threshold: 2, helpers: members }, random);
    const spoilt = dealing.map((byte, index) => (index === 64 * 2 + 64 + 31 ? byte ^ 1 : byte)); // the share of slot 1
    const signature = signBy(keeperAt(4).identitySecret, repairDealingDigest(DOMAIN, { repairId, helpers: HELPERS, slot: 4 }, spoilt));
    const ask = await contributionAsk((dealings) =>
      dealings.map((one) => (one.slot === 4 ? { slot: 4, dealing: spoilt, signature } : one)),
    );
    expect(await refusalOf(() => keeperAt(1).help.contribute(ask))).to.equal("REPAIR_BAD_DEALING 4");
    expect((await keeperAt(5).help.contribute(ask)).contribution).to.have.length(96);
  });
  it("refuses a malformed dealing, by its slot", async () => {
    const dealing = new Uint8Array(10);
    const signature = signBy(keeperAt(5).identitySecret, repairDealingDigest(DOMAIN, { repairId, helpers: HELPERS, slot: 5 }, dealing));
    const ask = await contributionAsk((dealings) => dealings.map((one) => (one.slot === 5 ? { slot: 5, dealing, signature } : one)));
    expect(await refusalOf(() => keeperAt(1).help.contribute(ask))).to.equal("REPAIR_BAD_DEALING 5");
  });
  it("refuses when the asker's signature is over other dealings than it shows", async () => {
    const ask = await contributionAsk();
    const others = { ...ask, dealings: ask.dealings.map((one) => ({ ...one, dealing: one.dealing.map((byte) => byte ^ 1) })) };
    expect(await refusalOf(() => keeperAt(1).help.contribute(others))).to.equal("INVALID_SIGNATURE");
  });
});

const keyOf = (keeper: RepairKeeper) => keeper.encryptionKey;
