// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PermissionCalls} from "../libraries/PermissionCalls.sol";
import {DocumentId} from "../types/Ids.sol";

/// Asks a permissions contract the way ShareRequests does, from a contract and under the same rules. For the behaviour suite and the figures.
contract PermissionAsker {
  /// Twice, because the second question finds everything warm.
  function askTwice(
    address permissions,
    address user,
    bytes32 document,
    bytes32 contextHash
  ) external view returns (bool first, bool second) {
    first = PermissionCalls.isPermitted(permissions, user, DocumentId.wrap(document), contextHash);
    second = PermissionCalls.isPermitted(permissions, user, DocumentId.wrap(document), contextHash);
  }

  /// What one question costs, from the call to its return, with nothing warm but what this transaction touched.
  function gasOf(address permissions, bytes calldata question) external view returns (uint256 used, bytes memory answer) {
    uint256 before = gasleft();
    (, answer) = permissions.staticcall{gas: PermissionCalls.PERMISSION_GAS}(question);
    used = before - gasleft();
  }
}
