import { interfaceOf } from "@keyquorum/bindings";
import { G, nobleBackend, pointFromXY, SecretScalar, toXY, verifyPossession } from "@keyquorum/threshold";
import type { MirroredLog } from "@keyquorum/vault";
import { epochKeyMessageOf } from "@keyquorum/wire";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import { createLogger } from "../report/logger.ts";
import type { Intent } from "../run/transactions.ts";
import { createFakeChain, emitLog, FAKE_ADDRESSES, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { createTempVault, OPERATOR, type TempVault } from "../testing/tempVault.ts";
import { testNonces } from "../testing/testNonces.ts";
import { identityText } from "./identity.ts";
import { createPostEpochKey } from "./postEpochKey.ts";

const [PROPOSED, OPEN, CANCELLED] = [1, 2, 3];
const work = { epoch: 2, blockNumber: 5, blockHash: "0x" };

describe("createPostEpochKey", () => {
  let temp: TempVault;
  let chain: FakeChain;
  let posted: Intent[];
  let onPost: () => Promise<void>;
  let status: (block: number) => number;
  let removed: bigint;
  let lines: string[];

  beforeEach(async () => {
    temp = await createTempVault(() => 0);
    chain = createFakeChain();
    posted = [];
    status = () => PROPOSED;
    onPost = async () => undefined;
    chain.answers["keeperRegistry.statusOf"] = (_args, block) => [status(block)];
    chain.answers["keeperRegistry.slotOf"] = () => [3];
    chain.answers["keeperRegistry.epochKeyOf"] = () => [{ x: 0n, y: 0n }];
    chain.answers["keeperRegistry.currentEpoch"] = () => [1];
    chain.answers["keeperRegistry.membersOf"] = () => [0b1110n];
    chain.answers["keeperRegistry.candidatesOf"] = () => [0b11010n];
    chain.answers["keeperRegistry.removedKeepers"] = () => [removed];
    chain.answers["keeperRegistry.opensAt"] = () => [1_800_000_100n];
    chain.answers["keeperRegistry.minEpochDelay"] = () => [60n];
    removed = 0n;
    lines = [];
    await mirror([added(1), emitLog("EpochProposed", [2, 1_800_000_100n, 0b11010n], 5)]);
  });
  afterEach(() => temp.remove());

  const added = (block: number, operator: string = OPERATOR) =>
    emitLog("KeeperAdded", [3, operator, toXY(G), "http://carol.example", "", "carol"], block);
  const changed = (operator: string, block: number, logIndex = 0) => emitLog("KeeperOperatorChanged", [3, operator], block, logIndex);
  const mirror = (logs: readonly MirroredLog[]): Promise<void> => temp.vault.follower().commit({ logs, state: {} });
  const mirrorAnew = async (logs: readonly MirroredLog[]): Promise<void> => {
    await temp.vault.follower().rollback(0, {});
    await mirror(logs);
  };

  const create = (nonces = testNonces()) =>
    createPostEpochKey({
      vault: temp.vault,
      reader: createChainReader({ rpc: chain.rpc, contracts: fakeContracts() }),
      contracts: fakeContracts(),
      operator: OPERATOR,
      identities: { all: () => [G], holds: (key) => key.equals(G) },
      transactions: {
        post: (intent) => {
          posted.push(intent);
          void onPost();
        },
        isBusy: () => false,
        idle: async () => undefined,
      },
      nonces,
      log: createLogger("info", { write: (line) => lines.push(line) }),
    });
  const attempt = () => create()(work, headsOf(chain));

  const secretInVault = async (): Promise<bigint | undefined> => {
    const secret = await temp.vault.epochSecrets.load(2);
    return secret === undefined ? undefined : SecretScalar.fromBytes(secret).reveal();
  };

  it("posts a key whose secret is durable, with possession", async () => {
    expect(await attempt()).to.deep.equal({ kind: "wait" });
    expect(posted).to.have.length(1);
    const [epoch, key, proof] = interfaceOf("keeperRegistry").decodeFunctionData("postEpochKey", posted[0]?.data ?? "0x");
    const point = pointFromXY(key.x, key.y);
    expect(epoch).to.equal(2n);
    expect(nobleBackend.mulG((await secretInVault()) ?? 0n).equals(point)).to.equal(true);
    const message = epochKeyMessageOf({ chainId: 31337n, registry: FAKE_ADDRESSES.keeperRegistry, epoch: 2, slot: 3, operator: OPERATOR });
    expect(verifyPossession(point, message, { c: proof.c, z: proof.z })).to.equal(true);
  });

  it("posts the same key after a restart", async () => {
    await attempt();
    await temp.reopen();
    await attempt();
    const keys = posted.map(({ data }) => interfaceOf("keeperRegistry").decodeFunctionData("postEpochKey", data)[1].x as bigint);
    expect(keys[0]).to.equal(keys[1]);
    expect(posted[0]?.id).to.equal(posted[1]?.id);
  });

  it("attack 8: a random source that repeats itself draws another key for every epoch", async () => {
    const postedFor = async (epoch: number): Promise<bigint> => {
      const repeated = testNonces((length) => new Uint8Array(length).fill(7), new Uint8Array(32).fill(5));
      await mirrorAnew([added(1), emitLog("EpochProposed", [epoch, 1_800_000_100n, 0b11010n], 5)]);
      await create(repeated)({ ...work, epoch }, headsOf(chain));
      return interfaceOf("keeperRegistry").decodeFunctionData("postEpochKey", posted.at(-1)?.data ?? "0x")[1].x as bigint;
    };
    expect(await postedFor(2)).to.not.equal(await postedFor(3));
  });

  it("posts nothing while it is not admitted", async () => {
    chain.answers["keeperRegistry.slotOf"] = () => [0];
    expect(await attempt()).to.deep.equal({ kind: "wait" });
    expect(posted).to.have.length(0);
    expect(await secretInVault()).to.equal(undefined);
  });

  it("posts nothing where its slot is no candidate, or is removed", async () => {
    removed = 0b1000n;
    expect(await attempt()).to.deep.equal({ kind: "wait" });
    removed = 0n;
    chain.answers["keeperRegistry.candidatesOf"] = () => [0b10110n];
    expect(await attempt()).to.deep.equal({ kind: "wait" });
    expect(posted).to.have.length(0);
    expect(await secretInVault()).to.equal(undefined);
  });

  const mallory = `0x${"ee".repeat(20)}`;
  const proposed = emitLog("EpochProposed", [2, 1_800_000_100n, 0b11010n], 5, 3);
  for (const [name, logs, isPosted] of [
    ["after the proposal is no candidate's", [added(1, mallory), proposed, changed(OPERATOR, 6)], false],
    ["in the proposal's block, after it, is no candidate's", [added(1, mallory), proposed, changed(OPERATOR, 5, 4)], false],
    ["in the proposal's block, before it, is the candidate's", [added(1, mallory), changed(OPERATOR, 5, 2), proposed], true],
    ["before another took the slot over is no candidate's", [added(1), changed(mallory, 3), proposed], false],
    ["until after the proposal is still the candidate's", [added(1), proposed, changed(mallory, 6)], true],
  ] as const)
    it(`an account that got the slot ${name}: the proposal fixed who operates it`, async () => {
      await mirrorAnew(logs);
      expect(await attempt()).to.deep.equal({ kind: "wait" });
      expect(posted).to.have.length(isPosted ? 1 : 0);
    });

  const [own, foreign] = [toXY(G), toXY(nobleBackend.mulG(7n))];
  const identified = (key: typeof own, block: number, logIndex = 0) => emitLog("KeeperIdentityChanged", [3, key], block, logIndex);
  for (const [name, logs, isPosted] of [
    ["another's since before the proposal", [added(1), identified(foreign, 3), proposed], false],
    ["another's since just before the proposal in its block", [added(1), identified(foreign, 5, 2), proposed], false],
    ["another's since after the proposal", [added(1), proposed, identified(foreign, 6)], true],
    ["its own again before the proposal", [added(1), identified(foreign, 3), identified(own, 4), proposed], true],
  ] as const)
    it(`attack 50: a keeper whose identity key is ${name}: others could sign receipts in its name`, async () => {
      await mirrorAnew(logs);
      const handler = create();
      await handler(work, headsOf(chain));
      expect(await handler(work, headsOf(chain))).to.deep.equal({ kind: "wait" });
      expect(posted.length > 0).to.equal(isPosted);
      expect((await secretInVault()) !== undefined).to.equal(isPosted);
      const said = lines.filter((line) => line.includes("does not hold")).map((line) => JSON.parse(line) as Record<string, unknown>);
      const both = { level: "error", proposed: identityText(pointFromXY(foreign.x, foreign.y)), own: [identityText(G)] };
      expect(said.map(({ level, proposed: named, own: held }) => ({ level, proposed: named, own: held }))).to.deep.equal(
        isPosted ? [] : [both],
      );
    });

  it("attack 50: announces once who may come and go, when, and how to veto, also where it is no candidate itself", async () => {
    removed = 0b1000n;
    const handler = create();
    await handler(work, headsOf(chain));
    await handler(work, headsOf(chain));
    expect(lines).to.have.length(1);
    const { joining, leaving, candidates, toVeto } = JSON.parse(lines[0] ?? "{}") as Record<string, unknown>;
    expect({ joining, leaving, candidates }).to.deep.equal({ joining: [4], leaving: [2], candidates: [1, 3, 4] });
    expect(toVeto).to.equal("keyquorum-keeper veto --epoch 2");
  });

  it("posts nothing more when its own key is there", async () => {
    await attempt();
    const own = toXY(nobleBackend.mulG((await secretInVault()) ?? 0n));
    chain.answers["keeperRegistry.epochKeyOf"] = () => [own];
    expect(await attempt()).to.deep.equal({ kind: "wait" });
    expect(posted).to.have.length(1);
  });

  it("fails when the registry holds a key that is not its own", async () => {
    chain.answers["keeperRegistry.epochKeyOf"] = () => [toXY(G)];
    expect((await attempt()).kind).to.equal("failed");
  });

  it("is done when the epoch is open, finally, and keeps the secret", async () => {
    await attempt();
    status = (block) => (block === chain.head ? OPEN : PROPOSED);
    expect(await attempt()).to.deep.equal({ kind: "wait" });
    status = () => OPEN;
    expect(await attempt()).to.deep.equal({ kind: "done" });
    expect(await secretInVault()).not.to.equal(undefined);
  });

  it("attack 10: is done when the epoch was cancelled, finally, and destroys nothing on that word", async () => {
    await attempt();
    status = (block) => (block === chain.head ? CANCELLED : PROPOSED);
    expect(await attempt()).to.deep.equal({ kind: "wait" });
    status = () => CANCELLED;
    expect(await attempt()).to.deep.equal({ kind: "done" });
    expect(await secretInVault()).not.to.equal(undefined);
  });
});
