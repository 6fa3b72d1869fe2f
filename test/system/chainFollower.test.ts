import { connectContracts, type Deployment, parseContractLogOf } from "@keyquorum/bindings";
import { deployContracts } from "@keyquorum/bindings/deploy";
import {
  type ChainLog,
  callAt,
  createFollower,
  createSender,
  decidePermission,
  type FollowerState,
  type FollowerStore,
  httpRpc,
  identityOf,
  isUnavailable,
  memorySenderStore,
  type Rpc,
  readHeads,
  runnerAt,
  SenderError,
  verifyIdentity,
  WrongChainError,
} from "@keyquorum/chain";
import { developmentKey, type LocalChain, startLocalChain } from "@keyquorum/cluster";
import { expect } from "chai";
import { AbiCoder, hexlify, id, keccak256, Wallet, ZeroHash } from "ethers";
import { lacksAnvil } from "./support/withCluster.ts";

const finality = { kind: "confirmations", blocks: 3 } as const;
const alice = new Wallet(developmentKey(1));
const bob = new Wallet(developmentKey(2)).address.toLowerCase();

const memoryStore = () => {
  const kept: { state: FollowerState | undefined; logs: readonly ChainLog[]; rollbacks: number } = {
    state: undefined,
    logs: [],
    rollbacks: 0,
  };
  const store: FollowerStore = {
    load: async () => kept.state,
    commit: async ({ logs, state }) => {
      Object.assign(kept, { logs: [...kept.logs, ...logs], state });
    },
    rollback: async (toBlock, state) => {
      Object.assign(kept, { logs: kept.logs.filter(({ blockNumber }) => blockNumber <= toBlock), state, rollbacks: kept.rollbacks + 1 });
    },
  };
  return { kept, store };
};

