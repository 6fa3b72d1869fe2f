import { readFile } from "node:fs/promises";
import { type Deployment, mapDeployment, type OfDeployment, parseDeployment } from "@keyquorum/bindings";
import { type Address, type Hash32, parseAddress, parseHash32 } from "@keyquorum/wire";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { KeeperError } from "../run/errors.ts";

/** The deployment that a keeper serves, with the names of wire. Public. */
export type ServedContracts = {
  /** As bindings takes it. */
  readonly deployment: Deployment;
  readonly chainId: bigint;
  readonly genesisHash: Hash32;
  /** No event of ours is older. */
  readonly block: number;
  readonly blockHash: Hash32;
  /** Left out: what a deployment of an earlier version does not have. */
  readonly addresses: OfDeployment<Address>;
};

const readSource = async (source: KeeperConfig["chain"]["deployment"]): Promise<unknown> => {
  if (typeof source !== "string") return source;
  try {
    return JSON.parse(await readFile(source, "utf8"));
  } catch (cause) {
    throw new KeeperError(
      "DEPLOYMENT_INVALID",
      `The deployment file ${source} cannot be read as JSON. Name the file that \`npx hardhat keyquorum deploy\` wrote, under [chain] deployment.`,
      { file: source },
      { cause },
    );
  }
};

const deploymentOf = (source: unknown): Deployment => {
  try {
    return parseDeployment(source);
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : "It has another form.";
    throw new KeeperError("DEPLOYMENT_INVALID", what, {}, { cause });
  }
};

/** Reads a deployment's file, whichever chain it is on. Throws KeeperError DEPLOYMENT_INVALID. */
export const readDeploymentFile = async (file: string): Promise<ServedContracts> => servedContractsOf(deploymentOf(await readSource(file)));

/** Reads the deployment that the configuration names. Throws KeeperError DEPLOYMENT_INVALID or WRONG_CHAIN. */
export const readDeployment = async ({ chain }: Pick<KeeperConfig, "chain">): Promise<ServedContracts> => {
  const deployment = deploymentOf(await readSource(chain.deployment));
  if (deployment.chainId !== chain.chainId)
    throw new KeeperError(
      "WRONG_CHAIN",
      `[chain] chainId is ${chain.chainId}, but the deployment is on chain ${deployment.chainId}. Name the deployment of the chain that is meant.`,
      { configured: chain.chainId.toString(), deployment: deployment.chainId.toString() },
    );
  return servedContractsOf(deployment);
};

const servedContractsOf = (deployment: Deployment): ServedContracts => {
  const { contracts } = deployment;
  return {
    deployment,
    chainId: deployment.chainId,
    genesisHash: parseHash32(deployment.genesisHash),
    block: deployment.block,
    blockHash: parseHash32(deployment.blockHash),
    addresses: mapDeployment(contracts, (address) => parseAddress(address)),
  };
};
