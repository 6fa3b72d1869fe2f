// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITokenHolders} from "../interfaces/ITokenHolders.sol";
import {WordCalls} from "../libraries/WordCalls.sol";

/// What the three kinds have in common: one careful question to the token. The manual is ITokenHolders.
abstract contract TokenHolders is ITokenHolders {
  /// What the token may use: of PERMISSION_GAS, so that whoever combines this contract has some left.
  uint256 private constant _TOKEN_GAS = 100_000;
  /// A call gets at most 63/64 of the gas left (EIP-150). Otherwise a starved token would look like an empty purse, and Not would say yes.
  uint256 private constant _GAS_NEEDED = ((_TOKEN_GAS + 5_000) * 64) / 63 + 1;

  /// @inheritdoc ITokenHolders
  address public immutable override token;
  /// @inheritdoc ITokenHolders
  uint256 public immutable override minimum;

  constructor(address token_, uint256 minimum_) {
    if (token_.code.length == 0) revert TokenHoldersNoToken(token_);
    if (minimum_ == 0) revert TokenHoldersNoMinimum();
    token = token_;
    minimum = minimum_;
  }

  /// Whether the token's answer to `question` is at least the minimum. Nobody is at the zero address, whatever was burnt there. Reverts where the
  /// token gives no answer: a holder who can make its own balance too dear to read must not become "no holder" under Not.
  function _holds(address user, bytes memory question) internal view returns (bool) {
    if (user == address(0)) return false;
    uint256 left = gasleft();
    if (left < _GAS_NEEDED) revert TokenHoldersTooLittleGas(left, _GAS_NEEDED);

    (bool isAnswer, uint256 held) = WordCalls.ask(token, _TOKEN_GAS, question);
    if (!isAnswer) revert TokenHoldersNoAnswer(token);
    return held >= minimum;
  }
}
