export { type AuditSummary, exportAudit, type PrunedAudit, pruneAudit, restartAudit, verifyAudit } from "./auditFile.ts";
export { type CheckedConfiguration, checkConfiguration } from "./checkConfiguration.ts";
export { type Clock, systemClock } from "./clock.ts";
export {
  type ConfigProblem,
  type ExtensionModule,
  type KeeperConfig,
  type OperatorKeySource,
  parseConfig,
  type VaultKeySource,
} from "./config/parseConfig.ts";
export { readConfig } from "./config/readConfig.ts";
export { createKeeper, type KeeperOptions } from "./createKeeper.ts";
export { describeError, type ErrorDescription } from "./describeError.ts";
export { type Duties, type Duty, type DutyContext, type DutyName, workIdOf } from "./duties/duty.ts";
export { DUTIES } from "./duties/table.ts";
export type { EpochStatusReport, ReshareReport } from "./epochs/epochStatus.ts";
export { setVeto, vetoedEpochs } from "./epochs/vetoes.ts";
export { KeeperError, type KeeperErrorCode } from "./errors.ts";
export type { CreateExtension, KeeperExtension } from "./extension.ts";
export type { SeenBreak } from "./finality/finalityGuard.ts";
export { acceptedHashOf, type FinalityReport, readFinality, resumeKeeper } from "./finality/resumeKeeper.ts";
export type { KeeperRoute } from "./http/httpServer.ts";
export { type InitialisedKeeper, initialiseKeeper } from "./initialiseKeeper.ts";
export type { Keeper } from "./keeperLife.ts";
export { createLogger, type LogData, type Logger, type LogLevel, silentLogger } from "./logger.ts";
export { detachStandardError, type LogDestination, type LogLines, outputLines } from "./logLines.ts";
export { mirrorAgain } from "./mirror/mirrorAgain.ts";
export type { MirrorProgress } from "./mirror/readingAgain.ts";
export { addIdentity, listIdentities, type OwnIdentities } from "./ownIdentities.ts";
export type { UnreadyReason } from "./readiness.ts";
export { assertNotRegistered, registeredSlot } from "./registeredSlot.ts";
export { type WantedRepair, wantedRepairs, wantRepairs } from "./repair/wantedRepairs.ts";
export { type OperatorReplacement, replaceOperator } from "./replaceOperator.ts";
export { type KeeperStatus, readKeeperStatus } from "./status.ts";
export type { RepairState, RepairStatus } from "./work/repairShare.ts";
