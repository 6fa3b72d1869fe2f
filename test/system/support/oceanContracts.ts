import { createRequire } from "node:module";
import type { LocalChain } from "@keyquorum/cluster";
import { Contract, ContractFactory, type InterfaceAbi, type Signer } from "ethers";

const require = createRequire(import.meta.url);

/** As Ocean published it. Libraries stand in its code by name. */
type Artifact = { readonly abi: InterfaceAbi; readonly bytecode: string };

/** Ocean's contracts that say who may decrypt: owners of DIDs, and whom they permitted. */
export type OceanContracts = {
  /** With `checkPermissions(address,bytes32)`. */
  readonly access: Contract;
  readonly didRegistry: Contract;
};

const artifactOf = (name: string): Artifact => require(`@oceanprotocol/keeper-contracts/artifacts/${name}.development.json`) as Artifact;

/** Deploys what Ocean ran, as its package `@oceanprotocol/keeper-contracts` has it. Each transaction is mined at once. */
export const deployOceanContracts = async (chain: Pick<LocalChain, "send">, owner: Signer): Promise<OceanContracts> => {
  const deploy = async (name: string, libraries: Readonly<Record<string, string>> = {}): Promise<Contract> => {
    const { abi, bytecode } = artifactOf(name);
    const linked = Object.entries(libraries).reduce(
      (code, [library, address]) => code.replaceAll(`__${library}`.padEnd(40, "_"), address.slice(2).toLowerCase()),
      bytecode,
    );
    const contract = await new ContractFactory(abi, linked, owner).deploy();
    await chain.send("evm_mine", []);
    await contract.waitForDeployment();
    return new Contract(await contract.getAddress(), abi, owner);
  };
  const addressOf = (contract: Contract): Promise<string> => contract.getAddress();
  const initialize = async (contract: Contract, ...others: readonly Contract[]): Promise<void> => {
    const addresses = await Promise.all(others.map(addressOf));
    const signature = `initialize(${["address", ...others.map(() => "address")].join()})`;
    const sent = await contract.getFunction(signature)(await owner.getAddress(), ...addresses);
    await chain.send("evm_mine", []);
    await sent.wait();
  };

  await chain.send("evm_mine", []);
  const epochLibrary = await deploy("EpochLibrary");
  const conditions = await deploy("ConditionStoreManager", { EpochLibrary: await addressOf(epochLibrary) });
  const didLibrary = await deploy("DIDRegistryLibrary");
  const didRegistry = await deploy("DIDRegistry", { DIDRegistryLibrary: await addressOf(didLibrary) });
  const templates = await deploy("TemplateStoreManager");
  const agreements = await deploy("AgreementStoreManager");
  const access = await deploy("AccessSecretStoreCondition");
  await initialize(conditions);
  await initialize(didRegistry);
  await initialize(templates);
  await initialize(agreements, conditions, templates, didRegistry);
  await initialize(access, conditions, agreements);
  return { access, didRegistry };
};
