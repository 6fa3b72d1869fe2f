import type { ContractRunner } from "ethers";
import { CONTRACT_FACTORIES, type ContractName, forEachContract } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";

/** Typed contracts of one deployment. */
export type Contracts = { readonly [N in ContractName]: ReturnType<(typeof CONTRACT_FACTORIES)[N]["connect"]> };

/**
 * Connects to the contracts of a deployment. No call is made.
 * @param runner a signer (to send), a provider (to read), chain's `runnerAt` (to read at one block hash), or null (to encode only)
 */
export const connectContracts = ({ contracts }: Deployment, runner: ContractRunner | null): Contracts =>
  forEachContract((name) => CONTRACT_FACTORIES[name].connect(contracts[name], runner)) as Contracts; // true: each by its own factory
