export { CALLER_PARTS, type CallerPart, parseServiceConfig, readServiceConfig, type ServiceConfig } from "./config.ts";
export { createService, type RunnerService, SERVICE_VERSION } from "./createService.ts";
export { type InitialisedRunner, initialiseRunner } from "./initialiseRunner.ts";
export { ServiceError, type ServiceErrorCode } from "./runnerError.ts";
