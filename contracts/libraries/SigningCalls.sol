// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISigningRequests} from "../interfaces/ISigningRequests.sol";
import {ISigningRules} from "../interfaces/ISigningRules.sol";
import {SigningStatement} from "../types/Signing.sol";
import {WordCalls} from "./WordCalls.sol";

/// The one way a key's rules are asked. The contract is hostile input: whatever it does, the result is yes or no.
///
/// Yes is exactly this: the static call returns, within its gas, 32 bytes that are the number 1. PROTOCOL section 9.3.
library SigningCalls {
  /// What rules may use; never more, never less.
  uint256 internal constant SIGNING_GAS = 500_000;
  /// Covers the account's access and what is done around the call, measured under 5 000.
  uint256 private constant _MARGIN = 10_000;
  /// A call gets at most 63/64 of the gas left (EIP-150).
  uint256 internal constant GAS_NEEDED = ((SIGNING_GAS + _MARGIN) * 64) / 63 + 1;

  /// Asks `rules` whether `requester` may have `statement` signed.
  /// @dev Reverts SigningRequestsTooLittleGas, and for no other reason.
  function isPermitted(address rules, address requester, SigningStatement calldata statement) internal view returns (bool) {
    if (rules.code.length == 0) return false;
    // Before the gas is looked at: a long statement costs something to write down.
    bytes memory question = abi.encodeCall(ISigningRules.checkSigning, (requester, statement));
    uint256 left = gasleft();
    if (left < GAS_NEEDED) revert ISigningRequests.SigningRequestsTooLittleGas(left, GAS_NEEDED);

    (bool isWord, uint256 word) = WordCalls.ask(rules, SIGNING_GAS, question);
    return isWord && word == 1;
  }
}
