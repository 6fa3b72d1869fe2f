/**
 * Errors that are in no interface of ours: those of the OpenZeppelin code that our contracts inherit, and those of the permissions contracts
 * in contracts/policies, whose interfaces are a separate entry, of Parity's contracts, and of ready-made rules and accounts of keys that sign. A test
 * compares the lists with the compiled contracts.
 */

/** OpenZeppelin's own, inherited by our contracts or by AccessManager. */
export const INHERITED_ERRORS = [
  "error AccountUnauthorized(address sender)",
  "error AddressEmptyCode(address target)",
  "error FailedCall()",
  "error InsufficientBalance(uint256 balance, uint256 needed)",
  "error InvalidShortString()",
  "error ReentrancyGuardReentrantCall()",
  "error SafeCastOverflowedUintDowncast(uint8 bits, uint256 value)",
  "error SafeERC20FailedOperation(address token)",
  "error StringTooLong(string str)",
] as const;

/** Of the ready-made permissions contracts: docs/PERMISSIONS.md. */
export const POLICY_ERRORS = [
  "error CombinedPermissionsBrokenPart(address part)",
  "error CombinedPermissionsNoPart(address part)",
  "error CombinedPermissionsWrongCount(uint256 count, uint256 maximum)",
  "error ContextGrantsInvalid(address reader, bytes32 contextHash)",
  "error MerkleAllowListNotListed(bytes32 document, address reader)",
  "error ModuleGrantsFull(bytes32 document)",
  "error ModuleGrantsInvalid(bytes32 module, address runner, uint64 until)",
  "error ModuleGrantsNone(bytes32 document, bytes32 module, address runner)",
  "error ServiceAgreementForeignPayment(address sender)",
  "error ServiceAgreementNotOnOffer(bytes32 document)",
  "error ServiceAgreementNotOpen(bytes32 agreement)",
  "error ServiceAgreementNotSeller(address caller)",
  "error ServiceAgreementTooLittle(uint256 sent, uint256 price)",
  "error ServiceAgreementWrongStatus(bytes32 agreement, uint8 status)",
  "error SubscriptionInvalidTerms(uint96 price, uint32 period)",
  "error SubscriptionNotOnSale(bytes32 document)",
  "error SubscriptionNothingAsked(address reader, uint32 periods)",
  "error SubscriptionOtherTerms(bytes32 document)",
  "error SubscriptionWrongPayment(uint256 paid, uint256 cost)",
  "error TimeWindowEmpty(uint64 from, uint64 until, uint256 now_)",
  "error TokenHoldersNoAnswer(address token)",
  "error TokenHoldersNoMinimum()",
  "error TokenHoldersNoToken(address token)",
  "error TokenHoldersTooLittleGas(uint256 left, uint256 needed)",
] as const;

/** Of Parity's services and key server set: docs/PARITY.md. */
export const PARITY_ERRORS = [
  "error ParityKeyServerSetConfirmed(address account)",
  "error ParityKeyServerSetNoAbort(uint256 until)",
  "error ParityKeyServerSetNoMigration(bytes32 id)",
  "error ParityKeyServerSetNoStart()",
  "error ParityKeyServerSetStranger(address account)",
  "error ParityServiceAnswered(bytes32 key, address keyServer)",
  "error ParityServiceBadParticipants(uint256 participants, uint256 needed)",
  "error ParityServiceBadPoint(uint256 length)",
  "error ParityServiceBadThreshold(uint256 threshold, uint256 count)",
  "error ParityServiceForeignKey(address owner)",
  "error ParityServiceFull(uint256 maxPending)",
  "error ParityServiceNoKeyServers()",
  "error ParityServiceNotExpired(bytes32 key, uint256 until)",
  "error ParityServiceNotPending(bytes32 key)",
  "error ParityServicePending(bytes32 key)",
  "error ParityServiceWrongFee(uint256 sent, uint256 fee)",
  "error ParityServiceWrongPhase(bytes32 key)",
] as const;

/** Of the ready-made rules of keys that sign, and of the accounts that Schnorr keys own. */
export const SIGNING_ERRORS = [
  "error OwnedRulesNoOwner()",
  "error OwnedRulesNotOwner(address caller)",
  "error SchnorrAccountExpired(uint64 deadline)",
  "error SchnorrAccountInvalidSignature()",
  "error SchnorrAccountTooLittleGas(uint256 index, uint256 left, uint256 needed)",
  "error SchnorrAccountWrongNonce(uint256 given, uint256 expected)",
  "error SigningGrantsInvalid(address requester, uint64 until)",
  "error SigningGrantsNoDomain(bytes32 domainSeparator)",
] as const;
