export {
  type ConfigProblem,
  createLogger,
  describeError,
  type ErrorDescription,
  type LogData,
  type Logger,
  type LogLevel,
  readHexKeyFile,
  readSecretFile,
  silentLogger,
} from "@keyquorum/daemon";
export type { HttpRoute as KeeperRoute } from "@keyquorum/http";
export type { HeldUsage } from "@keyquorum/vault";
export {
  type ExtensionModule,
  type KeeperConfig,
  type OperatorKeySource,
  parseConfig,
  type VaultKeySource,
} from "./config/parseConfig.ts";
export { readConfig } from "./config/readConfig.ts";
export type { CommitteeMember } from "./contracts/chainReader.ts";
export type { CreateExtension, ExtensionStory, KeeperExtension } from "./extensions/extension.ts";
export type { OwnMetrics } from "./extensions/ownMetrics.ts";
export type {
  EpochKeys,
  ExtensionChain,
  ExtensionEpochs,
  ExtensionMembers,
  ExtensionPeers,
  ExtensionServices,
  ExtensionTransactions,
  FollowedContracts,
  OwnRelease,
  OwnStores,
  OwnTable,
  Withheld,
} from "./extensions/services.ts";
export type { SeenBreak } from "./following/finalityGuard.ts";
export { mirrorAgain } from "./following/mirrorAgain.ts";
export type { MirrorProgress } from "./following/readingAgain.ts";
export { acceptedHashOf, type FinalityReport, readFinality, resumeKeeper } from "./following/resumeKeeper.ts";
export { addIdentity, listIdentities, type OwnIdentities } from "./membership/ownIdentities.ts";
export { assertNotRegistered, registeredSlot } from "./membership/registeredSlot.ts";
export { type OperatorReplacement, replaceOperator } from "./membership/replaceOperator.ts";
export { createPeerLimits, type PeerAllowance, type PeerLimits, type PeerSender } from "./peers/peerLimits.ts";
export { type PeerAnswerer, type PeerTransport, peerAnswerer } from "./peers/peerTransport.ts";
export { type SeenKeeper, type SeenKeepers, seeKeepers } from "./peers/seeKeepers.ts";
export type { RepairState, RepairStatus } from "./repairing/repairStatus.ts";
export { type WantedRepair, wantedRepairs, wantRepairs } from "./repairing/wantedRepairs.ts";
export type { UnreadyReason } from "./report/readiness.ts";
export { type KeeperStatus, readKeeperStatus } from "./report/status.ts";
export { type AuditSummary, exportAudit, type PrunedAudit, pruneAudit, restartAudit, verifyAudit } from "./run/auditFile.ts";
export { backupKeeper } from "./run/backupKeeper.ts";
export { advanceBoot, type BootCount } from "./run/bootCounter.ts";
export { type CheckedConfiguration, checkConfiguration } from "./run/checkConfiguration.ts";
export { type Clock, systemClock } from "./run/clock.ts";
export { createKeeper } from "./run/createKeeper.ts";
export { type Duties, type Duty, type DutyContext, workIdOf } from "./run/duty.ts";
export { KeeperError, type KeeperErrorCode } from "./run/errors.ts";
export { type InitialisedKeeper, initialiseKeeper } from "./run/initialiseKeeper.ts";
export type { Keeper } from "./run/keeperLife.ts";
export type { KeeperOptions } from "./run/keeperOptions.ts";
export type { MayResend, SignedIntent, Story } from "./run/story.ts";
export { DONE, type Lane, WAIT, type Work, type WorkHandler, type WorkOutcome } from "./run/workRunner.ts";
export type { EpochStatusReport, ReshareReport } from "./sessions/epochStatus.ts";
export { setVeto, vetoedEpochs } from "./sessions/vetoes.ts";
