import { connectContracts, decodeContractError, interfaceOf, ROLES } from "@keyquorum/bindings";
import { type DeployStep, deployContracts, finishHandover, HandoverError } from "@keyquorum/bindings/deploy";
import { expect } from "chai";
import type { Signer } from "ethers";
import { network } from "hardhat";

const { ethers } = await network.create();
const windows = { deal: 30, dispute: 12, finalize: 30, ready: 30 };
const options = { minEpochDelay: 0, windows, requestLifetime: 600 };
const identityKey = {
  x: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  y: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
};

const accounts = async () => {
  const [deployer, alice, bob, mallory] = await ethers.getSigners();
  return { deployer, alice, bob, mallory } as unknown as Readonly<Record<"deployer" | "alice" | "bob" | "mallory", Signer>>;
};
const refusalOf = async (call: Promise<unknown>): Promise<string | undefined> => {
  try {
    await call;
    return undefined;
  } catch (error) {
    return decodeContractError(error)?.name;
  }
};

describe("deployContracts", () => {
  it("deploys every contract and fixes the roles in one step each, reports each, and pins the chain by the registry's block", async () => {
    const { deployer } = await accounts();
    const steps: DeployStep[] = [];
    const deployment = await deployContracts(deployer, { ...options, onStep: (step) => steps.push(step) });
    expect(steps.map(({ contract }) => contract)).to.deep.equal([
      "accessManager",
      "keeperRegistry",
      "keyGeneration",
      "keyResharing",
      "shareRepairs",
      "documentRegistry",
      "accessGrants",
      "shareRequests",
      "optimisticRequests",
      "receiptFaults",
      "readerSessions",
      "signingRequests",
      "roles",
    ]);
    for (const { gasUsed, milliseconds } of steps) {
      expect(gasUsed > 21_000n).to.equal(true);
      expect(milliseconds).to.be.greaterThan(0);
    }
    const block = await ethers.provider.getBlock(deployment.block);
    expect(deployment.blockHash).to.equal(block?.hash);
    expect(deployment.genesisHash).to.equal((await ethers.provider.getBlock(0))?.hash);
    expect(deployment.chainId).to.equal((await ethers.provider.getNetwork()).chainId);
    expect(await ethers.provider.getCode(deployment.contracts.keeperRegistry, deployment.block - 1)).to.equal("0x");
    const { keyGeneration, shareRequests, keeperRegistry, signingRequests } = connectContracts(deployment, ethers.provider);
    expect((await keyGeneration.windows()).dispute).to.equal(12n);
    expect(await shareRequests.requestLifetime()).to.equal(600n);
    expect(await keeperRegistry.minEpochDelay()).to.equal(0n);
    expect(await signingRequests.requestLifetime()).to.equal(600n);
  });

  it("lets only governance change the keeper set", async () => {
    const { deployer, mallory } = await accounts();
    const deployment = await deployContracts(deployer, options);
    const operator = await mallory.getAddress();
    const governed = [
      (registry: ReturnType<typeof connectContracts>["keeperRegistry"]) => registry.addKeeper(operator, identityKey, "https://k", "", "k"),
      (registry: ReturnType<typeof connectContracts>["keeperRegistry"]) => registry.removeKeeper(1),
      (registry: ReturnType<typeof connectContracts>["keeperRegistry"]) => registry.setOperator(1, operator),
      (registry: ReturnType<typeof connectContracts>["keeperRegistry"]) => registry.setIdentityKey(1, identityKey),
      (registry: ReturnType<typeof connectContracts>["keeperRegistry"]) => registry.proposeEpoch(0),
      (registry: ReturnType<typeof connectContracts>["keeperRegistry"]) => registry.openEpoch(1),
      (registry: ReturnType<typeof connectContracts>["keeperRegistry"]) => registry.cancelEpoch(1),
    ];
    for (const call of governed)
      expect(await refusalOf(call(connectContracts(deployment, mallory).keeperRegistry))).to.equal("AccessManagedUnauthorized");
    await connectContracts(deployment, deployer).keeperRegistry.addKeeper(operator, identityKey, "https://k", "", "k");
    expect(await connectContracts(deployment, deployer).keeperRegistry.slotOf(operator)).to.equal(1n);
  });

  it("lets only governance ask for reshares, and keys be moved by the deployed KeyResharing alone (attack 50)", async () => {
    const { deployer, mallory } = await accounts();
    const deployment = await deployContracts(deployer, options);
    const { keyGeneration, keeperRegistry } = connectContracts(deployment, deployer);
    expect((await keyGeneration.resharing()).toLowerCase()).to.equal(deployment.contracts.keyResharing);
    const ask = (signer: Signer) => refusalOf(connectContracts(deployment, signer).keyResharing.requestReshare(ethers.id("key"), 1));
    expect(await ask(mallory)).to.equal("AccessManagedUnauthorized");
    expect(await ask(deployer)).to.equal("KeyResharingUnusableKey");
    const moved = { threshold: 1, members: 3, committee: 14, commitmentsHash: ethers.ZeroHash, verifyingRoot: ethers.ZeroHash };
    expect(await refusalOf(keyGeneration.moveKey(ethers.id("key"), 1, moved))).to.equal("KeyGenerationNotResharing");
    // The registry asks a KeyGeneration that is there: else every removal would revert.
    await keeperRegistry.addKeeper(await mallory.getAddress(), identityKey, "https://k", "", "k");
    await keeperRegistry.removeKeeper(1);
    expect(await keeperRegistry.removedKeepers()).to.equal(2n);
  });

  it("lets only KEY_REQUESTER ask for keys, or everybody where that is wished", async () => {
    const { deployer, mallory } = await accounts();
    const ask = async (openKeyRequests: boolean, signer: Signer) => {
      const deployment = await deployContracts(deployer, { ...options, openKeyRequests });
      return refusalOf(connectContracts(deployment, signer).keyGeneration.requestKey(0, 1, ethers.id("salt")));
    };
    expect(await ask(false, mallory)).to.equal("AccessManagedUnauthorized");
    expect(await ask(false, deployer)).to.equal("KeyGenerationNoEpoch");
    expect(await ask(true, mallory)).to.equal("KeyGenerationNoEpoch");
  });

  for (const [name, unknown] of [
    ["shareRequests", "RequestUnknownDocument"],
    ["optimisticRequests", "RequestUnknownDocument"],
  ] as const) {
    it(`lets everybody request shares of ${name} until governance pauses it`, async () => {
      const { deployer, bob } = await accounts();
      const deployment = await deployContracts(deployer, options);
      const request = () =>
        refusalOf(
          connectContracts(deployment, bob)[name].request(ethers.id("document"), ethers.id("header"), identityKey, ethers.ZeroHash),
        );
      expect(await request()).to.equal(unknown);
      const { accessManager } = connectContracts(deployment, deployer);
      await accessManager.setTargetClosed(deployment.contracts[name], true);
      expect(await request()).to.equal("AccessManagedUnauthorized");
      await accessManager.setTargetClosed(deployment.contracts[name], false);
      expect(await request()).to.equal(unknown);
    });

    it(`lets only governance set the price of ${name}`, async () => {
      const { deployer, mallory } = await accounts();
      const deployment = await deployContracts(deployer, options);
      expect(await refusalOf(connectContracts(deployment, mallory)[name].setPrice(5))).to.equal("AccessManagedUnauthorized");
      await connectContracts(deployment, deployer)[name].setPrice(5);
      expect(await connectContracts(deployment, mallory)[name].price()).to.equal(5n);
    });
  }

  it("gives wrong answers a day to be proved wrong, or as long as is said", async () => {
    const { deployer } = await accounts();
    const windowOf = async (more: object) =>
      connectContracts(await deployContracts(deployer, { ...options, ...more }), deployer).optimisticRequests.challengeWindow();
    expect(await windowOf({})).to.equal(86_400n);
    expect(await windowOf({ challengeWindow: 60 })).to.equal(60n);
  });

  it("refuses windows and lifetimes below their minimums, with a sentence", async () => {
    const { deployer } = await accounts();
    expect(await refusalOf(deployContracts(deployer, { ...options, windows: { ...windows, dispute: 1 } }))).to.equal(
      "KeyGenerationWindowTooShort",
    );
    expect(await refusalOf(deployContracts(deployer, { ...options, requestLifetime: 1 }))).to.equal("RequestTooShort");
    expect(await refusalOf(deployContracts(deployer, { ...options, challengeWindow: 1 }))).to.equal("RequestTooShort");
  });
});