describe("following and asking a real node through reorgs", () => {
  let chain: LocalChain;
  let rpc: Rpc;
  let deployment: Deployment;

  before(async function () {
    if (lacksAnvil()) return this.skip();
    chain = await startLocalChain({ blockMilliseconds: 0 });
    rpc = httpRpc(chain.rpcUrl);
    deployment = await deployContracts(chain.account(0), {
      minEpochDelay: 0,
      windows: { deal: 40, dispute: 12, finalize: 40, ready: 40 },
      requestLifetime: 120,
    });
  });
  after(() => chain?.stop());

  const mine = (blocks: number): Promise<unknown> => chain.send("anvil_mine", [blocks]);
  const heads = () => readHeads(rpc, finality);
  const senderOf = () =>
    createSender({ rpc, chainId: chain.chainId, account: alice, store: memorySenderStore(), finality, pollMs: 20, onProblem: () => {} });
  const grants = () => connectContracts(deployment, null).accessGrants.interface;
  const salt = (name: string): string => id(name);
  const documentOf = (name: string): string =>
    keccak256(AbiCoder.defaultAbiCoder().encode(["address", "bytes32"], [alice.address, salt(name)]));
  const claim = (name: string) => ({
    id: `claim ${name}`,
    to: deployment.contracts.accessGrants,
    data: grants().encodeFunctionData("claim", [salt(name)]),
  });

  it("knows its chain, and refuses the same node for another deployment", async () => {
    const pinned = identityOf(deployment);
    await verifyIdentity(rpc, pinned);
    const error = await verifyIdentity(rpc, { ...pinned, blockHash: ZeroHash }).catch((failure: unknown) => failure);
    expect(error).to.be.instanceOf(WrongChainError);
  });

  it("sends and follows through random reorgs without losing, doubling or inventing a log", async () => {
    const { kept, store } = memoryStore();
    const options = {
      rpc,
      addresses: Object.values(deployment.contracts),
      fromBlock: deployment.block,
      finality,
      store,
      maxRange: 5,
      nearHead: 3,
      ring: 24,
    };
    let follower = createFollower(options);
    const sender = senderOf();
    for (let round = 0; round < 14; round += 1) {
      await Promise.all([0, 1].map((index) => sender.send(claim(`${round} ${index}`))));
      if (round % 2 === 1) await chain.send("anvil_reorg", [1 + ((round * 5) % 4), []]);
      if (round % 5 === 4) await mine(4);
      if (round % 6 === 5) follower = createFollower(options); // a restart
      for (let steps = 0; steps < 1 + (round % 3); steps += 1)
        await follower.step().catch((error: unknown) => expect(isUnavailable(error)).to.equal(true));
    }
    while ((await sender.unfinished()).length > 0) await mine(8).then(() => new Promise((resolve) => setTimeout(resolve, 25)));
    await sender.close();
    while (!(await follower.step()).caughtUp);

    const truth = await chain.provider.getLogs({ address: [...Object.values(deployment.contracts)], fromBlock: deployment.block });
    const nameOf = ({ blockHash, index }: { readonly blockHash: string; readonly index: number }): string => `${blockHash} ${index}`;
    expect(kept.logs.map(({ blockHash, logIndex }) => nameOf({ blockHash, index: logIndex }))).to.deep.equal(truth.map(nameOf));
    const claimed = kept.logs.flatMap((log) => parseContractLogOf(deployment, log, "DocumentClaimed")?.args.document ?? []);
    expect(claimed).to.have.length(28);
    expect(new Set(claimed).size).to.equal(28);
    expect(kept.rollbacks).to.be.greaterThan(0);
  });

  it("attack 9: a grant permits once it is final, and not after a reorg has removed it", async () => {
    const sender = senderOf();
    await sender.send(claim("secret"));
    await mine(6);
    const before = await heads();
    const data = grants().encodeFunctionData("grant", [documentOf("secret"), bob, 0]);
    await sender.send({ id: "grant", to: deployment.contracts.accessGrants, data });
    await sender.close(); // so that it does not send the grant again
    const settings = { rpc, shareRequests: deployment.contracts.shareRequests, maxHeadAge: 3600, minHeadNumber: before.head.number };
    const question = {
      document: documentOf("secret"),
      headerHash: ZeroHash,
      initialPermissions: deployment.contracts.accessGrants,
      requester: bob,
      contextHash: ZeroHash,
    };
    const decide = async (at = heads()) => decidePermission(settings, question, await at);
    expect(await decide()).to.equal("PERMISSION_NOT_FINAL");
    await mine(3);
    const granted = await heads();
    expect(await decide(Promise.resolve(granted))).to.equal("PERMITTED");
    expect(await decide(Promise.resolve(before))).to.equal("ACCESS_DENIED");
    await chain.send("anvil_reorg", [5, []]);
    const failure = await decide(Promise.resolve(granted)).catch((error: unknown) => error);
    expect(isUnavailable(failure)).to.equal(true);
    expect(await decide()).to.equal("ACCESS_DENIED");
    expect(await decidePermission(settings, { ...question, requester: alice.address }, await heads())).to.equal("PERMITTED"); // the owner always may
  });

  it("tells the EVM's failures from the node's", async () => {
    const place = async (runtime: string): Promise<string> => {
      const size = (runtime.length / 2).toString(16).padStart(2, "0");
      const sent = await chain.account(0).sendTransaction({ data: `0x60${size}600c60003960${size}6000f3${runtime}`, gasLimit: 200_000 });
      return (await sent.wait())?.contractAddress ?? "";
    };
    const contracts = {
      reverting: await place("6001600052600460 1cfd".replace(" ", "")),
      endless: await place("5b600056"),
      invalid: await place("fe"),
    };
    const { head } = await heads();
    const call = (to: string, hash = head.hash) => callAt(rpc, { to, data: "0x", gas: 300_000n }, hash);
    expect(await call(contracts.reverting)).to.deep.equal({ kind: "reverted", data: "0x00000001" });
    expect(await call(contracts.endless)).to.deep.equal({ kind: "reverted", data: "0x" });
    expect(await call(contracts.invalid)).to.deep.equal({ kind: "reverted", data: "0x" });
    expect(await call(alice.address)).to.deep.equal({ kind: "returned", data: "0x" });
    const unknown = await call(contracts.endless, hexlify(new Uint8Array(32).fill(7))).catch((error: unknown) => error);
    expect(isUnavailable(unknown)).to.equal(true);
  });

  it("simulates before it sends: a doomed transaction costs nothing and says why", async () => {
    const sender = senderOf();
    const data = grants().encodeFunctionData("grant", [documentOf("nobody's"), bob, 0]);
    const balance = await chain.provider.getBalance(alice.address);
    const error = await sender.send({ id: "doomed", to: deployment.contracts.accessGrants, data }).catch((failure: unknown) => failure);
    expect(error).to.be.instanceOf(SenderError);
    expect((error as SenderError).contractError?.name).to.equal("AccessGrantsNotAdministrator");
    expect(await chain.provider.getBalance(alice.address)).to.equal(balance);
    await sender.close();
  });

  it("reads typed contracts as of one block hash", async () => {
    const { head } = await heads();
    const { shareRequests } = connectContracts(deployment, runnerAt(rpc, head.hash));
    expect(await shareRequests.requestLifetime()).to.equal(120n);
  });
});
