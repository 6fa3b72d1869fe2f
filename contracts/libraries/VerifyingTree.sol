// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeyId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {Domains} from "./Domains.sol";

/// The Merkle tree of a key's verifying shares in one epoch: members by ascending slot, a last odd node moves up. PROTOCOL section 3.6.
library VerifyingTree {
  /// A member's leaf.
  /// @param share S_j, the member's verifying share
  function leaf(KeyId keyId, uint32 epoch, uint8 slot, Point memory share) internal pure returns (bytes32) {
    return keccak256(abi.encode(Domains.VERIFYING_SHARE, keyId, epoch, slot, share.x, share.y));
  }

  /// Whether `leaf_` is leaf number `index` (from 0) of the `count` leaves under `root`. Neither a shorter nor a longer path verifies.
  function verify(bytes32 root, bytes32 leaf_, uint256 index, uint256 count, bytes32[] calldata path) internal pure returns (bool) {
    if (index >= count) return false;
    bytes32 node = leaf_;
    uint256 used = 0;
    for (uint256 width = count; width > 1; width = (width + 1) / 2) {
      bool isLastOdd = index == width - 1 && index % 2 == 0;
      if (!isLastOdd) {
        if (used == path.length) return false;
        node = index % 2 == 0 ? _inner(node, path[used]) : _inner(path[used], node);
        ++used;
      }
      index /= 2;
    }
    return used == path.length && node == root;
  }

  function _inner(bytes32 left, bytes32 right) private pure returns (bytes32) {
    return keccak256(abi.encode(Domains.NODE, left, right));
  }
}
