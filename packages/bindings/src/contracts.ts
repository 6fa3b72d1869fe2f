/** The one door from the generated types: what other packages may use of `typechain-types/` is named here. */
import {
  AccessManager__factory,
  IAccessGrants__factory,
  IDocumentRegistry__factory,
  IKeeperRegistry__factory,
  IKeyGeneration__factory,
  IShareRequests__factory,
} from "../../../typechain-types/index.ts";

export type {
  AccessManager,
  IAccessGrants,
  IDocumentRegistry,
  IKeeperRegistry,
  IKeyGeneration,
  IPermissions,
  IShareRequests,
} from "../../../typechain-types/index.ts";
export { IPermissions__factory } from "../../../typechain-types/index.ts";
export {
  AccessManager__factory,
  IAccessGrants__factory,
  IDocumentRegistry__factory,
  IKeeperRegistry__factory,
  IKeyGeneration__factory,
  IShareRequests__factory,
};

/** Every contract of a deployment by its name in `Deployment.contracts`, with the factory of its interface. */
export const CONTRACT_FACTORIES = {
  accessManager: AccessManager__factory,
  keeperRegistry: IKeeperRegistry__factory,
  keyGeneration: IKeyGeneration__factory,
  documentRegistry: IDocumentRegistry__factory,
  accessGrants: IAccessGrants__factory,
  shareRequests: IShareRequests__factory,
} as const;

/** A contract of a deployment, as `Deployment.contracts` calls it. */
export type ContractName = keyof typeof CONTRACT_FACTORIES;

export const CONTRACT_NAMES = Object.keys(CONTRACT_FACTORIES) as readonly ContractName[];

type Interfaces = { readonly [N in ContractName]: ReturnType<(typeof CONTRACT_FACTORIES)[N]["createInterface"]> };

const made = new Map<ContractName, Interfaces[ContractName]>();

/** A contract's ABI as an ethers interface, made once: encodes calls and decodes results without a connection. */
export const interfaceOf = <N extends ContractName>(name: N): Interfaces[N] => {
  const known = made.get(name) ?? CONTRACT_FACTORIES[name].createInterface();
  made.set(name, known);
  return known as Interfaces[N]; // true: the map holds under each name what that name's factory made
};
