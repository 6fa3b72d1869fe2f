// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPermissions} from "./IPermissions.sol";

/// Permits whoever holds enough of one token: TokenHolders20, TokenHolders721, TokenHolders1155. The same for every document.
///
/// The token is hostile input: where it reverts, has no code, burns its gas or returns anything but 32 bytes, this contract reverts. Asked by
/// itself that is no; under AllOf, AnyOf and Not it makes the whole no.
/// @dev Warning: the same tokens serve one reader after the other; what a reader has read stays read.
interface ITokenHolders is IPermissions {
  /// There is no contract at the token's address.
  error TokenHoldersNoToken(address token);
  /// The minimum is 0: that would permit everybody.
  error TokenHoldersNoMinimum();
  /// The token was asked and gave no answer: nobody knows what the user holds.
  error TokenHoldersNoAnswer(address token);
  /// The token cannot be asked with its full gas: better no answer than a wrong one. Nested too deep, or behind too hungry a part.
  error TokenHoldersTooLittleGas(uint256 left, uint256 needed);

  /// The token. Immutable.
  function token() external view returns (address);

  /// How much of it, in its smallest unit, a reader must hold. Immutable.
  function minimum() external view returns (uint256);
}
