import { OperatorError } from "@keyquorum/daemon";

/** What stops the service from starting, or makes an operator's command fail. Stable: scripts may test for these codes. */
export type ServiceErrorCode =
  | "RUNNER_NOT_INITIALISED"
  | "RUNNER_ALREADY_INITIALISED"
  | "RUNNER_ALREADY_RUNNING"
  | "RUNNER_NOT_RUNNING"
  | "RUNNER_FOREIGN_DATA"
  | "RUNS_UNUSABLE"
  | "MODULE_UNUSABLE"
  | "WRONG_CHAIN";

/** A failure of the service that its operator can do something about. */
export class ServiceError extends OperatorError<ServiceErrorCode> {
  override readonly name = "ServiceError";
}
