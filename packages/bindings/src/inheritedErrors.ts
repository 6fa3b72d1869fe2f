/**
 * Errors that are in no interface of ours: those of the OpenZeppelin code that our contracts or AccessManager inherit. A test compares this list
 * with the compiled contracts.
 */
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