describe("finishHandover", () => {
  it("hands over in two steps: both govern after the first, only the new admin after the second", async () => {
    const { deployer, alice, bob } = await accounts();
    const deployment = await deployContracts(deployer, { ...options, admin: await alice.getAddress() });
    for (const signer of [deployer, alice])
      expect(await refusalOf(connectContracts(deployment, signer).keeperRegistry.removeKeeper.staticCall(1))).to.equal(
        "KeeperRegistryUnknownKeeper",
      );

    await finishHandover(deployer, deployment, await alice.getAddress());
    expect(await refusalOf(connectContracts(deployment, deployer).keeperRegistry.removeKeeper.staticCall(1))).to.equal(
      "AccessManagedUnauthorized",
    );
    const { accessManager } = connectContracts(deployment, alice);
    for (const role of [ROLES.ADMIN, ROLES.GOVERNANCE, ROLES.KEY_REQUESTER]) {
      expect((await accessManager.hasRole(role, await deployer.getAddress()))[0]).to.equal(false);
      expect((await accessManager.hasRole(role, await alice.getAddress()))[0]).to.equal(true);
    }
    await accessManager.grantRole(ROLES.GOVERNANCE, await bob.getAddress(), 0);
    expect(await finishHandover(deployer, deployment, await alice.getAddress())).to.equal(undefined);
  });

  it("does not leave a deployment without a governor", async () => {
    const { deployer, alice, bob } = await accounts();
    const deployment = await deployContracts(deployer, options);
    const codeOf = async (admin: Signer): Promise<string> => {
      try {
        await finishHandover(deployer, deployment, await admin.getAddress());
        return "accepted";
      } catch (error) {
        return error instanceof HandoverError ? error.code : "another error";
      }
    };
    expect(await codeOf(deployer)).to.equal("SAME_ADMIN");
    expect(await codeOf(alice)).to.equal("NEW_ADMIN_MISSING");
    const { accessManager } = connectContracts(deployment, deployer);
    await accessManager.grantRole(ROLES.ADMIN, await bob.getAddress(), 3600);
    expect(await codeOf(bob)).to.equal("NEW_ADMIN_MISSING");
    expect((await accessManager.hasRole(ROLES.ADMIN, await deployer.getAddress()))[0]).to.equal(true);
  });

  it("labels its roles, so that explorers show their names", async () => {
    const { deployer } = await accounts();
    const deployment = await deployContracts(deployer, options);
    const topic = interfaceOf("accessManager").getEvent("RoleLabel").topicHash;
    const logs = await ethers.provider.getLogs({ address: deployment.contracts.accessManager, topics: [topic], fromBlock: 0 });
    expect(logs.map((log) => interfaceOf("accessManager").parseLog(log)?.args.label)).to.deep.equal(["GOVERNANCE", "KEY_REQUESTER"]);
  });
});
