// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IPermissions} from "../interfaces/IPermissions.sol";
import {TokenHolders} from "./TokenHolders.sol";

/// Permits whoever holds at least `minimum` of an ERC-20 token. The manual is ITokenHolders.
contract TokenHolders20 is TokenHolders {
  constructor(address token_, uint256 minimum_) TokenHolders(token_, minimum_) {}

  /// @inheritdoc IPermissions
  function checkPermissions(address user, bytes32) external view returns (bool permitted) {
    return _holds(user, abi.encodeCall(IERC20.balanceOf, (user)));
  }
}
