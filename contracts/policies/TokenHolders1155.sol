// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IPermissions} from "../interfaces/IPermissions.sol";
import {TokenHolders} from "./TokenHolders.sol";

/// Permits whoever holds at least `minimum` of one id of an ERC-1155 token. The manual is ITokenHolders.
contract TokenHolders1155 is TokenHolders {
  /// Which of the token's ids counts. Immutable.
  uint256 public immutable id;

  constructor(address token_, uint256 id_, uint256 minimum_) TokenHolders(token_, minimum_) {
    id = id_;
  }

  /// @inheritdoc IPermissions
  function checkPermissions(address user, bytes32) external view returns (bool permitted) {
    return _holds(user, abi.encodeCall(IERC1155.balanceOf, (user, id)));
  }
}
