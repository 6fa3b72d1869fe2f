import { getCreateAddress, Interface, type InterfaceAbi } from "ethers";
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
import { SigningRequests__factory } from "../../../../typechain-types/factories/contracts/SigningRequests__factory.ts";
import { CONTRACT_NAMES, type ContractName, forEachContract } from "../contracts.ts";
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
export const deployCallsOf = (
  deployer: string,
  settings: DeploySettings,
  at: Readonly<Record<ContractName, string>>,
): Readonly<Record<DeployStepName, DeployCall>> => {
  const { admin, minEpochDelay, windows, requestLifetime, challengeWindow, openKeyRequests } = settings;
  const { accessManager, keeperRegistry, keyGeneration, keyResharing, documentRegistry, shareRequests, optimisticRequests } = at;
  const created = {
    accessManager: creationOf(AccessManager__factory, deployer),
    keeperRegistry: creationOf(KeeperRegistry__factory, accessManager, minEpochDelay, keyGeneration),
    keyGeneration: creationOf(KeyGeneration__factory, accessManager, keeperRegistry, keyResharing, windows),
    keyResharing: creationOf(KeyResharing__factory, accessManager, keeperRegistry, keyGeneration),
    shareRepairs: creationOf(ShareRepairs__factory, keeperRegistry, keyGeneration),
    documentRegistry: creationOf(DocumentRegistry__factory, keyGeneration),
    accessGrants: creationOf(AccessGrants__factory, documentRegistry),
    shareRequests: creationOf(
      ShareRequests__factory,
      ...([accessManager, keeperRegistry, keyGeneration, documentRegistry, requestLifetime] as const),
    ),
    optimisticRequests: creationOf(
      OptimisticRequests__factory,
      ...([accessManager, keeperRegistry, keyGeneration, documentRegistry, shareRequests, requestLifetime, challengeWindow] as const),
    ),
    receiptFaults: creationOf(ReceiptFaults__factory, keeperRegistry, keyGeneration, shareRequests),
    readerSessions: creationOf(ReaderSessions__factory),
    signingRequests: creationOf(SigningRequests__factory, keyGeneration, requestLifetime),
  } satisfies Record<ContractName, string>;
  const roles = roleCalls({
    registry: keeperRegistry,
    keys: keyGeneration,
    resharing: keyResharing,
    requests: [shareRequests, optimisticRequests],
    openKeyRequests,
    governors: [...new Set([deployer, admin ?? deployer].map((address) => address.toLowerCase()))],
    newAdmin: admin ?? undefined,
  });
  manager ??= AccessManager__factory.createInterface();
  return {
    ...forEachContract((name): DeployCall => ({ to: null, data: created[name] })),
    roles: { to: accessManager, data: manager.encodeFunctionData("multicall", [[...roles]]) },
  };
};

/** Made once: to read an ABI takes longer than to use it. */
let manager: ReturnType<typeof AccessManager__factory.createInterface> | undefined;
const constructors = new Map<object, Interface>();

type Factory<Arguments extends readonly unknown[]> = {
  new (): { getDeployTransaction(...args: Arguments): unknown };
  readonly abi: readonly { readonly type: string }[];
  readonly bytecode: string;
};

/** What creates a contract: its code, and its constructor's arguments behind it. Factories read the whole ABI, and each byte of the code, at every call. */
const creationOf = <Arguments extends readonly unknown[]>(factory: Factory<Arguments>, ...args: Arguments): string => {
  const known = constructors.get(factory) ?? new Interface(factory.abi.filter(({ type }) => type === "constructor") as InterfaceAbi);
  constructors.set(factory, known);
  return `${factory.bytecode}${known.encodeDeploy(args).slice(2)}`;
};
