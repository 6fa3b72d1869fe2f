export { type DeployOptions, type DeployStep, deployContracts } from "./deployContracts.ts";
export { DeployError, type DeployErrorCode } from "./deployError.ts";
export { type DeployJournal, type DeployRecord, type MinedStep, parseDeployRecord, type RecordedStep } from "./deployRecord.ts";
export type { DeploySettings, KeyGenerationWindows } from "./deploySettings.ts";
export { DEPLOY_STEPS, type DeployCall, type DeployStepName } from "./deploySteps.ts";
export { type DeployEstimate, estimateDeployment } from "./estimateDeployment.ts";
export { finishHandover, HandoverError } from "./handover.ts";
export type { DeployPlan, PlannedStep } from "./planDeployment.ts";
export type { SendStep } from "./sendStep.ts";
