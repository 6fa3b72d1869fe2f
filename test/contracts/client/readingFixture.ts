import { CONTRACT_NAMES, type Deployment, parseDeployment } from "@keyquorum/bindings";
import { createMemoryBlobStore } from "@keyquorum/blobs";
import { type ClientOptions, createClient, type KeyquorumClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { type KeyId, parseAddress } from "@keyquorum/wire";
import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { toBeHex, ZeroAddress } from "ethers";
import { type Behaviour, type FakeKeeper, startFakeKeeper } from "../../../packages/client/src/fakes/fakeKeeper.ts";
import { createFakeKey, dealFakeKey, decompress } from "../../../packages/client/src/fakes/fakeKey.ts";
import { solidityPoint } from "../../fixtures/points.ts";
import { postKey } from "../KeeperRegistry/registryFixture.ts";
import { serveCounted } from "./countedRpc.ts";

/** Hardhat's own accounts are fewer than a committee may have members. */
const FIRST_OPERATOR = 0x6b65657065720000n;
type FakeKey = ReturnType<typeof createFakeKey>;

/** A reader's world: the real registries over a key that the test dealt, keepers over HTTP that answer everybody, and a node that counts. */
export const startReaders = async (
  ethers: HardhatEthers,
  {
    members = 3,
    threshold = 1,
    behaviourOf = () => ({ kind: "honest" }),
  }: { readonly members?: number; readonly threshold?: number; readonly behaviourOf?: (slot: number) => Behaviour } = {},
) => {
  const [council, alice, bob] = (await ethers.getSigners()) as [HardhatEthersSigner, HardhatEthersSigner, HardhatEthersSigner];
  const operators: HardhatEthersSigner[] = [];
  for (let index = 0; index < members; index += 1) {
    const operator = await ethers.getImpersonatedSigner(toBeHex(FIRST_OPERATOR + BigInt(index), 20));
    await ethers.provider.send("hardhat_setBalance", [operator.address, "0x56bc75e2d63100000"]);
    operators.push(operator);
  }
  const manager = await ethers.deployContract("AccessManager", [council.address]);
  const keeperRegistry = await ethers.deployContract("KeeperRegistry", [await manager.getAddress(), 0n, ZeroAddress]);
  const keyGeneration = await ethers.deployContract("MockKeyGeneration");
  const documentRegistry = await ethers.deployContract("DocumentRegistry", [await keyGeneration.getAddress()]);
  const accessGrants = await ethers.deployContract("AccessGrants", [await documentRegistry.getAddress()]);
  const { chainId } = await ethers.provider.getNetwork();
  const hash = `0x${"ab".repeat(32)}`;
  const real = {
    keeperRegistry: await keeperRegistry.getAddress(),
    keyGeneration: await keyGeneration.getAddress(),
    documentRegistry: await documentRegistry.getAddress(),
    accessGrants: await accessGrants.getAddress(),
  };
  const others = CONTRACT_NAMES.map((name, index) => [name, `0x${(index + 1).toString(16).padStart(2, "0").repeat(20)}`]);
  // A client refuses a chain where one of its contracts has no code: what no test here calls only ends.
  for (const [, address] of others) await ethers.provider.send("hardhat_setCode", [address, "0x00"]);
  const deployment: Deployment = parseDeployment({
    chainId,
    genesisHash: hash,
    block: 0,
    blockHash: hash,
    contracts: { ...Object.fromEntries(others), ...real },
  });
  const domain = { chainId, shareRequests: parseAddress(deployment.contracts.shareRequests) };

  const first = createFakeKey({ members, threshold });
  const running: FakeKeeper[] = [];
  const serve = async ({ key, committee }: FakeKey): Promise<readonly FakeKeeper[]> => {
    const started = await Promise.all(
      committee.map((member) => startFakeKeeper({ member, key, domain, behaviour: () => behaviourOf(member.slot) })),
    );
    running.push(...started);
    return started;
  };
  const keepers = await serve(first);
  for (const [index, { identity }] of first.committee.entries())
    await keeperRegistry.addKeeper(
      operators[index]?.address ?? "",
      decompress(identity),
      keepers[index]?.url ?? "",
      "",
      `Keeper ${index + 1}`,
    );

  /** The key is active in an open epoch with these holders. */
  const activate = async ({ key }: FakeKey): Promise<void> => {
    await keeperRegistry.proposeEpoch(0);
    for (const operator of operators) await postKey(keeperRegistry, key.epoch, operator);
    await keeperRegistry.openEpoch(key.epoch);
    const { slots, commitmentsHash, verifyingRoot, publicKey, publicKeyAddress, requester, epoch } = key;
    const committee = slots.reduce((bits, slot) => bits | (1n << BigInt(slot)), 0n);
    await keyGeneration.setKeyEpoch(key.keyId, epoch, {
      threshold: key.threshold,
      members: slots.length,
      committee,
      commitmentsHash,
      verifyingRoot,
    });
    await keyGeneration.setKey(key.keyId, {
      purpose: 0,
      activeEpoch: epoch,
      requester,
      publicKey: solidityPoint(publicKey),
      publicKeyAddress,
      session: hash,
    });
  };
  await activate(first);

  const rpc = await serveCounted((method, params) => ethers.provider.send(method, [...params]));
  const blobs = createMemoryBlobStore();
  const clientOf = (options: Partial<ClientOptions>): KeyquorumClient =>
    createClient({ deployment, blobs, cipher: nodeChunkCipher, timeouts: { pollMs: 5 }, ...options });
  return {
    ...{ deployment, rpc, clientOf, alice, bob, keepers, operators, documentRegistry, keeperRegistry, keyId: first.key.keyId as KeyId },
    asAlice: clientOf({ signer: alice }),
    /** Moves the key to the next epoch: the same keepers with other shares, which answer in that epoch alone. */
    reshare: async (): Promise<readonly FakeKeeper[]> => {
      const { keyId, slots, epoch } = first.key;
      const next = dealFakeKey({ keyId, secret: first.secret, slots, threshold, epoch: epoch + 1 });
      const kept = {
        ...next,
        committee: next.committee.map((member, index) => ({ ...member, identity: first.committee[index]?.identity ?? member.identity })),
      };
      const servers = await serve(kept);
      for (const [index, operator] of operators.entries()) await keeperRegistry.connect(operator).moveKeeper(servers[index]?.url ?? "", "");
      await activate(kept);
      return servers;
    },
    stop: async (): Promise<void> => {
      await rpc.stop();
      await Promise.all(running.map((keeper) => keeper.stop()));
    },
  };
};

export type Readers = Awaited<ReturnType<typeof startReaders>>;
