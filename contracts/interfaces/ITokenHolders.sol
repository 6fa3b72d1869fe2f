// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPermissions} from "./IPermissions.sol";

/// Permits whoever holds enough of one token: TokenHolders20, TokenHolders721, TokenHolders1155. The same for every document.
///
/// The token is hostile input: where it reverts, has no code, burns its gas or returns anything but 32 bytes, this contract reverts. Asked by
/// itself that is no; under AllOf, AnyOf and Not it makes the whole no.
/// @dev Warning: the same tokens serve one reader after the other; what a reader has read stays read.
interface ITokenHolders is IPermissions {
  /// There is no contract at the token `token`; check the address and the chain.
  /// @param token the token's contract
  error TokenHoldersNoToken(address token);

  /// A minimum of 0 tokens would permit everybody; give a minimum of 1 or more.
  error TokenHoldersNoMinimum();

  /// The token `token` gave no answer, so what the reader holds is unknown; ask again, and check the token.
  /// @param token the token's contract
  error TokenHoldersNoAnswer(address token);

  /// `left` gas is left but asking the token needs `needed`; nest fewer rules.
  /// @param left gas left
  /// @param needed gas needed
  error TokenHoldersTooLittleGas(uint256 left, uint256 needed);

  /// @return the token. Immutable.
  function token() external view returns (address);

  /// @return how much of it, in its smallest unit, a reader must hold. Immutable.
  function minimum() external view returns (uint256);
}
