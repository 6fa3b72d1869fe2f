// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CombinedPermissions} from "./CombinedPermissions.sol";

/// Permits whom all of its parts permit. The manual is ICombinedPermissions.
contract AllOf is CombinedPermissions {
  constructor(address[] memory parts_) CombinedPermissions(parts_) {}

  function _combine(address user, bytes32 document, bytes32 contextHash) internal view override returns (bool) {
    return !_someSay(false, user, document, contextHash);
  }
}
