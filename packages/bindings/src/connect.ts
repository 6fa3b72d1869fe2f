import { Contract, type ContractRunner } from "ethers";
import { type CONTRACT_FACTORIES, type ContractName, interfaceOf } from "./contracts.ts";
import { atDeployment, type Deployment } from "./deployment.ts";

/** Typed contracts of one deployment. */
export type Contracts = { readonly [N in ContractName]: ReturnType<(typeof CONTRACT_FACTORIES)[N]["connect"]> };

/**
 * Connects to the contracts of a deployment. No call is made, and no ABI is parsed again: keepers connect once for every block that they read.
 * Reading one that an older deployment does not have throws MissingContractError.
 * @param runner a signer (to send), a provider (to read), chain's `runnerAt` (to read at one block hash), or null (to encode only)
 */
export const connectContracts = (deployment: Deployment, runner: ContractRunner | null): Contracts =>
  atDeployment(deployment, (address, name) => new Contract(address, interfaceOf(name), runner)) as unknown as Contracts; // true: each by its own interface
