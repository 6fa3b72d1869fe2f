import {
  EPOCH_STATUSES,
  nameOfState,
  OPTIMISTIC_STATUSES,
  REQUEST_STATUSES,
  RESHARE_STATUSES,
  SESSION_STATUSES,
} from "./contractStates.ts";
import { type ErrorArguments as Arguments, policySentences, time } from "./policySentences.ts";

/** What happened and what to do, for people. The first part follows the error's NatSpec. A test proves that every error of every ABI is here. */
export const ERROR_SENTENCES: Readonly<Record<string, (args: Arguments) => string>> = {
  // KeeperRegistry
  KeeperRegistryInvalidOperator: (a) =>
    `${a.operator} is zero, is a keeper's operator already, or was revoked as stolen; give an address that no keeper ever used. To revoke a former operator, name one that is not in use and not revoked yet.`,
  KeeperRegistryInvalidIdentity: () =>
    "The identity key belongs to another keeper or was revoked as stolen; give a fresh one. To revoke a former identity, name one that is not in use and not revoked yet.",
  KeeperRegistryInvalidPoint: () => "The key is not a usable point of secp256k1 (off the curve, infinite, or x >= n); give another key.",
  KeeperRegistryUnknownKeeper: (a) => `There is no keeper at slot ${a.slot}, or it was removed; list the keepers to see the slots.`,
  KeeperRegistryFull: () => "All 255 slots have been given out; slots are never reused, so a further keeper needs another registry.",
  KeeperRegistryTextTooLong: (a) =>
    `The endpoint, peer address or name has ${a.length} bytes but at most ${a.limit} are allowed; shorten it.`,
  KeeperRegistryNotKeeper: (a) => `${a.caller} is no keeper's operator; send this from the account that the registry names for the slot.`,
  KeeperRegistryEpochNotProposed: (a) => `Epoch ${a.epoch} is ${epochStatus(a)}, not Proposed; propose an epoch, or name the proposed one.`,
  KeeperRegistryEpochPending: (a) => `Epoch ${a.epoch} is still proposed; open or cancel it before proposing another.`,
  KeeperRegistryTooEarly: (a) => `Epoch ${a.epoch} may not open before ${time(a.opensAt)}; try again then.`,
  KeeperRegistryCandidatesGone: (a) =>
    `Since epoch ${a.epoch} was proposed, candidates were removed, or their account or identity key was revoked as stolen (slots as a bitmap: ${a.slots}); cancel it and propose another.`,
  KeeperRegistryKeyAlreadyPosted: (a) =>
    `The keeper at slot ${a.slot} has posted its key for epoch ${a.epoch} already; nothing is left to do.`,
  KeeperRegistryInvalidProof: (a) =>
    `The proof of possession does not verify for slot ${a.slot} and epoch ${a.epoch}; make it for this chain, registry, epoch, slot and operator.`,
  KeeperRegistryBadMemberCount: (a) => `An epoch needs 3 to 64 keepers with posted keys, and ${a.members} have one; wait for more keepers.`,
  KeeperRegistryNotMember: (a) => `Slot ${a.slot} is not a member of epoch ${a.epoch}, or the epoch is not open; check both.`,

  // KeyGeneration
  KeyGenerationWindowTooShort: (a) =>
    `A window of ${a.window} blocks is shorter than its minimum of ${a.minimum}; deploy with longer windows.`,
  KeyGenerationNoEpoch: () => "No epoch of keepers is open yet; admit keepers, propose an epoch and open it first.",
  KeyGenerationMembersRemoved: (a) =>
    `Members of epoch ${a.epoch} were removed (slots as a bitmap: ${a.slots}), and no removed keeper gets a share; propose an epoch without them and open it first.`,
  KeyGenerationBadThreshold: (a) =>
    `Threshold ${a.threshold} does not fit ${a.members} keepers: t keepers together learn nothing, t+1 are needed, 1 <= t and 2t+1 <= keepers.`,
  KeyGenerationKeyExists: (a) => `Key ${a.keyId} is being generated or is active already; use it, or ask with another salt.`,
  KeyGenerationWrongStatus: (a) => `Session ${a.sid} is ${sessionStatus(a)}, and this call belongs to another phase; look at its status.`,
  KeyGenerationNotMember: (a) =>
    `${a.caller} is no operator of a member of session ${a.sid}, or was revoked as stolen; only its members may do this.`,
  KeyGenerationUnknownSlot: (a) => `Slot ${a.slot} is no member of session ${a.sid}; name a member's slot.`,
  KeyGenerationAlreadyDealt: (a) => `The keeper at slot ${a.dealer} has dealt in this session already; nothing is left to do.`,
  DealingBadLength: (a) => `The dealing has ${a.length} bytes instead of ${a.expected}; deal for this session's threshold and members.`,
  DealingInvalidPoint: (a) => `Point ${a.index} of the dealing is off the curve, infinite, or has x >= n; deal anew.`,
  DealingShareOutOfRange: (a) => `Encrypted share ${a.index} of the dealing is not below the curve's order; deal anew.`,
  DealingInvalidPossession: (a) =>
    `The dealing's proof of possession ${a.which} (0: constant term, 1: ephemeral key) does not verify; make it for this session and dealer.`,
  KeyGenerationNotDealt: (a) => `The keeper at slot ${a.dealer} has not dealt in session ${a.sid}; there is nothing to complain about.`,
  KeyGenerationAlreadyDisqualified: (a) => `The dealer at slot ${a.dealer} is disqualified already; nothing is left to do.`,
  KeyGenerationForeignDealing: (a) =>
    `These are not the bytes that slot ${a.dealer} dealt in session ${a.sid}; take them from its Dealt event.`,
  KeyGenerationInvalidComplaint: (a) =>
    `The complaint's proof does not verify for dealer ${a.dealer} and recipient ${a.recipient}; make it with the recipient's epoch key.`,
  KeyGenerationShareIsValid: (a) => `Dealer ${a.dealer} sent recipient ${a.recipient} a right share; the complaint is refused.`,
  KeyGenerationBadQual: (a) => `${a.given} dealers were given but ${a.expected} are qualified; give exactly those, by ascending slot.`,
  KeyGenerationWrongJointKey: (a) => `The joint key of session ${a.sid} is not the sum of the constants plus the shift; compute it anew.`,
  KeyGenerationForeignQual: (a) =>
    `The confirmation speaks of dealers ${a.given} where the session has ${a.expected} (bitmaps); assemble the share anew.`,
  KeyGenerationAlreadyReady: (a) => `The keeper at slot ${a.slot} has confirmed already; nothing is left to do.`,

  KeyGenerationNotResharing: () => "Only the contract KeyResharing moves a key to a later epoch; ask it with `requestReshare`.",
  KeyGenerationQuorumInDanger: (a) =>
    `Only ${a.left} of the ${a.needed} keepers that keys of epoch ${a.epoch} need would be left; reshare those keys to a later epoch without this keeper first.`,

  // KeyResharing
  KeyResharingMisplaced: (a) => `KeyGeneration expects its resharing contract at ${a.expected}; deploy it there.`,
  KeyResharingUnusableKey: (a) => `Key ${a.keyId} is not active, so there is nothing to reshare; look at its status.`,
  KeyResharingNoLaterEpoch: (a) =>
    `Key ${a.keyId} is active in epoch ${a.epoch}, and no later one is open; propose an epoch and open it first.`,
  KeyResharingMembersRemoved: (a) =>
    `Members of epoch ${a.epoch} were removed (slots as a bitmap: ${a.slots}), and no removed keeper gets a share; propose an epoch without them and open it first.`,
  KeyResharingBadThreshold: (a) =>
    `Threshold ${a.threshold} does not fit the ${a.members} members of the new epoch: t keepers together learn nothing, t+1 are needed, 1 <= t and 2t+1 <= members.`,
  KeyResharingPending: (a) => `Key ${a.keyId} is being reshared already, in session ${a.sid}; wait for its end.`,
  KeyResharingWrongStatus: (a) => `Session ${a.sid} is ${reshareStatus(a)}, and this call belongs to another phase; look at its status.`,
  KeyResharingUnknownSlot: (a) => `Slot ${a.slot} is no member of the epoch in question; dealers are old members, recipients new ones.`,
  KeyResharingNotMember: (a) =>
    `${a.caller} is no operator of a member of the new epoch, or was revoked as stolen; only members confirm in session ${a.sid}.`,
  KeyResharingAbsentDealer: (a) =>
    `The keeper at slot ${a.dealer} was removed, or its account was revoked as stolen; it deals nothing, and nobody waits for it.`,
  KeyResharingAlreadyDealt: (a) => `The keeper at slot ${a.dealer} has dealt in this session already; nothing is left to do.`,
  KeyResharingForeignShare: (a) => `Slot ${a.dealer} deals something else than its share of the key; deal the share of the key's epoch.`,
  KeyResharingNotDealt: (a) => `The keeper at slot ${a.dealer} has not dealt in session ${a.sid}; there is nothing to complain about.`,
  KeyResharingAlreadyDisqualified: (a) => `The dealer at slot ${a.dealer} is disqualified already; nothing is left to do.`,
  KeyResharingForeignDealing: (a) =>
    `These are not the bytes that slot ${a.dealer} dealt in session ${a.sid}; take them from its ReshareDealt event.`,
  KeyResharingInvalidComplaint: (a) =>
    `The complaint's proof does not verify for dealer ${a.dealer} and recipient ${a.recipient}; make it with the recipient's epoch key.`,
  KeyResharingShareIsValid: (a) => `Dealer ${a.dealer} sent recipient ${a.recipient} a right share; the complaint is refused.`,
  KeyResharingForeignQual: (a) =>
    `The confirmation speaks of dealers ${a.given} where the session has ${a.expected} (bitmaps); assemble the share anew.`,
  KeyResharingAlreadyReady: (a) => `The keeper at slot ${a.slot} has confirmed already; nothing is left to do.`,

  // ShareRepairs
  ShareRepairsNotActive: (a) => `Key ${a.keyId} is not active in epoch ${a.epoch}; only shares that are in use can be repaired.`,
  ShareRepairsNotMember: (a) =>
    `${a.caller} is no operator of a member of epoch ${a.epoch}, or was revoked as stolen; send this from the account of that epoch.`,
  ShareRepairsRemovedKeeper: (a) => `The keeper at slot ${a.slot} was removed; it gets no share any more.`,
  ShareRepairsRevokedIdentity: (a) =>
    `The identity key of slot ${a.slot} in that epoch was revoked as stolen; this keeper gets a share in the next epoch.`,
  ShareRepairsInvalidPoint: () => "The key is not a usable point of secp256k1 (off the curve, infinite, or x >= n); give another key.",

  // DocumentRegistry
  DocumentRegistryAlreadyPublished: (a) => `Document ${a.document} is published already; publish a further version, or use another salt.`,
  DocumentRegistryUnknownDocument: (a) => `Document ${a.document} is not published; publish it first, or check the id.`,
  DocumentRegistryNotOwner: (a) => `${a.caller} does not own document ${a.document}; only its owner may do this.`,
  DocumentRegistryUnusableKey: (a) => `Key ${a.keyId} is not active or not for decryption; use a key whose status is Active.`,
  DocumentRegistryNoPermissions: () => "The permissions contract is the zero address; name one, e.g. AccessGrants.",
  DocumentRegistryInvalidHeader: (a) =>
    `The header's proof does not verify for label ${a.label}; encrypt for this chain, key, owner, salt and permissions contract.`,
  DocumentRegistryBadCid: (a) => `The content id has ${a.length} bytes, but 1 to 128 are allowed; give the CID of the stored ciphertext.`,
  DocumentRegistryVersionExists: (a) =>
    `Header ${a.headerHash} of document ${a.document} is published already; encrypt again for a further version.`,
  DocumentRegistryUnknownVersion: (a) =>
    `Document ${a.document} has no version with header ${a.headerHash}, or it is withdrawn; check the header's hash.`,

  // AccessGrants
  AccessGrantsNotOwner: (a) =>
    `${a.caller} does not own document ${a.document}; its owner grants and revokes (claim it first if it is not published).`,
  AccessGrantsNotAdministrator: (a) =>
    `${a.caller} neither owns document ${a.document} nor administrates it; its owner can appoint administrators.`,
  AccessGrantsInvalidAdministrator: (a) => `${a.administrator} cannot be an administrator: it is zero or the owner; name another account.`,
  AccessGrantsUnknownAdministrator: (a) => `${a.account} is no administrator of document ${a.document}; there is nobody to dismiss.`,
  AccessGrantsInvalidSignature: (a) =>
    `The signature is not ${a.grantor}'s over this grant for document ${a.document}; take the grant as it was signed.`,
  AccessGrantsWrongNonce: (a) =>
    `The grant for ${a.reader} was signed for nonce ${a.signed} and the nonce is ${a.current} now; it was used or cancelled: have it signed again.`,
  AccessGrantsNotReader: (a) =>
    `${a.caller} may not read document ${a.document} by a grant of its own, so it has nothing to pass on; ask its owner.`,
  AccessGrantsAlreadyDelegated: (a) =>
    `${a.delegate} reads document ${a.document} by ${a.delegator}'s permission already; nothing is left to do until that ends.`,
  AccessGrantsNoDelegation: (a) =>
    `${a.caller} has passed no permission for document ${a.document} on to ${a.delegate}; nothing is left to end.`,
  AccessGrantsInvalidReader: () => "The reader is the zero address; name the account that may read.",
  AccessGrantsExpired: (a) =>
    `The grant ended at ${time(a.until)}, or could be brought to the chain until then, and the chain's time is ${time(a.now_)}; give a later end, or 0 for none, and have a signed grant signed again.`,
  AccessGrantsNoGrant: (a) => `${a.reader} has no grant for document ${a.document}; there is nothing to revoke.`,

  // ShareRequests
  ShareRequestsLifetimeTooShort: (a) =>
    `A request lifetime of ${a.lifetime} s is below its minimum of ${a.minimum} s; deploy with a longer one.`,
  ShareRequestsUnknownDocument: (a) =>
    `Document ${a.document} is not published, or its version ${a.headerHash} is unknown or withdrawn; ask for a published version.`,
  ShareRequestsInvalidReaderKey: () =>
    "The reader key is not a usable point of secp256k1 (off the curve, infinite, or x >= n); make a fresh key.",
  ShareRequestsDenied: (a) =>
    `${a.requester} may not read document ${a.document}: its permissions contract did not say yes; ask the owner for access.`,
  ShareRequestsTooLittleGas: (a) =>
    `${a.left} gas is left but ${a.needed} is needed to ask the permissions contract; send with a higher gas limit.`,
  ShareRequestsWrongFee: (a) => `${a.sent} wei were sent but the price is ${a.expected} wei; send exactly that.`,
  ShareRequestsUnusableKey: (a) => `Key ${a.keyId} is not active or not for decryption; wait until it is active.`,
  ShareRequestsNotPending: (a) =>
    `Request ${a.requestId} is ${requestStatus(a)}, not Pending; make a new request if shares are still needed.`,
  ShareRequestsForeignStatement: (a) =>
    `The statement does not hash to request ${a.requestId}; repeat what its SharesRequested event says.`,
  ShareRequestsForeignHeader: (a) =>
    `The header's parts do not hash to the header of request ${a.requestId}; take them from the published header.`,
  ShareRequestsAbsentKeeper: (a) =>
    `The keeper at slot ${a.slot} was removed, or its account was revoked as stolen; its answers count no more. Take another keeper's answer.`,
  ShareRequestsAlreadyAnswered: (a) =>
    `The answer of slot ${a.slot} to request ${a.requestId} was accepted already; nothing is left to do.`,
  ShareRequestsNotMember: (a) =>
    `Slot ${a.slot} is no member of the epoch of request ${a.requestId}, or the verifying share is not its own.`,
  ShareRequestsInvalidAnswer: (a) =>
    `The proof in slot ${a.slot}'s answer to request ${a.requestId} does not verify; the answer is refused.`,

  ShareRequestsNothingToRefund: (a) =>
    `Request ${a.requestId} has nothing to pay back: it is still pending, was served in full, was free, or was refunded already.`,
  ShareRequestsNothingToWithdraw: (a) => `${a.operator} has earned nothing that is not withdrawn yet; nothing is left to do.`,
  ShareRequestsPaymentRefused: (a) => `${a.receiver} did not take ${a.amount} wei; it must accept plain transfers to be paid.`,

  // OptimisticRequests
  OptimisticRequestsTooShort: (a) =>
    `A request lifetime or challenge window of ${a.value} s is below its minimum of ${a.minimum} s; deploy with a longer one.`,
  OptimisticRequestsUnknownDocument: (a) =>
    `Document ${a.document} is not published, or its version ${a.headerHash} is unknown or withdrawn; ask for a published version.`,
  OptimisticRequestsInvalidReaderKey: () =>
    "The reader key is not a usable point of secp256k1 (off the curve, infinite, or x >= n); make a fresh key.",
  OptimisticRequestsDenied: (a) =>
    `${a.requester} may not read document ${a.document}: its permissions contract did not say yes; ask the owner for access.`,
  OptimisticRequestsWrongFee: (a) => `${a.sent} wei were sent but the price is ${a.expected} wei; send exactly that.`,
  OptimisticRequestsUnusableKey: (a) => `Key ${a.keyId} is not active or not for decryption; wait until it is active.`,
  OptimisticRequestsWrongStatus: (a) => `Request ${a.requestId} is ${optimisticStatus(a)}, and this call belongs to another status.`,
  OptimisticRequestsForeignStatement: (a) =>
    `The statement does not hash to request ${a.requestId}; repeat what its SharesRequested event says.`,
  OptimisticRequestsForeignHeader: (a) =>
    `The header's parts do not hash to the header of request ${a.requestId}; take them from the published header.`,
  OptimisticRequestsRemovedKeeper: (a) => `The keeper at slot ${a.slot} was removed; its answers count no more.`,
  OptimisticRequestsNotOperator: (a) =>
    `${a.caller} is not the operator of slot ${a.slot} in the epoch of request ${a.requestId}, or was revoked as stolen; a keeper posts its own answer.`,
  OptimisticRequestsAlreadyAnswered: (a) => `Slot ${a.slot} has answered request ${a.requestId} already; nothing is left to do.`,
  OptimisticRequestsNotMember: (a) =>
    `Slot ${a.slot} is no member of the epoch of request ${a.requestId}, or the verifying share is not its own.`,
  OptimisticRequestsForeignAnswer: (a) =>
    `This is not the answer of slot ${a.slot} to request ${a.requestId}, or it was disproved already; take it from its ShareAnswered event.`,
  OptimisticRequestsAnswerIsRight: (a) => `The answer of slot ${a.slot} to request ${a.requestId} is right; it convicts nobody.`,
  OptimisticRequestsWrongWitness: (a) =>
    `The witnesses against slot ${a.slot}'s answer to request ${a.requestId} do not verify; compute them from the answer as it was posted.`,
  OptimisticRequestsSettled: (a) => `Request ${a.requestId} was settled already; nothing is left to do.`,
  OptimisticRequestsNothingToRefund: (a) => `Request ${a.requestId} owes nothing to who asked, or paid it back already.`,
  OptimisticRequestsNothingToWithdraw: (a) => `${a.operator} has earned nothing that is not withdrawn yet; nothing is left to do.`,
  OptimisticRequestsPaymentRefused: (a) => `${a.receiver} did not take ${a.amount} wei; it must accept plain transfers to be paid.`,

  // ReceiptFaults
  ReceiptFaultsAlreadyProved: (a) =>
    `The answer of slot ${a.slot} to request ${a.requestId} was proved wrong already; nothing is left to do.`,
  ReceiptFaultsInvalidSignature: (a) =>
    `The receipt for request ${a.requestId} is not signed by slot ${a.slot}'s identity key of that epoch; it convicts nobody.`,
  ReceiptFaultsRevokedIdentity: (a) =>
    `The identity key that signed slot ${a.slot}'s receipt for request ${a.requestId} was revoked as stolen; its receipts convict nobody any more.`,
  ReceiptFaultsForeignRequest: (a) => `The receipt's request ${a.requestId} is not the one shown; show the request that the reader signed.`,
  ReceiptFaultsForeignAnswer: (a) => `The receipt for request ${a.requestId} is for another answer; show the one that came with it.`,
  ReceiptFaultsForeignHeader: (a) =>
    `The header's parts do not hash to the header in the receipt for request ${a.requestId}; take them from that header.`,
  ReceiptFaultsNotMember: (a) =>
    `Slot ${a.slot} holds no share of key ${a.keyId} in epoch ${a.epoch}, or the verifying share is not its own; check the evidence.`,
  ReceiptFaultsAnswerIsRight: (a) => `The answer of slot ${a.slot} to request ${a.requestId} is right; it convicts nobody.`,
  ReceiptFaultsWrongWitness: (a) =>
    `The witnesses against slot ${a.slot}'s answer to request ${a.requestId} do not verify; compute them from the answer.`,

  ...policySentences,

  // AccessManaged and AccessManager of OpenZeppelin
  AccessManagedUnauthorized: (a) => `${a.caller} lacks the role for this call, or the contract is paused; ask governance.`,
  AccessManagedRequiredDelay: (a) => `${a.caller} may call this only after a delay of ${a.delay} s; schedule it with the access manager.`,
  AccessManagedInvalidAuthority: (a) => `${a.authority} is no access manager: it has no code; give the manager's address.`,
  AccessManagerAlreadyScheduled: (a) => `Operation ${a.operationId} is scheduled already; execute or cancel it.`,
  AccessManagerNotScheduled: (a) => `Operation ${a.operationId} is not scheduled; schedule it first.`,
  AccessManagerNotReady: (a) => `The delay of operation ${a.operationId} is not over; try again later.`,
  AccessManagerExpired: (a) => `Operation ${a.operationId} waited too long and expired; schedule it again.`,
  AccessManagerLockedRole: (a) => `Role ${a.roleId} is fixed by the access manager and cannot be changed.`,
  AccessManagerLockedFunction: (a) => `Function ${a.selector} is fixed by the access manager and cannot be given to a role.`,
  AccessManagerBadConfirmation: () => "A role is renounced only by the account that holds it; give the sender's own address.",
  AccessManagerUnauthorizedAccount: (a) => `${a.msgsender} lacks role ${a.roleId}; ask an account that has the ADMIN role.`,
  AccessManagerUnauthorizedCall: (a) => `${a.caller} may not call ${a.selector} of ${a.target}; ask an account that has the ADMIN role.`,
  AccessManagerUnauthorizedConsume: (a) => `${a.target} may not consume scheduled operations; only a managed contract may.`,
  AccessManagerUnauthorizedCancel: (a) =>
    `${a.msgsender} may not cancel what ${a.caller} scheduled; ask its scheduler, a guardian or an admin.`,
  AccessManagerInvalidInitialAdmin: (a) => `${a.initialAdmin} cannot be the first admin; give an account's address.`,
  AddressEmptyCode: (a) => `There is no contract at ${a.target}; check the address and the chain.`,
  FailedCall: () => "A call that the access manager passed on failed without a reason; simulate it directly to see why.",
  InsufficientBalance: (a) => `The contract holds ${a.balance} wei but ${a.needed} are needed; send enough value.`,
  SafeCastOverflowedUintDowncast: (a) => `${a.value} does not fit into ${a.bits} bits; give a smaller number.`,
  InvalidShortString: () => "A name in a contract's signing domain is not stored as it should be; this is a bug: report it.",
  StringTooLong: (a) => `The text "${a.str}" is too long for a contract's signing domain; this is a bug: report it.`,
  ReentrancyGuardReentrantCall: () =>
    "A payment's receiver called back into the contract that pays; let the receiver only take the payment.",
  SafeERC20FailedOperation: (a) => `The token ${a.token} refused the transfer; check the balance and the allowance.`,

  // Solidity itself
  Panic: (a) => `The contract stopped at an internal check (panic code ${a.code}); this is a bug: report it.`,
};

const epochStatus = (args: Arguments): string => stateName(EPOCH_STATUSES, args.status);
const reshareStatus = (args: Arguments): string => stateName(RESHARE_STATUSES, args.status);
const sessionStatus = (args: Arguments): string => stateName(SESSION_STATUSES, args.status);
const requestStatus = (args: Arguments): string => stateName(REQUEST_STATUSES, args.status);
const optimisticStatus = (args: Arguments): string => stateName(OPTIMISTIC_STATUSES, args.status);
const stateName = (names: readonly string[], value: unknown): string =>
  typeof value === "bigint" ? nameOfState(names, value) : "in another state";
