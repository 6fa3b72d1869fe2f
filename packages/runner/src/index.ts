export { HTTP_ERRORS } from "./child/blocklessHttp.ts";
export { TRAPS } from "./child/traps.ts";
export { createEgress, DEFAULT_EGRESS_CAPS, type EgressCaps, type EgressOptions } from "./host/createEgress.ts";
export type { Egress, EgressAnswer, EgressRequest } from "./host/egress.ts";
export { type LoadedModule, loadModule } from "./loadModule.ts";
export type { Manifest, SecretDelivery, WantedModule, WantedSecret } from "./manifest/manifest.ts";
export { parseBlocklessManifest, parseBlsToml } from "./manifest/parseBlockless.ts";
export { parseManifest } from "./manifest/parseManifest.ts";
export { readManifest, readModule } from "./manifest/readModule.ts";
export { type FinishedRun, type ModuleRunOptions, type RunIdentity, runModule } from "./moduleRun.ts";
export type { RunSigner } from "./record/makeRunRecord.ts";
export { type VerifiedRun, verifyRunRecord } from "./record/verifyRunRecord.ts";
export {
  type CallerSigner,
  createRemoteRunner,
  type RemoteOptions,
  type RemoteResult,
  type RemoteRun,
  type RemoteRunner,
} from "./remote/createRemoteRunner.ts";
export { type CheckedModule, checkModule, createRunner, type Runner, type RunnerOptions, type StartOptions } from "./run/createRunner.ts";
export { SECRET_ERRORS } from "./run/hostCalls.ts";
export type { Named, RunInputs } from "./run/inputs.ts";
export { OPTIONAL_LIMITS, type OptionalLimit } from "./run/launch.ts";
export { DEFAULT_LIMITS, type RunLimits } from "./run/limits.ts";
export type { LimitInForce } from "./run/limitsInForce.ts";
export type { RunResult, RunUsage, StartedRun } from "./run/oneRun.ts";
export type { LimitName, RunOutcome } from "./run/outcome.ts";
export { runLocally } from "./runLocally.ts";
export type { RunOptions } from "./runWithSecrets.ts";
export type { SecretSource } from "./secrets/fetchSecret.ts";
export { MODULE_LIMITS } from "./validate/limits.ts";
export { type ModuleFacts, validateModule } from "./validate/validateModule.ts";
