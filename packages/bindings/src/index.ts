export { type Contracts, connectContracts } from "./connect.ts";
export { BLOCK_NUMBER_CODE, blocksLeftOf } from "./contractBlock.ts";
export { type DecodedContractError, decodeContractError } from "./contractErrors.ts";
export {
  DECISIONS,
  type Decision,
  EPOCH_STATUSES,
  type EpochStatus,
  FAILURE_REASONS,
  type FailureReason,
  nameOfState,
  OPTIMISTIC_STATUSES,
  type OptimisticStatus,
  PURPOSES,
  type Purpose,
  REQUEST_STATUSES,
  RESHARE_FAILURES,
  RESHARE_STATUSES,
  type RequestStatus,
  type ReshareFailure,
  type ReshareStatus,
  SESSION_STATUSES,
  type SessionStatus,
  SIGNING_DECISIONS,
  SIGNING_STATUSES,
  type SigningDecision,
  type SigningStatus,
} from "./contractStates.ts";
export {
  CONTRACT_FACTORIES,
  CONTRACT_NAMES,
  type ContractName,
  forEachContract,
  type IAccessGrants,
  IAccessGrants__factory,
  type IAccessManager,
  IAccessManager__factory,
  type IDocumentRegistry,
  IDocumentRegistry__factory,
  type IKeeperRegistry,
  IKeeperRegistry__factory,
  type IKeyGeneration,
  IKeyGeneration__factory,
  type IKeyResharing,
  IKeyResharing__factory,
  type IOptimisticRequests,
  IOptimisticRequests__factory,
  type IPermissions,
  IPermissions__factory,
  type IReaderSessions,
  IReaderSessions__factory,
  type IReceiptFaults,
  IReceiptFaults__factory,
  type IShareRepairs,
  IShareRepairs__factory,
  type IShareRequests,
  IShareRequests__factory,
  type ISigningRequests,
  ISigningRequests__factory,
  interfaceOf,
  isLaterContract,
  LATER_CONTRACTS,
  type LaterContractName,
  type OfDeployment,
} from "./contracts.ts";
export {
  contractsOf,
  type Deployment,
  DeploymentError,
  type DeploymentFinality,
  type DeploymentJson,
  encodeDeployment,
  type HexString,
  MissingContractError,
  mapDeployment,
  missingIn,
  parseDeployment,
} from "./deployment.ts";
export {
  type ContractEvent,
  type ContractEventOf,
  type EmitterName,
  type EmitterOf,
  emittersOf,
  eventTopic,
  parseContractLog,
  parseContractLogOf,
  type RawLog,
} from "./events.ts";
export { EXPECTED_EVENTS, type ExpectedEvent, expectedEventOf, hasEvent } from "./expectedEvents.ts";
export {
  isNodesOwnCode,
  isRateLimitError,
  type NodeFailure,
  type NodeFailureReason,
  nodeFailureOf,
} from "./nodeFailure.ts";
export { nodeFailureSentence } from "./nodeFailureSentence.ts";
export { type Plain, plain } from "./plain.ts";
export { rememberHashes } from "./rememberHashes.ts";
export { retryAfterMs } from "./retryAfter.ts";
export { revertDataOf } from "./revertData.ts";
export { GOVERNED_REGISTRY_FUNCTIONS, ROLES, type RoleName } from "./roles.ts";
export { type AskContract, type ContractViews, viewsOf } from "./views.ts";
