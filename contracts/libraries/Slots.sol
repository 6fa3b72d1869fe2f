// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// Sets of keepers as bitmaps: bit `slot` (1..255) is set for each. Public. PROTOCOL section 6.1.
library Slots {
  /// The set of one slot.
  function only(uint8 slot) internal pure returns (uint256) {
    return 1 << slot;
  }

  /// Whether `slot` is in the set.
  function has(uint256 set, uint8 slot) internal pure returns (bool) {
    return set & (1 << slot) != 0;
  }

  /// How many slots are in the set.
  function count(uint256 set) internal pure returns (uint256 size) {
    for (; set != 0; set &= set - 1) ++size;
  }

  /// The lowest slot of a set that has one.
  function lowest(uint256 set) internal pure returns (uint8) {
    return uint8(Math.log2(set & (~set + 1))); // the lowest bit of 256
  }

  /// How many slots of the set are below `slot`: the place of a member in every array, from 0.
  function placeOf(uint256 set, uint8 slot) internal pure returns (uint256) {
    return count(set & ((1 << slot) - 1));
  }
}
