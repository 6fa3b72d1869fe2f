import type { ContractRunner } from "ethers";
import {
  type AccessManager,
  AccessManager__factory,
  type IAccessGrants,
  IAccessGrants__factory,
  type IDocumentRegistry,
  IDocumentRegistry__factory,
  type IKeeperRegistry,
  IKeeperRegistry__factory,
  type IKeyGeneration,
  IKeyGeneration__factory,
  type IShareRequests,
  IShareRequests__factory,
} from "./contracts.ts";
import type { Deployment } from "./deployment.ts";

/** Typed contracts of one deployment. */
export type Contracts = {
  readonly accessManager: AccessManager;
  readonly keeperRegistry: IKeeperRegistry;
  readonly keyGeneration: IKeyGeneration;
  readonly documentRegistry: IDocumentRegistry;
  readonly accessGrants: IAccessGrants;
  readonly shareRequests: IShareRequests;
};

/**
 * Connects to the contracts of a deployment. No call is made.
 * @param runner a signer (to send), a provider (to read), chain's `runnerAt` (to read at one block hash), or null (to encode only)
 */
export const connectContracts = ({ contracts }: Deployment, runner: ContractRunner | null): Contracts => ({
  accessManager: AccessManager__factory.connect(contracts.accessManager, runner),
  keeperRegistry: IKeeperRegistry__factory.connect(contracts.keeperRegistry, runner),
  keyGeneration: IKeyGeneration__factory.connect(contracts.keyGeneration, runner),
  documentRegistry: IDocumentRegistry__factory.connect(contracts.documentRegistry, runner),
  accessGrants: IAccessGrants__factory.connect(contracts.accessGrants, runner),
  shareRequests: IShareRequests__factory.connect(contracts.shareRequests, runner),
});
