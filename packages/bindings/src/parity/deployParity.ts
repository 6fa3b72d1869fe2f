import type { BaseContract, Signer } from "ethers";
import { DocumentKeyShadowRetrievalService__factory } from "../../../../typechain-types/factories/contracts/parity/DocumentKeyShadowRetrievalService__factory.ts";
import { DocumentKeyStoreService__factory } from "../../../../typechain-types/factories/contracts/parity/DocumentKeyStoreService__factory.ts";
import { ParityKeyServerSet__factory } from "../../../../typechain-types/factories/contracts/parity/ParityKeyServerSet__factory.ts";
import { ServerKeyGenerationService__factory } from "../../../../typechain-types/factories/contracts/parity/ServerKeyGenerationService__factory.ts";
import { ServerKeyRetrievalService__factory } from "../../../../typechain-types/factories/contracts/parity/ServerKeyRetrievalService__factory.ts";
import { minedReceipt } from "../deploy/minedReceipt.ts";
import type { Deployment, HexString } from "../deployment.ts";

/** A contract of contracts/parity that was just deployed and mined. Public. */
export type DeployedParity = {
  /** 20 bytes, lower case. */
  readonly address: HexString;
  readonly transactionHash: HexString;
  /** In which block: keepers read its requests from there on. */
  readonly block: number;
  readonly gasUsed: bigint;
};

/** What a service asks for. `keyServers`: the set, ours or Parity's. `fee`: wei, exactly. `maxPending`: requests that wait. `requestBlocks`: how long one waits. */
export type ServiceTerms = {
  readonly keyServers: string;
  readonly fee: bigint;
  readonly maxPending: bigint;
  readonly requestBlocks: bigint;
};

const SERVICES = {
  generation: ServerKeyGenerationService__factory,
  retrieval: ServerKeyRetrievalService__factory,
  store: DocumentKeyStoreService__factory,
  shadows: DocumentKeyShadowRetrievalService__factory,
} as const;

export type ParityServiceName = keyof typeof SERVICES;
export const PARITY_SERVICES = Object.keys(SERVICES) as readonly ParityServiceName[]; // true: its keys

const deployed = async (deploying: Promise<BaseContract>): Promise<DeployedParity> => {
  const made = await deploying;
  const receipt = await minedReceipt(made.deploymentTransaction());
  const address = (await made.getAddress()).toLowerCase() as HexString; // true: ethers' addresses are 0x and hex
  return { address, transactionHash: receipt.hash as HexString, block: receipt.blockNumber, gasUsed: receipt.gasUsed };
};

/** KeeperRegistry's keepers as Parity's key server set. Resolves when it is mined; throws what ethers throws. */
export const deployKeyServerSet = (signer: Signer, { contracts }: Deployment): Promise<DeployedParity> =>
  deployed(new ParityKeyServerSet__factory(signer).deploy(contracts.keeperRegistry));

/** One of the four services; the deployment's governance sets fee and limit later. As `deployKeyServerSet`. */
export const deployParityService = (
  signer: Signer,
  { contracts }: Deployment,
  name: ParityServiceName,
  terms: ServiceTerms,
): Promise<DeployedParity> => deployed(new SERVICES[name](signer).deploy({ authority: contracts.accessManager, ...terms }));
