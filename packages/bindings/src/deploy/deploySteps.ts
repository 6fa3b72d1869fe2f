import { getCreateAddress } from "ethers";
import { AccessManager__factory } from "../../../../typechain-types/factories/@openzeppelin/contracts/access/manager/AccessManager__factory.ts";
import { AccessGrants__factory } from "../../../../typechain-types/factories/contracts/AccessGrants__factory.ts";
import { DocumentRegistry__factory } from "../../../../typechain-types/factories/contracts/DocumentRegistry__factory.ts";
import { KeeperRegistry__factory } from "../../../../typechain-types/factories/contracts/KeeperRegistry__factory.ts";
import { KeyGeneration__factory } from "../../../../typechain-types/factories/contracts/KeyGeneration__factory.ts";
import { KeyResharing__factory } from "../../../../typechain-types/factories/contracts/KeyResharing__factory.ts";
import { OptimisticRequests__factory } from "../../../../typechain-types/factories/contracts/OptimisticRequests__factory.ts";
import { ReaderSessions__factory } from "../../../../typechain-types/factories/contracts/ReaderSessions__factory.ts";
import { ReceiptFaults__factory } from "../../../../typechain-types/factories/contracts/ReceiptFaults__factory.ts";
import { ShareRepairs__factory } from "../../../../typechain-types/factories/contracts/ShareRepairs__factory.ts";
import { ShareRequests__factory } from "../../../../typechain-types/factories/contracts/ShareRequests__factory.ts";
import { CONTRACT_NAMES, type ContractName } from "../contracts.ts";
import type { DeploySettings } from "./deploySettings.ts";
import { roleCalls } from "./roleCalls.ts";

/** A transaction of a deployment: a contract, or "roles", which fixes who may do what in the access manager. */
export type DeployStepName = ContractName | "roles";

/** In the order in which they are sent. */
export const DEPLOY_STEPS: readonly DeployStepName[] = [...CONTRACT_NAMES, "roles"];

/** `to` null: creates a contract. `data` is 0x hex. */
export type DeployCall = { readonly to: string | null; readonly data: string };

/** The three contracts that know each other's addresses forever follow each other without a gap in the account's nonces. */
export const FIRST_OF_CHAIN = DEPLOY_STEPS.indexOf("keeperRegistry");
export const LAST_OF_CHAIN = DEPLOY_STEPS.indexOf("keyResharing");

/** The address at which each contract will be, from the nonces of the steps. Lower case. */
export const addressesOf = (deployer: string, nonces: readonly number[]): Readonly<Record<ContractName, string>> =>
  Object.fromEntries(
    CONTRACT_NAMES.map((name, index) => [name, getCreateAddress({ from: deployer, nonce: nonces[index] ?? 0 }).toLowerCase()]),
  ) as Record<ContractName, string>; // true: the names are all of them

/** Every transaction of a deployment: fixed by the account, the settings and the addresses, so that it can be known again on the chain. */
export const deployCallsOf = async (
  deployer: string,
  settings: DeploySettings,
  at: Readonly<Record<ContractName, string>>,
): Promise<Readonly<Record<DeployStepName, DeployCall>>> => {
  const { admin, minEpochDelay, windows, requestLifetime, challengeWindow, openKeyRequests } = settings;
  const { accessManager, keeperRegistry, keyGeneration, keyResharing, documentRegistry, shareRequests, optimisticRequests } = at;
  const created = {
    accessManager: new AccessManager__factory().getDeployTransaction(deployer),
    keeperRegistry: new KeeperRegistry__factory().getDeployTransaction(accessManager, minEpochDelay, keyGeneration),
    keyGeneration: new KeyGeneration__factory().getDeployTransaction(accessManager, keeperRegistry, keyResharing, windows),
    keyResharing: new KeyResharing__factory().getDeployTransaction(accessManager, keeperRegistry, keyGeneration),
    shareRepairs: new ShareRepairs__factory().getDeployTransaction(keeperRegistry, keyGeneration),
    documentRegistry: new DocumentRegistry__factory().getDeployTransaction(keyGeneration),
    accessGrants: new AccessGrants__factory().getDeployTransaction(documentRegistry),
    shareRequests: new ShareRequests__factory().getDeployTransaction(
      ...([accessManager, keeperRegistry, keyGeneration, documentRegistry, requestLifetime] as const),
    ),
    optimisticRequests: new OptimisticRequests__factory().getDeployTransaction(
      ...([accessManager, keeperRegistry, keyGeneration, documentRegistry, shareRequests, requestLifetime, challengeWindow] as const),
    ),
    receiptFaults: new ReceiptFaults__factory().getDeployTransaction(keeperRegistry, keyGeneration, shareRequests),
    readerSessions: new ReaderSessions__factory().getDeployTransaction(),
  } satisfies Record<ContractName, unknown>;
  const creations = await Promise.all(CONTRACT_NAMES.map(async (name) => [name, { to: null, data: (await created[name]).data }] as const));
  const roles = roleCalls({
    registry: keeperRegistry,
    keys: keyGeneration,
    resharing: keyResharing,
    requests: [shareRequests, optimisticRequests],
    openKeyRequests,
    governors: [...new Set([deployer, admin ?? deployer].map((address) => address.toLowerCase()))],
    newAdmin: admin ?? undefined,
  });
  return {
    ...(Object.fromEntries(creations) as Record<ContractName, DeployCall>), // true: the names are all of them
    roles: { to: accessManager, data: AccessManager__factory.createInterface().encodeFunctionData("multicall", [[...roles]]) },
  };
};
