import { interfaceOf } from "@keyquorum/bindings";
import { G, nobleBackend, pointFromXY, SecretScalar, secureRandom, toXY, verifyPossession } from "@keyquorum/threshold";
import { epochKeyMessageOf } from "@keyquorum/wire";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import { silentLogger } from "../logger.ts";
import { createFakeChain, FAKE_ADDRESSES, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { createTempVault, OPERATOR, type TempVault } from "../testing/tempVault.ts";
import { createPostEpochKey } from "./postEpochKey.ts";
import type { Intent } from "./transactions.ts";

const [PROPOSED, OPEN, CANCELLED] = [1, 2, 3];
const work = { epoch: 2, blockNumber: 5, blockHash: "0x" };

describe("createPostEpochKey", () => {
  let temp: TempVault;
  let chain: FakeChain;
  let posted: Intent[];
  let onPost: () => Promise<void>;
  let status: (block: number) => number;

  beforeEach(async () => {
    temp = await createTempVault(() => 0);
    chain = createFakeChain();
    posted = [];
    status = () => PROPOSED;
    onPost = async () => undefined;
    chain.answers["keeperRegistry.statusOf"] = (_args, block) => [status(block)];
    chain.answers["keeperRegistry.slotOf"] = () => [3];
    chain.answers["keeperRegistry.epochKeyOf"] = () => [{ x: 0n, y: 0n }];
  });
  afterEach(() => temp.remove());

  const attempt = () =>
    createPostEpochKey({
      vault: temp.vault,
      reader: createChainReader({ rpc: chain.rpc, contracts: fakeContracts() }),
      contracts: fakeContracts(),
      operator: OPERATOR,
      transactions: {
        post: (intent) => {
          posted.push(intent);
          void onPost();
        },
        isBusy: () => false,
        idle: async () => undefined,
      },
      random: secureRandom,
      log: silentLogger,
    })(work, headsOf(chain));

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

  it("posts nothing while it is not admitted", async () => {
    chain.answers["keeperRegistry.slotOf"] = () => [0];
    expect(await attempt()).to.deep.equal({ kind: "wait" });
    expect(posted).to.have.length(0);
    expect(await secretInVault()).to.equal(undefined);
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

  it("erases the secret of an epoch that was cancelled, finally", async () => {
    await attempt();
    status = (block) => (block === chain.head ? CANCELLED : PROPOSED);
    await attempt();
    expect(await secretInVault()).not.to.equal(undefined);
    status = () => CANCELLED;
    expect(await attempt()).to.deep.equal({ kind: "done" });
    expect(await secretInVault()).to.equal(undefined);
  });
});
