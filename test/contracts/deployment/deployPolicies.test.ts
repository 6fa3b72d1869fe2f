import { connectContracts, decodeContractError, IPermissions__factory } from "@keyquorum/bindings";
import { deployContracts } from "@keyquorum/bindings/deploy";
import * as policies from "@keyquorum/bindings/policies";
import { expect } from "chai";
import { artifacts, network } from "hardhat";

const { ethers, networkHelpers } = await network.create();
const document = ethers.id("document");

const deployed = async () => {
  const [council, alice, bob] = await ethers.getSigners();
  if (council === undefined || alice === undefined || bob === undefined) throw new Error("no accounts");
  const windows = { deal: 30, dispute: 12, finalize: 30, ready: 30 };
  const deployment = await deployContracts(council, { minEpochDelay: 0, windows, requestLifetime: 600 });
  const token = await ethers.deployContract("MintableERC20");
  const pieces = await ethers.deployContract("MintableERC1155");
  return { deployment, alice, bob, token: await token.getAddress(), pieces: await pieces.getAddress() };
};
type Deployed = Awaited<ReturnType<typeof deployed>>;
type Policy = policies.DeployedPolicy<unknown>;

/** Each kind, as the first argument says who deploys. */
const kinds: Readonly<Record<string, (base: Deployed) => Promise<Policy>>> = {
  TokenHolders20: ({ alice, token }) => policies.deployTokenHolders20(alice, { token, minimum: 5n }),
  TokenHolders721: ({ alice, token }) => policies.deployTokenHolders721(alice, { token, minimum: 5n }),
  TokenHolders1155: ({ alice, pieces }) => policies.deployTokenHolders1155(alice, { token: pieces, id: 7n, minimum: 5n }),
  TimeWindow: ({ alice, deployment }) => policies.deployTimeWindow(alice, deployment),
  MerkleAllowList: ({ alice, deployment }) => policies.deployMerkleAllowList(alice, deployment),
  Subscription: ({ alice, deployment }) => policies.deploySubscription(alice, deployment),
  ContextGrants: ({ alice, deployment }) => policies.deployContextGrants(alice, deployment),
  ModuleGrants: ({ alice, deployment }) => policies.deployModuleGrants(alice, deployment),
  ServiceAgreement: ({ alice, deployment }) => policies.deployServiceAgreement(alice, deployment, alice.address),
  AllOf: ({ alice, deployment }) => policies.deployAllOf(alice, [deployment.contracts.accessGrants]),
  AnyOf: ({ alice, deployment }) => policies.deployAnyOf(alice, [deployment.contracts.accessGrants]),
  Not: ({ alice, deployment }) => policies.deployNot(alice, deployment.contracts.accessGrants),
};

describe("@keyquorum/bindings/policies", () => {
  for (const [kind, deploy] of Object.entries(kinds))
    it(`deploys ${kind}: it is mined, has the code of that kind, and answers a permission question`, async () => {
      const base = await networkHelpers.loadFixture(deployed);
      const { address, gasUsed, transactionHash } = await deploy(base);
      expect(address).to.match(/^0x[0-9a-f]{40}$/);
      expect(gasUsed > 100_000n).to.equal(true);
      expect((await ethers.provider.getTransactionReceipt(transactionHash))?.contractAddress?.toLowerCase()).to.equal(address);
      const { deployedBytecode } = await artifacts.readArtifact(kind);
      expect(((await ethers.provider.getCode(address)).length - 2) / 2).to.equal((deployedBytecode.length - 2) / 2);
      const permitted = await IPermissions__factory.connect(address, ethers.provider).checkPermissions(base.bob.address, document);
      expect(permitted).to.equal(kind === "Not");
    });

  it("deploys every kind there is", async () => {
    const found: string[] = [];
    for (const name of await artifacts.getAllFullyQualifiedNames()) {
      if (!name.startsWith("contracts/policies/")) continue;
      const { contractName, bytecode } = await artifacts.readArtifact(name);
      if (bytecode !== "0x") found.push(contractName);
    }
    expect(Object.keys(kinds)).to.have.members(found);
  });

  it("connects the deployer, whose calls reach the contract", async () => {
    const { alice, bob, deployment, token } = await networkHelpers.loadFixture(deployed);
    const holders = await policies.deployTokenHolders20(alice, { token, minimum: 5n });
    expect((await holders.contract.token()).toLowerCase()).to.equal(token.toLowerCase());
    expect(await holders.contract.minimum()).to.equal(5n);
    const { contract, address } = await policies.deployAnyOf(alice, [holders.address, deployment.contracts.accessGrants]);
    expect((await contract.parts()).map(({ permissions }) => permissions.toLowerCase())).to.deep.equal([
      holders.address,
      deployment.contracts.accessGrants,
    ]);
    const { accessGrants } = connectContracts(deployment, alice);
    const salt = ethers.id("salt");
    const claimed = ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode(["address", "bytes32"], [alice.address, salt]));
    await accessGrants.claim(salt);
    await accessGrants.grant(claimed, bob.address, 0);
    expect(await IPermissions__factory.connect(address, ethers.provider).checkPermissions(bob.address, claimed)).to.equal(true);
  });

  for (const [what, deploy, name] of [
    [
      "a token without code",
      ({ alice }: Deployed) => policies.deployTokenHolders20(alice, { token: alice.address, minimum: 1n }),
      "TokenHoldersNoToken",
    ],
    ["no minimum", ({ alice, token }: Deployed) => policies.deployTokenHolders20(alice, { token, minimum: 0n }), "TokenHoldersNoMinimum"],
    ["no part", ({ alice }: Deployed) => policies.deployAllOf(alice, []), "CombinedPermissionsWrongCount"],
    ["a part without code", ({ alice, bob }: Deployed) => policies.deployNot(alice, bob.address), "CombinedPermissionsNoPart"],
  ] as const)
    it(`says in words that a constructor refused ${what}`, async () => {
      const base = await networkHelpers.loadFixture(deployed);
      const refused = await deploy(base).then(
        () => undefined,
        (error: unknown) => decodeContractError(error),
      );
      expect(refused?.name).to.equal(name);
      expect(refused?.contract).to.equal("policies");
    });
});
