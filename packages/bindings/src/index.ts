export { type Contracts, connectContracts } from "./connect.ts";
export { type DecodedContractError, decodeContractError, revertDataOf } from "./contractErrors.ts";
export {
  DECISIONS,
  type Decision,
  EPOCH_STATUSES,
  type EpochStatus,
  FAILURE_REASONS,
  type FailureReason,
  nameOfState,
  PURPOSES,
  type Purpose,
  REQUEST_STATUSES,
  type RequestStatus,
  SESSION_STATUSES,
  type SessionStatus,
} from "./contractStates.ts";
export {
  type AccessManager,
  AccessManager__factory,
  CONTRACT_FACTORIES,
  CONTRACT_NAMES,
  type ContractName,
  type IAccessGrants,
  IAccessGrants__factory,
  type IDocumentRegistry,
  IDocumentRegistry__factory,
  type IKeeperRegistry,
  IKeeperRegistry__factory,
  type IKeyGeneration,
  IKeyGeneration__factory,
  type IPermissions,
  IPermissions__factory,
  type IShareRequests,
  IShareRequests__factory,
  interfaceOf,
} from "./contracts.ts";
export { type DeployOptions, type DeployStep, deployContracts, type KeyGenerationWindows } from "./deploy.ts";
export { type Deployment, DeploymentError, type DeploymentJson, encodeDeployment, type HexString, parseDeployment } from "./deployment.ts";
export {
  type ContractEvent,
  type ContractEventOf,
  emitterOf,
  eventTopic,
  parseContractLog,
  parseContractLogOf,
  type RawLog,
} from "./events.ts";
export { finishHandover, HandoverError } from "./handover.ts";
export { type Plain, plain } from "./plain.ts";
export { GOVERNED_REGISTRY_FUNCTIONS, ROLES, type RoleName } from "./roles.ts";
