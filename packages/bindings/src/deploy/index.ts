export { type DeployOptions, type DeployStep, deployContracts, type KeyGenerationWindows } from "./deployContracts.ts";
export { finishHandover, HandoverError } from "./handover.ts";
