/**
 * Why a deployment did not start or did not continue. What is on the chain stays, and so does its record.
 *
 * - `RECORD_DAMAGED`: it is no record, or only a part of one
 * - `RECORD_OF_ANOTHER_CHAIN`, `RECORD_OF_ANOTHER_ACCOUNT`, `RECORD_OF_OTHER_OPTIONS`: what was begun is another deployment
 * - `RECORD_OF_OTHER_CONTRACTS`: a recorded transaction is another one on this chain, or was made by another version of the contracts
 * - `NONCE_TAKEN`: the account sent something else meanwhile; the same call continues with other addresses, and says first what that costs
 * - `NONCE_PENDING`: a transaction of the account, perhaps of this deployment, is not mined yet
 * - `NONCE_MISSING`: a transaction of this deployment waits for an earlier one of the account that no node has
 * - `STEP_NOT_FOUND`: the chain's node does not show what it says is there
 * - `STEP_GONE`: a reorganisation took what was there; the same call sends it again
 */
export class DeployError extends Error {
  readonly code: DeployErrorCode;
  readonly retryable: boolean;

  constructor(code: DeployErrorCode, message: string) {
    super(message);
    this.name = "DeployError";
    this.code = code;
    this.retryable = ["NONCE_TAKEN", "NONCE_PENDING", "STEP_NOT_FOUND", "STEP_GONE"].includes(code);
  }
}

export type DeployErrorCode =
  | "RECORD_DAMAGED"
  | "RECORD_OF_ANOTHER_CHAIN"
  | "RECORD_OF_ANOTHER_ACCOUNT"
  | "RECORD_OF_OTHER_OPTIONS"
  | "RECORD_OF_OTHER_CONTRACTS"
  | "NONCE_TAKEN"
  | "NONCE_PENDING"
  | "NONCE_MISSING"
  | "STEP_NOT_FOUND"
  | "STEP_GONE";
