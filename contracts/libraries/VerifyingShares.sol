// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IKeyGeneration} from "../interfaces/IKeyGeneration.sol";
import {KeyId} from "../types/Ids.sol";
import {Point} from "../types/Point.sol";
import {Secp256k1} from "./Secp256k1.sol";
import {Slots} from "./Slots.sol";
import {VerifyingTree} from "./VerifyingTree.sol";

/// Whose verifying share a point is. PROTOCOL section 3.6.
library VerifyingShares {
  /// Whether `slot` is a member of the key's epoch and `share` is a valid point and the one that the key's verifying root holds for it; and the
  /// member's place among all by ascending slot, from 0. It is below 64.
  function find(
    IKeyGeneration keyGeneration,
    KeyId keyId,
    uint32 epoch,
    uint8 slot,
    Point memory share,
    bytes32[] calldata path
  ) internal view returns (bool isFound, uint256 place) {
    IKeyGeneration.KeyEpoch memory keyEpoch = keyGeneration.keyEpochOf(keyId, epoch);
    if (!Slots.has(keyEpoch.committee, slot) || !Secp256k1.isValid(share.x, share.y)) return (false, 0);
    place = Slots.placeOf(keyEpoch.committee, slot);
    bytes32 leaf = VerifyingTree.leaf(keyId, epoch, slot, share);
    isFound = VerifyingTree.verify(keyEpoch.verifyingRoot, leaf, place, keyEpoch.members, path);
  }
}
