// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IPermissions} from "../interfaces/IPermissions.sol";
import {TokenHolders} from "./TokenHolders.sol";

/// Permits whoever holds at least `minimum` pieces of an ERC-721 collection. The manual is ITokenHolders.
contract TokenHolders721 is TokenHolders {
  constructor(address token_, uint256 minimum_) TokenHolders(token_, minimum_) {}

  /// @inheritdoc IPermissions
  function checkPermissions(address user, bytes32) external view returns (bool permitted) {
    return _holds(user, abi.encodeCall(IERC721.balanceOf, (user)));
  }
}
