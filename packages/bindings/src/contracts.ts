/**
 * The one door from the generated types: what other packages may use of `typechain-types/` is named here.
 * Interfaces only, each from its own file: whoever imports this gets no bytecode. Deploying is `@keyquorum/bindings/deploy`.
 */
import { IAccessManager__factory } from "../../../typechain-types/factories/@openzeppelin/contracts/access/manager/IAccessManager__factory.ts";
import { IAccessGrants__factory } from "../../../typechain-types/factories/contracts/interfaces/IAccessGrants__factory.ts";
import { IDocumentRegistry__factory } from "../../../typechain-types/factories/contracts/interfaces/IDocumentRegistry__factory.ts";
import { IKeeperRegistry__factory } from "../../../typechain-types/factories/contracts/interfaces/IKeeperRegistry__factory.ts";
import { IKeyGeneration__factory } from "../../../typechain-types/factories/contracts/interfaces/IKeyGeneration__factory.ts";
import { IKeyResharing__factory } from "../../../typechain-types/factories/contracts/interfaces/IKeyResharing__factory.ts";
import { IOptimisticRequests__factory } from "../../../typechain-types/factories/contracts/interfaces/IOptimisticRequests__factory.ts";
import { IReaderSessions__factory } from "../../../typechain-types/factories/contracts/interfaces/IReaderSessions__factory.ts";
import { IReceiptFaults__factory } from "../../../typechain-types/factories/contracts/interfaces/IReceiptFaults__factory.ts";
import { IShareRepairs__factory } from "../../../typechain-types/factories/contracts/interfaces/IShareRepairs__factory.ts";
import { IShareRequests__factory } from "../../../typechain-types/factories/contracts/interfaces/IShareRequests__factory.ts";
import { ISigningRequests__factory } from "../../../typechain-types/factories/contracts/interfaces/ISigningRequests__factory.ts";

export type { IAccessManager } from "../../../typechain-types/@openzeppelin/contracts/access/manager/IAccessManager.ts";
export type { IAccessGrants } from "../../../typechain-types/contracts/interfaces/IAccessGrants.ts";
export type { IDocumentRegistry } from "../../../typechain-types/contracts/interfaces/IDocumentRegistry.ts";
export type { IKeeperRegistry } from "../../../typechain-types/contracts/interfaces/IKeeperRegistry.ts";
export type { IKeyGeneration } from "../../../typechain-types/contracts/interfaces/IKeyGeneration.ts";
export type { IKeyResharing } from "../../../typechain-types/contracts/interfaces/IKeyResharing.ts";
export type { IOptimisticRequests } from "../../../typechain-types/contracts/interfaces/IOptimisticRequests.ts";
export type { IPermissions } from "../../../typechain-types/contracts/interfaces/IPermissions.sol/IPermissions.ts";
export type { IReaderSessions } from "../../../typechain-types/contracts/interfaces/IReaderSessions.ts";
export type { IReceiptFaults } from "../../../typechain-types/contracts/interfaces/IReceiptFaults.ts";
export type { IShareRepairs } from "../../../typechain-types/contracts/interfaces/IShareRepairs.ts";
export type { IShareRequests } from "../../../typechain-types/contracts/interfaces/IShareRequests.ts";
export type { ISigningRequests } from "../../../typechain-types/contracts/interfaces/ISigningRequests.ts";
export { IPermissions__factory } from "../../../typechain-types/factories/contracts/interfaces/IPermissions.sol/IPermissions__factory.ts";
export {
  IAccessGrants__factory,
  IAccessManager__factory,
  IDocumentRegistry__factory,
  IKeeperRegistry__factory,
  IKeyGeneration__factory,
  IKeyResharing__factory,
  IOptimisticRequests__factory,
  IReaderSessions__factory,
  IReceiptFaults__factory,
  IShareRepairs__factory,
  IShareRequests__factory,
  ISigningRequests__factory,
};

/** Every contract of a deployment by its name in `Deployment.contracts`, with the factory of its interface. */
export const CONTRACT_FACTORIES = {
  accessManager: IAccessManager__factory,
  keeperRegistry: IKeeperRegistry__factory,
  keyGeneration: IKeyGeneration__factory,
  keyResharing: IKeyResharing__factory,
  shareRepairs: IShareRepairs__factory,
  documentRegistry: IDocumentRegistry__factory,
  accessGrants: IAccessGrants__factory,
  shareRequests: IShareRequests__factory,
  optimisticRequests: IOptimisticRequests__factory,
  receiptFaults: IReceiptFaults__factory,
  readerSessions: IReaderSessions__factory,
  signingRequests: ISigningRequests__factory,
} as const;

/** A contract of a deployment, as `Deployment.contracts` calls it. */
export type ContractName = keyof typeof CONTRACT_FACTORIES;

export const CONTRACT_NAMES = Object.keys(CONTRACT_FACTORIES) as readonly ContractName[];

/**
 * Contracts that deployments of earlier versions do not have, and what is off without them. Such a deployment is read all the same, and is whole in
 * everything else.
 */
export const LATER_CONTRACTS = { signingRequests: "keys sign nothing" } as const satisfies { readonly [N in ContractName]?: string };

export type LaterContractName = keyof typeof LATER_CONTRACTS;

/** One value per contract that a deployment has. */
export type OfDeployment<T> = Readonly<Record<Exclude<ContractName, LaterContractName>, T>> &
  Readonly<Partial<Record<LaterContractName, T>>>;

export const isLaterContract = (name: ContractName): name is LaterContractName => name in LATER_CONTRACTS;

/** One value per contract of a deployment, made from its name. */
export const forEachContract = <T>(make: (name: ContractName) => T): Readonly<Record<ContractName, T>> =>
  Object.fromEntries(CONTRACT_NAMES.map((name) => [name, make(name)])) as Record<ContractName, T>; // true: the names are all of them

type Interfaces = { readonly [N in ContractName]: ReturnType<(typeof CONTRACT_FACTORIES)[N]["createInterface"]> };

const made = new Map<ContractName, Interfaces[ContractName]>();

/** A contract's ABI as an ethers interface, made once: encodes calls and decodes results without a connection. */
export const interfaceOf = <N extends ContractName>(name: N): Interfaces[N] => {
  const known = made.get(name) ?? CONTRACT_FACTORIES[name].createInterface();
  made.set(name, known);
  return known as Interfaces[N]; // true: the map holds under each name what that name's factory made
};
