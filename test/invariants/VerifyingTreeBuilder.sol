// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Domains} from "../../contracts/libraries/Domains.sol";

/// Builds what VerifyingTree checks: roots and paths. PROTOCOL section 3.6.
library VerifyingTreeBuilder {
  function rootOf(bytes32[] memory leaves) internal pure returns (bytes32) {
    while (leaves.length > 1) leaves = _above(leaves);
    return leaves[0];
  }

  function pathOf(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory path) {
    while (leaves.length > 1) {
      uint256 sibling = index ^ 1;
      if (sibling < leaves.length) path = _append(path, leaves[sibling]);
      leaves = _above(leaves);
      index /= 2;
    }
  }

  /// The next level: a last odd node moves up.
  function _above(bytes32[] memory level) private pure returns (bytes32[] memory above) {
    above = new bytes32[]((level.length + 1) / 2);
    for (uint256 i = 0; i < above.length; ++i)
      above[i] = 2 * i + 1 < level.length ? keccak256(abi.encode(Domains.NODE, level[2 * i], level[2 * i + 1])) : level[2 * i];
  }

  function _append(bytes32[] memory list, bytes32 item) private pure returns (bytes32[] memory longer) {
    longer = new bytes32[](list.length + 1);
    for (uint256 i = 0; i < list.length; ++i) longer[i] = list[i];
    longer[list.length] = item;
  }
}
