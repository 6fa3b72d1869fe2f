// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SigningStatement} from "../types/Signing.sol";

/// Answers one question: may this account have this key sign this statement? Any contract with this function can be a key's rules.
/// @dev Warning: it is called with 500 000 gas and must return exactly 32 bytes; anything but the canonical 1 means no. What counts (limits, nonces)
/// cannot be counted here: the call is static, and every keeper asks several times. PROTOCOL section 9.3.
interface ISigningRules {
  /// @param requester who wants the signature, and proved who it is: the caller of `request`, or who signed the request sent by HTTP
  /// @param statement what would be signed; where it came by HTTP, its payload may be no payload of its kind
  /// @return permitted true if `statement` may be signed now
  function checkSigning(address requester, SigningStatement calldata statement) external view returns (bool permitted);
}
