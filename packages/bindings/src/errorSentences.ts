import { CONTRACT_SENTENCES } from "./contractSentences.ts";
import * as states from "./contractStates.ts";

/** An error's arguments by their names in the ABI, in plain form. */
type Arguments = Readonly<Record<string, unknown>>;

/** What happened and what to do, for people; undefined for an error that is none of ours. Names no more than the error's own arguments. */
export const sentenceOf = (error: string, args: Arguments): string | undefined =>
  (CONTRACT_SENTENCES[error] ?? INHERITED_SENTENCES[error])?.replace(/[{](\w+)(?::(\w+))?[}]/g, (_, name: string, format?: string) =>
    show(args[name], format),
  );

const show = (value: unknown, format: string | undefined): string => {
  if (format === undefined) return String(value);
  if (format === "time") return time(value);
  const names = STATES[format];
  return names === undefined || typeof value !== "bigint" ? "in another state" : states.nameOfState(names, value);
};

/** Seconds of block time as an ISO date; as a number where no date has that many. */
const time = (seconds: unknown): string => {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString();
};

/** The enumerations that errors carry, by their names in the contracts. */
const STATES: Readonly<Record<string, readonly string[]>> = {
  EpochStatus: states.EPOCH_STATUSES,
  OptimisticStatus: states.OPTIMISTIC_STATUSES,
  RequestStatus: states.REQUEST_STATUSES,
  ReshareStatus: states.RESHARE_STATUSES,
  SessionStatus: states.SESSION_STATUSES,
  SigningStatus: states.SIGNING_STATUSES,
};

/** As CONTRACT_SENTENCES, for errors whose source is not ours. A test proves that every error of every ABI is in one of the two. */
export const INHERITED_SENTENCES: Readonly<Record<string, string>> = {
  // AccessManaged and AccessManager of OpenZeppelin
  AccessManagedUnauthorized: "{caller} lacks the role for this call, or the contract is paused; ask governance.",
  AccessManagedRequiredDelay: "{caller} may call this only after a delay of {delay} s; schedule it with the access manager.",
  AccessManagedInvalidAuthority: "{authority} is not an access manager: it has no code; give the manager's address.",
  AccessManagerAlreadyScheduled: "Operation {operationId} is scheduled already; execute or cancel it.",
  AccessManagerNotScheduled: "Operation {operationId} is not scheduled; schedule it first.",
  AccessManagerNotReady: "The delay of operation {operationId} is not over; try again later.",
  AccessManagerExpired: "Operation {operationId} waited too long and expired; schedule it again.",
  AccessManagerLockedRole: "Role {roleId} is fixed by the access manager and cannot be changed.",
  AccessManagerLockedFunction: "Function {selector} is fixed by the access manager and cannot be given to a role.",
  AccessManagerBadConfirmation: "A role is renounced only by the account that holds it; give the sender's own address.",
  AccessManagerUnauthorizedAccount: "{msgsender} lacks role {roleId}; ask an account that has the ADMIN role.",
  AccessManagerUnauthorizedCall: "{caller} may not call {selector} of {target}; ask an account that has the ADMIN role.",
  AccessManagerUnauthorizedConsume: "{target} may not consume scheduled operations; only a managed contract may.",
  AccessManagerUnauthorizedCancel: "{msgsender} may not cancel what {caller} scheduled; ask its scheduler, a guardian or an admin.",
  AccessManagerInvalidInitialAdmin: "{initialAdmin} cannot be the first admin; give an account's address.",
  AccountUnauthorized: "{sender} is not the account's entry point, which alone may call this; send a user operation.",
  AddressEmptyCode: "There is no contract at {target}; check the address and the chain.",
  FailedCall: "A call that the access manager passed on failed without a reason; simulate it directly to see why.",
  InsufficientBalance: "The contract holds {balance} wei but {needed} are needed; send enough value.",
  SafeCastOverflowedUintDowncast: "{value} does not fit into {bits} bits; give a smaller number.",
  InvalidShortString: "A name in a contract's signing domain is stored incorrectly; this is a bug, please report it.",
  StringTooLong: 'The text "{str}" is too long for a contract\'s signing domain; this is a bug: report it.',
  ReentrancyGuardReentrantCall: "A payment's receiver called back into the contract that pays; let the receiver only take the payment.",
  SafeERC20FailedOperation: "The token {token} refused the transfer; check the balance and the allowance.",

  // Solidity itself
  Panic: "The contract stopped at an internal check (panic code {code}); this is a bug: report it.",
};
