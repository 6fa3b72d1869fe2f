/** The contracts' enumerations by name, in the order of their interfaces. A test compares them with the Solidity source. */

/** IKeyGeneration.Purpose: one key, one purpose (D8). */
export const PURPOSES = ["Decrypt", "Schnorr", "Ecdsa", "Ibe"] as const;
/** IKeyGeneration.SessionStatus. */
export const SESSION_STATUSES = [
  "Unknown",
  "Dealing",
  "Disputing",
  "AwaitingShift",
  "Finalizing",
  "AwaitingReady",
  "Active",
  "Overdue",
  "Failed",
] as const;
/** IKeyGeneration.FailureReason. */
export const FAILURE_REASONS = ["None", "TooFewDealers", "BadSum", "NotFinalized", "NotReady", "MemberRemoved"] as const;
/** IKeyResharing.ReshareStatus. */
export const RESHARE_STATUSES = ["Unknown", "Dealing", "Disputing", "AwaitingReady", "Active", "Overdue", "Failed"] as const;
/** IKeyResharing.ReshareFailure. */
export const RESHARE_FAILURES = ["None", "TooFewDealers", "NotReady", "MemberRemoved"] as const;
/** IKeeperRegistry.EpochStatus. */
export const EPOCH_STATUSES = ["Unknown", "Proposed", "Open", "Cancelled"] as const;
/** IShareRequests.RequestStatus. */
export const REQUEST_STATUSES = ["Unknown", "Pending", "Served", "Expired"] as const;
/** IOptimisticRequests.OptimisticStatus. */
export const OPTIMISTIC_STATUSES = ["Unknown", "Pending", "Disputable", "Served", "Expired"] as const;
/** IShareRequests.Decision: PROTOCOL section 4.4. */
export const DECISIONS = ["Denied", "Permitted", "UnknownVersion", "WithdrawnVersion"] as const;

/** ISigningRequests.SigningStatus. */
export const SIGNING_STATUSES = ["Unknown", "Pending", "Signed", "Expired"] as const;
/** ISigningRequests.SigningDecision: PROTOCOL section 9.3. */
export const SIGNING_DECISIONS = ["Denied", "Permitted", "UnusableKey", "Unbound"] as const;

export type Purpose = (typeof PURPOSES)[number];
export type SessionStatus = (typeof SESSION_STATUSES)[number];
export type FailureReason = (typeof FAILURE_REASONS)[number];
export type ReshareStatus = (typeof RESHARE_STATUSES)[number];
export type ReshareFailure = (typeof RESHARE_FAILURES)[number];
export type EpochStatus = (typeof EPOCH_STATUSES)[number];
export type RequestStatus = (typeof REQUEST_STATUSES)[number];
export type OptimisticStatus = (typeof OPTIMISTIC_STATUSES)[number];
export type Decision = (typeof DECISIONS)[number];
export type SigningStatus = (typeof SIGNING_STATUSES)[number];
export type SigningDecision = (typeof SIGNING_DECISIONS)[number];

/** The name of a value as a contract returned it. Throws RangeError for a value that the interface does not have. */
export const nameOfState = <T extends string>(names: readonly T[], value: bigint | number): T => {
  const name = names[Number(value)];
  if (name === undefined) throw new RangeError(`${value} is none of ${names.join(", ")}: these bindings are older than the contract.`);
  return name;
};
