/** The ready-made permissions contracts as their callers see them: no bytecode. */

export type { ICombinedPermissions } from "../../../../typechain-types/contracts/interfaces/ICombinedPermissions.ts";
export type { IContextGrants } from "../../../../typechain-types/contracts/interfaces/IContextGrants.ts";
export type { IMerkleAllowList } from "../../../../typechain-types/contracts/interfaces/IMerkleAllowList.ts";
export type { IModuleGrants } from "../../../../typechain-types/contracts/interfaces/IModuleGrants.ts";
export type { IOwnedRules } from "../../../../typechain-types/contracts/interfaces/IOwnedRules.ts";
export type { IContextPermissions } from "../../../../typechain-types/contracts/interfaces/IPermissions.sol/IContextPermissions.ts";
export type { IServiceAgreement } from "../../../../typechain-types/contracts/interfaces/IServiceAgreement.ts";
export type { ISigningGrants } from "../../../../typechain-types/contracts/interfaces/ISigningGrants.ts";
export type { ISubscription } from "../../../../typechain-types/contracts/interfaces/ISubscription.ts";
export type { ITimeWindow } from "../../../../typechain-types/contracts/interfaces/ITimeWindow.ts";
export type { ITokenHolders } from "../../../../typechain-types/contracts/interfaces/ITokenHolders.ts";
export { ICombinedPermissions__factory } from "../../../../typechain-types/factories/contracts/interfaces/ICombinedPermissions__factory.ts";
export { IContextGrants__factory } from "../../../../typechain-types/factories/contracts/interfaces/IContextGrants__factory.ts";
export { IMerkleAllowList__factory } from "../../../../typechain-types/factories/contracts/interfaces/IMerkleAllowList__factory.ts";
export { IModuleGrants__factory } from "../../../../typechain-types/factories/contracts/interfaces/IModuleGrants__factory.ts";
export { IOwnedRules__factory } from "../../../../typechain-types/factories/contracts/interfaces/IOwnedRules__factory.ts";
export { IContextPermissions__factory } from "../../../../typechain-types/factories/contracts/interfaces/IPermissions.sol/IContextPermissions__factory.ts";
export { IServiceAgreement__factory } from "../../../../typechain-types/factories/contracts/interfaces/IServiceAgreement__factory.ts";
export { ISigningGrants__factory } from "../../../../typechain-types/factories/contracts/interfaces/ISigningGrants__factory.ts";
export { ISubscription__factory } from "../../../../typechain-types/factories/contracts/interfaces/ISubscription__factory.ts";
export { ITimeWindow__factory } from "../../../../typechain-types/factories/contracts/interfaces/ITimeWindow__factory.ts";
export { ITokenHolders__factory } from "../../../../typechain-types/factories/contracts/interfaces/ITokenHolders__factory.ts";
