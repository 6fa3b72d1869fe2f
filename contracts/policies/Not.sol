// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CombinedPermissions} from "./CombinedPermissions.sol";

/// Permits whom its one part does not permit. The manual is ICombinedPermissions.
/// @dev Warning: that is everybody but a few. Use it inside AllOf.
contract Not is CombinedPermissions {
  constructor(address part) CombinedPermissions(_only(part)) {}

  function _combine(address user, bytes32 document, bytes32 contextHash) internal view override returns (bool) {
    return _someSay(false, user, document, contextHash);
  }

  function _only(address part) private pure returns (address[] memory list) {
    list = new address[](1);
    list[0] = part;
  }
}
