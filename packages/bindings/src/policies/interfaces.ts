/** The ready-made permissions contracts as their callers see them: no bytecode. */
export { ICombinedPermissions__factory } from "../../../../typechain-types/factories/contracts/interfaces/ICombinedPermissions__factory.ts";
export { IContextGrants__factory } from "../../../../typechain-types/factories/contracts/interfaces/IContextGrants__factory.ts";
export { IMerkleAllowList__factory } from "../../../../typechain-types/factories/contracts/interfaces/IMerkleAllowList__factory.ts";
export { IContextPermissions__factory } from "../../../../typechain-types/factories/contracts/interfaces/IPermissions.sol/IContextPermissions__factory.ts";
export { IServiceAgreement__factory } from "../../../../typechain-types/factories/contracts/interfaces/IServiceAgreement__factory.ts";
export { ISubscription__factory } from "../../../../typechain-types/factories/contracts/interfaces/ISubscription__factory.ts";
export { ITimeWindow__factory } from "../../../../typechain-types/factories/contracts/interfaces/ITimeWindow__factory.ts";
export { ITokenHolders__factory } from "../../../../typechain-types/factories/contracts/interfaces/ITokenHolders__factory.ts";
export type {
  ICombinedPermissions,
  IContextGrants,
  IContextPermissions,
  IMerkleAllowList,
  IServiceAgreement,
  ISubscription,
  ITimeWindow,
  ITokenHolders,
} from "../../../../typechain-types/index.ts";
